/**
 * From what was typed to an open folder: who is meant, on which server, and over which transport.
 *
 * @module
 */

import type { Invite } from "../../identity/invite.ts";
import { KeyFileError } from "../../identity/key_file.ts";
import { isTooOpen } from "../../net/clear.ts";
import { type Address, formatAddress } from "../../net/tcp.ts";
import { safeText } from "../../safe_text.ts";
import { systemRandom, systemTimers } from "../../seams.ts";
import { DataFolderError, openClientFolder, usualDataFolder } from "../data_folder.ts";
import { exitCodes } from "../endings.ts";
import { passphraseFrom } from "../passphrase.ts";
import { readProfile, whoIsMeant } from "../profile.ts";
import { say, type Start } from "../start.ts";
import type { CliHost, CommonOptions } from "./host.ts";

/** Whose data it is about. */
export interface Whose {
  /** All names' folder. */
  readonly base: string;
  /** Where the server listens. */
  readonly server: Address;
  /** The user's name. */
  readonly name: string;
}

/** What there is to open. */
export interface Opening extends Whose, Pick<CommonOptions, "plaintext" | "passphraseFile"> {
  /** What lets a new name in; null for a name that is in already. */
  readonly invite: Invite | null;
}

/**
 * Opens the folder of who is meant by what was typed.
 *
 * @param host the program
 * @returns who connects to whom
 * @example
 * ```ts ignore
 * const start = await begin(program);
 * ```
 */
export async function begin(host: CliHost): Promise<Start> {
  const { plaintext, passphraseFile } = host.opts();
  return await open(host, { ...whoseFolder(host), plaintext, passphraseFile, invite: null });
}

/**
 * Finds out who is meant, or ends the program.
 *
 * @param host the program
 * @returns whose data it is about
 * @example
 * ```ts ignore
 * const { base, server, name } = whoseFolder(program);
 * ```
 */
export function whoseFolder(host: CliHost): Whose {
  const { data, ...given } = host.opts();
  const base = data ?? baseFolder();
  const { server, name } = orStop(() => whoIsMeant(given, () => readProfile(base)));
  if (!server) {
    host.error(
      "error: which server? Come in by an invite: parley join INVITE; or give --server host:port, " +
        "or set PARLEY_SERVER",
    );
  }
  if (!name) host.error("error: who are you? Give --name, or set PARLEY_NAME");
  return { base, server, name };
}

/**
 * Opens the folder of a name on a server, or ends the program.
 *
 * @param host the program
 * @param opening whose, and what it needs
 * @returns who connects to whom
 * @example
 * ```ts ignore
 * const start = await open(program, { base, server, name, plaintext: "no", invite: null });
 * ```
 */
export async function open(
  host: CliHost,
  { base, server, name, plaintext, invite, passphraseFile }: Opening,
): Promise<Start> {
  const { hostname, port } = server;
  const address = { hostname, port };
  const clear = plaintext === true ? "loopback" : plaintext;
  if (isTooOpen(clear, address)) host.error(tooOpen(address));
  const passphrase = passphraseFrom(passphraseFile);
  const seams = { random: systemRandom, timers: systemTimers, passphrase };
  // Who joins has something left to write: who it was.
  const done = invite ? () => {} : giveUpFiles;
  try {
    const folder = await openClientFolder(base, name, address, seams, done);
    const party = { server: formatAddress(address), name, folder: folder.path };
    return { party, address, folder, clear, invite };
  } catch (error) {
    if (error instanceof DataFolderError) stop(error, exitCodes.usage);
    throw error;
  }
}

/**
 * Finds the folder that is used where none is given, or ends the program.
 *
 * @returns its path
 * @example
 * ```ts ignore
 * const base = options.data ?? baseFolder();
 * ```
 */
export function baseFolder(): string {
  return orStop(() => usualDataFolder(Deno.build.os, environment));
}

/**
 * Looks at files, and ends the program where that can't be.
 *
 * @param look throws what stands in the way
 * @returns what it found
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { orStop } from "./opening.ts";
 * assertEquals(orStop(() => 1), 1);
 * ```
 */
export function orStop<T>(look: () => T): T {
  try {
    return look();
  } catch (error) {
    const isKnown = error instanceof DataFolderError || error instanceof KeyFileError ||
      error instanceof Deno.errors.NotFound;
    if (isKnown) stop(error, exitCodes.usage);
    throw error;
  }
}

/**
 * Reads the environment, as far as the program may.
 *
 * @param name of the variable
 * @returns its value; undefined where it is not set, or not the program's business
 * @example
 * ```ts
 * import { environment } from "./opening.ts";
 * environment("TERM");
 * ```
 */
export function environment(name: string): string | undefined {
  try {
    return Deno.env.get(name);
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) return undefined;
    throw error;
  }
}

/** Ends the program for a reason that the help knows nothing about. */
function stop(error: Error, exitCode: number): never {
  say(safeText(error.message));
  Deno.exit(exitCode);
}

function tooOpen(server: Address): string {
  return `error: everybody on the way to ${formatAddress(server)} could read and change what is ` +
    "said in clear text. Leave out --plaintext; or, if that is what you want, write " +
    "--plaintext=anywhere";
}

/** What speaks with the network has no more business with files. */
function giveUpFiles(): void {
  for (const name of ["read", "write"] as const) Deno.permissions.revokeSync({ name });
}
