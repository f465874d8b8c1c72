/**
 * Snapshots: what a new device is given, as of one head, in pages that remember nothing.
 *
 * @module
 */

import type { DatabaseSync, StatementSync } from "node:sqlite";
import { concat } from "@std/bytes/concat";
import { entryFrames } from "../log/entry.ts";
import { limits } from "../limits.ts";
import type { SnapshotPage, SnapshotPosition, SnapshotRequest } from "../log/log.ts";
import { audienceKinds, keyAudience } from "../protocol/audience.ts";
import { encodePacket } from "../protocol/codec.ts";
import { ownAudiences, type PageReader } from "./pages.ts";

const memberAtHead = "since <= $head AND (until IS NULL OR until > $head)";
const sql = {
  users: "SELECT id, name FROM users WHERE id > $id AND id <= $head ORDER BY id LIMIT $count",
  rooms: `SELECT s.audience, s.since, r.name
    FROM spans s LEFT JOIN rooms r
      ON s.audience LIKE 'r%' AND r.id = CAST(substr(s.audience, 2) AS INTEGER)
    WHERE s.user = $user AND s.audience > $key AND ${memberAtHead}
    ORDER BY s.audience LIMIT $count`,
  members: `SELECT user FROM spans
    WHERE audience = $key AND user > $id AND ${memberAtHead} ORDER BY user LIMIT $count`,
  last: `SELECT lsn FROM placed WHERE audience = $key AND lsn <= $head
    ORDER BY lsn DESC LIMIT $count`,
} as const;

interface RoomRow {
  readonly audience: string;
  readonly since: number;
  readonly name: string | null;
}

/**
 * Reads snapshots page by page.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { PageReader } from "./pages.ts";
 * import { snapshotStart } from "../log/log.ts";
 * import { SnapshotReader } from "./snapshot.ts";
 * import { openMemoryStore } from "./sqlite_log.ts";
 * const { database } = openMemoryStore();
 * const reader = new SnapshotReader(database, new PageReader(database));
 * const page = reader.page({
 *   user: 2, device: 2, head: 1, entriesMax: 256, bytesMax: 262144, position: snapshotStart,
 * });
 * assertEquals(page.next, { part: "rooms", key: "", id: 0 });
 * database.close();
 * ```
 * @see docs/PROTOCOL.md, section "Resume"
 */
export class SnapshotReader {
  readonly #statements: Readonly<Record<keyof typeof sql, StatementSync>>;
  readonly #pages: PageReader;

  /**
   * Prepares the statements.
   *
   * @param database an open store; stays the caller's
   * @param pages reads the entries
   */
  constructor(database: DatabaseSync, pages: PageReader) {
    this.#pages = pages;
    this.#statements = Object.fromEntries(
      Object.entries(sql).map(([name, text]) => [name, database.prepare(text)]),
    ) as Record<keyof typeof sql, StatementSync>;
  }

  /**
   * Reads the page at a position.
   *
   * @param request for whom, as of which head, from where
   * @returns the page, owned by the caller, and where the next goes on
   */
  page(request: SnapshotRequest): SnapshotPage {
    switch (request.position.part) {
      case "users":
        return this.#users(request);
      case "rooms":
        return this.#rooms(request);
      case "members":
        return this.#members(request);
      case "entries":
        return this.#entries(request);
    }
  }

  #users({ head, position }: SnapshotRequest): SnapshotPage {
    const rows = this.#statements.users.all({
      id: position.id,
      head,
      count: limits.listPageMax,
    }) as {
      id: number;
      name: string;
    }[];
    const last = rows.at(-1);
    if (!last) return part([], { part: "rooms", key: "", id: 0 });
    const users = rows.map(({ id, name }) => [id, name] as const);
    return part([encodePacket("users", { users })], { ...position, id: last.id });
  }

  #rooms({ user, head, position }: SnapshotRequest): SnapshotPage {
    const rows = this.#roomRows(user, head, position.key, limits.listPageMax);
    const last = rows.at(-1);
    if (!last) return part([], { part: "members", key: "", id: 0 });
    const frames = rows.map(({ audience, since, name }) =>
      encodePacket("room", { room: keyAudience(audience), name, since })
    );
    return part(frames, { ...position, key: last.audience });
  }

  #members({ user, head, position }: SnapshotRequest): SnapshotPage {
    const key = position.id > 0
      ? position.key
      : this.#roomRows(user, head, position.key, 1)[0]?.audience;
    if (!key) return part([], { part: "entries", key: "", id: 0 });
    const room = keyAudience(key);
    const rows = room[0] === audienceKinds.direct ? [] : this.#statements.members.all(
      { key, id: position.id, head, count: limits.listPageMax },
    ) as { user: number }[];
    const last = rows.at(-1);
    if (!last) return part([], { part: "members", key, id: 0 });
    const users = rows.map((row) => row.user);
    return part([encodePacket("members", { room, users })], {
      part: "members",
      key,
      id: last.user,
    });
  }

  #entries(request: SnapshotRequest): SnapshotPage {
    const { user, device, head, position, entriesMax, bytesMax } = request;
    const keys = this.#roomRows(user, head, "", Number.MAX_SAFE_INTEGER).map((row) => row.audience);
    const lsns = [...keys, ...ownAudiences(user, device)]
      .flatMap((key) => this.#lastLsns(key, head))
      .filter((lsn) => lsn > position.id)
      .sort((a, b) => a - b);
    const run = this.#pages.run(lsns.slice(0, entriesMax), bytesMax);
    if (run.whole && lsns.length <= entriesMax) {
      return { ...this.#pages.closed(run, head), next: null };
    }
    const { stored, entries } = run;
    return part([entryFrames(stored)], { ...position, id: entries.at(-1)![0] }, entries);
  }

  #lastLsns(key: string, head: number): number[] {
    const count = limits.snapshotEntriesPerRoom;
    const rows = this.#statements.last.all({ key, head, count }) as { lsn: number }[];
    return rows.map((row) => row.lsn);
  }

  #roomRows(user: number, head: number, key: string, count: number): RoomRow[] {
    return this.#statements.rooms.all({ user, head, key, count }) as unknown as RoomRow[];
  }
}

function part(
  frames: readonly Uint8Array[],
  next: SnapshotPosition,
  entries: SnapshotPage["entries"] = [],
): SnapshotPage {
  return { bytes: concat(frames), entries, upto: null, next };
}
