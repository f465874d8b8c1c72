/**
 * The client's files: one folder for each name on each server, with the device's key, the mailbox
 * and the fingerprint that the server had at first contact.
 *
 * @module
 */

import { KeyFileError, readIfThere, writeDurably } from "../identity/key_file.ts";
import type { IdentityKey } from "../identity/keys.ts";
import { type Address, formatAddress } from "../net/tcp.ts";
import { nameKey } from "../protocol/names.ts";
import type { Random, Timers } from "../seams.ts";
import { makeOwnerOnly } from "../sqlite/database.ts";
import { FileLock } from "../sqlite/lock.ts";
import { type PassphraseSource, readDeviceKey } from "./device_key.ts";
import type { ServerPin } from "./handshake.ts";
import { type OpenMailbox, openMailbox } from "./mailbox_store.ts";

/** The files can't be had; the message says what to do. */
export class DataFolderError extends Error {
  /** The class's name, which stands before the message wherever the error is printed. */
  override name = "DataFolderError";
}

/** What is in the folder of a name on a server. */
export interface ClientFolder {
  /** Where it is, so that messages can tell the reader what to look at. */
  readonly path: string;
  /** What proves this device to the server; made at first use, and on the disk already. */
  readonly key: IdentityKey;
  /** The server's fingerprint from first contact, and how to keep a first one on the disk. */
  readonly pin: ServerPin;
  /** What came and what is asked for; shared by all programs of this name on this server. */
  readonly mailbox: OpenMailbox;
  /** Whoever holds it, connects with the key; it is let go with the end of the program too. */
  readonly lock: FileLock;
  /** Closes the mailbox and lets go of the lock, as the end of the program does. */
  readonly close: () => void;
}

/** Milliseconds between two looks for a key that another program is making. */
const lookAgainMs = 20;

/**
 * Finds where this user's programs keep their data on this system.
 *
 * @param os such as `linux`, `darwin`, `windows`
 * @param env reads the environment
 * @returns Parley's folder in it; nothing is made
 * @throws {DataFolderError} when the environment does not tell
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { usualDataFolder } from "./data_folder.ts";
 * const env = (name: string) => ({ HOME: "/home/al" })[name];
 * assertEquals(usualDataFolder("linux", env), "/home/al/.local/share/parley");
 * assertEquals(usualDataFolder("darwin", env), "/home/al/Library/Application Support/parley");
 * ```
 * @see https://specifications.freedesktop.org/basedir-spec/latest/
 */
export function usualDataFolder(
  os: typeof Deno.build.os,
  env: (name: string) => string | undefined,
): string {
  const under = (name: string, path: string) => {
    const folder = env(name);
    if (!folder) {
      throw new DataFolderError(
        `${name} is not set, so there is no place for data; give one with --data`,
      );
    }
    return folder + path;
  };
  if (os === "windows") return under("APPDATA", "\\parley");
  if (os === "darwin") return under("HOME", "/Library/Application Support/parley");
  // The specification: a relative path is to be ignored.
  const isSet = env("XDG_DATA_HOME")?.startsWith("/");
  return isSet ? under("XDG_DATA_HOME", "/parley") : under("HOME", "/.local/share/parley");
}

/**
 * Names the folder of a name on a server.
 *
 * @param name a user's name, in any case
 * @param address the server's
 * @returns such as `alice@chat.example_7667`: a file name on any system
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { folderName } from "./data_folder.ts";
 * assertEquals(folderName("Al", { hostname: "::1", port: 80 }), "al@___1__80");
 * ```
 */
export function folderName(name: string, address: Address): string {
  const server = formatAddress(address).toLowerCase().replaceAll(/[^a-z0-9.-]/g, "_");
  return `${nameKey(name)}@${server}`;
}

/**
 * Names the file of the key of a name on a server.
 *
 * @param base all names' folder
 * @param name a user's name
 * @param address the server's
 * @returns the path
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { deviceKeyPath } from "./data_folder.ts";
 * const path = deviceKeyPath("data", "Al", { hostname: "chat.example", port: 7667 });
 * assertEquals(path, "data/al@chat.example_7667/device.key");
 * ```
 */
