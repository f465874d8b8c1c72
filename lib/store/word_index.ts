/**
 * The index of words: a database of its own beside the log, which the way of a message never
 * touches. It is read out of the log, and can be lost: then it is read out of it again.
 *
 * @module
 */

import type { DatabaseSync } from "node:sqlite";
import { equals } from "@std/bytes/equals";
import { ProtocolError } from "../errors.ts";
import { decodeEntry, type Entry, type EntryBytes } from "../log/entry.ts";
import type { SearchRequest } from "../log/search.ts";
import { audienceKey, directAudience } from "../protocol/audience.ts";
import { nameKey } from "../protocol/names.ts";
import { type Term, wordsOf } from "../protocol/words.ts";
import { transaction } from "../sqlite/database.ts";
import { prepareAll, type Statements } from "../sqlite/statements.ts";
import { Sight } from "./sight.ts";
import { readLogId } from "./start.ts";

/** Counts the changes of what is written for an entry: an index of another number is made anew. */
const indexVersion = 1;

/** As a beginning it would be that of half of all words; it is looked for as a word then. */
const tooShort = /^[a-z0-9]$/;

/** Entries that one question may look at in the index, and then in the log. */
export const lookedAtMax = 1_000;
/** Lsns that one question may go through: words that are never together are looked for in vain. */
export const goneThroughMax = 65_536;

/** `place` holds who wrote it and where, as words: `u2 r1`. */
const tables = `
  DROP TABLE IF EXISTS words;
  DROP TABLE IF EXISTS about;
  CREATE VIRTUAL TABLE words USING fts5(
    text, place, content='', contentless_delete=1, tokenize='ascii');
  CREATE TABLE about (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    version INTEGER NOT NULL,
    log_id BLOB NOT NULL,
    reach INTEGER NOT NULL,
    digest BLOB
  ) STRICT;
`;

const indexSql = {
  about: "SELECT version, log_id AS logId, reach, digest FROM about",
  start: "INSERT INTO about (one, version, log_id, reach, digest) VALUES (1, ?, ?, 0, NULL)",
  add: "INSERT OR REPLACE INTO words (rowid, text, place) VALUES (?, ?, ?)",
  reach: "UPDATE about SET reach = ?, digest = ?",
  find: `SELECT rowid AS lsn FROM words WHERE words MATCH ? AND rowid < ? AND rowid > ?
    ORDER BY rowid DESC LIMIT ?`,
} as const;

const logSql = {
  above: "SELECT lsn, header, body, digest FROM log WHERE lsn > ? ORDER BY lsn LIMIT ?",
  digest: "SELECT digest FROM log WHERE lsn = ?",
  isThere: "SELECT 1 FROM log WHERE lsn = ?",
  audience: "SELECT audience FROM log WHERE lsn = ?",
  user: "SELECT id FROM users WHERE key = ?",
  room: "SELECT id FROM rooms WHERE key = ?",
} as const;

interface About {
  readonly version: number;
  readonly logId: Uint8Array;
  readonly reach: number;
  readonly digest: Uint8Array | null;
}

/** What is looked for; all of it must be so. */
export interface WordAsk extends Pick<SearchRequest, "user" | "terms" | "from" | "in" | "below"> {
  /** Only above this lsn. */
  readonly above: number;
  /** How many at most; at least 1. */
  readonly countMax: number;
}

/** What was found. */
export interface WordPage {
  /** Descending; owned by the caller. */
  readonly lsns: readonly number[];
  /** What to ask for as `below` to go on; 0 where there is no more. */
  readonly next: number;
}

/**
 * Keeps the index and finds in it.
 *
 * What holds: every message of the log up to its reach is in it by its words, and nothing else. One
 * question costs a bounded time, whatever it asks for.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { openDatabase } from "../sqlite/database.ts";
 * import { openMemoryStore } from "./sqlite_log.ts";
 * import { WordIndex } from "./word_index.ts";
 * const store = openMemoryStore();
 * const words = openDatabase(":memory:");
 * const index = new WordIndex(store.database, words);
 * assertEquals(index.catchUp(100), false);
 * const ask = { user: 2, from: "", in: "lobby", below: 0, above: 0, countMax: 50 };
 * assertEquals(index.find({ ...ask, terms: [] }), { lsns: [], next: 0 });
 * words.close();
 * store.close();
 * ```
 * @see docs/adr/0017-search.md
 */
export class WordIndex {
  readonly #words: DatabaseSync;
  readonly #index: Statements<keyof typeof indexSql>;
  readonly #log: Statements<keyof typeof logSql>;
  readonly #sight: Sight;

  /**
   * Takes an index up where it was left, or makes it anew: where it is of another log, such as one
   * that was restored, or of another version.
   *
   * @param log an open store, on a connection that may be read-only; stays the caller's
   * @param words the index's own database; stays the caller's
   */
  constructor(log: DatabaseSync, words: DatabaseSync) {
    this.#words = words;
    this.#log = prepareAll(log, logSql);
    this.#sight = new Sight(log);
    const logId = readLogId(log);
    // What a power cut takes from it is read again; what is there must only be whole.
    words.exec("PRAGMA synchronous = NORMAL");
    if (!this.#isOf(logId)) {
      transaction(words, () => {
        words.exec(tables);
        words.prepare(indexSql.start).run(indexVersion, logId);
      });
    }
    this.#index = prepareAll(words, indexSql);
  }

