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
import { adminsKey } from "./places.ts";
import { ownAudiences, type PageReader } from "./pages.ts";

const memberAtHead = "since <= $head AND (until IS NULL OR until > $head)";
const sql = {
  users: "SELECT id, name FROM users WHERE id > $id AND id <= $head ORDER BY id LIMIT $count",
  rooms: `SELECT s.audience, s.since, r.name, r.privateSince
    FROM spans s LEFT JOIN rooms r
      ON s.audience LIKE 'r%' AND r.id = CAST(substr(s.audience, 2) AS INTEGER)
    WHERE s.user = $user AND s.audience > $key AND s.audience <> '${adminsKey}' AND ${memberAtHead}
    ORDER BY s.audience LIMIT $count`,
  members: `SELECT user FROM spans
    WHERE audience = $key AND user > $id AND ${memberAtHead} ORDER BY user LIMIT $count`,
  last: `SELECT lsn FROM placed
    WHERE audience = $key AND lsn <= $head AND (lsn >= $since OR lsn < $privateSince)
    ORDER BY lsn DESC LIMIT $count`,
  admins: `SELECT since FROM spans
    WHERE audience = '${adminsKey}' AND user = $user AND ${memberAtHead}`,
  blocks: "SELECT other FROM blocks WHERE user = $user ORDER BY other",
} as const;

interface RoomRow {
  readonly audience: string;
  readonly since: number;
  readonly name: string | null;
  readonly privateSince: number | null;
}

/** What may be given of an audience: all of it, but for what was private before `since`. */
interface Given {
  readonly audience: string;
  readonly since: number;
  readonly privateSince: number;
}

const forever = Number.MAX_SAFE_INTEGER;

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

  #users({ user, head, position }: SnapshotRequest): SnapshotPage {
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
    const blocks = position.id === 0 ? this.#blocks(user) : [];
    return part([...blocks, encodePacket("users", { users })], { ...position, id: last.id });
  }

  #blocks(user: number): Uint8Array[] {
    const rows = this.#statements.blocks.all({ user }) as { other: number }[];
    const users = rows.map(({ other }) => other);
    return users.length === 0 ? [] : [encodePacket("blocks", { users })];
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
    const lsns = this.#given(user, device, head)
      .flatMap((given) => this.#lastLsns(given, head))
      .filter((lsn) => lsn > position.id)
      .sort((a, b) => a - b);
    const run = this.#pages.run(lsns.slice(0, entriesMax), bytesMax);
    if (run.whole && lsns.length <= entriesMax) {
      return { ...this.#pages.closed(run, head), next: null };
    }
    const { stored, entries } = run;
    return part([entryFrames(stored)], { ...position, id: entries.at(-1)![0] }, entries);
  }

  #given(user: number, device: number, head: number): Given[] {
    const rooms = this.#roomRows(user, head, "", forever).map(
      ({ audience, since, privateSince }) => ({
        audience,
        since,
        privateSince: privateSince ?? forever,
      }),
    );
    const own = ownAudiences(user, device)
      .map((audience) => ({ audience, since: 0, privateSince: 0 }));
    const admin = this.#statements.admins.get({ user, head }) as { since: number } | undefined;
    const admins = admin ? [{ audience: adminsKey, since: admin.since, privateSince: 0 }] : [];
    return [...rooms, ...own, ...admins];
  }

  #lastLsns({ audience, since, privateSince }: Given, head: number): number[] {
    const count = limits.snapshotEntriesPerRoom;
    const asked = { key: audience, since, privateSince, head, count };
    const rows = this.#statements.last.all(asked) as { lsn: number }[];
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
