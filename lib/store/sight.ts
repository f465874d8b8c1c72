/**
 * What a user may see of a room or a direct: the one rule for history and for search.
 *
 * @module
 */

import type { DatabaseSync } from "node:sqlite";
import { prepareAll, type Statements } from "../sqlite/statements.ts";

/** What a user may see of an audience in one piece; both ends inclusive. */
export interface Span {
  /** The first lsn. */
  readonly since: number;
  /** The last lsn. */
  readonly until: number;
}

const sql = {
  room: "SELECT privateSince FROM rooms WHERE id = ?",
  open: "SELECT 1 FROM spans WHERE audience = ? AND user = ? AND until IS NULL",
  span: `SELECT since, until FROM spans WHERE audience = ? AND user = ? AND since < ?
    ORDER BY since DESC LIMIT 1`,
} as const;

const always: Span = { since: 0, until: Number.MAX_SAFE_INTEGER };

/**
 * Tells what users may see, as of what is committed.
 *
 * @example
 * ```ts
 * import { assert } from "@std/assert";
 * import { Sight } from "./sight.ts";
 * import { openMemoryStore } from "./sqlite_log.ts";
 * const store = openMemoryStore();
 * assert(!new Sight(store.database).sees(2, "r1", 1));
 * store.close();
 * ```
 * @see docs/PROTOCOL.md, section "History"
 */
export class Sight {
  readonly #statements: Statements<keyof typeof sql>;

  /**
   * Prepares the statements.
   *
   * @param database an open store, on a connection that may be read-only; stays the caller's
   */
  constructor(database: DatabaseSync) {
    this.#statements = prepareAll(database, sql);
  }

  /**
   * Tells whether a user may see an entry.
   *
   * @param user the user's id
   * @param key the entry's audience, as `audienceKey` writes it
   * @param lsn the entry's
   * @returns whether it is theirs; never for what is neither in a room nor in a direct
   */
  sees(user: number, key: string, lsn: number): boolean {
    if (!/^[rd]/.test(key)) return false;
    const span = this.span(user, key, lsn + 1);
    return span !== null && span.since <= lsn && lsn <= span.until;
  }

  /**
   * Finds the newest that a user may see below an lsn: members see all that was written while the
   * room was public; of what was written while it was private, and for who has left, what was
   * written while they were members.
   *
   * @param user the user's id
   * @param key a room's or a direct's, as `audienceKey` writes it
   * @param end the lsn below which it begins
   * @returns the newest piece, which may reach to `end` and beyond; null if there is none
   */
  span(user: number, key: string, end: number): Span | null {
    const isMember = this.#statements.open.get(key, user) !== undefined;
    const publicUntil = isMember ? this.#privateSince(key) - 1 : -1;
    if (end <= publicUntil + 1) return { since: 0, until: publicUntil };
    const found = this.#statements.span.get(key, user, end) as
      | { since: number; until: number | null }
      | undefined;
    const own = found && { since: found.since, until: found.until ?? always.until };
    if (!isMember) return own ?? null;
    if (!own || own.until <= publicUntil) return { since: 0, until: publicUntil };
    return own.since <= publicUntil + 1 ? { since: 0, until: own.until } : own;
  }

  /** From where on a room is private; a direct is both's from its first entry, and all of it. */
  #privateSince(key: string): number {
    if (key.startsWith("d")) return always.until;
    const found = this.#statements.room.get(Number(key.slice(1))) as
      | { privateSince: number | null }
      | undefined;
    return found?.privateSince ?? always.until;
  }
}
