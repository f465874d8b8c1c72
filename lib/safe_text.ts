/**
 * The one place where text from other people becomes safe for a terminal or a log.
 *
 * What others wrote is data. It may hold escape sequences that move the cursor or set a title,
 * characters that turn the reading order round, and characters that nobody sees. Sinks (screen,
 * logs, titles, notifications) take {@linkcode SafeText} only, so the compiler finds what was
 * forgotten. Nothing is dropped in silence: what can't be shown as it is, is shown as a mark.
 *
 * @module
 */

/**
 * The brand of {@linkcode SafeText}. It is there for the compiler only and has no value: nobody can
 * make a safe text by naming it.
 */
export declare const safeTextBrand: unique symbol;

/**
 * Text of one line that can't harm a terminal or a log. At run time a plain string; the brand is
 * the compiler's proof that it went through this module.
 */
export type SafeText = string & { readonly [safeTextBrand]: true };

/** Marks above one base character: Vietnamese needs 2, Tibetan and Vedic Sanskrit about 6. */
const marksPerBaseMax = 8;

/** By far the most lines: nothing in them to look at, so they cost one test. */
const plain = /^[\x20-\x7e\xa0-\xac\xae-\u02ff]*$/;

/**
 * What acts instead of being seen: controls, formats (bidi, tags, soft hyphen, BOM, annotations),
 * lone surrogates, line separators, what Unicode wants drawn as nothing, and non-characters. Not
 * in it: the joiners and selectors below, and Arabic, Syriac and Kaithi number signs, which are
 * formats that one sees.
 */
const hidden =
  /[[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{DI}\p{NChar}]--[\p{VS}\u200c\u200d\u0600-\u0605\u06dd\u070f\u0890\u0891\u08e2\u{110bd}\u{110cd}]]/gv;

/** Joiners and variation selectors: Persian, Indic scripts, names in kanji and emoji need them. */
const joinerRun = /[\p{VS}\u200c\u200d]+/gv;

/** A selector, then a joiner, as in ❤️‍🔥. A longer run has no meaning and room to hide data in. */
const meaningfulJoiners = /^\p{VS}?[\u200c\u200d]?/v;

const pile = new RegExp(
  `([\\p{M}\\u200c\\u200d]{${marksPerBaseMax}})([\\p{M}\\u200c\\u200d]+)`,
  "gv",
);

/**
 * Makes one line out of any text, showing what would act or hide as visible marks.
 *
 * It is the only door from other people's text to a sink. A newline becomes ` ⏎ `; a tab becomes
 * four spaces, because a real tab moves the cursor without painting and its width depends on the
 * column, which nobody who measures text knows; other controls become their pictures (`␛`), the
 * rest is named (`⟨U+202E⟩`). Of a pile of combining marks the first eight stay, so that it does
 * not spill over other lines.
 *
 * @param text any string, of any length, lone surrogates included; not changed
 * @returns one line; equal to `text` where that is printable ASCII; made safe again it is the same
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { safeText } from "./safe_text.ts";
 * assertEquals(safeText("\x1b[2Jhi\u202e"), "␛[2Jhi⟨U+202E⟩");
 * assertEquals(safeText("two\nlines"), "two ⏎ lines");
 * ```
 * @see https://www.unicode.org/reports/tr36/ Unicode security considerations
 */
export function safeText(text: string): SafeText {
  if (plain.test(text)) return text as SafeText;
  return text
    .replaceAll(/\r?\n/g, " ⏎ ")
    .replaceAll("\t", "    ")
    .replaceAll(hidden, nameOf)
    .replaceAll(joinerRun, markStrayJoiners)
    .replaceAll(pile, cutPile) as SafeText;
}

/**
 * Cuts a text at its newlines and makes each line safe, for sinks that can show several lines.
 *
 * Only `\n` and `\r\n` cut: any other character that some program takes for a line end becomes a
 * mark, so nobody can write a line that looks like somebody else's.
 *
 * @param text any string, of any length
 * @returns at least one line, a new array that the caller owns; an empty last one where `text` ends
 * in a newline
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { safeLines } from "./safe_text.ts";
 * assertEquals([...safeLines("a\n\tb")].map(String), ["a", "    b"]);
 * ```
 */
