/**
 * CBOR as Parley takes it: one well-formed item in its shortest form, of whole numbers, texts,
 * byte strings, arrays, booleans and null.
 *
 * It is written here and not taken from a library because every message passes through it several
 * times, and the subset is small (docs/adr/0007-own-cbor.md).
 *
 * @module
 */

import { codes, ProtocolError } from "../errors.ts";
import type { Item } from "./fields.ts";

const majors = { uint: 0, bytes: 2, text: 3, array: 4 } as const;
const [no, yes, nothing] = [0xf4, 0xf5, 0xf6];

/** A head is at most this long: one byte, and a number of eight. */
const headBytesMax = 9;
/** Arrays within arrays; nothing in the protocol nests deeper than 4. */
const depthMax = 16;
/** Texts up to here are looked at character by character: calls out of the engine cost more. */
const shortText = 256;

const utf8 = new TextEncoder();
const strictUtf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

let scratch = new Uint8Array(4 * 1024);

function room(at: number, bytes: number): void {
  if (at + bytes <= scratch.length) return;
  const larger = new Uint8Array(Math.max(2 * scratch.length, at + bytes));
  larger.set(scratch);
  scratch = larger;
}

function numberBytes(value: number): number {
  return value < 24 ? 0 : value < 0x100 ? 1 : value < 0x1_0000 ? 2 : value < 0x1_0000_0000 ? 4 : 8;
}

/** Writes the last 8, 16 or 32 bits of a number, big-endian. */
function putBits(at: number, value: number, bits: number): number {
  for (let shift = bits - 8; shift >= 0; shift -= 8) scratch[at++] = value >>> shift;
  return at;
}

function putHead(at: number, major: number, value: number): number {
  const type = major << 5;
  if (value < 24) {
    scratch[at] = type | value;
    return at + 1;
  }
  const bytes = numberBytes(value);
  scratch[at] = type | (bytes === 1 ? 24 : bytes === 2 ? 25 : bytes === 4 ? 26 : 27);
  if (bytes < 8) return putBits(at + 1, value, 8 * bytes);
  return putBits(putBits(at + 1, Math.floor(value / 0x1_0000_0000), 32), value % 0x1_0000_0000, 32);
}

function putText(at: number, text: string): number {
  room(at, headBytesMax + 3 * text.length);
  const start = at + 1 + numberBytes(text.length);
  if (text.length <= shortText) {
    let count = 0;
    for (; count < text.length; count++) {
      const code = text.charCodeAt(count);
      if (code > 127) break;
      scratch[start + count] = code;
    }
    if (count === text.length) return putHead(at, majors.text, count) + count;
  }
  const { written } = utf8.encodeInto(text, scratch.subarray(start));
  const body = putHead(at, majors.text, written);
  if (body === start) return body + written;
  // More bytes than characters: the head may be longer than was thought, and has overwritten some.
  utf8.encodeInto(text, scratch.subarray(body));
  return body + written;
}

function put(at: number, item: Item): number {
  room(at, headBytesMax);
  if (typeof item === "number") {
    if (!Number.isSafeInteger(item) || item < 0) throw new TypeError(`${item} is no uint`);
    return putHead(at, majors.uint, item);
  }
  if (typeof item === "string") return putText(at, item);
  if (item instanceof Uint8Array) {
    room(at, headBytesMax + item.length);
    const start = putHead(at, majors.bytes, item.length);
    scratch.set(item, start);
    return start + item.length;
  }
  if (item === null || typeof item === "boolean") {
    scratch[at] = item === null ? nothing : item ? yes : no;
    return at + 1;
  }
  at = putHead(at, majors.array, item.length);
  for (const one of item) at = put(at, one);
  return at;
}

/**
 * Encodes an item.
 *
 * @param item whole numbers from 0 to 2^53-1, texts, byte strings, arrays, booleans, null
 * @returns its one shortest encoding, owned by the caller
 * @throws {TypeError} for any other number
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { encodeItem } from "./cbor.ts";
 * assertEquals([...encodeItem([1, "a", null])], [0x83, 0x01, 0x61, 0x61, 0xf6]);
 * ```
 * @see RFC 8949
 */
