/**
 * The client's files: one folder for each name on each server, with the device's key and the
 * fingerprint that the server had at first contact.
 *
 * @module
 */

import { readIfThere, readOrMakeKey, writeDurably } from "../identity/key_file.ts";
import type { IdentityKey } from "../identity/keys.ts";
import { type Address, formatAddress } from "../net/tcp.ts";
import { nameKey } from "../protocol/names.ts";
import { type Random, systemTimers } from "../seams.ts";
import { holdLock } from "../sqlite/lock.ts";
import type { ServerPin } from "./handshake.ts";

/** The files can't be had; the message says what to do. */
export class DataFolderError extends Error {
  /** The class's name, which stands before the message wherever the error is printed. */
  override name = "DataFolderError";
}

/** Another program is connected with this key: a second connection would end the first. */
export class DataFolderBusy extends Error {
  /** The class's name, which stands before the message wherever the error is printed. */
  override name = "DataFolderBusy";
}

/** What is in the folder of a name on a server. */
export interface ClientFolder {
  /** Where it is, so that messages can tell the reader what to look at. */
  readonly path: string;
  /** What proves this device to the server; made at first use, and on the disk already. */
  readonly key: IdentityKey;
  /** The server's fingerprint from first contact, and how to keep a first one on the disk. */
  readonly pin: ServerPin;
  /** Lets another program have the folder; the end of this one does so too. */
  readonly release: () => void;
}

/** Milliseconds between two looks at a folder that another program holds. */
const lookAgainMs = 50;

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
 * Opens the folder of a name on a server, and makes it and a key at first use.
 *
 * @param base all names' folder; made if it is missing, for its owner alone
 * @param name a user's name
 * @param address the server's
 * @param random gives the seed of a new key
 * @param patienceMs how long to wait for another program that holds the folder
 * @param done is called when no file is needed any more: at once, or when the fingerprint of a
 * server that was never met is written
 * @returns the key and what is known of the server; the folder is held until its `release`
 * @throws {DataFolderBusy} when another program holds the folder all that time
 * @throws {DataFolderError} when the files can't be read or made
 * @example
 * ```ts ignore
 * const address = { hostname: "chat.example", port: 7667 };
 * const { key, pin } = await openClientFolder("data", "al", address, systemRandom, 0, () => {});
 * ```
 * @see docs/ARCHITECTURE.md, section "client"
 */
export async function openClientFolder(
  base: string,
  name: string,
  address: Address,
  random: Random,
  patienceMs: number,
  done: () => void,
): Promise<ClientFolder> {
  const path = `${base}/${folderName(name, address)}`;
  try {
    await Deno.mkdir(path, { recursive: true, mode: 0o700 });
    const release = await holdFolder(path, patienceMs);
    if (!release) throw new DataFolderBusy(whyBusy(name, address));
    const key = await readOrMakeKey(`${path}/device.key`, random);
    const pinPath = `${path}/server.fingerprint`;
    const held = readPin(pinPath);
    const hold = (fingerprint: string) => {
      writeDurably(pinPath, `${fingerprint}\n`);
      done();
    };
    if (held !== null) done();
    return { path, key, pin: pinOf(held, hold), release };
  } catch (error) {
    if (error instanceof DataFolderError || error instanceof DataFolderBusy) throw error;
    throw new DataFolderError(`${(error as Error).message} (another folder: --data)`);
  }
}

async function holdFolder(path: string, patienceMs: number): Promise<(() => void) | null> {
  for (let leftMs = patienceMs;; leftMs -= lookAgainMs) {
    const release = holdLock(`${path}/parley.lock`);
    if (release || leftMs <= 0) return release;
    await new Promise<void>((resolve) => systemTimers.set(lookAgainMs, resolve));
  }
}

function whyBusy(name: string, address: Address): string {
  return `another parley is connected to ${formatAddress(address)} as ${name}; ` +
    "leave it first, or let this one have a name of its own (--name)";
}

function readPin(path: string): string | null {
  const text = readIfThere(path);
  if (text === null || /^[0-9a-f]{64}$/.test(text)) return text;
  throw new DataFolderError(`${path} holds no fingerprint; delete it if that is no surprise`);
}

function pinOf(atStart: string | null, hold: (fingerprint: string) => void): ServerPin {
  let held = atStart;
  return {
    get held() {
      return held;
    },
    hold: (fingerprint) => {
      hold(fingerprint);
      held = fingerprint;
    },
  };
}
