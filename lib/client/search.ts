/**
 * What is found: on this device without a server, and what the server found put beside it. Pure.
 *
 * @module
 */

import type { Entry } from "../log/entry.ts";
import { nameKey } from "../protocol/names.ts";
import { hasTerm, wordsOf } from "../protocol/words.ts";
import { safe, type SafeText } from "../safe_text.ts";
import type { ClientEvent, ShownEntry } from "./events.ts";
import type { SearchWish } from "./requests.ts";
import type { SearchQuery } from "./search_query.ts";
import { isWanted } from "./wanted.ts";

/** What was found. */
export interface Found {
  /** Messages, ascending; owned by the caller. */
  readonly shown: readonly ShownEntry[];
  /** Whether there are older ones. */
  readonly more: boolean;
}

/** What the server has found. */
export type SearchAnswer = Extract<ClientEvent, { readonly kind: "found" }>;

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

/**
 * Tells whether an answer is one to this question.
 *
 * @param one what was asked
 * @param other what was answered
 * @returns whether both look for the same
 * @example
 * ```ts
 * import { assert } from "@std/assert";
 * import { isSameSearch } from "./search.ts";
 * const query = { terms: [], from: "al", in: "", sinceMs: 0, untilMs: 0 };
 * assert(isSameSearch({ query, countMax: 1 }, { query: { ...query }, countMax: 1 }));
 * ```
 */
export function isSameSearch(
  one: Pick<SearchWish, "query" | "countMax">,
  other: Pick<SearchWish, "query" | "countMax">,
): boolean {
  const { terms, from, in: place, sinceMs, untilMs } = one.query;
  const its = other.query;
  return one.countMax === other.countMax && from === its.from && place === its.in &&
    sinceMs === its.sinceMs && untilMs === its.untilMs &&
    JSON.stringify(terms) === JSON.stringify(its.terms);
}

/**
 * Puts together what the server has found and what this device holds, which the server's index may
 * not know yet.
 *
 * @param answer the server's
 * @param held the mailbox's
 * @param shownAs puts names to an entry
 * @returns the latest of both, each once
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { bothFound } from "./search.ts";
 * const shownAs = () => { throw new Error(); };
 * const answer = { countMax: 2, entries: [], more: false };
 * assertEquals(bothFound(answer, { shown: [], more: false }, shownAs), { shown: [], more: false });
 * ```
 */
export function bothFound(
  { countMax, entries, more }: Pick<SearchAnswer, "countMax" | "entries" | "more">,
  held: Found,
  shownAs: (entry: Entry) => ShownEntry,
): Found {
  const byLsn = new Map(held.shown.map((shown) => [shown.entry.lsn, shown]));
  for (const entry of entries) if (!byLsn.has(entry.lsn)) byLsn.set(entry.lsn, shownAs(entry));
  const all = [...byLsn.values()].sort((one, other) => one.entry.lsn - other.entry.lsn);
  return { shown: all.slice(-countMax), more: more || all.length > countMax };
}

/**
 * Says how much was found, and where was looked.
 *
 * @param count how many messages
 * @param more whether there are older ones
 * @param isHere whether this device alone was looked through
 * @returns a line
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { tally } from "./search.ts";
 * assertEquals(String(tally(0, false, true)), "nothing found on this device");
 * ```
 */
export function tally(count: number, more: boolean, isHere: boolean): SafeText {
  const where = isHere ? safe` on this device` : safe``;
  if (count === 0) return safe`nothing found${where}`;
  return more
    ? safe`the latest ${count}${where}; before: or more words find others`
    : safe`${count} found${where}`;
}
