/**
 * How many bytes of the log are of whom.
 *
 * @module
 */

import type { DatabaseSync } from "node:sqlite";
import { prepareAll, type Statements } from "../sqlite/statements.ts";
import { Memo } from "./memo.ts";

/** What came from outboxes, with whose they are; what follows it says which part of the log. */
const submitted = `SELECT d.user, sum(length(l.header) + coalesce(length(l.body), 0)) AS bytes
  FROM log l JOIN outboxes o ON o.id = l.outbox JOIN devices d ON d.id = o.device
  WHERE l.lsn >`;
const indexed = "(SELECT lsn FROM reach WHERE name = 'indexed')";

/**
 * Adds what is between the index's reach and an lsn (the first parameter) to the sums: it is written
 * with the index, many entries at once.
 */
export const usageSql: string = `INSERT INTO usage (user, bytes)
  ${submitted} ${indexed} AND l.lsn <= ? GROUP BY d.user
  ON CONFLICT (user) DO UPDATE SET bytes = bytes + excluded.bytes`;

const sql = {
  stored: "SELECT bytes FROM usage WHERE user = ?",
  late: `${submitted} ${indexed} GROUP BY d.user`,
  all: `INSERT INTO usage (user, bytes) ${submitted} 0 GROUP BY d.user`,
} as const;

/**
 * Reckons all sums from the log, where there are none yet; in a transaction.
 *
 * @param database an open store, with outboxes and devices
 * @example
 * ```ts
 * import { reckonUsage, Usage } from "./usage.ts";
 * import { assertEquals } from "@std/assert";
 * import { openMemoryStore } from "./sqlite_log.ts";
 * const store = openMemoryStore();
 * reckonUsage(store.database);
 * assertEquals(new Usage(store.database).of(2), 0);
 * store.close();
 * ```
 * @see docs/ARCHITECTURE.md, section "store"
 */
export function reckonUsage(database: DatabaseSync): void {
  database.prepare(sql.all).run();
}

/**
 * Counts what users submit. What the index of the log does not have yet is counted in memory: no
 * entry costs a write of its own.
 *
 * What holds: whoever has submitted something that the index does not have is in memory.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { openMemoryStore } from "./sqlite_log.ts";
 * const store = openMemoryStore();
 * const usage = new Usage(store.database);
 * usage.add(2, 100);
 * assertEquals(usage.of(2), 100);
 * store.close();
 * ```
 * @see docs/adr/0009-late-index.md
 */
export class Usage {
  readonly #statements: Statements<keyof typeof sql>;
  #totals: Memo<number> | null = null;

  /**
   * Prepares the statements.
   *
   * @param database an open database of the newest schema; stays the caller's
   */
  constructor(database: DatabaseSync) {
    this.#statements = prepareAll(database, sql);
  }

  /**
   * Tells what a user has submitted.
   *
   * @param user the user's id
   * @returns bytes of headers and bodies, this transaction's included
   */
  of(user: number): number {
    return this.#known().get(String(user), () => this.#stored(user));
  }

  /**
   * Counts an entry.
   *
   * @param user who submitted it
   * @param bytes of its header and body
   */
  add(user: number, bytes: number): void {
    this.#known().keep(String(user), this.of(user) + bytes);
  }

  /** What was counted is written, with the index of the log, and committed. */
  written(): void {
    this.#totals?.shrink();
  }

  /** The transaction was rolled back: what was counted in it is not so. */
  forget(): void {
    this.#totals = null;
  }

  #stored(user: number): number {
    const row = this.#statements.stored.get(user) as { bytes: number } | undefined;
    return row?.bytes ?? 0;
  }

  #known(): Memo<number> {
    return this.#totals ??= this.#late();
  }

  #late(): Memo<number> {
    const totals = new Memo<number>();
    const late = this.#statements.late.all() as { user: number; bytes: number }[];
    for (const { user, bytes } of late) totals.keep(String(user), this.#stored(user) + bytes);
    return totals;
  }
}
