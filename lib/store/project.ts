/**
 * Entries into projections: all that the tables know comes from here, so that dropped tables can be
 * rebuilt from the log and come out equal.
 *
 * @module
 */

import type { DatabaseSync } from "node:sqlite";
import { codes } from "../errors.ts";
import type { EntryBytes, EntryHeader } from "../log/entry.ts";
import type { EntryContent, EntryName } from "../log/entry_kinds.ts";
import { decodeEntry } from "../log/entry.ts";
import { audienceKey, audienceKinds, type DirectAudience } from "../protocol/audience.ts";
import { nameKey } from "../protocol/names.ts";
import { roles } from "../protocol/roles.ts";
import { transaction } from "../sqlite/database.ts";
import { indexAll } from "./late_index.ts";
import { join, leave, moderationProjectors, type Projector } from "./moderated.ts";
import { adminsKey, lobbyRoom } from "./places.ts";
import { projectionNames, projectionTables, projectionVersion, projectionViews } from "./schema.ts";
import { Tables } from "./tables.ts";
import { reckonUsage } from "./usage.ts";

const projectors: { readonly [N in EntryName]: Projector<N> } = {
  registered(tables, { lsn, timeMs }, { name, deviceKey, role, invite }) {
    tables.people.addUser(lsn, name, nameKey(name), role);
    tables.people.devices.add(lsn, lsn, deviceKey, timeMs);
    tables.people.useInvite(invite);
    if (role === roles.owner) tables.people.voidOwnerInvites();
    if (role >= roles.admin) tables.addSpan(adminsKey, lsn, lsn);
    join(tables, lobbyRoom, lsn, lsn);
  },
  created(tables, { lsn, user }, content) {
    tables.addRoom(lsn, content.name, nameKey(content.name));
    if (content.private) tables.rules.close(lsn, lsn);
    if (user === 0) return;
    join(tables, lsn, user, lsn);
    tables.rules.setModerator(lsn, user, true);
  },
  joined(tables, { lsn, audience, user }) {
    join(tables, audience[1]!, user, lsn);
    tables.rules.setAdmitted(audience[1]!, user, false);
  },
  left(tables, { lsn, audience, user }) {
    leave(tables, audience[1]!, user, lsn);
  },
  message() {},
  refused() {},
  invited({ people }, { lsn, user, device }, { hash, role, uses, expiresMs }) {
    people.addInvite({ id: lsn, user, device, role, uses, expiresMs }, hash);
  },
  deviceInvited({ people }, { lsn, audience, device }, { hash, expiresMs }) {
    people.devices.addCode({ id: lsn, user: audience[1]!, device, expiresMs }, hash);
  },
  deviceAdded({ people }, { lsn, user, timeMs }, { deviceKey, code }) {
    people.devices.add(lsn, user, deviceKey, timeMs);
    people.devices.useCode(code);
  },
  deviceRevoked({ people }, _header, { device }) {
    people.shut.setDevice(device, codes.revoked);
  },
  ...moderationProjectors,
};

/**
 * Changes the projections as one entry says.
 *
 * @param tables the store's tables, in the transaction that the entry belongs to
 * @param header the entry's header
 * @param content what it says; null where this version can't know, which then changes nothing more
 * than its audience and its outbox
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { openDatabase } from "../sqlite/database.ts";
 * import { migrate } from "../sqlite/migrate.ts";
 * import { project, rebuild } from "./project.ts";
 * import { migrations } from "./schema.ts";
 * import { Tables } from "./tables.ts";
 * const database = openDatabase(":memory:");
 * migrate(database, migrations);
 * rebuild(database);
 * const tables = new Tables(database);
 * const header = {
 *   lsn: 1, prev: 0, timeMs: 0, audience: [0, 1], user: 0, device: 0, epoch: null, n: 0, id: null,
 * } as const;
 * project(tables, header, { kind: "created", name: "lobby", private: false });
 * assertEquals(tables.roomByKey("lobby"), 1);
 * database.close();
 * ```
 * @see docs/ARCHITECTURE.md, section "store"
 */
