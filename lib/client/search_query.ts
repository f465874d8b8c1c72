/**
 * What is typed to find something, taken apart. Pure.
 *
 * @module
 */

import { limits } from "../limits.ts";
import { isName } from "../protocol/names.ts";
import { type Term, wordsOf } from "../protocol/words.ts";
import { safe, type SafeText, safeText } from "../safe_text.ts";
import { momentRule, parseMoment } from "./moment.ts";

/** What is looked for; all of it must be so. */
export interface SearchQuery {
  /** Each stands in the text. */
  readonly terms: readonly Term[];
  /** Who wrote it, a user's name in any case; empty for anybody. */
  readonly from: string;
  /** Where, a room's name, or `@` and a user's, in any case; empty for anywhere. */
  readonly in: string;
  /** From when on, in milliseconds since 1970-01-01 UTC; 0 for any time. */
  readonly sinceMs: number;
  /** Up to when, without that moment itself; 0 for any time. */
  readonly untilMs: number;
}

/** A query, or what is wrong with it. */
export type ParsedQuery =
  | { readonly query: SearchQuery; readonly problem: null }
  | { readonly query: null; readonly problem: SafeText };

type Draft = { -readonly [K in keyof SearchQuery]: SearchQuery[K] } & { terms: Term[] };

const piece = /(from|in|before|after):("[^"]*"?|\S*)|"([^"]*)"?(\*?)|(\S+)/giu;

/**
 * Takes a typed query apart: words, `"a phrase"`, `begin*`, `from:`, `in:`, `before:`, `after:`.
 *
 * @param text as typed
 * @param nowMs milliseconds since 1970-01-01 UTC, from which an age counts
 * @returns the query; or what is wrong with it, for the user
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { parseQuery } from "./search_query.ts";
 * const { query } = parseQuery('from:alice "is done" buil* in:@bob', 0);
 * assertEquals([query?.from, query?.in], ["alice", "@bob"]);
 * assertEquals(query?.terms, [
 *   { words: ["is", "done"], prefix: false },
 *   { words: ["buil"], prefix: true },
 * ]);
 * ```
 * @see docs/USING.md
 */
export function parseQuery(text: string, nowMs: number): ParsedQuery {
  const query: Draft = { terms: [], from: "", in: "", sinceMs: 0, untilMs: 0 };
  for (const [, key, value = "", phrase, star, bare] of text.matchAll(piece)) {
    const problem = key === undefined
      ? addTerm(query, phrase ?? bare!, phrase === undefined ? bare!.endsWith("*") : star !== "")
      : setFilter(query, key.toLowerCase(), value.replaceAll('"', ""), nowMs);
    if (problem !== null) return { query: null, problem };
  }
  if (query.terms.length > limits.searchTermsMax) {
    return { query: null, problem: safe`look for at most ${limits.searchTermsMax} words` };
  }
  const isEmpty = query.terms.length === 0 && query.from === "" && query.in === "";
  return isEmpty
    ? { query: null, problem: safe`say what to look for: a word, from:user or in:room` }
    : { query, problem: null };
}

function addTerm(query: Draft, text: string, prefix: boolean): SafeText | null {
  const words = wordsOf(text);
  if (words.length === 0) return safe`there is no letter or digit in ${safeText(text)}`;
  // Hardly anything begins otherwise than with some letter.
  const shortest = /^[a-z0-9]$/.test(words.at(-1)!);
  if (prefix && shortest) return safe`write at least two letters before the *`;
  if (new TextEncoder().encode(words.join(" ")).length > limits.searchTermBytesMax) {
    return safe`this is too long to look for: ${safeText(text)}`;
  }
  query.terms.push({ words, prefix });
  return null;
}

function setFilter(
  query: Draft,
  key: string,
  value: string,
  nowMs: number,
): SafeText | null {
  const shown = safeText(value);
  if (key === "from" || key === "in") {
    const name = value.replace(/^@/, "");
    if (!isName(name)) return safe`${safeText(key)}: needs a name, and ${shown} is none`;
    query[key] = key === "in" ? value : name;
    return null;
  }
  const ms = parseMoment(value, nowMs);
  // 0 is for any time.
  if (ms === null || ms <= 0) return safe`${safeText(key)}: ${safeText(momentRule)}`;
  query[key === "after" ? "sinceMs" : "untilMs"] = ms;
  return null;
}
