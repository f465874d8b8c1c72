/**
 * Numbered migrations: each runs once, in order, in one transaction with its number.
 *
 * @module
 */

import type { DatabaseSync } from "node:sqlite";
import { DatabaseError, transaction } from "./database.ts";

/**
 * Brings a database to the newest schema.
 *
 * @param database an open database, not in a transaction
 * @param migrations the steps from the empty database on; a step never changes once released
 * @throws {DatabaseError} when the database is of a later version than this program
 * @example
 * ```ts
 * import { openDatabase } from "./database.ts";
 * import { migrate } from "./migrate.ts";
 * const database = openDatabase(":memory:");
 * migrate(database, ["CREATE TABLE thing (id INTEGER PRIMARY KEY) STRICT"]);
 * database.close();
 * ```
 * @see docs/ARCHITECTURE.md, section "sqlite"
 */
export function migrate(database: DatabaseSync, migrations: readonly string[]): void {
  const version = versionOf(database);
  if (version > migrations.length) {
    throw new DatabaseError(
      `the data is of version ${version}, this program knows ${migrations.length}: use a newer one`,
    );
  }
  migrations.slice(version).forEach((step, at) => {
    transaction(database, () => {
      // Another program that starts at the same time may have done it meanwhile.
      if (versionOf(database) > version + at) return;
      database.exec(step);
      database.exec(`PRAGMA user_version = ${version + at + 1}`);
    });
  });
}

function versionOf(database: DatabaseSync): number {
  return (database.prepare("PRAGMA user_version").get() as { user_version: number }).user_version;
}
