/**
 * The device's key file: read, made at first use, sealed with a passphrase and unsealed.
 *
 * @module
 */

import { decodeHex, encodeHex } from "@std/encoding/hex";
import { KeyFileError, readIfThere, readOrMakeKey, writeDurably } from "../identity/key_file.ts";
import { type IdentityKey, keyFromSeed } from "../identity/keys.ts";
import {
  isSealed,
  openSeed,
  passphraseLengthMax,
  passphraseLengthMin,
  sealSeed,
} from "../identity/sealed_key.ts";
import type { Random } from "../seams.ts";

/** Where a passphrase comes from: a person at a terminal, or a file. */
export interface PassphraseSource {
  /**
   * Asks for the passphrase of a sealed key.
   *
   * @param path the key's file, so that a person knows which is meant
   * @param wrong how many were wrong so far
   * @returns the passphrase; null where there is none, or no other to try
   */
  (path: string, wrong: number): string | null;
}

/**
 * Reads a device's key, or makes one at first use.
 *
 * @param path the key's file
 * @param random gives the seed of a new key
 * @param passphrase is asked where the key is sealed
 * @returns the key, owned by the caller
 * @throws {KeyFileError} where the file holds no key, or the passphrase is not to be had
 * @example
 * ```ts ignore
 * const key = await readDeviceKey("data/device.key", systemRandom, () => null);
 * ```
 * @see docs/adr/0013-devices.md
 */
export async function readDeviceKey(
  path: string,
  random: Random,
  passphrase: PassphraseSource,
): Promise<IdentityKey> {
  const text = readIfThere(path);
  if (text === null || !isSealed(text)) return await readOrMakeKey(path, random);
  return await keyFromSeed(unsealed(path, text, passphrase));
}

/**
 * Seals a device's key in its file, with another passphrase where it is sealed already.
 *
 * @param path the key's file
 * @param random gives salt and nonce
 * @param old is asked where the key is sealed
 * @param passphrase the new one
 * @throws {KeyFileError} where there is no key, or the old passphrase is not to be had, or the new
 * one is too short
 * @example
 * ```ts ignore
 * sealDeviceKey("data/device.key", systemRandom, () => null, "correct horse");
 * ```
 * @see docs/adr/0013-devices.md
 */
export function sealDeviceKey(
  path: string,
  random: Random,
  old: PassphraseSource,
  passphrase: string,
): void {
  const { length } = passphrase;
  if (length < passphraseLengthMin || length > passphraseLengthMax) {
    throw new KeyFileError(`a passphrase has ${passphraseLengthMin} characters at least`);
  }
  writeDurably(path, `${sealSeed(seedIn(path, old), passphrase, random)}\n`);
}

/**
 * Puts a device's key into its file without a passphrase.
 *
 * @param path the key's file
 * @param passphrase is asked where the key is sealed
 * @throws {KeyFileError} where there is no key, or the passphrase is not to be had
 * @example
 * ```ts ignore
 * unsealDeviceKey("data/device.key", () => "correct horse");
 * ```
 * @see docs/adr/0013-devices.md
 */
export function unsealDeviceKey(path: string, passphrase: PassphraseSource): void {
  writeDurably(path, `${encodeHex(seedIn(path, passphrase))}\n`);
}

function seedIn(path: string, passphrase: PassphraseSource): Uint8Array {
  const text = readIfThere(path);
  if (text !== null && isSealed(text)) return unsealed(path, text, passphrase);
  if (text === null || !/^[0-9a-f]{64}$/.test(text)) {
    throw new KeyFileError(`${path} holds no key`);
  }
  return decodeHex(text);
}

function unsealed(
  path: string,
  text: string,
  passphrase: PassphraseSource,
): Uint8Array<ArrayBuffer> {
  for (let wrong = 0;; wrong++) {
    const typed = passphrase(path, wrong);
    const seed = typed === null ? null : openSeed(text, typed);
    if (seed) return seed;
    if (typed === null) {
      throw new KeyFileError(
        wrong === 0
          ? `${path} is sealed: start it on a terminal, or give --passphrase-file`
          : `the passphrase does not open ${path}`,
      );
    }
  }
}
