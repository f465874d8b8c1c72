/**
 * Writes what devices and users say that they have, beside the log.
 *
 * @module
 */

import type { DatabaseSync } from "node:sqlite";
import { limits } from "../limits.ts";
import type { DeviceMark, MarkBatch, ReadMark, StoredMark } from "../log/receipts.ts";
import { transaction } from "../sqlite/database.ts";
import { prepareAll, type Statements } from "../sqlite/statements.ts";

const member = "EXISTS (SELECT 1 FROM spans WHERE audience = $audience AND user = $user)";
const sql = {
  cursor: "SELECT cursor, steps FROM cursors WHERE device = ?",
  setCursor: `INSERT INTO cursors (device, user, since, cursor, timeMs, steps)
    VALUES ($device, $user, $since, $cursor, $timeMs, $steps)
    ON CONFLICT (device) DO UPDATE
      SET cursor = excluded.cursor, timeMs = excluded.timeMs, steps = excluded.steps`,
  forgetCursor: "DELETE FROM cursors WHERE device = ?",
  addStep: "INSERT OR IGNORE INTO steps (device, cursor, timeMs) VALUES (?, ?, ?)",
  dropStep: `DELETE FROM steps WHERE device = $device
    AND cursor = (SELECT min(cursor) FROM steps WHERE device = $device)`,
  dropStepsAfter: "DELETE FROM steps WHERE device = ? AND cursor > ?",
  countSteps: "SELECT count(*) AS count FROM steps WHERE device = ?",
  dropStored: "DELETE FROM stored WHERE device = ?",
  ranges: `SELECT first, last, timeMs FROM stored WHERE audience = ? AND device = ?
    ORDER BY first`,
  dropRanges: "DELETE FROM stored WHERE audience = ? AND device = ?",
  addRange: `INSERT INTO stored (audience, device, first, last, user, timeMs)
    SELECT $audience, $device, $first, $last, $user, $timeMs WHERE ${member}`,
  share: "INSERT OR IGNORE INTO sharing (user) VALUES (?)",
  unshare: "DELETE FROM sharing WHERE user = ?",
  dropReads: "DELETE FROM reads WHERE user = ?",
  read: `INSERT INTO reads (user, audience, lsn, timeMs)
    SELECT $user, $audience, $lsn, $timeMs
      WHERE EXISTS (SELECT 1 FROM sharing WHERE user = $user) AND ${member}
    ON CONFLICT (user, audience) DO UPDATE SET lsn = excluded.lsn, timeMs = excluded.timeMs
      WHERE excluded.lsn > lsn`,
} as const;

/** A range of lsns that a device stored, both ends inclusive. */
export interface StoredRange {
  /** The first lsn. */
  readonly first: number;
  /** The last lsn. */
  readonly last: number;
  /** When its last part was stored; milliseconds since 1970-01-01 UTC. */
  readonly timeMs: number;
}

/**
 * Adds a range to others: those that it touches become one with it.
 *
 * @param ranges ascending, none touches another; not changed
 * @param added the new one
 * @param countMax how many are kept: the longest
 * @returns the ranges, ascending, owned by the caller
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { mergeRange } from "./marks.ts";
 * const ranges = [{ first: 1, last: 4, timeMs: 1 }, { first: 9, last: 9, timeMs: 2 }];
 * assertEquals(mergeRange(ranges, { first: 5, last: 6, timeMs: 3 }, 64), [
 *   { first: 1, last: 6, timeMs: 3 },
 *   { first: 9, last: 9, timeMs: 2 },
 * ]);
 * ```
 * @see docs/PROTOCOL.md, section "Receipts"
 */
export function mergeRange(
  ranges: readonly StoredRange[],
  added: StoredRange,
  countMax: number,
): StoredRange[] {
  const touches = (one: StoredRange) => one.first <= added.last + 1 && added.first <= one.last + 1;
  const touched = [...ranges.filter(touches), added];
  const joined = {
    first: Math.min(...touched.map(({ first }) => first)),
    last: Math.max(...touched.map(({ last }) => last)),
    timeMs: Math.max(...touched.map(({ timeMs }) => timeMs)),
  };
  const length = ({ first, last }: StoredRange) => last - first;
  return [...ranges.filter((one) => !touches(one)), joined]
    .sort((a, b) => length(b) - length(a)).slice(0, countMax)
    .sort((a, b) => a.first - b.first);
}

