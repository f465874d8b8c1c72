/**
 * The store's answers: everything that is read and not part of apply. It runs in a Worker of its
 * own, on a connection that only reads.
 *
 * @module
 */

import type { DatabaseSync } from "node:sqlite";
import { equals } from "@std/bytes/equals";
import { type Code, codes } from "../errors.ts";
import { limits } from "../limits.ts";
import {
  type DevicePage,
  type HistoryPage,
  type HistoryRequest,
  type KnownDevice,
  type ListedDevice,
  type MemberPage,
  type Page,
  type PageRequest,
  type RoomPage,
  type SnapshotPage,
  type SnapshotReason,
  snapshotReasons,
  type SnapshotRequest,
  type Standing,
} from "../log/log.ts";
import { roomAudience } from "../protocol/audience.ts";
import { nameKey } from "../protocol/names.ts";
import { roles } from "../protocol/roles.ts";
import { prepareAll, type Statements } from "../sqlite/statements.ts";
import { HistoryReader } from "./history.ts";
import { PageReader } from "./pages.ts";
import { SnapshotReader } from "./snapshot.ts";
import { readLogId } from "./start.ts";
import { StoredEntries } from "./stored.ts";

const sql = {
  device: `SELECT d.id AS device, d.user, u.name, o.epoch, o.last,
      CASE u.shut WHEN 0 THEN d.shut ELSE u.shut END AS shut
    FROM devices d JOIN users u ON u.id = d.user
    LEFT JOIN counted o ON o.id = (SELECT max(id) FROM outboxes WHERE device = d.id)
    WHERE d.key = ?`,
  rooms: `SELECT r.id, r.name, r.members, s.user IS NOT NULL AS member
    FROM rooms r LEFT JOIN spans s
      ON s.audience = 'r' || r.id AND s.user = ? AND s.until IS NULL
    WHERE r.key > ? AND (r.privateSince IS NULL OR s.user IS NOT NULL) ORDER BY r.key LIMIT ?`,
  role: "SELECT role FROM users WHERE id = ?",
  userByKey: "SELECT id FROM users WHERE key = ?",
  devices: `SELECT d.id AS device, d.addedMs, coalesce(c.timeMs, 0) AS seenMs, d.shut
    FROM devices d LEFT JOIN cursors c ON c.device = d.id
    WHERE d.user = ? AND d.shut <> ${codes.revoked} ORDER BY d.id LIMIT ?`,
  room: "SELECT 'r' || id AS audience FROM rooms WHERE key = ?",
  member: "SELECT 1 FROM spans WHERE audience = ? AND user = ? AND until IS NULL",
  members: `SELECT s.user, u.name FROM spans s JOIN users u ON u.id = s.user
    WHERE s.audience = ? AND s.user > ? AND s.until IS NULL ORDER BY s.user LIMIT ?`,
} as const;

/**
 * Answers questions about the log; each sees what is committed when it is asked.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { StoreReader } from "./reader.ts";
 * import { openMemoryStore } from "./sqlite_log.ts";
 * const store = openMemoryStore();
 * assertEquals(new StoreReader(store.database).rooms(2, "").rooms, [[[0, 1], "lobby", 0, false]]);
 * store.close();
 * ```
 * @see docs/ARCHITECTURE.md, section "store"
 */
export class StoreReader {
  readonly #stored: StoredEntries;
  readonly #pages: PageReader;
  readonly #history: HistoryReader;
  readonly #snapshots: SnapshotReader;
  readonly #statements: Statements<keyof typeof sql>;
  readonly #logId: Uint8Array;

  /**
   * Prepares the statements and reads the log's id.
   *
   * @param database an open store of the newest schema; stays the caller's
   */
  constructor(database: DatabaseSync) {
    this.#stored = new StoredEntries(database);
    this.#pages = new PageReader(database, this.#stored);
    this.#history = new HistoryReader(database, this.#stored);
    this.#snapshots = new SnapshotReader(database, this.#pages);
    this.#statements = prepareAll(database, sql);
    this.#logId = readLogId(database);
  }

  /**
   * Tells who a key is.
   *
   * @param deviceKey a public key; 32 bytes
   * @returns the device and its latest outbox, or null for a key that is not known
   */
  identify(deviceKey: Uint8Array): KnownDevice | null {
    const found = this.#statements.device.get(deviceKey) as unknown as
      | {
        device: number;
        user: number;
        name: string;
        epoch: Uint8Array | null;
        last: number | null;
        shut: Code | 0;
      }
      | undefined;
    if (!found) return null;
    const { device, user, name, epoch, last, shut } = found;
    const known = { device, user, name, epoch, n: last ?? 0 };
    return shut === 0 ? known : { ...known, shut };
  }

