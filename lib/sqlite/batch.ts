/**
 * One transaction over many calls: it begins with the first write, and ends where its owner says.
 *
 * @module
 */

import type { DatabaseSync } from "node:sqlite";
import { rollBack } from "./database.ts";

/** The disk did not take it, and nothing of the batch is kept; the message is SQLite's own. */
export class WriteError extends Error {
  /** The class's name, which stands before the message wherever the error is printed. */
  override name = "WriteError";
}

/**
 * Joins the writes of one turn, so that they are durable together and cost one flush. All who write
 * to the database at hand share one batch.
 *
 * What holds: nothing that was written is durable before `commit` has returned; after a write or a
 * commit that failed nothing of the batch is.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { Batch } from "./batch.ts";
 * import { openDatabase } from "./database.ts";
 * const database = openDatabase(":memory:");
 * const batch = new Batch(database);
 * batch.write(() => database.exec("CREATE TABLE thing (id INTEGER PRIMARY KEY) STRICT"));
 * assertEquals(batch.isOpen, true);
 * batch.commit();
 * assertEquals(batch.isOpen, false);
 * database.close();
 * ```
 * @see https://www.sqlite.org/lang_transaction.html
 */
export class Batch {
  readonly #database: DatabaseSync;
  // Asked of the database itself, it is not known to all runtimes.
  #isOpen = false;

  /**
   * Starts with nothing written.
   *
   * @param database an open database; stays the caller's
   */
  constructor(database: DatabaseSync) {
    this.#database = database;
  }

  /** Whether something is written that is not durable yet. */
  get isOpen(): boolean {
    return this.#isOpen;
  }

  /**
   * Writes, as a part of the batch.
   *
   * @param work writes; what it reads is as of the batch
   * @returns what `work` returned; not durable yet
   * @throws {WriteError} when the disk does not take it, or another program writes for too long
   */
  write<T>(work: () => T): T {
    try {
      if (!this.#isOpen) this.#database.exec("BEGIN IMMEDIATE");
      this.#isOpen = true;
      return work();
    } catch (error) {
      this.drop();
      throw new WriteError((error as Error).message);
    }
  }

  /**
   * Makes durable what was written, if anything was.
   *
   * @throws {WriteError} when the disk does not take it
   */
  commit(): void {
    if (!this.#isOpen) return;
    try {
      this.#database.exec("COMMIT");
      this.#isOpen = false;
    } catch (error) {
      this.drop();
      throw new WriteError((error as Error).message);
    }
  }

  /** Takes back what is not durable. */
  drop(): void {
    if (this.#isOpen) rollBack(this.#database);
    this.#isOpen = false;
  }
}
