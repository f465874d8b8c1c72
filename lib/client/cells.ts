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
  /** In one that draws each part of a joined emoji by itself: at least `width`. */
  readonly widthMax: number;
}

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
  const apart = Array.from(text).reduce((sum, part) => sum + stringWidth(part), 0);
  return { width, widthMax: Math.max(width, apart) };
}
