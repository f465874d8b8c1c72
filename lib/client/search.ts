/**
 * Search in the mailbox: what this device holds is found without a server. Pure but for the mailbox.
 *
 * @module
 */

import type { Entry } from "../log/entry.ts";
import { nameKey } from "../protocol/names.ts";
import { hasTerm, wordsOf } from "../protocol/words.ts";
import { safe, type SafeText } from "../safe_text.ts";
import type { ShownEntry } from "./events.ts";
import { parseQuery, type SearchQuery } from "./search_query.ts";
import { isWanted } from "./wanted.ts";
import type { View } from "./view.ts";

/** What was found. */
export interface Found {
  /** Messages, ascending; owned by the caller. */
  readonly shown: readonly ShownEntry[];
  /** Whether there are older ones. */
  readonly more: boolean;
}

/** Messages that `/search` shows: about a screen. */
const shownMax = 20;

/**
 * Finds the latest messages that are what is looked for.
 *
 * @param entries all that is held, the latest first
 * @param shownAs puts names to an entry
 * @param query what is looked for
 * @param countMax how many at most; at least 1
 * @returns what was found; nothing of who is blocked
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { findHeld } from "./search.ts";
 * const query = { terms: [], from: "al", in: "", sinceMs: 0, untilMs: 0 };
 * const shownAs = () => { throw new Error(); };
 * assertEquals(findHeld([], shownAs, query, 1), { shown: [], more: false });
 * ```
 * @see docs/adr/0017-search.md
 */
export function findHeld(
  entries: Iterable<Entry>,
  shownAs: (entry: Entry) => ShownEntry,
  query: SearchQuery,
  countMax: number,
): Found {
  const shown: ShownEntry[] = [];
  for (const entry of entries) {
    // Time never decreases along the log.
    if (entry.timeMs < query.sinceMs) break;
    if (!isTalkedOf(entry, query)) continue;
    const one = shownAs(entry);
    if (!isWhoAndWhere(one, query)) continue;
    if (shown.length === countMax) return { shown: shown.reverse(), more: true };
    shown.push(one);
  }
  return { shown: shown.reverse(), more: false };
}

function isTalkedOf({ timeMs, content }: Entry, { untilMs, terms }: SearchQuery): boolean {
  if (content?.kind !== "message" || untilMs > 0 && timeMs >= untilMs) return false;
  if (terms.length === 0) return true;
  const words = wordsOf(content.text);
  return terms.every((term) => hasTerm(words, term));
}

function isWhoAndWhere({ user, place, isHidden }: ShownEntry, query: SearchQuery): boolean {
  if (isHidden || query.from !== "" && nameKey(user) !== nameKey(query.from)) return false;
  return isWanted(place, query.in || undefined);
}

/** What a typed search needs. */
export interface SearchPorts {
  /** Looks through the mailbox. */
  readonly line: { search(query: SearchQuery, countMax: number): Found };
  /** Makes the lines. */
  readonly view: Pick<View, "found">;
  /**
   * Prints lines.
   *
   * @param lines any number
   */
  print(lines: readonly SafeText[]): void;
  /**
   * Prints something about this program.
   *
   * @param line what to print
   */
  note(line: SafeText): void;
}

/**
 * Does what `/search` asks for.
 *
 * @param ports where to look and to print
 * @param text the query as typed
 * @param nowMs milliseconds since 1970-01-01 UTC, from which an age counts
 * @returns what is wrong with it, or null where all is well
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { type SearchPorts, searchTyped } from "./search.ts";
 * const reason = searchTyped({} as SearchPorts, "before:tomorrow", 0);
 * assertEquals(String(reason).slice(0, 20), "before: Write an age");
 * ```
 * @see docs/USING.md
 */
export function searchTyped(
  { line, view, print, note }: SearchPorts,
  text: string,
  nowMs: number,
): SafeText | null {
  const { query, problem } = parseQuery(text, nowMs);
  if (!query) return problem;
  const { shown, more } = line.search(query, shownMax);
  print(view.found(shown));
  note(tally(shown.length, more));
  return null;
}

/**
 * Says how much was found, and where was looked.
 *
 * @param count how many messages
 * @param more whether there are older ones
 * @returns a line
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { tally } from "./search.ts";
 * assertEquals(String(tally(0, false)), "nothing found on this device");
 * ```
 */
export function tally(count: number, more: boolean): SafeText {
  if (count === 0) return safe`nothing found on this device`;
  return more
    ? safe`the latest ${count} on this device; before: or more words find others`
    : safe`${count} found on this device`;
}
