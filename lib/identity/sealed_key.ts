/**
 * A key's seed under a passphrase: whoever copies the file has nothing without it.
 *
 * @module
 */

import { createCipheriv, createDecipheriv, scryptSync } from "node:crypto";
import { decodeHex, encodeHex } from "@std/encoding/hex";
import type { Random } from "../seams.ts";
import { seedBytes } from "./keys.ts";

/** Characters of a passphrase at least: shorter ones are found by trying. */
export const passphraseLengthMin = 8;

/** Characters of a passphrase at most. */
export const passphraseLengthMax = 1_024;

/** Two to the power of this is scrypt's cost: 128 MiB and about half a second for each try. */
const costLog2 = 17;
const costLog2Max = 20;
const saltBytes = 16;
const nonceBytes = 12;
const tagBytes = 16;
const shape = new RegExp(
  `^sealed 1 ([1-9][0-9]?) ([0-9a-f]{${2 * saltBytes}}) ([0-9a-f]{${2 * nonceBytes}}) ` +
    `([0-9a-f]{${2 * (seedBytes + tagBytes)}})$`,
);

/**
 * Tells whether a key file's text is a sealed key.
 *
 * @param text the file's, without white space around it
 * @returns whether a passphrase is needed; also for one that is damaged
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { isSealed } from "./sealed_key.ts";
 * assertEquals([isSealed("sealed 1 17 …"), isSealed("ab".repeat(32))], [true, false]);
 * ```
 * @see docs/adr/0013-devices.md
 */
export function isSealed(text: string): boolean {
  return text.startsWith("sealed ");
}

/**
 * Seals a seed: scrypt (RFC 7914) makes a key of the passphrase, AES-256-GCM hides the seed.
 *
 * @param seed 32 bytes; not kept
 * @param passphrase in Unicode's form C, so that another keyboard writes the same
 * @param random gives salt and nonce
 * @param cost scrypt's, as a power of two; 10 to 20
 * @returns one line for the key file
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { systemRandom } from "../seams.ts";
 * import { openSeed, sealSeed } from "./sealed_key.ts";
 * const seed = systemRandom.bytes(32);
 * const sealed = sealSeed(seed, "correct horse", systemRandom, 10);
 * assertEquals([openSeed(sealed, "correct horse"), openSeed(sealed, "wrong")], [seed, null]);
 * ```
 * @see docs/adr/0013-devices.md
 */
export function sealSeed(
  seed: Uint8Array,
  passphrase: string,
  random: Random,
  cost: number = costLog2,
): string {
  const salt = random.bytes(saltBytes);
  const nonce = random.bytes(nonceBytes);
  const head = `sealed 1 ${cost} ${encodeHex(salt)} ${encodeHex(nonce)}`;
  const cipher = createCipheriv("aes-256-gcm", keyOf(passphrase, salt, cost), nonce);
  cipher.setAAD(new TextEncoder().encode(head));
  const hidden = [cipher.update(seed), cipher.final(), cipher.getAuthTag()];
  return `${head} ${hidden.map((part) => encodeHex(part)).join("")}`;
}

/**
 * Opens a sealed seed.
 *
 * @param text one line, as `sealSeed` wrote it
 * @param passphrase what it was sealed with
 * @returns the seed, owned by the caller; null for another passphrase, or a text that was changed
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { openSeed } from "./sealed_key.ts";
 * assertEquals(openSeed("sealed 1 17 …", "correct horse"), null);
 * ```
 * @see docs/adr/0013-devices.md
 */
export function openSeed(text: string, passphrase: string): Uint8Array<ArrayBuffer> | null {
  const [, cost, salt, nonce, hidden] = shape.exec(text) ?? [];
  if (cost === undefined || Number(cost) > costLog2Max) return null;
  const key = keyOf(passphrase, decodeHex(salt!), Number(cost));
  const bytes = decodeHex(hidden!);
  const cipher = createDecipheriv("aes-256-gcm", key, decodeHex(nonce!));
  cipher.setAAD(new TextEncoder().encode(text.slice(0, -hidden!.length - 1)));
  cipher.setAuthTag(bytes.subarray(seedBytes));
  try {
    const parts = [cipher.update(bytes.subarray(0, seedBytes)), cipher.final()];
    return new Uint8Array(Array.from(parts).flatMap((part) => [...part]));
  } catch {
    // The tag does not fit: what came out of it is nothing.
    return null;
  }
}

function keyOf(passphrase: string, salt: Uint8Array, cost: number): Uint8Array {
  const text = new TextEncoder().encode(passphrase.normalize("NFC"));
  const N = 2 ** cost;
  return scryptSync(text, salt, 32, { N, r: 8, p: 1, maxmem: 2 * 128 * N * 8 });
}
