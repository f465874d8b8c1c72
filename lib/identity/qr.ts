/**
 * A text as a QR code in a terminal. Pure.
 *
 * @module
 */

import { encode } from "uqr";

/** White on black, whatever the terminal's own colours are: the other way round few cameras read. */
const colors = { begin: "\x1b[40;97m", end: "\x1b[0m" } as const;

/** Two rows of squares make one of characters. */
const squares = [" ", "▄", "▀", "█"] as const;

/** Empty squares around it, which a camera needs to find it. */
const border = 2;

/**
 * Draws a text in white on black, for who writes to a terminal without looking at it.
 *
 * @param text ASCII, at most a few hundred characters
 * @returns lines for a terminal, with colours of their own
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { qrLines } from "./qr.ts";
 * assertEquals(qrLines("parley").length, 13, "21 rows and the border, two to a line");
 * ```
 * @see ISO/IEC 18004
 */
export function qrLines(text: string): string[] {
  return qrRows(text).map((row) => `${colors.begin}${row}${colors.end}`);
}

/**
 * Draws a text, in no colours: they are to be white on black.
 *
 * @param text ASCII, at most a few hundred characters
 * @returns lines of the same width, one cell a character
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { qrRows } from "./qr.ts";
 * assertEquals(qrRows("parley")[0]?.length, 25);
 * ```
 * @see ISO/IEC 18004
 */
export function qrRows(text: string): string[] {
  const { data, size } = encode(text, { ecc: "L", border });
  // Beyond the last row there is nothing: light, as the border is.
  const isLight = (y: number, x: number) => data[y]?.[x] !== true;
  return Array.from({ length: Math.ceil(size / 2) }, (_, at) => {
    const cells = Array.from(
      { length: size },
      (_, x) => squares[(isLight(2 * at, x) ? 2 : 0) + (isLight(2 * at + 1, x) ? 1 : 0)],
    );
    return cells.join("");
  });
}
