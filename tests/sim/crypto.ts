/**
 * Signatures without elliptic curves: fast, and the same at every run.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { equals } from "@std/bytes/equals";
import type { IdentityKey } from "../../lib/identity/keys.ts";

function signed(publicKey: Uint8Array, message: Uint8Array): Uint8Array<ArrayBuffer> {
  const hash = createHash("sha256").update(publicKey).update(message).digest();
  const signature = new Uint8Array(64);
  signature.set(hash);
  signature.set(hash, 32);
  return signature;
}

/** @returns a key that signs with what everybody knows of it */
export function simKey(publicKey: Uint8Array<ArrayBuffer>): IdentityKey {
  return { publicKey, sign: (message) => Promise.resolve(signed(publicKey, message)) };
}

/** @returns whether `simKey` made the signature */
export function simVerify(
  publicKey: Uint8Array,
  message: Uint8Array,
  signature: Uint8Array,
): Promise<boolean> {
  return Promise.resolve(equals(signature, signed(publicKey, message)));
}
