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
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { openMemoryStore } from "./sqlite_log.ts";
 * import { Usage } from "./usage.ts";
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
  readonly #stored = new Memo<number>();
  #late: Map<number, number> | null = null;

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
    const look = () => (this.#statements.stored.get(user) as { bytes: number } | undefined)?.bytes;
    return this.#stored.get(String(user), () => look() ?? 0) + (this.#all().get(user) ?? 0);
  }

  /**
   * Counts an entry.
   *
   * @param user who submitted it
   * @param bytes of its header and body
   */
  add(user: number, bytes: number): void {
    const late = this.#all();
    late.set(user, (late.get(user) ?? 0) + bytes);
  }

  /** What was counted is written, with the index of the log, and committed. */
  written(): void {
    this.#stored.forget();
    this.#late = new Map();
  }

  /** Lets go of what is too much to keep. */
  shrink(): void {
    this.#stored.shrink();
  }

  /** The transaction was rolled back: what was counted in it is not so. */
  forget(): void {
    this.#late = null;
  }

  #all(): Map<number, number> {
    const rows = () => this.#statements.late.all() as { user: number; bytes: number }[];
    return this.#late ??= new Map(rows().map(({ user, bytes }) => [user, bytes]));
  }
}
