/**
 * What a server reads of its store when it starts, before anybody asks.
 *
 * @module
 */

import type { DatabaseSync } from "node:sqlite";
import type { Membership } from "../log/log.ts";
import { roles } from "../protocol/roles.ts";

/**
 * Reads the log's own id.
 *
 * @param database an open store
 * @returns 16 bytes, owned by the caller
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { openMemoryStore } from "./sqlite_log.ts";
 * import { readLogId } from "./start.ts";
 * const store = openMemoryStore();
 * assertEquals(readLogId(store.database).length, 16);
 * store.close();
 * ```
 * @see docs/PROTOCOL.md, section "Resume"
 */
export function readLogId(database: DatabaseSync): Uint8Array {
  const found = database.prepare("SELECT value FROM meta WHERE name = 'logId'").get();
  return (found as { value: Uint8Array }).value;
}

/** Who is there, as far as it decides what a start says. */
export interface PeopleStart {
  /** Whether a user is the owner. */
  readonly hasOwner: boolean;
  /** Whether anybody was ever registered. */
  readonly hasUsers: boolean;
  /** Whether an invite was ever made. */
  readonly hasInvites: boolean;
}

/**
 * Reads who is there.
 *
 * @param database an open store
 * @returns what was found, owned by the caller
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { openMemoryStore } from "./sqlite_log.ts";
 * import { readPeople } from "./start.ts";
 * const store = openMemoryStore();
 * assertEquals(readPeople(store.database).hasUsers, false);
 * store.close();
 * ```
 * @see docs/ARCHITECTURE.md, section "server"
 */
export function readPeople(database: DatabaseSync): PeopleStart {
  const isThere = (where: string) => database.prepare(`SELECT 1 FROM ${where} LIMIT 1`).get();
  return {
    hasOwner: isThere(`users WHERE role = ${roles.owner}`) !== undefined,
    hasUsers: isThere("users") !== undefined,
    hasInvites: isThere("invites") !== undefined,
  };
}

/**
 * Reads all open memberships of rooms, from which the hub starts.
 *
 * @param database an open store
 * @returns the memberships, owned by the caller
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { openMemoryStore } from "./sqlite_log.ts";
 * import { readMemberships } from "./start.ts";
 * const store = openMemoryStore();
 * assertEquals(readMemberships(store.database), []);
 * store.close();
 * ```
 * @see docs/ARCHITECTURE.md, section "hub"
 */
export function readMemberships(database: DatabaseSync): Membership[] {
  const rows = database.prepare(
    "SELECT audience, user, since FROM spans WHERE until IS NULL AND audience NOT LIKE 'd%'",
  ).all();
  return rows as unknown as Membership[];
}
