/**
 * Search over the log, for who may see it.
 *
 * @module
 */

import type { DatabaseSync } from "node:sqlite";
import { concat } from "@std/bytes/concat";
import { limits } from "../limits.ts";
import { pastItem } from "../log/past.ts";
import type { SearchPage, SearchRequest } from "../log/search.ts";
import { Inspector } from "./inspect.ts";
import { StoredEntries } from "./stored.ts";
import { WordIndex } from "./word_index.ts";

/**
 * Keeps the index of words up with the log, and answers out of both.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { openDatabase } from "../sqlite/database.ts";
 * import { Searcher } from "./searcher.ts";
 * import { openMemoryStore } from "./sqlite_log.ts";
 * const store = openMemoryStore();
 * const searcher = new Searcher(store.database, openDatabase(":memory:"), () => true);
 * assertEquals(searcher.readOn(), false);
 * store.close();
 * ```
 * @see docs/adr/0017-search.md
 */
export class Searcher {
  readonly #index: WordIndex;
  readonly #inspector: Inspector;
  readonly #stored: StoredEntries;
  readonly #hasRoom: () => boolean;

  /**
   * Takes the index up where it was left.
   *
   * @param log an open store, on a connection that may be read-only; stays the caller's
   * @param words the index's own database; stays the caller's
   * @param hasRoom tells whether the disk has room for the index to grow
   */
  constructor(log: DatabaseSync, words: DatabaseSync, hasRoom: () => boolean) {
    this.#index = new WordIndex(log, words);
    this.#inspector = new Inspector(log);
    this.#stored = new StoredEntries(log);
    this.#hasRoom = hasRoom;
  }

  /**
   * Reads a little further in the log, where the disk has room for it.
   *
   * @returns whether there is more that could be read now
   */
  readOn(): boolean {
    if (!this.#hasRoom()) return false;
    try {
      return this.#index.catchUp(limits.wordsStepEntries);
    } catch {
      // Such as a full disk: it stays as far as it was, and what it lacks is told by `behind`.
      return false;
    }
  }

  /**
   * Looks for messages, the newest first, up to the head of the log if that is not far.
   *
   * @param request who asks, for what, how much
   * @returns the page, owned by the caller
   * @throws {DamagedEntry} when the newest that was found is damaged
   */
  search(request: SearchRequest): SearchPage {
    for (let step = 0; step < limits.wordsStepsMax && this.readOn(); step++);
    const { user, terms, from, in: place, sinceMs, untilMs, entriesMax, bytesMax } = request;
    const above = sinceMs > 0 ? this.#inspector.lastBefore(sinceMs - 1) : 0;
    const end = untilMs > 0 ? this.#inspector.lastBefore(untilMs - 1) + 1 : Infinity;
    const below = Math.min(request.below || Infinity, end);
    const found = this.#index.find({
      ...{ user, terms, from, in: place, above, countMax: entriesMax },
      below: below === Infinity ? 0 : below,
    });
    const behind = this.#index.isBehind;
    const items: Uint8Array<ArrayBuffer>[] = [];
    let bytes = 0;
    for (const lsn of found.lsns) {
      const item = pastItem(this.#stored.read(lsn));
      bytes += item.length;
      if (items.length > 0 && bytes > bytesMax) {
        return { bytes: concat(items), count: items.length, next: lsn + 1, behind };
      }
      items.push(item);
    }
    return { bytes: concat(items), count: items.length, next: found.next, behind };
  }
}
