/**
 * Up to where what came was shown, kept in the mailbox: what a program fetched and did not show, or
 * could not before it was killed, is shown by the next.
 *
 * @module
 */

import type { DatabaseSync } from "node:sqlite";
import { type Batch, WriteError } from "../sqlite/batch.ts";
import { prepareAll, type Statements } from "../sqlite/statements.ts";

const sql = {
  get: "SELECT arrival FROM shown WHERE reader = ?",
  set: `INSERT INTO shown (reader, arrival) VALUES (?, ?)
    ON CONFLICT (reader) DO UPDATE SET arrival = max(arrival, excluded.arrival)`,
} as const;

/** Looks between two writes. */
const looksMin = 10;

/**
 * One reader's mark. Programs of one reader share it.
 *
 * What holds: the mark on the disk is never ahead of what is where it is to stay, such as written to
 * standard output.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { openMemoryMailbox } from "./mailbox_store.ts";
 * import { Shown } from "./shown.ts";
 * const { database, batch, close } = openMemoryMailbox();
 * const shown = new Shown(database, batch, "screen");
 * assertEquals(shown.begin(5), 5);
 * shown.note(7);
 * shown.keep();
 * assertEquals(new Shown(database, batch, "screen").begin(9), 7);
 * assertEquals(new Shown(database, batch, "tail").begin(9), 9);
 * close();
 * ```
 * @see docs/ARCHITECTURE.md, section "client"
 */
export class Shown {
  readonly #statements: Statements<keyof typeof sql>;
  readonly #batch: Batch;
  readonly #reader: string;
  #noted = 0;
  #kept: number | null = null;
  #looks = 0;

  /**
   * Prepares the statements.
   *
   * @param database an open mailbox; stays the caller's
   * @param batch that of the mailbox
   * @param reader who looks, such as the screen: each has a mark of its own
   */
  constructor(database: DatabaseSync, batch: Batch, reader: string) {
    this.#statements = prepareAll(database, sql);
    this.#batch = batch;
    this.#reader = reader;
  }

  /**
   * Reads where to go on. A reader that was never here begins with what comes now.
   *
   * @param lastArrival the last that is there
   * @returns the last arrival that is known to be shown, or of no concern
   */
  begin(lastArrival: number): number {
    const found = this.#statements.get.get(this.#reader) as { arrival: number } | undefined;
    this.#noted = found?.arrival ?? lastArrival;
    this.#kept = found?.arrival ?? null;
    this.keep();
    return this.#noted;
  }

  /**
   * Takes note of what is shown, and is where it is to stay.
   *
   * @param arrival the last that is
   */
  note(arrival: number): void {
    this.#noted = Math.max(this.#noted, arrival);
  }

  /** Keeps the mark at every tenth look: a program looks often, and a disk is slow. */
  look(): void {
    this.#looks = (this.#looks + 1) % looksMin;
    if (this.#looks === 0) this.keep();
  }

  /** Keeps the mark, if it has moved. */
  keep(): void {
    if (this.#noted === this.#kept) return;
    try {
      this.#batch.write(() => this.#statements.set.run(this.#reader, this.#noted));
      this.#batch.commit();
      this.#kept = this.#noted;
    } catch (error) {
      // At worst it is shown once more; what else the disk does not take has its own way to be told.
      if (!(error instanceof WriteError)) throw error;
    }
  }
}