export function deviceKeyPath(base: string, name: string, address: Address): string {
  return `${base}/${folderName(name, address)}/device.key`;
}

/** What opening a folder needs besides files. */
export interface FolderSeams {
  /** Gives the seed of a new key. */
  readonly random: Random;
  /** Waits while another program makes the key. */
  readonly timers: Timers;
  /** Is asked where the key is sealed. */
  readonly passphrase: PassphraseSource;
}

/**
 * Opens the folder of a name on a server, and makes it and a key at first use.
 *
 * @param base all names' folder; made if it is missing, for its owner alone
 * @param name a user's name
 * @param address the server's
 * @param seams give the seed of a new key, the pauses while another program makes one, and the
 * passphrase of one that is sealed
 * @param done is called when no file need be opened any more: at once, or when the fingerprint of a
 * server that was never met is written
 * @returns the key, the mailbox and what is known of the server, owned by the caller
 * @throws {DataFolderError} when the files can't be read or made
 * @example
 * ```ts ignore
 * const address = { hostname: "chat.example", port: 7667 };
 * const seams = { random: systemRandom, timers: systemTimers, passphrase: () => null };
 * const { key, mailbox } = await openClientFolder("data", "al", address, seams, () => {});
 * ```
 * @see docs/ARCHITECTURE.md, section "client"
 */
export async function openClientFolder(
  base: string,
  name: string,
  address: Address,
  { random, timers, passphrase }: FolderSeams,
  done: () => void,
): Promise<ClientFolder> {
  const path = `${base}/${folderName(name, address)}`;
  try {
    await Deno.mkdir(path, { recursive: true, mode: 0o700 });
    const lock = new FileLock(`${path}/parley.lock`);
    const keyPath = deviceKeyPath(base, name, address);
    // Two that start for the first time at once must not make a key each.
    while (!lock.tryHold() && readIfThere(keyPath) === null) {
      await new Promise<void>((resolve) => timers.set(lookAgainMs, resolve));
    }
    const key = await readDeviceKey(keyPath, random, passphrase);
    const mailboxPath = `${path}/mailbox.db`;
    makeOwnerOnly(mailboxPath);
    const mailbox = openMailbox(mailboxPath);
    const close = () => {
      mailbox.close();
      lock.close();
    };
    return { path, key, pin: openPin(`${path}/server.fingerprint`, done), mailbox, lock, close };
  } catch (error) {
    if (error instanceof DataFolderError) throw error;
    if (error instanceof KeyFileError) throw new DataFolderError(error.message);
    throw new DataFolderError(
      `${path}: ${(error as Error).message} (${adviceFor(`${path}/mailbox.db`)})`,
    );
  }
}

/** With what each file of SQLite's begins. */
const databaseStart = "SQLite format 3\0";

function adviceFor(mailboxPath: string): string {
  return isDatabase(mailboxPath)
    ? "another folder: --data"
    : "put mailbox.db away, and all but what was not sent yet comes again";
}

/** Not every runtime says by a number that a file is none of SQLite's. */
function isDatabase(path: string): boolean {
  try {
    using file = Deno.openSync(path);
    const start = new Uint8Array(databaseStart.length);
    const bytes = file.readSync(start);
    return bytes === null || new TextDecoder().decode(start) === databaseStart;
  } catch {
    return true;
  }
}

function openPin(path: string, done: () => void): ServerPin {
  const held = readPin(path);
  if (held !== null) done();
  return pinOf(held, () => readPin(path), (fingerprint) => {
    writeDurably(path, `${fingerprint}\n`);
    done();
  });
}

function readPin(path: string): string | null {
  const text = readIfThere(path);
  if (text === null || /^[0-9a-f]{64}$/.test(text)) return text;
  throw new DataFolderError(`${path} holds no fingerprint; delete it if that is no surprise`);
}

/** Another program may have met the server since: then its word counts here too. */
function pinOf(
  atStart: string | null,
  read: () => string | null,
  hold: (fingerprint: string) => void,
): ServerPin {
  let held = atStart;
  return {
    get held() {
      return held ??= read();
    },
    hold: (fingerprint) => {
      hold(fingerprint);
      held = fingerprint;
    },
  };
}
