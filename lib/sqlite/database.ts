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

// 3.37 brought STRICT tables; what came before it is not tested here.
const versionMin = [3, 37, 0];

/**
 * Opens a database in WAL mode with `synchronous=FULL`.
 *
 * @param path the file, made if missing; `:memory:` for tests
 * @param options see `OpenOptions`
 * @returns the open database, owned by the caller, who closes it
 * @throws {DatabaseError} when SQLite is too old or does not take a pragma
 * @example
 * ```ts
 * import { openDatabase } from "./database.ts";
 * openDatabase(":memory:").close();
 * ```
 * @see https://www.sqlite.org/pragma.html#pragma_synchronous
 */
export function openDatabase(path: string, options: OpenOptions = {}): DatabaseSync {
  const database = new DatabaseSync(path, { readOnly: options.readOnly ?? false });
  checkVersion(database);
  if (options.readOnly) {
    setPragma(database, "query_only", 1);
  } else if (path !== ":memory:") {
    setPragma(database, "journal_mode", "wal");
  }
  setPragma(database, "synchronous", 2, "FULL");
  setPragma(database, "foreign_keys", 0);
  database.exec("PRAGMA busy_timeout = 5000; PRAGMA cache_size = -16384;");
  return database;
}

function checkVersion(database: DatabaseSync): void {
  const { version } = database.prepare("SELECT sqlite_version() AS version").get() as {
    version: string;
  };
  const parts = version.split(".").map(Number);
  const differs = versionMin.findIndex((part, at) => parts[at] !== part);
  if (differs >= 0 && (parts[differs] ?? 0) < versionMin[differs]!) {
    throw new DatabaseError(`SQLite ${version} is too old: ${versionMin.join(".")} is needed`);
  }
}

function setPragma(
  database: DatabaseSync,
  name: string,
  value: string | number,
  written: string | number = value,
): void {
  database.exec(`PRAGMA ${name} = ${written}`);
  const row = database.prepare(`PRAGMA ${name}`).get() as Record<string, unknown> | undefined;
  if (row?.[name] !== value) {
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
