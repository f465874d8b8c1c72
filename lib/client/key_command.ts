/**
 * `parley key`: seals the device's key with a passphrase, and unseals it.
 *
 * @module
 */

import type { Random } from "../seams.ts";
import { sealDeviceKey, unsealDeviceKey } from "./device_key.ts";
import { newPassphrase, passphraseFrom } from "./passphrase.ts";

/** What may be done with a key. */
export const keyActions = ["seal", "unseal"] as const;

/** Where passphrases come from; undefined for the terminal. */
export interface KeyFiles {
  /** The file with the passphrase that the key has. */
  readonly passphraseFile?: string;
  /** The file with the one that it is to have. */
  readonly newPassphraseFile?: string;
}

/**
 * Seals or unseals a key in its file.
 *
 * @param action which of both
 * @param path the key's file
 * @param files where passphrases come from
 * @param random gives salt and nonce
 * @returns what was done, for the person; null where no new passphrase was given
 * @throws {KeyFileError} where the key or its passphrase is not to be had
 * @example
 * ```ts ignore
 * runKeyCommand("seal", "data/device.key", {}, systemRandom);
 * ```
 * @see docs/adr/0013-devices.md
 */
export function runKeyCommand(
  action: typeof keyActions[number],
  path: string,
  { passphraseFile, newPassphraseFile }: KeyFiles,
  random: Random,
): string | null {
  const old = passphraseFrom(passphraseFile);
  if (action === "unseal") {
    unsealDeviceKey(path, old);
    return `${path} is not sealed any more: whoever reads it is this device`;
  }
  const passphrase = newPassphrase(newPassphraseFile);
  if (passphrase === null) return null;
  sealDeviceKey(path, random, old, passphrase);
  return `${path} is sealed: parley asks for the passphrase at each start, and nobody can restore it`;
}
