/**
 * Asks for passphrases: at the terminal, without showing them, or in a file.
 *
 * @module
 */

import { promptSecret } from "@std/cli/prompt-secret";
import { KeyFileError } from "../identity/key_file.ts";
import type { PassphraseSource } from "./device_key.ts";

/** How often one may be typed wrong. */
const triesMax = 3;

/**
 * Makes what is asked for the passphrase of a sealed key.
 *
 * @param file the file whose first line it is; undefined to ask at the terminal, if there is one
 * @returns asks; gives null where there is nobody to ask
 * @throws {KeyFileError} when the file can't be read
 * @example
 * ```ts ignore
 * const passphrase = passphraseFrom("secret.txt")("device.key", 0);
 * ```
 * @see docs/adr/0013-devices.md
 */
export function passphraseFrom(file: string | undefined): PassphraseSource {
  if (file !== undefined) {
    return (_, wrong) => wrong > 0 ? null : lineIn(file, "--passphrase-file");
  }
  return (path, wrong) => {
    if (wrong >= triesMax || !isTerminal()) return null;
    return promptSecret(wrong === 0 ? `Passphrase of ${path}: ` : "That is not it. Passphrase: ", {
      mask: "",
    });
  };
}

/**
 * Asks for a new passphrase, twice at the terminal.
 *
 * @param file the file whose first line it is; undefined to ask at the terminal
 * @returns the passphrase; null where there is nobody to ask, or the two were not the same
 * @throws {KeyFileError} when the file can't be read
 * @example
 * ```ts ignore
 * const passphrase = newPassphrase(undefined);
 * ```
 * @see docs/adr/0013-devices.md
 */
export function newPassphrase(file: string | undefined): string | null {
  if (file !== undefined) return lineIn(file, "--new-passphrase-file");
  if (!isTerminal()) return null;
  const typed = promptSecret("New passphrase: ", { mask: "" });
  return typed !== null && typed === promptSecret("Once more: ", { mask: "" }) ? typed : null;
}

function isTerminal(): boolean {
  return Deno.stdin.isTerminal() && Deno.stdout.isTerminal();
}

function lineIn(file: string, option: string): string {
  try {
    return Deno.readTextFileSync(file).split(/\r?\n/, 1)[0]!;
  } catch (error) {
    throw new KeyFileError(`${file} can't be read: ${(error as Error).message}; see ${option}`);
  }
}
