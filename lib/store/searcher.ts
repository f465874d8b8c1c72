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
import { isDiskFull } from "../sqlite/disk_full.ts";
import { Inspector } from "./inspect.ts";
import { StoredEntries } from "./stored.ts";
import { type WordAsk, WordIndex, type WordPage } from "./word_index.ts";

/** Where the index is; it can be lost. */
export interface WordsFile {
  /**
   * Opens it, and makes it if it is missing.
   *
   * @returns the open database, owned by the caller
   * @throws what SQLite throws
   */
  open(): DatabaseSync;
  /** Removes it; nobody has it open. */
  remove(): void;
}

/** What SQLite says of a file that is damaged, or that another program has changed. */
const damage = /not a database|malformed|corrupt|vtable constructor failed|no such (table|column)/i;

/**
 * Keeps the index of words up with the log, and answers out of both.
 *
 * What holds: a damaged index harms nothing else. What can't be read of it is made anew out of the
 * log; what can't be written waits. Meanwhile `behind` tells.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { openDatabase } from "../sqlite/database.ts";
 * import { Searcher } from "./searcher.ts";
 * import { openMemoryStore } from "./sqlite_log.ts";
 * const store = openMemoryStore();
 * const searcher = new Searcher(
 *   store.database,
 *   { open: () => openDatabase(":memory:"), remove: () => {} },
 *   () => true,
 * );
 * assertEquals(searcher.readOn(), false);
 * store.close();
 * ```
 * @see docs/adr/0017-search.md
 */
export class Searcher {
  readonly #log: DatabaseSync;
  readonly #file: WordsFile;
  readonly #inspector: Inspector;
  readonly #stored: StoredEntries;
  readonly #hasRoom: () => boolean;
  #words: DatabaseSync | null = null;
  #index: WordIndex | null = null;
  #failure: string | null = null;

  /**
   * Opens nothing yet.
   *
   * @param log an open store, on a connection that may be read-only; stays the caller's
   * @param file the index's own database
   * @param hasRoom tells whether the disk has room for the index to grow
   */
  constructor(log: DatabaseSync, file: WordsFile, hasRoom: () => boolean) {
    this.#log = log;
    this.#file = file;
    this.#inspector = new Inspector(log);
    this.#stored = new StoredEntries(log);
    this.#hasRoom = hasRoom;
  }

  /**
   * Tells what was wrong with the index, once.
   *
   * @returns the latest that was; null for nothing since the last time
   */
  takeFailure(): string | null {
    const failure = this.#failure;
    this.#failure = null;
    return failure;
  }

  /**
   * Reads a little further in the log, where the disk has room for it.
   *
   * @returns whether there is more that could be read now
   */
  readOn(): boolean {
    if (!this.#hasRoom()) return false;
    return this.#ofIndex((index) => index.catchUp(limits.wordsStepEntries)) ?? false;
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
    const { lsns, next, behind } = this.#find({
      ...{ user, terms, from, in: place, above, countMax: entriesMax },
      below: below === Infinity ? 0 : below,
    });
    const items: Uint8Array<ArrayBuffer>[] = [];
    let bytes = 0;
    for (const lsn of lsns) {
      const item = pastItem(this.#stored.read(lsn));
      bytes += item.length;
      if (items.length > 0 && bytes > bytesMax) {
        return { bytes: concat(items), count: items.length, next: lsn + 1, behind };
      }
      items.push(item);
    }
    return { bytes: concat(items), count: items.length, next, behind };
  }

  #find(ask: WordAsk): WordPage & { readonly behind: boolean } {
    const found = this.#ofIndex((index) => ({ ...index.find(ask), behind: index.isBehind }));
    return found ?? { lsns: [], next: 0, behind: true };
  }

  /** @returns null where the index fails; the next time it is tried again, or made anew */
  #ofIndex<T>(work: (index: WordIndex) => T): T | null {
    try {
      this.#words ??= this.#file.open();
      this.#index ??= new WordIndex(this.#log, this.#words);
      return work(this.#index);
    } catch (error) {
      const { code, message } = error as Error & { code?: unknown };
      if (code !== "ERR_SQLITE_ERROR") throw error;
      this.#failure = message;
      // What fails at the opening does so whoever asks, and not every runtime says why.
      const isLost = this.#index === null ? !isDiskFull(error) : damage.test(message);
      if (isLost) this.#lose();
      return null;
    }
  }

  #lose(): void {
    this.#words?.close();
    this.#words = this.#index = null;
    this.#file.remove();
  }
}
