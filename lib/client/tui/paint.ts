/**
 * The escape sequences that turn one frame into the next. Pure.
 *
 * @module
 */

import type { Frame, Segment } from "./frame.ts";

/** To begin with: the other screen, empty. */
export const enterScreen = "\x1b[?1049h\x1b[2J";
/** To end with: looks as usual, the cursor to be seen, the screen as it was. */
export const leaveScreen = "\x1b[0m\x1b[?25h\x1b[?1049l";

/**
 * Makes what changes the screen: only rows that differ are written.
 *
 * @param before what is on the screen; null where that is not known
 * @param after what is to be
 * @returns text and escape sequences
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { safe } from "../../safe_text.ts";
 * import { changes } from "./paint.ts";
 * const frame = { rows: [[{ column: 0, text: safe`hi` }]], cursor: { row: 0, column: 2 } };
 * assertEquals(changes(frame, frame), "\x1b[1;3H");
 * assertEquals(changes(null, frame), "\x1b[?25l\x1b[1;1H\x1b[2K\x1b[1;1Hhi\x1b[?25h\x1b[1;3H");
 * ```
 */
export function changes(before: Frame | null, after: Frame): string {
  const written = after.rows.map((row, at) => {
    const old = before?.rows[at];
    if (old && isSame(old, row)) return "";
    const start = `\x1b[${at + 1};1H\x1b[2K`;
    return start + row.map(({ column, text }) => `\x1b[${at + 1};${column + 1}H${text}`).join("");
  }).join("");
  const { row, column } = after.cursor;
  const cursor = `\x1b[${row + 1};${column + 1}H`;
  return written === "" ? cursor : `\x1b[?25l${written}\x1b[?25h${cursor}`;
}

function isSame(a: readonly Segment[], b: readonly Segment[]): boolean {
  return a.length === b.length &&
    a.every(({ column, text }, at) => column === b[at]!.column && text === b[at]!.text);
}
