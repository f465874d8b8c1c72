/**
 * From what was typed to an open folder: who is meant, on which server, and over which transport.
 *
 * @module
 */

import type { Invite } from "../../identity/invite.ts";
import { KeyFileError } from "../../identity/key_file.ts";
import { type ClearText, isTooOpen } from "../../net/clear.ts";
import { type Address, formatAddress } from "../../net/tcp.ts";
import { nameKey } from "../../protocol/names.ts";
import { safeText } from "../../safe_text.ts";
import { systemRandom, systemTimers } from "../../seams.ts";
import { DataFolderError, openClientFolder, usualDataFolder } from "../data_folder.ts";
import { exitCodes } from "../endings.ts";
import { passphraseFrom } from "../passphrase.ts";
import {
  defaultProfile,
  listProfiles,
  profileFolder,
  readProfile,
  whoIsMeant,
} from "../profile.ts";
import { say, type Start } from "../start.ts";
import type { CliHost } from "./host.ts";

/** Whose data it is about. */
export interface Whose {
  /** The profile's folder. */
  readonly base: string;
  /** Where the server listens. */
  readonly server: Address;
  /** The user's name. */
  readonly name: string;
}

/** What there is to open. */
export interface Opening extends Whose {
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
  return await open(host, { ...whoseFolder(host), invite: null });
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
  const { base, server, name } = whoIsThere(host);
  if (!server) {
    host.error(
      `error: which server? Come in by an invite: ${againCommand(host)} join INVITE; or give ` +
        `--server host:port, or set PARLEY_SERVER${otherProfiles(host)}`,
    );
  }
  if (!name) host.error("error: who are you? Give --name, or set PARLEY_NAME");
  return { base, server, name };
}

/**
 * Finds out who is meant, as far as that was typed or is known.
 *
 * @param host the program
 * @returns whose data it is about
 * @example
 * ```ts ignore
 * const isFirst = whoIsThere(program).server === undefined;
 * ```
 */
export function whoIsThere(host: CliHost): Pick<Whose, "base"> & Partial<Whose> {
  const base = baseFolder(host);
  return { base, ...orStop(() => whoIsMeant(host.opts(), () => readProfile(base))) };
}

function otherProfiles(host: CliHost): string {
  const names = orStop(() => listProfiles(dataFolder(host))).map(({ name }) => name);
  return names.length === 0 ? "" : `. There are profiles, for --profile: ${names.join(", ")}`;
}

/** How the same transport is asked for again. */
const clearOption: Readonly<Record<ClearText, string>> = {
  no: "",
  loopback: " --plaintext",
  anywhere: " --plaintext=anywhere",
};

/**
 * Tells how far clear text may go.
 *
 * @param host the program
 * @returns what was asked for
 * @example
 * ```ts ignore
 * const clear = clearOf(program);
 * ```
 */
export function clearOf(host: CliHost): ClearText {
  const { plaintext } = host.opts();
  return plaintext === true ? "loopback" : plaintext;
}

/**
 * Tells how to start the program again for the same data, over the same transport.
 *
 * @param host the program
 * @returns such as `parley --profile work`
 * @example
 * ```ts ignore
 * console.log(`type ${againCommand(program)} to talk`);
 * ```
 */
export function againCommand(host: CliHost): string {
  const { data, profile } = host.opts();
  const clear = clearOption[clearOf(host)];
  const whose = nameKey(profile) === defaultProfile ? "" : ` --profile ${profile}`;
  return `parley${clear}${whose}${data === undefined ? "" : ` --data ${data}`}`;
}

/**
 * Opens the folder of a name on a server, or ends the program.
 *
 * @param host the program
 * @param opening whose, and what it needs
 * @returns who connects to whom
 * @example
 * ```ts ignore
 * const start = await open(program, { base, server, name, invite: null });
 * ```
 */
export async function open(
  host: CliHost,
  { base, server, name, invite }: Opening,
): Promise<Start> {
  const { hostname, port } = server;
  const address = { hostname, port };
  const clear = clearOf(host);
  if (isTooOpen(clear, address)) host.error(tooOpen(address));
  const passphrase = passphraseFrom(host.opts().passphraseFile);
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
 * Finds the folder of all profiles, or ends the program.
 *
 * @param host the program
 * @returns its path
 * @example
 * ```ts ignore
 * const profiles = listProfiles(dataFolder(program));
 * ```
 */
export function dataFolder(host: CliHost): string {
  return host.opts().data ?? orStop(() => usualDataFolder(Deno.build.os, environment));
}

/**
 * Finds the folder of the profile that is meant, or ends the program.
 *
 * @param host the program
 * @returns its path
 * @example
 * ```ts ignore
 * const base = baseFolder(program);
 * ```
 */
export function baseFolder(host: CliHost): string {
  return profileFolder(dataFolder(host), host.opts().profile);
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

/**
 * Says that clear text is not to go there, and what to do.
 *
 * @param server where it would go
 * @returns the error
 * @example
 * ```ts
 * import { tooOpen } from "./opening.ts";
 * console.error(tooOpen({ hostname: "chat.example", port: 7667 }));
 * ```
 */
export function tooOpen(server: Address): string {
  return `error: everybody on the way to ${formatAddress(server)} could read and change what is ` +
    "said in clear text. Leave out --plaintext; or, if that is what you want, write " +
    "--plaintext=anywhere";
}

/** What speaks with the network has no more business with files. */
function giveUpFiles(): void {
  for (const name of ["read", "write"] as const) Deno.permissions.revokeSync({ name });
}
