/**
 * Keys on disk: made at first use, readable by their owner alone.
 *
 * @module
 */

import { decodeHex, encodeHex } from "@std/encoding/hex";
import type { Random } from "../seams.ts";
import { type IdentityKey, keyFromSeed, seedBytes } from "./keys.ts";

/** A key file is there and holds no key: nobody makes another in its place. */
export class KeyFileError extends Error {
  /** The class's name, which stands before the message wherever the error is printed. */
  override name = "KeyFileError";
}

/**
 * Reads a key, or makes it at first use.
 *
 * @param path the file; its folder exists
 * @param random gives the seed of a new key
 * @returns the key, durable on disk before it is returned
 * @throws {KeyFileError} when the file holds no key
 * @throws {Deno.errors.PermissionDenied} when the file can't be read or written
 * @example
 * ```ts ignore
 * import { systemRandom } from "../seams.ts";
 * import { readOrMakeKey } from "./key_file.ts";
 * const key = await readOrMakeKey("data/identity.key", systemRandom);
 * ```
 * @see docs/ARCHITECTURE.md, section "identity"
 */
export async function readOrMakeKey(path: string, random: Random): Promise<IdentityKey> {
  const seed = readSeed(path);
  return await keyFromSeed(seed ?? makeSeed(path, random));
}

function readSeed(path: string): Uint8Array | null {
  const text = readIfThere(path);
  if (text === null) return null;
  if (!/^[0-9a-f]{64}$/.test(text)) {
    throw new KeyFileError(`${path} holds no key: put it back from a copy`);
  }
  return decodeHex(text);
}

function makeSeed(path: string, random: Random): Uint8Array {
  const seed = random.bytes(seedBytes);
  writeDurably(path, `${encodeHex(seed)}\n`);
  return seed;
}

/**
 * Reads a small file that `writeDurably` wrote, if it was ever written.
 *
 * @param path the file
 * @returns what it holds, without white space around it; null where there is no such file
 * @throws {Deno.errors.PermissionDenied} when it can't be read
 * @example
 * ```ts ignore
 * import { readIfThere } from "./key_file.ts";
 * const fingerprint = readIfThere("data/server.fingerprint");
 * ```
 * @see docs/ARCHITECTURE.md, section "identity"
 */
export function readIfThere(path: string): string | null {
  try {
    return Deno.readTextFileSync(path).trim();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}

/**
 * Writes a small file so that after a power cut it is there whole or not at all; only its owner
 * may read it.
 *
 * @param path the file; its folder exists
 * @param text what it is to hold
 * @throws {Deno.errors.PermissionDenied} when it can't be written
 * @example
 * ```ts ignore
 * import { writeDurably } from "./key_file.ts";
 * writeDurably("data/server.fingerprint", "00ff\n");
 * ```
 * @see rename(2), fsync(2)
 */
export function writeDurably(path: string, text: string): void {
  const draft = `${path}.new`;
  const file = Deno.openSync(draft, { write: true, create: true, truncate: true, mode: 0o600 });
  try {
    const bytes = new TextEncoder().encode(text);
    for (let at = 0; at < bytes.length;) at += file.writeSync(bytes.subarray(at));
    file.syncSync();
  } finally {
    file.close();
  }
  Deno.renameSync(draft, path);
  syncFolder(path);
}

function syncFolder(path: string): void {
  const cut = Math.max(path.lastIndexOf("/"), path.lastIndexOf("\\"));
  // Windows can't open a folder; its rename is durable with the file's own flush.
  if (Deno.build.os === "windows") return;
  const folder = Deno.openSync(cut > 0 ? path.slice(0, cut) : cut === 0 ? "/" : ".");
  try {
    folder.syncSync();
  } finally {
    folder.close();
  }
}
