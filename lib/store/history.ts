/**
 * History: earlier entries of one room or direct, for who may see them.
 *
 * @module
 */

import type { DatabaseSync } from "node:sqlite";
import { concat } from "@std/bytes/concat";
import { codes } from "../errors.ts";
import { DamagedEntry } from "../log/damage.ts";
import { boundaries, type Boundary, type HistoryPage, type HistoryRequest } from "../log/log.ts";
import { pastItem } from "../log/past.ts";
import { audienceKey, audienceKinds, type TalkAudience } from "../protocol/audience.ts";
import { prepareAll, type Statements } from "../sqlite/statements.ts";
import { Sight, type Span } from "./sight.ts";
import type { StoredEntries } from "./stored.ts";

const sql = {
  room: "SELECT 1 FROM rooms WHERE id = ?",
  any: "SELECT 1 FROM spans WHERE audience = ? AND user = ? LIMIT 1",
  lsns: `SELECT lsn FROM placed WHERE audience = ? AND lsn >= ? AND lsn <= ?
    ORDER BY lsn DESC LIMIT ?`,
  below: "SELECT lsn FROM placed WHERE audience = ? AND lsn < ? ORDER BY lsn DESC LIMIT 1",
} as const;

/**
 * Reads back, a page at a time, on a connection that may be read-only. A page never reaches over
 * what is not for the asker: it ends there, and says so.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { codes } from "../errors.ts";
 * import { HistoryReader } from "./history.ts";
 * import { openMemoryStore } from "./sqlite_log.ts";
 * import { StoredEntries } from "./stored.ts";
 * const store = openMemoryStore();
 * const reader = new HistoryReader(store.database, new StoredEntries(store.database));
 * const page = reader.page({ user: 2, room: [0, 1], before: 0, entriesMax: 50, bytesMax: 9_999 });
 * assertEquals([page.code, page.count], [codes.notMember, 0]);
 * store.close();
 * ```
 * @see docs/PROTOCOL.md, section "History"
 */
export class HistoryReader {
  readonly #statements: Statements<keyof typeof sql>;
  readonly #stored: StoredEntries;
  readonly #sight: Sight;

  /**
   * Prepares the statements.
   *
   * @param database an open store; stays the caller's
   * @param stored reads and checks the entries
   */
  constructor(database: DatabaseSync, stored: StoredEntries) {
    this.#stored = stored;
    this.#sight = new Sight(database);
    this.#statements = prepareAll(database, sql);
  }

  /**
   * Reads the newest entries below an lsn that the user may see, without a hole between them.
   *
   * @param request who asks, for what, how much
   * @returns the page, owned by the caller; or a code
   * @throws {DamagedEntry} when the newest of them is damaged
   */
  page({ user, room, before, entriesMax, bytesMax }: HistoryRequest): HistoryPage {
    const code = this.#refusal(user, room);
    if (code !== 0) return { code, bytes: new Uint8Array(), count: 0, boundary: boundaries.start };
    const key = audienceKey(room);
    const end = before === 0 ? Number.MAX_SAFE_INTEGER : before;
    const span = this.#sight.span(user, key, end);
    const lsns = span ? this.#lsns(key, span, end, entriesMax) : [];
    const items = this.#items(lsns, bytesMax);
    const first = lsns[items.length - 1] ?? end;
    return {
      code,
      bytes: concat(items.reverse()),
      count: items.length,
      boundary: this.#boundary(key, user, first),
    };
  }

  /** Whether anything of it is for this user, ever: 0, or the code that says why not. */
  #refusal(user: number, room: TalkAudience): number {
    if (room[0] === audienceKinds.direct) {
      return room[1] === user || room[2] === user ? 0 : codes.notMember;
    }
    if (!this.#statements.room.get(room[1])) return codes.noRoom;
    return this.#statements.any.get(audienceKey(room), user) ? 0 : codes.notMember;
  }

  #lsns(key: string, { since, until }: Span, end: number, count: number): number[] {
    const rows = this.#statements.lsns.all(key, since, Math.min(until, end - 1), count);
    return (rows as { lsn: number }[]).map(({ lsn }) => lsn);
  }

  /** The entries' items, newest first, as many as fit and are whole. */
  #items(lsns: readonly number[], bytesMax: number): Uint8Array<ArrayBuffer>[] {
    const items: Uint8Array<ArrayBuffer>[] = [];
    let bytes = 0;
    for (const lsn of lsns) {
      const item = this.#item(lsn, items.length === 0);
      bytes += item?.length ?? 0;
      if (!item || items.length > 0 && bytes > bytesMax) break;
      items.push(item);
    }
    return items;
  }

  /** What is newer than a damaged entry still goes out: that one is then the first it asks for. */
  #item(lsn: number, first: boolean): Uint8Array<ArrayBuffer> | null {
    try {
      return pastItem(this.#stored.read(lsn));
    } catch (error) {
      if (first || !(error instanceof DamagedEntry)) throw error;
      return null;
    }
  }

  #boundary(key: string, user: number, first: number): Boundary {
    const below = this.#statements.below.get(key, first) as { lsn: number } | undefined;
    if (!below) return boundaries.start;
    const span = this.#sight.span(user, key, first);
    return span && below.lsn <= span.until ? boundaries.more : boundaries.notYours;
  }
}