export function project(
  tables: Tables,
  header: EntryHeader,
  content: EntryContent | null,
): void {
  tables.setLast(audienceKey(header.audience), header.lsn);
  if (header.epoch) tables.setOutbox(header.lsn, header.device, header.epoch, header.n);
  if (header.audience[0] === audienceKinds.direct && header.prev === 0) {
    beginDirect(tables, header.audience, header.lsn);
  }
  if (!content) return;
  const projector = projectors[content.kind] as Projector<EntryName>;
  projector(tables, header, content);
}

/** A direct is made by its first entry, also where that entry's body has been erased since. */
function beginDirect(tables: Tables, audience: DirectAudience, lsn: number): void {
  const key = audienceKey(audience);
  for (const user of new Set([audience[1], audience[2]])) tables.addSpan(key, user, lsn);
}

/** Rows read at once. */
const rowsAtOnce = 1_024;

/** Where the version of the projections stands in `meta`: one byte. */
const versionRow = "projectionVersion";

/**
 * Reads the version of the projections that a store has.
 *
 * @param database an open store, with the newest tables of what is not a projection
 * @returns the version; 0 where there are none yet
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { readProjectionVersion } from "./project.ts";
 * import { projectionVersion } from "./schema.ts";
 * import { openMemoryStore } from "./sqlite_log.ts";
 * const store = openMemoryStore();
 * assertEquals(readProjectionVersion(store.database), projectionVersion);
 * store.close();
 * ```
 * @see docs/ARCHITECTURE.md, section "store"
 */
export function readProjectionVersion(database: DatabaseSync): number {
  const found = database.prepare("SELECT value FROM meta WHERE name = ?").get(versionRow);
  return (found as { value: Uint8Array } | undefined)?.value[0] ?? 0;
}

/**
 * Drops the projections and makes them again from the log.
 *
 * @param database an open store, not in a transaction
 * @returns how many entries were read
 * @throws {ProtocolError} when an entry's bytes are out of shape; nothing is changed then
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { openDatabase } from "../sqlite/database.ts";
 * import { migrate } from "../sqlite/migrate.ts";
 * import { rebuild } from "./project.ts";
 * import { migrations } from "./schema.ts";
 * const database = openDatabase(":memory:");
 * migrate(database, migrations);
 * assertEquals(rebuild(database), 0);
 * database.close();
 * ```
 * @see docs/ARCHITECTURE.md, section "store"
 */
export function rebuild(database: DatabaseSync): number {
  return transaction(database, () => {
    for (const name of projectionViews) database.exec(`DROP VIEW IF EXISTS ${name}`);
    for (const name of projectionNames) database.exec(`DROP TABLE IF EXISTS ${name}`);
    database.exec(projectionTables);
    // First: who writes the tables has in memory what is not indexed yet.
    indexAll(database, lastLsn(database));
    const tables = new Tables(database);
    let count = 0;
    for (const stored of storedRows(database)) {
      const entry = decodeEntry(stored);
      project(tables, entry, entry.content);
      if (++count % rowsAtOnce === 0) tables.flush();
    }
    reckonUsage(database);
    database.prepare("INSERT OR REPLACE INTO meta (name, value) VALUES (?, ?)")
      .run(versionRow, new Uint8Array([projectionVersion]));
    return count;
  });
}

function lastLsn(database: DatabaseSync): number {
  const found = database.prepare("SELECT max(lsn) AS lsn FROM log").get();
  return (found as { lsn: number | null }).lsn ?? 0;
}

/**
 * Reads the log a page at a time. An iterator of a statement would be shorter, but in the runtime of
 * the executables it outlives its statement: with a million rows the process crashed.
 */
function* storedRows(database: DatabaseSync): Generator<EntryBytes> {
  const page = database.prepare(
    "SELECT lsn, header, body FROM log WHERE lsn > ? ORDER BY lsn LIMIT ?",
  );
  for (let last = 0;;) {
    const rows = page.all(last, rowsAtOnce) as unknown as (EntryBytes & { lsn: number })[];
    yield* rows;
    if (rows.length < rowsAtOnce) return;
    last = rows.at(-1)!.lsn;
  }
}
