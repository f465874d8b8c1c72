/**
 * How the input line looks on the screen, and the escape sequences that draw and erase it. No IO.
 *
 * Every row is broken here and never by the terminal, so that it is known how many there are.
 *
 * @module
 */

import { type SafeText, safeText } from "../safe_text.ts";
import { cellsOf } from "./cells.ts";

/** How large the screen is. */
export interface ScreenSize {
  /** Cells in a row, at least 1. */
  readonly columns: number;
  /** Rows, at least 1. */
  readonly rows: number;
}

/** The input line laid out for one screen size. */
export interface LineView {
  /** What stands in each row, at least one. */
  readonly rows: readonly SafeText[];
  /** Cells that each row takes. */
  readonly widths: readonly number[];
  /** Row of the cursor, from 0. */
  readonly cursorRow: number;
  /** Column of the cursor, from 0. */
  readonly cursorColumn: number;
}

/** What the view shows. */
export interface LineContent {
  /** Stands before the text in the first row; its end, where it is longer than half a row. */
  readonly prompt: SafeText;
  /** The text as typed; made safe here. */
  readonly text: string;
  /** Place of the cursor in `text`, UTF-16 units, between two graphemes. */
  readonly cursor: number;
  /** Whether a newline in the text begins a row; where not, it is shown as a mark. */
  readonly isBroken?: boolean;
}

/** Room for the end of a prompt such as `lobby (offline, 1234 unsent)> ` from its number on. */
const countCells = 15;

interface Row {
  text: string;
  width: number;
  /** Cells in a terminal that draws each part of a joined emoji by itself: the row may overflow. */
  widthMax: number;
}

/**
 * The row, then all behind its first cell. Not `ESC [ J` alone: in the top left corner tmux takes it
 * for clearing the screen, and keeps each half-typed line in its history.
 */
const eraseFromHere = "\r\x1b[K\x1b[C\x1b[J\r";

const graphemes = new Intl.Segmenter(undefined, { granularity: "grapheme" });

/**
 * Lays the input line out in rows.
 *
 * It never has more rows than the screen less one: what has scrolled off the screen could not be
 * erased again. Of a longer text the rows around the cursor are shown.
 *
 * @param content prompt, text and cursor
 * @param size the screen's
 * @returns a new view that the caller owns
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { safeText } from "../safe_text.ts";
 * import { layOut } from "./line_view.ts";
 * const content = { prompt: safeText("> "), text: "漢字\nx", cursor: 4 };
 * const view = layOut(content, { columns: 7, rows: 9 });
 * assertEquals(view.rows.map(String), ["> 漢字⏎", "x"]);
 * assertEquals([view.cursorRow, view.cursorColumn], [1, 1]);
 * ```
 */
export function layOut(content: LineContent, size: ScreenSize): LineView {
  const prompt = clip(content.prompt, promptCellsMax(size.columns));
  const rows: [Row, ...Row[]] = [rowOf(prompt)];
  let last = rows[0];
  let cursor: { row: number; column: number } | undefined;
  for (const { index, segment } of graphemes.segment(content.text)) {
    if (content.isBroken && segment === "\n") {
      if (index >= content.cursor) cursor ??= { row: rows.length - 1, column: last.width };
      rows.push(last = rowOf(""));
      continue;
    }
    for (const cell of cellsFor(segment, size.columns)) {
      if (last.widthMax > 0 && last.widthMax + cell.widthMax > size.columns) {
        rows.push(last = rowOf(""));
      }
      if (index >= content.cursor) cursor ??= { row: rows.length - 1, column: last.width };
      append(last, cell);
    }
  }
  if (!cursor && last.widthMax >= size.columns) rows.push(last = rowOf(""));
  cursor ??= { row: rows.length - 1, column: last.width };
  return windowOf(rows, cursor.row, cursor.column, Math.max(1, size.rows - 1));
}

