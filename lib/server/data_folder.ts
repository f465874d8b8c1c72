/**
 * The server's data folder: made at first start, and held by one server at a time.
 *
 * @module
 */

import { makeOwnerOnly } from "../sqlite/database.ts";
import { holdLock } from "../sqlite/lock.ts";

/** Another server runs on the same data. */
export class DataFolderBusy extends Error {
  /** The class's name, which stands before the message wherever the error is printed. */
  override name = "DataFolderBusy";
}

/** An open data folder. */
export interface DataFolder {
  /** The file of the server's identity key: lose it, and no client knows the server again. */
  readonly keyPath: string;
  /** The file of the TLS certificate and its key: lose it, and another one is made. */
  readonly certificatePath: string;
  /** The file of the log and its projections; SQLite keeps two more beside it. */
  readonly databasePath: string;
  /** The index of words, which may be lost. */
  readonly wordsPath: string;
  /** The socket through which the operator asks the running server. */
  readonly adminPath: string;
  /** Lets another server have it. */
  release(): void;
}

/**
 * Opens the data folder and holds it.
 *
 * @param folder made if it is missing, for its owner alone
 * @returns the open folder
 * @throws {DataFolderBusy} when another server holds it
 * @example
 * ```ts ignore
 * const folder = openDataFolder("data");
 * folder.release();
 * ```
 * @see docs/ARCHITECTURE.md, section "server"
 */
export function openDataFolder(folder: string): DataFolder {
  Deno.mkdirSync(folder, { recursive: true, mode: 0o700 });
  const release = holdLock(`${folder}/parleyd.lock`);
  if (!release) throw new DataFolderBusy(`another parleyd is running on ${folder}`);
  const database = databasePath(folder);
  makeOwnerOnly(database);
  return {
    keyPath: `${folder}/identity.key`,
    certificatePath: `${folder}/tls.pem`,
    databasePath: database,
    wordsPath: `${folder}/words.db`,
    adminPath: adminPath(folder),
    release,
  };
}

/**
 * Names the operator's socket.
 *
 * @param folder a server's data folder
 * @returns the socket's path, whether or not a server runs there
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { adminPath } from "./data_folder.ts";
 * assertEquals(adminPath("data"), "data/admin.sock");
 * ```
 * @see docs/ARCHITECTURE.md, section "server"
 */
export function adminPath(folder: string): string {
  return `${folder}/admin.sock`;
}

/**
 * Tells where the log is.
 *
 * @param folder the data folder
 * @returns the path of the database in it
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { databasePath } from "./data_folder.ts";
 * assertEquals(databasePath("data"), "data/parley.db");
 * ```
 * @see docs/ARCHITECTURE.md, section "server"
 */
export function databasePath(folder: string): string {
  return `${folder}/parley.db`;
}
