/**
 * What was typed and not sent, by room, kept in the mailbox.
 *
 * @module
 */

import type { DatabaseSync } from "node:sqlite";
import { type Batch, WriteError } from "../sqlite/batch.ts";
import { prepareAll, type Statements } from "../sqlite/statements.ts";

const sql = {
  all: "SELECT place, text FROM drafts",
  set: `INSERT INTO drafts (place, text) VALUES (?, ?)
    ON CONFLICT (place) DO UPDATE SET text = excluded.text`,
  drop: "DELETE FROM drafts WHERE place = ?",
} as const;

/**
 * Reads drafts, and writes those that have changed: what another screen has typed stays.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { DraftStore } from "./draft_store.ts";
 * import { openMemoryMailbox } from "./mailbox_store.ts";
 * const { database, batch, close } = openMemoryMailbox();
 * new DraftStore(database, batch).keep(new Map([["dev", "half a sen"]]));
 * assertEquals([...new DraftStore(database, batch).kept], [["dev", "half a sen"]]);
 * close();
 * ```
 */
export class DraftStore {
  readonly #statements: Statements<keyof typeof sql>;
  readonly #batch: Batch;
  #kept: ReadonlyMap<string, string>;

  /**
   * Reads what is kept.
   *
   * @param database an open mailbox; stays the caller's
   * @param batch that of the mailbox
   */
  constructor(database: DatabaseSync, batch: Batch) {
    this.#statements = prepareAll(database, sql);
    this.#batch = batch;
    const rows = this.#statements.all.all() as { place: string; text: string }[];
    this.#kept = new Map(rows.map(({ place, text }) => [place, text]));
  }

  /** What this program read or kept last: texts by where they are for, a room's name or `@` and a user's. */
  get kept(): ReadonlyMap<string, string> {
    return this.#kept;
  }

  /**
   * Keeps drafts. A disk that takes nothing costs a draft and no more: it is tried again.
   *
   * @param drafts all there are; the caller does not change it any more
   */
  keep(drafts: ReadonlyMap<string, string>): void {
    const before = this.#kept;
    const changed = [...drafts].filter(([place, text]) => before.get(place) !== text);
    const gone = [...before.keys()].filter((place) => !drafts.has(place));
    if (changed.length + gone.length === 0) return;
    try {
      this.#batch.write(() => {
        for (const [place, text] of changed) this.#statements.set.run(place, text);
        for (const place of gone) this.#statements.drop.run(place);
      });
      this.#batch.commit();
      this.#kept = drafts;
    } catch (error) {
      if (!(error instanceof WriteError)) throw error;
    }
  }
}
