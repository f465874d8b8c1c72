/**
 * What a server reads of its store when it starts, before anybody asks.
 *
 * @module
 */

import type { DatabaseSync } from "node:sqlite";
import type { Membership } from "../log/log.ts";

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
    "SELECT audience, user, since FROM spans WHERE until IS NULL AND audience LIKE 'r%'",
  ).all();
  return rows as unknown as Membership[];
}
