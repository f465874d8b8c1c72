/**
 * An entry's place and parts, read without decoding the rest: for who has to look at each of many.
 *
 * @module
 */

import { audienceKey } from "../protocol/audience.ts";
import type { Audience } from "../protocol/audience.ts";
import type { EntryBytes } from "./entry.ts";

/** Where an entry stands, as its header says. */
export interface Place {
  /** Its place in the log. */
  readonly lsn: number;
  /** Whom it is meant for, as `audienceKey` writes it. */
  readonly audience: string;
}

/** Where both stand in a header: version, lsn, prev, time, kind, audience. */
const lsnAt = 1;
const audienceAt = 5;

/**
 * Reads a header's lsn and audience.
 *
 * @param header the bytes as they stand in the log; whole, for example by their digest
 * @returns the place; nonsense for bytes that are no header
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { encodeEntry } from "./entry.ts";
 * import { readPlace } from "./place.ts";
 * const { header } = encodeEntry({
 *   lsn: 700, prev: 3, timeMs: 5, audience: [1, 2, 9], user: 2, device: 2, epoch: null, n: 0,
 *   id: null,
 * }, { kind: "joined" });
 * assertEquals(readPlace(header), { lsn: 700, audience: "d2-9" });
 * ```
 * @see docs/PROTOCOL.md, section "Entries"
 */
export function readPlace(header: Uint8Array): Place {
  // Behind the head of the header's own array, which has fewer than 24 places.
  const numbers: number[] = [];
  for (let at = 1; numbers.length < audienceAt + 1 + audienceLength(numbers);) {
    const end = at + headBytes(header[at]!);
    numbers.push(headNumber(header, at, end));
    at = end;
  }
  const audience = numbers.slice(audienceAt + 1) as unknown as Audience;
  return { lsn: numbers[lsnAt]!, audience: audienceKey(audience) };
}

/** How many numbers the audience has, once its head has been read. */
function audienceLength(numbers: readonly number[]): number {
  return Math.min(numbers[audienceAt] ?? 0, 3);
}

/** Bytes of a CBOR item's head, the number in it included. */
function headBytes(initial: number): number {
  const info = initial & 0x1f;
  return info < 24 ? 1 : 1 + (1 << (info - 24));
}

/** The number in a CBOR item's head: the value of an uint, the length of an array. */
function headNumber(bytes: Uint8Array, at: number, end: number): number {
  if (end === at + 1) return bytes[at]! & 0x1f;
  let value = 0;
  for (let next = at + 1; next < end; next++) value = value * 256 + bytes[next]!;
  return value;
}

/** CBOR's major types of which the number in the head says how many bytes or items follow. */
const [byteString, textString, array] = [2, 3, 4];
/** Of an `entry` packet: the head of its array, and its kind. */
const partsAt = 2;
const nullByte = 0xf6;

/**
 * Cuts an `entry` packet into the bytes of its parts, as they stand in the log.
 *
 * @param payload of an `entry` packet that was decoded, and so is well formed
 * @returns header and body, views of `payload`
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { headerBytes } from "../framing.ts";
 * import { entryFrame } from "./entry.ts";
 * import { entryParts } from "./place.ts";
 * const stored = { header: new Uint8Array([0x81, 0x01]), body: null };
 * assertEquals(entryParts(entryFrame(stored).subarray(headerBytes)), stored);
 * ```
 * @see docs/PROTOCOL.md, section "Entries"
 */
export function entryParts(payload: Uint8Array): EntryBytes {
  const bodyAt = itemEnd(payload, partsAt);
  const isErased = payload[bodyAt] === nullByte;
  const body = isErased ? null : payload.subarray(bodyAt, itemEnd(payload, bodyAt));
  return { header: payload.subarray(partsAt, bodyAt), body };
}

/** Where the item that begins at `at` ends. */
function itemEnd(bytes: Uint8Array, at: number): number {
  const type = bytes[at]! >> 5;
  let end = at + headBytes(bytes[at]!);
  if (type === byteString || type === textString) return end + headNumber(bytes, at, end);
  if (type === array) {
    for (let left = headNumber(bytes, at, end); left > 0; left--) end = itemEnd(bytes, end);
  }
  return end;
}
