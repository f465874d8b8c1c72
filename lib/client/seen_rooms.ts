/**
 * Up to where each room was looked at on this device, kept in the mailbox.
 *
 * @module
 */

import type { DatabaseSync } from "node:sqlite";
import { type Batch, WriteError } from "../sqlite/batch.ts";
import { prepareAll, type Statements } from "../sqlite/statements.ts";

const sql = {
  all: "SELECT audience, lsn FROM seen_rooms",
  set: `INSERT INTO seen_rooms (audience, lsn) VALUES (?, ?)
    ON CONFLICT (audience) DO UPDATE SET lsn = max(lsn, excluded.lsn)`,
} as const;

/** Stands for all rooms that were never looked at: what was there at first is not news. */
const others = "";

/**
 * The marks of all rooms.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { openMemoryMailbox } from "./mailbox_store.ts";
 * import { SeenRooms } from "./seen_rooms.ts";
 * const { database, batch, close } = openMemoryMailbox();
 * const seen = new SeenRooms(database, batch);
 * seen.begin(4);
 * seen.note("r1", 7);
 * seen.keep();
 * const again = new SeenRooms(database, batch);
 * assertEquals([again.upto("r1"), again.upto("r2")], [7, 4]);
 * close();
 * ```
 */
export class SeenRooms {
  readonly #statements: Statements<keyof typeof sql>;
  readonly #batch: Batch;
  #marks = new Map<string, number>();
  readonly #changed = new Set<string>();

  /**
   * Reads the marks.
   *
   * @param database an open mailbox; stays the caller's
   * @param batch that of the mailbox
   */
  constructor(database: DatabaseSync, batch: Batch) {
    this.#statements = prepareAll(database, sql);
    this.#batch = batch;
    this.reload();
  }

  /** Reads them anew: everything came anew, or another program has looked. */
  reload(): void {
    const rows = this.#statements.all.all() as { audience: string; lsn: number }[];
    this.#marks = new Map(rows.map(({ audience, lsn }) => [audience, lsn]));
    this.#changed.clear();
  }

  /**
   * Takes all that is there for looked at, where nobody has looked at anything before.
   *
   * @param lsn the last place in the log that is there
   */
  begin(lsn: number): void {
    if (lsn > 0 && !this.#marks.has(others)) this.note(others, lsn);
  }

  /**
   * Tells up to where a room was looked at.
   *
   * @param audience its key
   * @returns a place in the log
   */
  upto(audience: string): number {
    return this.#marks.get(audience) ?? this.#marks.get(others) ?? 0;
  }

  /**
   * Takes note of what is looked at.
   *
   * @param audience the room's key
   * @param lsn the last entry's place
   */
  note(audience: string, lsn: number): void {
    if (lsn <= (this.#marks.get(audience) ?? 0)) return;
    this.#marks.set(audience, lsn);
    this.#changed.add(audience);
  }

  /** Keeps what has changed. */
  keep(): void {
    if (this.#changed.size === 0) return;
    try {
      this.#batch.write(() => {
        for (const audience of this.#changed) {
          this.#statements.set.run(audience, this.#marks.get(audience) ?? 0);
        }
      });
      this.#batch.commit();
      this.#changed.clear();
    } catch (error) {
      // At worst it is unread once more; what else the disk does not take has its own way to be told.
      if (!(error instanceof WriteError)) throw error;
    }
  }
}
