/**
 * Opens SQLite databases the one way in which Parley uses them: durable at every commit, checked
 * at the start.
 *
 * @module
 */

import { DatabaseSync } from "node:sqlite";

/** How a database is opened. */
export interface OpenOptions {
  /** For who only reads: never writes, never checkpoints. */
  readonly readOnly?: boolean;
}

/** SQLite is not what durability needs: too old, or a pragma was not taken. */
export class DatabaseError extends Error {
  /** The class's name, which stands before the message wherever the error is printed. */
  override name = "DatabaseError";
}

// It brought `concat`, with which entries are read; what came before it is not tested here.
const versionMin = [3, 44, 0];

/**
 * Opens a database in WAL mode with `synchronous=FULL`.
 *
 * @param path the file, made if missing; `:memory:` for tests
 * @param options see `OpenOptions`
 * @returns the open database, owned by the caller, who closes it
 * @throws {DatabaseError} when SQLite is too old or does not take a pragma
 * @throws what SQLite throws, such as for a file that is no database
 * @example
 * ```ts
 * import { openDatabase } from "./database.ts";
 * openDatabase(":memory:").close();
 * ```
 * @see https://www.sqlite.org/pragma.html#pragma_synchronous
 */
export function openDatabase(path: string, options: OpenOptions = {}): DatabaseSync {
  const database = new DatabaseSync(path, { readOnly: options.readOnly ?? false });
  try {
    prepare(database, path, options);
  } catch (error) {
    database.close();
    throw error;
  }
  return database;
}

function prepare(database: DatabaseSync, path: string, options: OpenOptions): void {
  // First of all: any statement, even one that names no table, may have to wait for another
  // program, which repairs at this moment what a killed one left.
  setPragma(database, "busy_timeout", 5_000);
  const { version } = database.prepare("SELECT sqlite_version() AS version").get() as {
    version: string;
  };
  checkVersion(version);
  if (options.readOnly) {
    setPragma(database, "query_only", 1);
    setPragma(database, "wal_autocheckpoint", 0);
  } else if (path !== ":memory:") {
    setPragma(database, "journal_mode", "wal");
  }
  setPragma(database, "synchronous", 2, "FULL");
  // Only macOS knows these: its plain fsync leaves the bytes in the drive's own memory.
  setPragma(database, "fullfsync", 1);
  setPragma(database, "checkpoint_fullfsync", 1);
  setPragma(database, "foreign_keys", 0);
  setPragma(database, "cache_size", -16_384);
}

/**
 * Refuses an SQLite that is too old for the tables.
 *
 * @param version as SQLite tells it, such as `3.49.1`
 * @throws {DatabaseError} when it is below 3.44.0
 * @example
 * ```ts
 * import { assertThrows } from "@std/assert";
 * import { checkVersion } from "./database.ts";
 * checkVersion("3.49.1");
 * assertThrows(() => checkVersion("3.43.2"));
 * ```
 * @see https://www.sqlite.org/lang_corefunc.html#concat
 */
export function checkVersion(version: string): void {
  const parts = version.split(".").map(Number);
  const differs = versionMin.findIndex((part, at) => parts[at] !== part);
  if (differs >= 0 && (parts[differs] ?? 0) < versionMin[differs]!) {
    throw new DatabaseError(`SQLite ${version} is too old: ${versionMin.join(".")} is needed`);
  }
}

/**
 * Sets a pragma and looks whether SQLite took it: many are passed over without a word.
 *
 * @param database an open database
 * @param name the pragma's name
 * @param value what SQLite tells of it afterwards
 * @param written what is set, where that is written in another way
 * @throws {DatabaseError} when SQLite tells something else
 * @example
 * ```ts
 * import { openDatabase, setPragma } from "./database.ts";
 * const database = openDatabase(":memory:");
 * setPragma(database, "max_page_count", 100);
 * database.close();
 * ```
 * @see https://www.sqlite.org/pragma.html
 */
export function setPragma(
  database: DatabaseSync,
  name: string,
  value: string | number,
  written: string | number = value,
): void {
  database.exec(`PRAGMA ${name} = ${written}`);
  // Not by its name: the column of busy_timeout is called timeout.
  const [taken] = Object.values(database.prepare(`PRAGMA ${name}`).get() ?? {});
  if (taken !== value) {
    throw new DatabaseError(`SQLite did not take ${name} = ${written}`);
  }
}

/**
 * Runs `work` in one transaction.
 *
 * @param database an open database, not in a transaction
 * @param work reads and writes; what it throws rolls everything back
 * @returns what `work` returned, once it is committed
 * @throws whatever `work` or the commit throws
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { openDatabase, transaction } from "./database.ts";
 * const database = openDatabase(":memory:");
 * assertEquals(transaction(database, () => 5), 5);
 * database.close();
 * ```
 * @see https://www.sqlite.org/lang_transaction.html
 */
export function transaction<T>(database: DatabaseSync, work: () => T): T {
  database.exec("BEGIN IMMEDIATE");
  try {
    const result = work();
    database.exec("COMMIT");
    return result;
  } catch (error) {
    rollBack(database);
    throw error;
  }
}

/**
 * Takes back a transaction that failed, wherever it failed.
 *
 * @param database an open database, which the transaction was begun in
 * @example
 * ```ts
 * import { openDatabase, rollBack } from "./database.ts";
 * const database = openDatabase(":memory:");
 * database.exec("BEGIN");
 * rollBack(database);
 * rollBack(database);
 * database.close();
 * ```
 * @see https://www.sqlite.org/lang_transaction.html
 */
export function rollBack(database: DatabaseSync): void {
  try {
    database.exec("ROLLBACK");
  } catch {
    // After a full disk or an IO error SQLite has rolled back by itself. Whether it has can't be
    // asked everywhere: `isTransaction` is missing on Deno 2.5.7.
  }
}

/**
 * Makes a database's file its owner's alone, before anything is in it: SQLite gives its further files
 * the rights of the first, and the folder may have been there before, open to all.
 *
 * @param path the file, made if it is missing
 * @throws {Deno.errors.PermissionDenied} and others, when it can't be made or is somebody else's
 * @example
 * ```ts ignore
 * makeOwnerOnly("data/parley.db");
 * ```
 */
export function makeOwnerOnly(path: string): void {
  Deno.openSync(path, { write: true, create: true, mode: 0o600 }).close();
  if (Deno.build.os !== "windows") Deno.chmodSync(path, 0o600);
}

/**
 * Removes a database that can be lost, and what SQLite keeps beside it.
 *
 * @param path the file, which nobody has open; it may be missing
 * @throws {Deno.errors.PermissionDenied} and others, when it can't be removed
 * @example
 * ```ts ignore
 * removeDatabase("data/words.db");
 * ```
 * @see https://www.sqlite.org/tempfiles.html
 */
export function removeDatabase(path: string): void {
  for (const file of databaseFiles(path)) {
    try {
      Deno.removeSync(file);
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
}

/**
 * Names the files of a database in WAL mode.
 *
 * @param path the database itself
 * @returns all of them, the database first, owned by the caller
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { databaseFiles } from "./database.ts";
 * assertEquals(databaseFiles("a.db"), ["a.db", "a.db-wal", "a.db-shm"]);
 * ```
 * @see https://www.sqlite.org/tempfiles.html
 */
export function databaseFiles(path: string): string[] {
  return ["", "-wal", "-shm"].map((end) => path + end);
}