  /**
   * Compares the device's digest with the log's at its cursor, which finds a restored log too.
   *
   * @param standing where the device says that it stands
   * @returns null if it can go on from there; else why it is given a snapshot
   * @throws {DamagedEntry} when the digest differs, and the entry there is damaged
   */
  checkStanding({ logId, cursor, digest }: Standing): SnapshotReason | null {
    if (!logId || !digest || cursor === 0) return snapshotReasons.asked;
    if (!equals(logId, this.#logId)) return snapshotReasons.otherLog;
    const own = this.#stored.digest(cursor);
    if (!own) return snapshotReasons.beyondHead;
    if (equals(own, digest)) return null;
    // Before this log is said to be another one: is it the entry here that is damaged?
    this.#stored.read(cursor);
    return snapshotReasons.digestDiffers;
  }

  /**
   * Reads the next page of what is meant for a device.
   *
   * @param request for whom, from where, how much
   * @returns the page, owned by the caller
   */
  page(request: PageRequest): Page {
    return this.#pages.page(request);
  }

  /**
   * Reads the next page of a device's snapshot.
   *
   * @param request for whom, as of which head, from where
   * @returns the page, owned by the caller
   */
  snapshot(request: SnapshotRequest): SnapshotPage {
    return this.#snapshots.page(request);
  }

  /**
   * Lists rooms with their counts of members.
   *
   * @param user the id of who asks, for whether they are a member
   * @param after a room's name in any case, or empty for the first page
   * @returns at most `listPageMax` rooms whose name key is after that one's, in order
   */
  rooms(user: number, after: string): RoomPage {
    const rows = this.#statements.rooms.all(user, nameKey(after), limits.listPageMax + 1) as {
      id: number;
      name: string;
      members: number;
      member: number;
    }[];
    return {
      rooms: rows.slice(0, limits.listPageMax).map(({ id, name, members, member }) => [
        roomAudience(id),
        name,
        members,
        member === 1,
      ]),
      more: rows.length > limits.listPageMax,
    };
  }

  /**
   * Lists a room's members, for its members only.
   *
   * @param user the id of who asks
   * @param room the room's name in any case
   * @param after a user id, or 0 for the first page
   * @returns at most `listPageMax` members whose id is above `after`, in order; or a code
   */
  members(user: number, room: string, after: number): MemberPage {
    const found = this.#statements.room.get(nameKey(room)) as { audience: string } | undefined;
    if (!found) return { code: codes.noRoom, members: [], more: false };
    if (!this.#statements.member.get(found.audience, user)) {
      return { code: codes.notMember, members: [], more: false };
    }
    const rows = this.#statements.members.all(found.audience, after, limits.listPageMax + 1) as {
      user: number;
      name: string;
    }[];
    return {
      code: 0,
      members: rows.slice(0, limits.listPageMax).map(({ user, name }) => [user, name]),
      more: rows.length > limits.listPageMax,
    };
  }
  /**
   * Lists a user's devices.
   *
   * @param user the id of who asks
   * @param name whose, in any case; empty for one's own, and of others for admins
   * @returns the devices, owned by the caller, or a code
   */
  devices(user: number, name: string): DevicePage {
    const whose = name === "" ? user : this.#userFor(user, name);
    if (typeof whose !== "number") return { code: whose.code, devices: [] };
    const rows = this.#statements.devices.all(whose, limits.devicesPerUserMax);
    return { code: 0, devices: rows as unknown as ListedDevice[] };
  }

  #userFor(asker: number, name: string): number | { readonly code: Code } {
    const { role } = this.#statements.role.get(asker) as { role: number };
    if (role < roles.admin) return { code: codes.noRight };
    const found = this.#statements.userByKey.get(nameKey(name)) as { id: number } | undefined;
    return found?.id ?? { code: codes.noUser };
  }

  /**
   * Reads back in a room or direct.
   *
   * @param request who asks, for what, how much
   * @returns the page, owned by the caller; or a code
   * @throws {DamagedEntry} when the newest entry of it is damaged
   */
  history(request: HistoryRequest): HistoryPage {
    return this.#history.page(request);
  }
}
