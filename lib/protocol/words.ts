/**
 * The words of a text, as search knows them: one rule for the server's index and for a client's own
 * messages, so that both find the same. Pure.
 *
 * @module
 */

/** Words that stand directly behind each other; of the last one only the beginning, where asked. */
export interface Term {
  /** As `wordsOf` gives them. */
  readonly words: readonly string[];
  /** Whether the last one may go on. */
  readonly prefix: boolean;
}

/** Letters that are written without spaces between words: each is a word of its own. */
const unspaced = "\\p{Script=Han}\\p{Script=Hiragana}\\p{Script=Katakana}" +
  "\\p{Script=Thai}\\p{Script=Lao}\\p{Script=Khmer}\\p{Script=Myanmar}";
const letter = "[\\p{L}\\p{N}]";
const word = new RegExp(
  `(?=[${unspaced}])${letter}|(?:(?![${unspaced}])${letter})+`,
  "gu",
);
const plain = /^[\0-\x7f]*$/;
const plainWord = /[a-z0-9]+/g;

/**
 * Takes a text apart into words, in lower case and without accents. Dictionaries are of no use
 * here: what they make of a text depends on what stands around it, and on their version.
 *
 * @param text any text
 * @returns its words in order, each of letters and digits only, owned by the caller
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { wordsOf } from "./words.ts";
 * assertEquals(wordsOf("Café, don't!"), ["cafe", "don", "t"]);
 * assertEquals(wordsOf("東京 2026"), ["東", "京", "2026"]);
 * ```
 * @see docs/adr/0017-search.md
 */
export function wordsOf(text: string): string[] {
  if (plain.test(text)) return text.toLowerCase().match(plainWord) ?? [];
  const folded = text.toLowerCase().normalize("NFKD").replace(/\p{M}+/gu, "").toLowerCase()
    .normalize("NFKC");
  return folded.match(word) ?? [];
}

/**
 * Tells whether a term stands in a text.
 *
 * @param words the text's
 * @param term what is looked for
 * @returns whether the term's words stand there, in order and without another between them
 * @example
 * ```ts
 * import { assert } from "@std/assert";
 * import { hasTerm } from "./words.ts";
 * assert(hasTerm(["the", "build", "is", "done"], { words: ["build", "i"], prefix: true }));
 * assert(!hasTerm(["the", "build", "is", "done"], { words: ["build", "done"], prefix: false }));
 * ```
 */
export function hasTerm(words: readonly string[], { words: sought, prefix }: Term): boolean {
  const last = sought.length - 1;
  const isAt = (start: number) =>
    sought.every((one, at) => {
      const found = words[start + at];
      return found === one || prefix && at === last && found !== undefined && found.startsWith(one);
    });
  for (let start = 0; start + last < words.length; start++) if (isAt(start)) return true;
  return false;
}
