/**
 * The store's answers: everything that is read and not part of apply. It runs in a Worker of its
 * own, on a connection that only reads.
 *
 * @module
 */

import type { DatabaseSync, StatementSync } from "node:sqlite";
import { equals } from "@std/bytes/equals";
import { codes } from "../errors.ts";
import { limits } from "../limits.ts";
import {
  type KnownDevice,
  type MemberPage,
  type Membership,
  type Page,
  type PageRequest,
  type RoomPage,
  type SnapshotPage,
  type SnapshotReason,
  snapshotReasons,
  type SnapshotRequest,
  type Standing,
} from "../log/log.ts";
import { audienceKinds } from "../protocol/audience.ts";
import { nameKey } from "../protocol/names.ts";
import { PageReader } from "./pages.ts";
import { SnapshotReader } from "./snapshot.ts";
import { readLogId } from "./sqlite_log.ts";

const sql = {
  device: `SELECT d.id AS device, d.user, u.name, o.epoch, o.last
    FROM devices d JOIN users u ON u.id = d.user
    LEFT JOIN outboxes o ON o.device = d.id
    WHERE d.key = ? ORDER BY o.id DESC LIMIT 1`,
  rooms: `SELECT r.id, r.name, r.members, s.user IS NOT NULL AS member
    FROM rooms r LEFT JOIN spans s
      ON s.audience = 'r' || r.id AND s.user = ? AND s.until IS NULL
    WHERE r.key > ? ORDER BY r.key LIMIT ?`,
  room: "SELECT 'r' || id AS audience FROM rooms WHERE key = ?",
  member: "SELECT 1 FROM spans WHERE audience = ? AND user = ? AND until IS NULL",
  members: `SELECT s.user, u.name FROM spans s JOIN users u ON u.id = s.user
    WHERE s.audience = ? AND s.user > ? AND s.until IS NULL ORDER BY s.user LIMIT ?`,
  memberships: "SELECT audience, user, since FROM spans WHERE until IS NULL AND audience LIKE 'r%'",
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
  readonly #pages: PageReader;
  readonly #snapshots: SnapshotReader;
  readonly #statements: Readonly<Record<keyof typeof sql, StatementSync>>;
  readonly #logId: Uint8Array;

  /** @param database an open store; stays the caller's */
  constructor(database: DatabaseSync) {
    this.#pages = new PageReader(database);
    this.#snapshots = new SnapshotReader(database, this.#pages);
    this.#statements = Object.fromEntries(
      Object.entries(sql).map(([name, text]) => [name, database.prepare(text)]),
    ) as Record<keyof typeof sql, StatementSync>;
    this.#logId = readLogId(database);
  }

  /** @returns the device with this public key, or null for one that is not known */
  identify(deviceKey: Uint8Array): KnownDevice | null {
    const found = this.#statements.device.get(deviceKey) as unknown as
      | {
        device: number;
        user: number;
        name: string;
        epoch: Uint8Array | null;
        last: number | null;
      }
      | undefined;
    if (!found) return null;
    const { device, user, name, epoch, last } = found;
    return { device, user, name, epoch, n: last ?? 0 };
  }

  /** @returns null if the device can go on from where it stands; else why not */
  checkStanding({ logId, cursor, digest }: Standing): SnapshotReason | null {
    if (!logId || !digest || cursor === 0) return snapshotReasons.asked;
    if (!equals(logId, this.#logId)) return snapshotReasons.otherLog;
    const own = this.#pages.digest(cursor);
    if (!own) return snapshotReasons.beyondHead;
    return equals(own, digest) ? null : snapshotReasons.digestDiffers;
  }

  /** @returns the next page of what is meant for a device, owned by the caller */
  page(request: PageRequest): Page {
    return this.#pages.page(request);
  }

  /** @returns the next page of a device's snapshot, owned by the caller */
  snapshot(request: SnapshotRequest): SnapshotPage {
    return this.#snapshots.page(request);
  }

  /** @returns the rooms whose name key is after `after` */
  rooms(user: number, after: string): RoomPage {
    const rows = this.#statements.rooms.all(user, nameKey(after), limits.listPageMax + 1) as {
      id: number;
      name: string;
      members: number;
      member: number;
    }[];
    return {
      rooms: rows.slice(0, limits.listPageMax).map(({ id, name, members, member }) => [
        [audienceKinds.room, id],
        name,
        members,
        member === 1,
      ]),
      more: rows.length > limits.listPageMax,
    };
  }

  /** @returns the members of the room with this name whose id is above `after` */
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

  /** @returns all open memberships of rooms */
  memberships(): Membership[] {
    return this.#statements.memberships.all() as unknown as Membership[];
  }
}