export function safeLines(text: string): SafeText[] {
  return text.split(/\r?\n/).map(safeText);
}

/**
 * Template tag that puts our own words and safe values together into one safe line.
 *
 * It takes no plain string on purpose: a safe text is a plain string at run time, so the tag could
 * not tell it from an unsafe one, and would spoil our own styling. The compiler asks for
 * `safeText(…)` around whatever came from outside.
 *
 * @param literals the words in the source; newlines in them become ` ⏎ ` too
 * @param values safe texts, which stay as they are, and numbers, written in digits
 * @returns one line
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { safe, safeText } from "./safe_text.ts";
 * const name = safeText("al\x07");
 * assertEquals(String(safe`${name} has ${3} devices`), "al␇ has 3 devices");
 * ```
 */
export function safe(
  literals: TemplateStringsArray,
  ...values: readonly (SafeText | number | bigint)[]
): SafeText {
  const rest = values.map((value, i) => String(value) + safeText(literals[i + 1] ?? ""));
  return safeText(literals[0] ?? "") + rest.join("") as SafeText;
}

/**
 * Joins safe texts into one line, since `Array.join` would lose the brand.
 *
 * @param parts any number of safe texts
 * @param separator what stands between two of them; any text, made safe here
 * @returns one line, empty where there are no parts
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { joinSafe, safeText } from "./safe_text.ts";
 * assertEquals(String(joinSafe(["al", "bo"].map(safeText), ", ")), "al, bo");
 * ```
 */
export function joinSafe(parts: readonly SafeText[], separator: string): SafeText {
  return parts.join(safeText(separator)) as SafeText;
}

/** The looks that Parley gives to text: what every terminal can do. */
export type Style =
  | "bold"
  | "dim"
  | "italic"
  | "underline"
  | "inverse"
  | "red"
  | "green"
  | "yellow"
  | "blue"
  | "magenta"
  | "cyan"
  | "gray"
  /** White on black, whatever the terminal's own colours are: what a camera reads. */
  | "code";

const sgrByStyle: Readonly<Record<Style, readonly [on: number | string, off: number | string]>> = {
  bold: [1, 22],
  dim: [2, 22],
  italic: [3, 23],
  underline: [4, 24],
  inverse: [7, 27],
  red: [31, 39],
  green: [32, 39],
  yellow: [33, 39],
  blue: [34, 39],
  magenta: [35, 39],
  cyan: [36, 39],
  gray: [90, 39],
  code: ["40;97", "49;39"],
};

/**
 * Gives a safe text a look: the only way for an escape sequence into a safe text.
 *
 * Whether to style at all is the caller's to say (NO_COLOR, a pipe, a log), since this module reads
 * no environment. The result must not be made safe again: that would show the escapes.
 *
 * @param style the look; put one around the other for two
 * @param text what to style
 * @param enabled false leaves `text` as it is
 * @returns the same line with the look switched on before it and off behind it
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { safeText, styled } from "./safe_text.ts";
 * assertEquals(String(styled("bold", safeText("hi"), true)), "\x1b[1mhi\x1b[22m");
 * assertEquals(String(styled("bold", safeText("hi"), false)), "hi");
 * ```
 * @see https://no-color.org
 */
export function styled(style: Style, text: SafeText, enabled: boolean): SafeText {
  if (!enabled || text === "") return text;
  const [on, off] = sgrByStyle[style].map((code) => `\x1b[${code}m`) as [string, string];
  // An inner look of the same kind ends with the same code: switch this one on again behind it.
  return on + text.replaceAll(off, off + on) + off as SafeText;
}

function nameOf(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  if (code < 0x20) return String.fromCodePoint(0x2400 + code);
  if (code === 0x7f) return "␡";
  return `⟨U+${code.toString(16).toUpperCase().padStart(4, "0")}⟩`;
}

function markStrayJoiners(run: string, offset: number, whole: string): string {
  const hasBase = offset > 0 && !/\s/.test(whole.charAt(offset - 1));
  const kept = hasBase ? meaningfulJoiners.exec(run)?.[0] ?? "" : "";
  return kept + Array.from(run.slice(kept.length), nameOf).join("");
}

function cutPile(_pile: string, kept: string, dropped: string): string {
  return `${kept}⟨+${Array.from(dropped).length}⟩`;
}