  /** Up to which lsn the log is in it. */
  get reach(): number {
    return (this.#index.about.get() as unknown as About).reach;
  }

  /** Whether the log goes further. */
  get isBehind(): boolean {
    return this.#log.isThere.get(this.reach + 1) !== undefined;
  }

  /**
   * Reads on in the log.
   *
   * @param countMax entries at most; at least 1
   * @returns whether there are more
   * @throws what SQLite throws, such as for a full disk; it stays as it was then
   */
  catchUp(countMax: number): boolean {
    const rows = this.#log.above.all(this.reach, countMax) as unknown as readonly (
      & EntryBytes
      & { readonly lsn: number; readonly digest: Uint8Array }
    )[];
    const last = rows.at(-1);
    if (!last) return false;
    transaction(this.#words, () => {
      for (const row of rows) this.#add(row);
      this.#index.reach.run(last.lsn, last.digest);
    });
    return rows.length === countMax;
  }

  /**
   * Finds the newest messages that are what is looked for, among those that are in the index.
   *
   * @param ask what is looked for, and by whom
   * @returns what was found within the bound of one question, and where to go on
   */
  find({ user, terms, below, above, countMax, ...where }: WordAsk): WordPage {
    const match = this.#match(user, terms, where);
    const end = Math.min(below || Infinity, this.reach + 1);
    const lowest = Math.max(above, end - 1 - goneThroughMax);
    if (match === null || end - 1 <= above) return { lsns: [], next: 0 };
    const rows = this.#index.find.all(match, end, lowest, lookedAtMax) as { lsn: number }[];
    const lsns: number[] = [];
    for (const { lsn } of rows) {
      if (!this.#sees(user, lsn)) continue;
      if (lsns.length === countMax) return { lsns, next: lsns.at(-1)! };
      lsns.push(lsn);
    }
    if (rows.length === lookedAtMax) return { lsns, next: rows.at(-1)!.lsn };
    return { lsns, next: lowest > above ? lowest + 1 : 0 };
  }

  #isOf(logId: Uint8Array): boolean {
    const made = this.#words.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'about'").get();
    if (!made) return false;
    const about = this.#words.prepare(indexSql.about).get() as unknown as About | undefined;
    if (about?.version !== indexVersion || !equals(about.logId, logId)) return false;
    if (about.reach === 0) return true;
    const there = this.#log.digest.get(about.reach) as { digest: Uint8Array } | undefined;
    return there !== undefined && about.digest !== null && equals(there.digest, about.digest);
  }

  #add(row: EntryBytes): void {
    const entry = readable(row);
    if (entry?.content?.kind !== "message") return;
    const { lsn, user, audience, content } = entry;
    this.#index.add.run(
      lsn,
      wordsOf(content.text).join(" "),
      `u${user} ${placeWord(audienceKey(audience))}`,
    );
  }

  #sees(user: number, lsn: number): boolean {
    const found = this.#log.audience.get(lsn) as { audience: string } | undefined;
    return found !== undefined && this.#sight.sees(user, found.audience, lsn);
  }

  /** The question in SQLite's own language: all words in it are letters and digits. */
  #match(
    user: number,
    terms: readonly Term[],
    { from, in: place }: Pick<WordAsk, "from" | "in">,
  ): string | null {
    const parts = terms.filter(({ words }) => words.length > 0)
      .map(({ words, prefix }) => {
        const goesOn = prefix && !tooShort.test(words.at(-1)!);
        return `text : "${words.join(" ")}"${goesOn ? " *" : ""}`;
      });
    if (from !== "") {
      const id = this.#id("user", from);
      if (id === null) return null;
      parts.push(`place : "u${id}"`);
    }
    if (place !== "") {
      const word = this.#place(user, place);
      if (word === null) return null;
      parts.push(`place : "${word}"`);
    }
    return parts.length === 0 ? null : parts.join(" AND ");
  }

  #place(user: number, place: string): string | null {
    const isDirect = place.startsWith("@");
    const id = isDirect ? this.#id("user", place.slice(1)) : this.#id("room", place);
    if (id === null) return null;
    return placeWord(isDirect ? audienceKey(directAudience(user, id)) : `r${id}`);
  }

  #id(table: "user" | "room", name: string): number | null {
    const found = this.#log[table].get(nameKey(name)) as { id: number } | undefined;
    return found?.id ?? null;
  }
}

/** An audience's key in letters and digits. */
function placeWord(key: string): string {
  return key.replace("-", "x");
}

/** What is damaged is told by whoever reads it for somebody; it has no words. */
function readable(row: EntryBytes): Entry | null {
  try {
    return decodeEntry(row);
  } catch (error) {
    if (error instanceof ProtocolError) return null;
    throw error;
  }
}
