/**
 * The store as a server finds it when it starts.
 *
 * @module
 */

import type { Head, Membership } from "../log/log.ts";
import { systemClock, systemRandom } from "../seams.ts";
import { openDatabase } from "../sqlite/database.ts";
import { SqliteLog } from "./sqlite_log.ts";
import { type PeopleStart, readMemberships, readPeople } from "./start.ts";

/** A store that is whole, and what a server starts from. */
export interface StoreStart {
  /** Where the log stands. */
  readonly head: Head;
  /** All memberships of rooms that are open there. */
  readonly memberships: readonly Membership[];
  /** Who is there. */
  readonly people: PeopleStart;
  /** Closes it: once the Workers have it open, that costs nothing. */
  close(): void;
}

/**
 * Opens a store, brings it to the newest schema and reads what a server starts from.
 *
 * In the server's own thread, since starting a Worker takes longer than all of this: who is told
 * that the server listens may rely on its store.
 *
 * @param path the database; made if it is missing
 * @returns the start; the store is held open until `close`, and nothing more is written here
 * @throws {DatabaseError} when it is of a later version; and what SQLite throws
 * @example
 * ```ts ignore
 * const { head, memberships, close } = openStore("data/parley.db");
 * ```
 * @see docs/adr/0005-start-order.md
 */
export function openStore(path: string): StoreStart {
  const log = new SqliteLog(openDatabase(path), systemClock, systemRandom);
  return {
    head: log.head(),
    memberships: readMemberships(log.database),
    people: readPeople(log.database),
    close: () => log.close(),
  };
}
