/**
 * The digest chain: one hash that stands for the whole log up to an entry.
 *
 * @module
 */

import { concat } from "@std/bytes/concat";
import { hash } from "node:crypto";
import { digestBytes } from "../protocol/packets.ts";

/** Bytes of the salt that hides an erased body from guessing. */
export const saltBytes = 16;

/** The digest before the first entry. */
export const firstDigest: Uint8Array = new Uint8Array(digestBytes);

/**
 * The hash that stands for a body, so that erasing salt and body leaves the chain whole.
 *
 * @param salt 16 random bytes
 * @param body the body's bytes
 * @returns 32 bytes, owned by the caller
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { bodyDigest } from "./digest.ts";
 * assertEquals(bodyDigest(new Uint8Array(16), new Uint8Array()).length, 32);
 * ```
 * @see docs/PROTOCOL.md, section "Digest"
 */
export function bodyDigest(salt: Uint8Array, body: Uint8Array): Uint8Array {
  return sha256(salt, body);
}

/**
 * The digest after an entry.
 *
 * @param previous the digest before it; 32 bytes
 * @param header the entry's header as stored
 * @param body the entry's `bodyDigest`; 32 bytes
 * @returns 32 bytes, owned by the caller
 * @example
 * ```ts
 * import { assertNotEquals } from "@std/assert";
 * import { bodyDigest, chainDigest, firstDigest } from "./digest.ts";
 * const body = bodyDigest(new Uint8Array(16), new Uint8Array());
 * assertNotEquals(chainDigest(firstDigest, new Uint8Array([1]), body), firstDigest);
 * ```
 * @see docs/PROTOCOL.md, section "Digest"
 */
export function chainDigest(
  previous: Uint8Array,
  header: Uint8Array,
  body: Uint8Array,
): Uint8Array {
  return sha256(previous, header, body);
}

/** In one call: with a hash object, which is fed piece by piece, it takes half as long again. */
function sha256(...parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(hash("sha256", concat(parts), "buffer"));
}
