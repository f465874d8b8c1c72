/**
 * What the journal says of those who never logged in: some, and how many more.
 *
 * @module
 */

import type { Journal, JournalFields } from "./journal.ts";

/** Lines about strangers between two ticks; whoever floods the server must not flood its disk. */
const linesMax = 20;

/**
 * Passes events on, those of strangers up to a bound.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { StrangerJournal } from "./stranger_journal.ts";
 * const lines: string[] = [];
 * const journal = new StrangerJournal((event, { more } = {}) => lines.push(`${event} ${more}`));
 * for (let at = 0; at < 22; at++) journal.note("ended", { user: 0 });
 * journal.tick();
 * assertEquals([lines.length, lines.at(-1)], [21, "strangers 2"]);
 * ```
 * @see docs/ARCHITECTURE.md, section "server"
 */
export class StrangerJournal {
  readonly #journal: Journal;
  #told = 0;

  /**
   * Starts with nothing told.
   *
   * @param journal takes what is told
   */
  constructor(journal: Journal) {
    this.#journal = journal;
  }

  /**
   * Notes an event, or counts it.
   *
   * @param event what happened, in one word
   * @param fields the particulars; `user` 0 is a stranger
   */
  note(event: string, fields: JournalFields): void {
    if (fields.user === 0) this.stranger(event, fields);
    else this.#journal(event, fields);
  }

  /**
   * Notes what a stranger did who has no session, or counts it.
   *
   * @param event what happened, in one word
   * @param fields the particulars
   */
  stranger(event: string, fields: JournalFields): void {
    if (++this.#told <= linesMax) this.#journal(event, fields);
  }

  /** Tells how many there were beside those that it told; once a second is enough. */
  tick(): void {
    if (this.#told > linesMax) this.#journal("strangers", { more: this.#told - linesMax });
    this.#told = 0;
  }
}