export function encodeItem(item: Item): Uint8Array<ArrayBuffer> {
  const end = put(0, item);
  return scratch.slice(0, end);
}

/** Reads one item after the other, and trusts nothing. */
class Reader {
  #at = 0;
  readonly #bytes: Uint8Array;

  constructor({ buffer, byteOffset, byteLength }: Uint8Array) {
    // Not a Buffer, whose slices would be views.
    this.#bytes = new Uint8Array(buffer, byteOffset, byteLength);
  }

  get done(): boolean {
    return this.#at === this.#bytes.length;
  }

  item(depth: number): Item {
    const first = this.#bytes[this.#at];
    if (first === undefined) bad("an end in the middle");
    this.#at++;
    if (first < 0x18) return first;
    switch (first >> 5) {
      case majors.uint:
        return this.#number(first);
      case majors.bytes:
        return this.#bytes.slice(...this.#span(first));
      case majors.text:
        return this.#text(first);
      case majors.array:
        return this.#array(first, depth);
    }
    if (first === nothing) return null;
    if (first === no || first === yes) return first === yes;
    bad("an item of a type that is never sent");
  }

  #number(first: number): number {
    const short = first & 31;
    if (short < 24) return short;
    if (short > 27) bad("a length that is not known");
    const bytes = 1 << (short - 24);
    if (this.#at + bytes > this.#bytes.length) bad("an end in the middle");
    let value = 0;
    for (let left = bytes; left > 0; left--) value = value * 256 + this.#bytes[this.#at++]!;
    if (value > Number.MAX_SAFE_INTEGER) bad("a number from 2^53 on");
    if (numberBytes(value) !== bytes) bad("a number that is not in its shortest form");
    return value;
  }

  #span(first: number): [from: number, to: number] {
    const length = this.#number(first);
    const from = this.#at;
    if (length > this.#bytes.length - from) bad("an end in the middle");
    this.#at += length;
    return [from, this.#at];
  }

  #text(first: number): string {
    const [from, to] = this.#span(first);
    if (to - from <= shortText) {
      let at = from;
      while (at < to && this.#bytes[at]! < 128) at++;
      if (at === to) return String.fromCharCode.apply(null, this.#codes(from, to));
    }
    try {
      return strictUtf8.decode(this.#bytes.subarray(from, to));
    } catch {
      bad("a text that is not UTF-8");
    }
  }

  /** As numbers, which is what they are applied as. */
  #codes(from: number, to: number): number[] {
    return this.#bytes.subarray(from, to) as unknown as number[];
  }

  #array(first: number, depth: number): Item[] {
    const length = this.#number(first);
    if (depth === depthMax) bad("nested too deeply");
    // Each item takes a byte: nobody makes room for more than there can be.
    if (length > this.#bytes.length - this.#at) bad("an end in the middle");
    const items: Item[] = [];
    for (let left = length; left > 0; left--) items.push(this.item(depth + 1));
    return items;
  }
}

/**
 * Decodes exactly one item.
 *
 * @param bytes the whole encoding; not kept: byte strings in the result are copies
 * @returns the item, owned by the caller
 * @throws {ProtocolError} with `badPacket` for anything but one well-formed item in shortest form of
 * the types above, and for a text that is not UTF-8
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { decodeItem } from "./cbor.ts";
 * assertEquals(decodeItem(new Uint8Array([0x83, 0x01, 0x61, 0x61, 0xf6])), [1, "a", null]);
 * ```
 * @see RFC 8949
 */
export function decodeItem(bytes: Uint8Array): unknown {
  const reader = new Reader(bytes);
  const item = reader.item(0);
  if (!reader.done) bad("bytes after the item");
  return item;
}

function bad(what: string): never {
  throw new ProtocolError(codes.badPacket, what);
}
