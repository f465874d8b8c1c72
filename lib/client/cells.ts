/**
 * How many cells of a terminal a text takes. Pure.
 *
 * @module
 */

import stringWidth from "string-width";

/** Cells that a text takes. */
export interface Cells {
  /** In a terminal that joins emoji. */
  readonly width: number;
  /**
   * In one that draws each part of a joined emoji by itself, or has not heard of a mark or an ideograph
   * that is newer than it: at least `width`.
   */
  readonly widthMax: number;
}

/** Joiners, and marks of scripts in daily use: every terminal draws them over the character before. */
const oldMark =
  /^[\u200c\u200d\u0300-\u036f\u0591-\u05bd\u064b-\u0655\u0901\u0902\u093c\u0941-\u0948\u094d\u0e31\u0e34-\u0e3a\u0e47-\u0e4e]$/;

/**
 * What stands by itself: neither a mark, nor a vowel or a final of Hangul, which old terminals draw
 * over the character before as well.
 */
const standing = /[^\p{M}\u200c\u200d\u1160-\u11ff\ud7b0-\ud7ff]/u;

/** Characters that are newer than the terminal, and marks as wide as the ideographs that they are for. */
const maybeWide = /[\p{Cn}\u302a-\u302f\u3099\u309a\u{16fe4}\u{16ff0}\u{16ff1}]/u;

/**
 * Measures a text.
 *
 * @param text one line; our own styling in it takes no cells
 * @returns cells
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { cellsOf } from "./cells.ts";
 * assertEquals(cellsOf("漢字").width, 4);
 * assertEquals(cellsOf("👩‍👧"), { width: 2, widthMax: 4 });
 * ```
 * @see https://www.unicode.org/reports/tr11/
 */
export function cellsOf(text: string): Cells {
  if (/^[\x20-\x7e]*$/.test(text)) return { width: text.length, widthMax: text.length };
  const width = stringWidth(text);
  if (text.includes("\x1b")) return { width, widthMax: width };
  // At the left edge there is nothing that a mark could be drawn over.
  const base = text.search(standing);
  let apart = 0;
  let at = 0;
  for (const part of text) {
    apart += at > base && base >= 0 && oldMark.test(part) ? 0 : cellsMaxOf(part);
    at += part.length;
  }
  return { width, widthMax: Math.max(width, apart) };
}

/** Where terminals differ, the most that one of them takes: a row that is too wide breaks the screen. */
function cellsMaxOf(character: string): number {
  return Math.max(stringWidth(character), maybeWide.test(character) ? 2 : 1);
}
