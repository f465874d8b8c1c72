/**
 * How often everything came anew: what other programs of the mailbox know of the log is then no
 * longer so, also under the same log id.
 *
 * @module
 */

import type { DatabaseSync } from "node:sqlite";
import type { Batch } from "../sqlite/batch.ts";
import { prepareAll, type Statements } from "../sqlite/statements.ts";

/** The last time. */
export interface Resync {
  /** How often by now; 0 for never. */
  readonly count: number;
  /** Why, as the server said. */
  readonly reason: number;
}

const sql = {
  last: "SELECT count, reason FROM resyncs",
  note: `INSERT INTO resyncs (one, count, reason) VALUES (1, 1, ?)
    ON CONFLICT (one) DO UPDATE SET count = count + 1, reason = excluded.reason`,
} as const;

/**
 * Counts resyncs in the mailbox.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { openMemoryMailbox } from "./mailbox_store.ts";
 * import { Resyncs } from "./resyncs.ts";
 * const { database, batch, close } = openMemoryMailbox();
 * const resyncs = new Resyncs(database, batch);
 * resyncs.note(2);
 * assertEquals(resyncs.last, { count: 1, reason: 2 });
 * batch.commit();
 * close();
 * ```
 */
export class Resyncs {
  readonly #statements: Statements<keyof typeof sql>;
  readonly #batch: Batch;

  /**
   * Prepares the statements.
   *
   * @param database an open mailbox; stays the caller's
   * @param batch that of the mailbox
   */
  constructor(database: DatabaseSync, batch: Batch) {
    this.#statements = prepareAll(database, sql);
    this.#batch = batch;
  }

  /** The last one. */
  get last(): Resync {
    const found = this.#statements.last.get() as Resync | undefined;
    return found ?? { count: 0, reason: 0 };
  }

  /**
   * Counts one.
   *
   * @param reason why, as the server said
   */
  note(reason: number): void {
    this.#batch.write(() => this.#statements.note.run(reason));
  }
}
