/**
 * The log's index, which is written behind it: where an audience's entries are, and an outbox's.
 *
 * @module
 */

import type { DatabaseSync } from "node:sqlite";
import { prepareAll, type Statements } from "../sqlite/statements.ts";
import { usageSql } from "./usage.ts";

/** An entry's row in the log, as far as it can be found by something else than its lsn. */
export interface IndexedRow {
  /** Its place in the log. */
  readonly lsn: number;
  /** The id of the outbox it came from; null where it came from none. */
  readonly outbox: number | null;
  /** Its number in that outbox, from 1; null where it came from none. */
  readonly n: number | null;
}

const indexed = "(SELECT lsn FROM reach WHERE name = 'indexed')";
const sql = {
  rows: `SELECT lsn, outbox, n FROM log WHERE lsn > ${indexed} ORDER BY lsn`,
  // In the order of the index: entries of one audience then go into one place of it.
  places: `INSERT INTO places (audience, lsn) SELECT audience, lsn FROM log
    WHERE lsn > ${indexed} AND lsn <= ? ORDER BY audience, lsn`,
  numbers: `INSERT INTO numbers (outbox, n, lsn) SELECT outbox, n, lsn FROM log
    WHERE lsn > ${indexed} AND lsn <= ? AND outbox IS NOT NULL ORDER BY outbox, n`,
  usage: usageSql,
  reach: "UPDATE reach SET lsn = ? WHERE name = ?",
  lsn: "SELECT lsn FROM numbers WHERE outbox = ? AND n = ?",
} as const;

/** Entries indexed at once where all are: what is sorted for that has to fit into memory. */
const chunkEntries = 65_536;

/**
 * Writes all of a log into its index; in a transaction.
 *
 * @param database an open store, whose log has no holes
 * @param head the lsn of its last entry; 0 for none
 * @throws what SQLite throws, such as for an outbox number that is there twice
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { indexAll } from "./late_index.ts";
 * import { openMemoryStore } from "./sqlite_log.ts";
 * const store = openMemoryStore();
 * indexAll(store.database, 1);
 * const { count } = store.database.prepare("SELECT count(*) AS count FROM places").get()!;
 * assertEquals(count, 1);
 * store.close();
 * ```
 * @see docs/adr/0009-late-index.md
 */
export function indexAll(database: DatabaseSync, head: number): void {
  const statements = prepareAll(database, sql);
  for (let last = 0; last < head;) {
    last = Math.min(last + chunkEntries, head);
    writeUpTo(statements, last);
  }
  statements.reach.run(head, "head");
}

function writeUpTo(statements: Statements<keyof typeof sql>, last: number): void {
  const { places, numbers, usage, reach } = statements;
  places.run(last);
  numbers.run(last);
  usage.run(last);
  reach.run(last, "indexed");
}

/**
 * Writes many entries into the index at once, which takes a fraction of writing each with its entry:
 * there, nearly every entry changes two other pages of the file.
 *
 * What holds: every entry of the log up to `indexed` in `reach` is in the index, and none above.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { LateIndex } from "./late_index.ts";
 * import { openMemoryStore } from "./sqlite_log.ts";
 * const store = openMemoryStore();
 * const index = new LateIndex(store.database, 100);
 * index.add({ lsn: 2, outbox: 2, n: 1 });
 * assertEquals(index.find(2, 1), 2);
 * index.forget();
 * assertEquals(index.find(2, 1), null);
 * store.close();
 * ```
 * @see docs/adr/0009-late-index.md
 */
export class LateIndex {
  readonly #statements: Statements<keyof typeof sql>;
  /** What is in the log and not in the index, this transaction's included. */
  #rows: IndexedRow[];
  /** How many of them are committed. */
  #durable: number;
  #isWritten = false;

  /**
   * Reads what a process before has left to index.
   *
   * @param database an open store; stays the caller's
   * @param lagMax entries that may come together before they are written; at least 1
   */
  constructor(database: DatabaseSync, readonly lagMax: number) {
    this.#statements = prepareAll(database, sql);
    this.#rows = this.#statements.rows.all() as unknown as IndexedRow[];
    this.#durable = this.#rows.length;
  }

  /**
   * Takes an entry that is added to the log in this transaction.
   *
   * @param row where it is and where it came from
   */
  add({ lsn, outbox, n }: IndexedRow): void {
    this.#rows.push({ lsn, outbox, n });
  }

  /**
   * Finds an entry by its number.
   *
   * @param outbox the outbox's id
   * @param n a number in it
   * @returns the entry's lsn, this transaction's included; null if there is none
   */
  find(outbox: number, n: number): number | null {
    // From the end: who repeats is in doubt about what it said last.
    const late = this.#rows.findLast((row) => row.outbox === outbox && row.n === n);
    if (late) return late.lsn;
    const found = this.#statements.lsn.get(outbox, n) as { lsn: number } | undefined;
    return found?.lsn ?? null;
  }

  /**
   * Notes how far the log goes, and writes what was taken into the index when enough has come
   * together; at the end of the transaction, with the rows in the log.
   *
   * @throws what SQLite throws, such as for an outbox number that is there twice
   */
  flush(): void {
    const last = this.#rows.at(-1);
    if (!last || this.#rows.length === this.#durable) return;
    this.#statements.reach.run(last.lsn, "head");
    if (this.#rows.length < this.lagMax) return;
    writeUpTo(this.#statements, last.lsn);
    this.#isWritten = true;
  }

  /**
   * The transaction was committed.
   *
   * @returns whether the index was written in it
   */
  committed(): boolean {
    const isWritten = this.#isWritten;
    if (isWritten) this.#rows = [];
    this.#durable = this.#rows.length;
    this.#isWritten = false;
    return isWritten;
  }

  /** The transaction was rolled back. */
  forget(): void {
    this.#rows.length = this.#durable;
    this.#isWritten = false;
  }
}
