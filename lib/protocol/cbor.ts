/**
 * CBOR as Parley takes it: one well-formed item in its shortest form, of whole numbers, texts,
 * byte strings, arrays, booleans and null.
 *
 * @module
 */

import { equals } from "@std/bytes/equals";
import { decode, encode, Tokenizer } from "cborg";
import { codes, ProtocolError } from "../errors.ts";
import type { Item } from "./fields.ts";

const strict = {
  strict: true,
  allowIndefinite: false,
  allowUndefined: false,
  allowInfinity: false,
  allowNaN: false,
  allowBigInt: false,
};

/** Refuses floats, of which a whole one would come out as if it were a whole number, and maps. */
class KnownTypes extends Tokenizer {
  constructor(bytes: Uint8Array) {
    // Not a Buffer, whose slices would be views.
    super(new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength), strict);
  }

  override next(): ReturnType<Tokenizer["next"]> {
    const first = this.data[this.pos()]!;
    if (first >= 0xf9 && first <= 0xfb) throw new Error("a float");
    if (first >= 0xa0 && first <= 0xbf) throw new Error("a map");
    return super.next();
  }
}

/**
 * Encodes an item.
 *
 * @param item whole numbers, texts, byte strings, arrays, booleans, null
 * @returns its one shortest encoding, owned by the caller
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { encodeItem } from "./cbor.ts";
 * assertEquals([...encodeItem([1, "a", null])], [0x83, 0x01, 0x61, 0x61, 0xf6]);
 * ```
 * @see RFC 8949
 */
export function encodeItem(item: Item): Uint8Array<ArrayBuffer> {
  return new Uint8Array(encode(item));
}

/**
 * Decodes exactly one item.
 *
 * @param bytes the whole encoding; not kept: byte strings in the result are copies
 * @returns the item; negative numbers come through here and fail their field's check
 * @throws {ProtocolError} with `badPacket` for anything but one well-formed item in shortest form of
 * the types above, and for a text that is not UTF-8
 * @example
 * ```ts
 * import { assertEquals, assertThrows } from "@std/assert";
 * import { decodeItem } from "./cbor.ts";
 * assertEquals(decodeItem(new Uint8Array([0x81, 0x01])), [1]);
 * assertThrows(() => decodeItem(new Uint8Array([0x62, 0xc3, 0x28])));
 * ```
 * @see RFC 8949
 */
export function decodeItem(bytes: Uint8Array): unknown {
  let item: unknown;
  let honest: boolean;
  try {
    item = decode(bytes, { ...strict, tokenizer: new KnownTypes(bytes) });
    // The decoder turns bad UTF-8 into U+FFFD in silence; who really sent U+FFFD encodes the same.
    honest = !hasReplacement(item) || equals(bytes, encode(item));
  } catch (error) {
    throw new ProtocolError(codes.badPacket, reason(error));
  }
  if (!honest) throw new ProtocolError(codes.badPacket, "a text that is not UTF-8");
  return item;
}

function reason(error: unknown): string {
  if (error instanceof RangeError) return "nested too deeply";
  return error instanceof Error ? error.message : "no CBOR";
}

function hasReplacement(item: unknown): boolean {
  if (typeof item === "string") return item.includes("\ufffd");
  return Array.isArray(item) && item.some(hasReplacement);
}