/**
 * Takes marks into their tables, a transaction a batch.
 *
 * What holds: a device's row never says more than the device said itself since it last began anew.
 *
 * @example
 * ```ts
 * import { MarkTables } from "./marks.ts";
 * import { openMemoryStore } from "./sqlite_log.ts";
 * const store = openMemoryStore();
 * const marks = new MarkTables(store.database);
 * const start = { kind: "anew", cursor: 1 } as const;
 * const device = { device: 2, user: 2, start, cursor: 1, timeMs: 0 };
 * marks.note({ early: [], sharing: [], reads: [], devices: [device], stored: [] });
 * store.close();
 * ```
 * @see docs/ARCHITECTURE.md, section "store"
 */
export class MarkTables {
  readonly #database: DatabaseSync;
  readonly #statements: Statements<keyof typeof sql>;

  /**
   * Prepares the statements.
   *
   * @param database the store's one writing connection; stays the caller's
   */
  constructor(database: DatabaseSync) {
    this.#database = database;
    this.#statements = prepareAll(database, sql);
  }

  /**
   * Writes a batch.
   *
   * @param batch see `MarkBatch`
   * @throws what SQLite throws; then nothing of the batch was taken
   */
  note(batch: MarkBatch): void {
    transaction(this.#database, () => {
      for (const mark of batch.early) this.#read(mark);
      for (const [user, on] of batch.sharing) this.#share(user, on);
      for (const mark of batch.reads) this.#read(mark);
      for (const mark of batch.devices) this.#device(mark);
      for (const mark of batch.stored) this.#range(mark);
    });
  }

  #read({ user, audience, lsn, timeMs }: ReadMark): void {
    this.#statements.read.run({ user, audience, lsn, timeMs });
  }

  /** Who stops sharing has all marks forgotten: what was read before is never told again. */
  #share(user: number, on: boolean): void {
    if (on) this.#statements.share.run(user);
    else {
      this.#statements.unshare.run(user);
      this.#statements.dropReads.run(user);
    }
  }

  #device({ device, user, start, cursor, timeMs }: DeviceMark): void {
    if (start) this.#start(device, user, start, timeMs);
    const row = this.#row(device);
    if (row && cursor > row.cursor) this.#move(device, user, cursor, timeMs, row.steps);
  }

  #start(device: number, user: number, start: DeviceMark["start"] & object, timeMs: number): void {
    const row = this.#row(device);
    if (start.kind === "anew" || !row) {
      this.#statements.forgetCursor.run(device);
      this.#statements.dropStepsAfter.run(device, -1);
      this.#statements.dropStored.run(device);
      this.#move(device, user, start.cursor, timeMs, 0);
      return;
    }
    // A disk that was restored: what it stored after its cursor is gone, and ranges may be too.
    if (start.cursor < row.cursor) this.#statements.dropStored.run(device);
    this.#statements.dropStepsAfter.run(device, start.cursor);
    const { count } = this.#statements.countSteps.get(device) as { count: number };
    this.#move(device, user, start.cursor, timeMs, count);
  }

  /** A row that is new holds nothing before it: `since` is one above its first cursor. */
  #move(device: number, user: number, cursor: number, timeMs: number, steps: number): void {
    const added = this.#statements.addStep.run(device, cursor, timeMs).changes === 1;
    const full = added && steps >= limits.cursorStepsMax;
    if (full) this.#statements.dropStep.run({ device });
    const count = steps + (added && !full ? 1 : 0);
    const row = { device, user, since: cursor + 1, cursor, timeMs, steps: count };
    this.#statements.setCursor.run(row);
  }

  #range({ audience, device, user, from: first, to: last, timeMs }: StoredMark): void {
    const ranges = this.#statements.ranges.all(audience, device) as unknown as StoredRange[];
    const merged = mergeRange(ranges, { first, last, timeMs }, limits.storedRangesMax);
    this.#statements.dropRanges.run(audience, device);
    for (const range of merged) {
      this.#statements.addRange.run({ audience, device, user, ...range });
    }
  }

  #row(device: number): { readonly cursor: number; readonly steps: number } | null {
    const row = this.#statements.cursor.get(device);
    return row as { cursor: number; steps: number } | undefined ?? null;
  }
}
