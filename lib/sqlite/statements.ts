/**
 * Statements by their names, prepared once.
 *
 * @module
 */

import type { DatabaseSync, StatementSync } from "node:sqlite";

/** A statement for each name of a table of SQL texts. */
export type Statements<Name extends string> = Readonly<Record<Name, StatementSync>>;

/**
 * Prepares all statements of a table.
 *
 * @param database an open database with the tables that they name; stays the caller's
 * @param sql SQL texts by name
 * @returns the statements by the same names
 * @throws what SQLite throws for a text that it can't prepare
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { openDatabase } from "./database.ts";
 * import { prepareAll } from "./statements.ts";
 * const database = openDatabase(":memory:");
 * const { one } = prepareAll(database, { one: "SELECT 1 AS number" });
 * assertEquals(one.get()?.number, 1);
 * database.close();
 * ```
 * @see https://www.sqlite.org/c3ref/prepare.html
 */
export function prepareAll<Name extends string>(
  database: DatabaseSync,
  sql: Readonly<Record<Name, string>>,
): Statements<Name> {
  const prepared = Object.entries<string>(sql).map((
    [name, text],
  ) => [name, database.prepare(text)]);
  return Object.fromEntries(prepared) as Statements<Name>;
}
