/**
 * The mailbox backwards, page by page: what search looks through.
 *
 * @module
 */

import type { DatabaseSync } from "node:sqlite";
import { decodeEntry, type Entry } from "../log/entry.ts";
import { prepareAll, type Statements } from "../sqlite/statements.ts";

/** So many that a statement's own cost is little, so few that a page is small. */
const pageMax = 256;

const sql = {
  below: "SELECT lsn, header, body FROM entries WHERE lsn < ? ORDER BY lsn DESC LIMIT ?",
} as const;

/**
 * Reads what is held of all rooms together.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { HeldPages } from "./held_pages.ts";
 * import { openMemoryMailbox } from "./mailbox_store.ts";
 * const memory = openMemoryMailbox();
 * assertEquals([...new HeldPages(memory.database).backwards()], []);
 * memory.close();
 * ```
 * @see docs/adr/0017-search.md
 */
export class HeldPages {
  readonly #statements: Statements<keyof typeof sql>;

  /**
   * Prepares the statements.
   *
   * @param database an open mailbox; stays the caller's
   */
  constructor(database: DatabaseSync) {
    this.#statements = prepareAll(database, sql);
  }

  /**
   * Reads all that is held.
   *
   * @yields each entry, the latest first
   */
  *backwards(): Generator<Entry, void> {
    for (let below = Number.MAX_SAFE_INTEGER;;) {
      const rows = this.#statements.below.all(below, pageMax) as unknown as {
        lsn: number;
        header: Uint8Array;
        body: Uint8Array | null;
      }[];
      for (const row of rows) yield decodeEntry(row);
      if (rows.length < pageMax) return;
      below = rows.at(-1)!.lsn;
    }
  }
}