/**
 * What draws a view, from the left end of a row on.
 *
 * @param view what to draw
 * @returns characters and escape sequences that leave the cursor where it belongs
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { safeText } from "../safe_text.ts";
 * import { drawSequence, layOut } from "./line_view.ts";
 * const content = { prompt: safeText("> "), text: "hi", cursor: 1 };
 * const view = layOut(content, { columns: 40, rows: 9 });
 * assertEquals(drawSequence(view), "> hi\r\x1b[3C");
 * ```
 */
export function drawSequence(view: LineView): string {
  return view.rows.join("\r\n") + up(view.rows.length - 1 - view.cursorRow) + "\r" +
    right(view.cursorColumn);
}

/**
 * What erases a drawn view, wherever its cursor stands.
 *
 * @param view what is on the screen
 * @param columns cells in a row now: fewer than at the drawing where the screen was made narrower,
 * and then the terminal has broken longer rows by itself
 * @returns escape sequences that leave the cursor where the view began
 * @example
 * ```ts
 * import { assert } from "@std/assert";
 * import { safeText } from "../safe_text.ts";
 * import { eraseSequence, layOut } from "./line_view.ts";
 * const content = { prompt: safeText("> "), text: "hello", cursor: 5 };
 * const view = layOut(content, { columns: 40, rows: 9 });
 * assert(eraseSequence(view, 40).startsWith("\r"));
 * assert(eraseSequence(view, 5).startsWith("\x1b[1A"));
 * ```
 */
export function eraseSequence(view: LineView, columns: number): string {
  const above = view.widths.slice(0, view.cursorRow)
    .reduce((rows, width) => rows + Math.max(1, Math.ceil(width / columns)), 0);
  // Behind the last character of a row that just fits, the cursor stays on that row.
  const isBehind = view.cursorColumn > 0 && view.cursorColumn === view.widths[view.cursorRow];
  const cell = view.cursorColumn - (isBehind ? 1 : 0);
  return up(above + Math.floor(cell / columns)) + eraseFromHere;
}

function rowOf(text: string): Row {
  return { text, ...cellsOf(text) };
}

/** A grapheme in one piece, or in as many as it takes if it is wider than a row once it is safe. */
function cellsFor(grapheme: string, columns: number): Row[] {
  const whole = rowOf(grapheme === "\n" ? "⏎" : safeText(grapheme));
  return whole.widthMax <= columns ? [whole] : Array.from(whole.text, (one) => rowOf(one));
}

function append(row: Row, cell: Row): void {
  row.text += cell.text;
  row.width += cell.width;
  row.widthMax += cell.widthMax;
}

/** Cells that a prompt may take of a row: half of it, or more where that would hide a count. */
function promptCellsMax(columns: number): number {
  const half = Math.floor(columns / 2);
  return Math.max(half, Math.min(countCells, Math.floor((columns * 3) / 4)));
}

/**
 * Cuts a safe text, which may hold our own styling, to a width in cells. It keeps its end, where a
 * prompt says what is not sent.
 */
function clip(text: SafeText, widthMax: number): string {
  if (cellsOf(text).width <= widthMax) return text;
  let left = widthMax - 1;
  let isCut = false;
  // deno-lint-ignore no-control-regex
  const pieces = text.split(/(\x1b\[[\d;]*m)/).flatMap((piece, at) =>
    at % 2 === 1 ? [piece] : Array.from(graphemes.segment(piece), ({ segment }) => segment)
  );
  const kept = pieces.reverse().map((piece) => {
    if (isCut) return piece.startsWith("\x1b") ? piece : "";
    left -= cellsOf(piece).width;
    isCut = left < 0;
    return isCut ? "…" : piece;
  });
  return kept.reverse().join("");
}

function windowOf(all: readonly Row[], row: number, column: number, countMax: number): LineView {
  const start = Math.max(0, row - countMax + 1);
  const rows = all.slice(start, start + countMax);
  return {
    // Each row is made of the prompt, our own marks and graphemes that were made safe.
    rows: rows.map(({ text }) => text as SafeText),
    widths: rows.map(({ width }) => width),
    cursorRow: row - start,
    cursorColumn: column,
  };
}

function up(rows: number): string {
  return rows > 0 ? `\x1b[${rows}A` : "";
}

function right(columns: number): string {
  return columns > 0 ? `\x1b[${columns}C` : "";
}
