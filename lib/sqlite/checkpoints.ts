/**
 * Moves what was committed from the WAL into the database file, and looks at how that went.
 *
 * @module
 */

import type { DatabaseSync } from "node:sqlite";
import { setPragma } from "./database.ts";
import { isDiskFull } from "./disk_full.ts";

/** Pages, about, after which the WAL is moved into the database: SQLite's own measure. */
const walPagesMax = 1_000;

/** Pages that a commit writes at least, about: a leaf of each table and index that it changes. */
const commitPages = 8;

/** Bytes of content that fill a page, with their rows and index entries. */
const pageContentBytes = 1_024;

/**
 * Checkpoints by hand. SQLite's automatic ones throw their errors away: a database file that can't
 * be written would go unnoticed, while the WAL grows until the disk is full.
 *
 * @example
 * ```ts
 * import { Checkpoints } from "./checkpoints.ts";
 * import { openDatabase } from "./database.ts";
 * const database = openDatabase(":memory:");
 * const checkpoints = new Checkpoints(database);
 * checkpoints.committed(100);
 * database.close();
 * ```
 * @see https://www.sqlite.org/wal.html#checkpointing
 */
export class Checkpoints {
  readonly #database: DatabaseSync;
  /** Nobody says what is in the WAL at the start, after a kill: the first commit checkpoints. */
  #pages = walPagesMax;

  /**
   * Takes the checkpoints over from SQLite.
   *
   * @param database the one connection that writes; stays the caller's
   * @throws {DatabaseError} when SQLite does not let them go
   */
  constructor(database: DatabaseSync) {
    this.#database = database;
    setPragma(database, "wal_autocheckpoint", 0);
  }

  /**
   * Notes a commit, and checkpoints when it is time: at the first, so that what killed processes
   * left is not added up, and then whenever enough has come together. A full disk puts that off to the next commit:
   * what was committed is durable in the WAL.
   *
   * @param contentBytes bytes that were committed, about
   * @throws what SQLite throws when the database file can't be written or read
   */
  committed(contentBytes: number): void {
    this.#pages += commitPages + contentBytes / pageContentBytes;
    if (this.#pages < walPagesMax) return;
    try {
      this.#database.exec("PRAGMA wal_checkpoint(PASSIVE)");
      this.#pages = 0;
    } catch (error) {
      if (!isDiskFull(error)) throw error;
    }
  }
}
