/**
 * CBOR as Parley takes it: one well-formed item in its shortest form, of whole numbers, texts,
 * byte strings, arrays, booleans and null.
 *
 * @module
 */

import { equals } from "@std/bytes/equals";
import { decode, encode } from "cborg";
import { codes, ProtocolError } from "../errors.ts";
import type { Item } from "./fields.ts";

const strict = {
  strict: true,
  allowIndefinite: false,
  allowUndefined: false,
  allowInfinity: false,
  allowNaN: false,
  allowBigInt: false,
  rejectDuplicateMapKeys: true,
};

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
  return encode(item) as Uint8Array<ArrayBuffer>;
}

/**
 * Decodes exactly one item.
 *
 * @param bytes the whole encoding; not kept: byte strings in the result are copies
 * @returns the item; maps, floats and other things come through here and fail their field's check
 * @throws {ProtocolError} with `badPacket` for anything but one well-formed item in shortest form,
 * and for a text that is not UTF-8
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
    item = decode(bytes, strict);
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
  if (Array.isArray(item)) return item.some(hasReplacement);
  if (item === null || typeof item !== "object" || item instanceof Uint8Array) return false;
  return Object.entries(item).some(([key, value]) => hasReplacement(key) || hasReplacement(value));
}
