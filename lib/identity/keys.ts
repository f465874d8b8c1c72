/**
 * Ed25519 keys: the server's identity and a device's, and how people compare them.
 *
 * @module
 */

import { createHash } from "node:crypto";

/** A key pair that proves who somebody is. */
export interface IdentityKey {
  /** 32 bytes: what others know it by. */
  readonly publicKey: Uint8Array<ArrayBuffer>;
  /**
   * Signs with the secret half, which never leaves this object.
   *
   * @param message what is signed, of any length; not kept
   * @returns a signature of 64 bytes over `message`, owned by the caller
   */
  readonly sign: (message: Uint8Array<ArrayBuffer>) => Promise<Uint8Array<ArrayBuffer>>;
}

/**
 * Checks a signature: `verifySignature`, or a test's own check that takes no time.
 *
 * @param publicKey 32 bytes
 * @param message what should have been signed
 * @param signature 64 bytes
 * @returns whether the key's owner signed exactly this
 */
export type SignatureCheck = (
  publicKey: Uint8Array,
  message: Uint8Array,
  signature: Uint8Array,
) => Promise<boolean>;

// RFC 8410: the fixed start of a PKCS #8 document that holds an Ed25519 seed.
const seedPrefix = new Uint8Array(
  [0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20],
);

/** Bytes of the secret that a key is made from. */
export const seedBytes = 32;

/**
 * Makes the key pair of a seed.
 *
 * @param seed 32 secret random bytes
 * @returns the key pair
 * @throws {DOMException} when the seed has another length
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { keyFromSeed } from "./keys.ts";
 * const key = await keyFromSeed(new Uint8Array(32));
 * assertEquals(key.publicKey.length, 32);
 * ```
 * @see RFC 8032
 */
export async function keyFromSeed(seed: Uint8Array): Promise<IdentityKey> {
  const document = new Uint8Array(seedPrefix.length + seed.length);
  document.set(seedPrefix);
  document.set(seed, seedPrefix.length);
  const secret = await crypto.subtle.importKey("pkcs8", document, "Ed25519", true, ["sign"]);
  const { x } = await crypto.subtle.exportKey("jwk", secret);
  if (!x) throw new TypeError("this runtime tells no public key");
  return {
    publicKey: fromBase64Url(x),
    sign: async (message) => new Uint8Array(await crypto.subtle.sign("Ed25519", secret, message)),
  };
}

/**
 * Checks a signature.
 *
 * @param publicKey 32 bytes
 * @param message what was signed
 * @param signature 64 bytes
 * @returns whether the key's owner signed exactly this; false for a key that is none
 * @example
 * ```ts
 * import { assert } from "@std/assert";
 * import { keyFromSeed, verifySignature } from "./keys.ts";
 * const key = await keyFromSeed(new Uint8Array(32));
 * const message = new Uint8Array([1, 2]);
 * assert(await verifySignature(key.publicKey, message, await key.sign(message)));
 * ```
 * @see RFC 8032
 */
export async function verifySignature(
  publicKey: Uint8Array,
  message: Uint8Array,
  signature: Uint8Array,
): Promise<boolean> {
  try {
    const key = await crypto.subtle.importKey("raw", own(publicKey), "Ed25519", false, ["verify"]);
    return await crypto.subtle.verify("Ed25519", key, own(signature), own(message));
  } catch (error) {
    if (error instanceof DOMException || error instanceof TypeError) return false;
    throw error;
  }
}

/**
 * A key in the form that people read to each other.
 *
 * @param publicKey 32 bytes
 * @returns SHA-256 in lower-case hex, 64 characters
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { fingerprint } from "./keys.ts";
 * assertEquals(fingerprint(new Uint8Array(32)).length, 64);
 * ```
 * @see docs/PROTOCOL.md, section "Handshake"
 */
export function fingerprint(publicKey: Uint8Array): string {
  return createHash("sha256").update(publicKey).digest("hex");
}

function own(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return new Uint8Array(bytes);
}

function fromBase64Url(text: string): Uint8Array<ArrayBuffer> {
  const binary = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(binary, (character) => character.charCodeAt(0));
}
