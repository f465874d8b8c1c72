/**
 * The checksum of an entry's row: tells cheaply, at each reading, whether the disk still has what was
 * written. Who alters a row on purpose can alter this too; that is found by the digest chain.
 *
 * @module
 */

import { crc32 } from "node:zlib";

/** The columns of an entry's row that are given to others, or by which it is found. */
export interface ChecksummedRow {
  /** Its place in the log. */
  readonly lsn: number;
  /** Whom it is meant for, as `audienceKey` writes it. */
  readonly audience: string;
  /** The header's bytes. */
  readonly header: Uint8Array;
  /** 16 bytes; null when the body was erased. */
  readonly salt: Uint8Array | null;
  /** The body's bytes; null when erased. */
  readonly body: Uint8Array | null;
  /** The body's digest where the body was erased. */
  readonly body_digest: Uint8Array | null;
  /** The digest chain's value after it. */
  readonly digest: Uint8Array;
}

/**
 * Writes in SQL what a row's checksum begins with. The lengths are in it: bytes that wander from one
 * column into the next are found too. `concat` writes nothing for null, and makes one value in all,
 * where `||` makes one at each step.
 */
export const placeColumn = `concat(e.lsn, ',', e.audience, ',', length(e.header), ',',
  length(e.salt), ',', length(e.body), ',', length(e.body_digest))`;

/** Joins in SQL the bytes that a row's checksum goes over, in its order; as text, which they are not. */
export const joinedColumn = "concat(e.header, e.salt, e.body, e.body_digest, e.digest)";

/**
 * Computes a row's checksum: any flipped bit, and any burst of up to 32, gives another one.
 *
 * @param row an entry's row
 * @returns 0 to 2^32-1
 * @example
 * ```ts
 * import { assertNotEquals } from "@std/assert";
 * import { entryChecksum } from "./checksum.ts";
 * const none = new Uint8Array();
 * const bytes = { header: none, salt: none, body: none, body_digest: null, digest: none };
 * const row = { lsn: 7, audience: "r1", ...bytes };
 * assertNotEquals(entryChecksum(row), entryChecksum({ ...row, audience: "r3" }));
 * ```
 * @see RFC 1952, section 8
 */
export function entryChecksum(row: ChecksummedRow): number {
  const { lsn, audience, header, salt, body, body_digest, digest } = row;
  const place = [lsn, audience, header.length, salt?.length, body?.length, body_digest?.length];
  let checksum = crc32(place.join());
  for (const bytes of [header, salt, body, body_digest, digest]) {
    if (bytes !== null) checksum = crc32(bytes, checksum);
  }
  return checksum;
}

/**
 * Computes the same from a row that was joined by SQLite, which is cheaper than column by column.
 *
 * @param place as `placeColumn` gives it
 * @param joined as `joinedColumn` gives it
 * @returns what `entryChecksum` gives for the row
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { entryChecksum, joinedChecksum } from "./checksum.ts";
 * const [none, digest] = [new Uint8Array(), new Uint8Array(32)];
 * const row = { lsn: 7, audience: "r1", header: none, salt: null, body: null, body_digest: none };
 * assertEquals(joinedChecksum("7,r1,0,,,0", digest), entryChecksum({ ...row, digest }));
 * ```
 * @see RFC 1952, section 8
 */
export function joinedChecksum(place: string, joined: Uint8Array): number {
  return crc32(joined, crc32(place));
}
