/**
 * Breaks lines into rows of a terminal, between words. Pure.
 *
 * A terminal by itself breaks within words, and goes on at the left edge, where a message could be
 * laid out to look like somebody else's line.
 *
 * @module
 */

import type { SafeText } from "../safe_text.ts";
import { cellsOf } from "./cells.ts";

/** Rows of a terminal that one message may take: nobody can push the others' off the screen. */
export const messageRowsMax = 40;

/** How rows are broken. */
export interface Wrapping {
  /** Blanks before all rows but the first, where a row is wide enough. */
  readonly indentCells: number;
  /** Whether a long address may be wider than a row, for the terminal to break. */
  readonly isAddressWhole: boolean;
}

/** That of the line mode: indented as far as a time is wide. */
const lineWrapping: Wrapping = { indentCells: 9, isAddressWhole: true };

/**
 * Rows that an address or such may take in one piece: broken by the terminal and not here, it can
 * be copied and clicked as a whole.
 */
const wholeRowsMax = 8;

/** Our own styling, blanks, words. */
// deno-lint-ignore no-control-regex
const token = /\x1b\[(\d+)m| +|[^ \x1b]+/g;

/** A word that has nothing in it which could pass for a blank. */
const plainWord = /^[\x21-\x7e]+$/;

const graphemes = new Intl.Segmenter(undefined, { granularity: "grapheme" });

/**
 * Breaks a line into rows.
 *
 * Blanks at a break are left out; a word that is too long for a row is broken anywhere, but for a
 * long address, which stays whole. Each row has the styling that is its own.
 *
 * @param line what to show
 * @param columns cells in a row, at least 1
 * @param wrapping how, if not as in line mode
 * @returns at least one row; none begins at the left edge but the first
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { safe } from "../safe_text.ts";
 * import { wrapLine } from "./wrap.ts";
 * const rows = wrapLine(safe`12:05  lobby  alice: good morning`, 28);
 * assertEquals(rows.map(String), ["12:05  lobby  alice: good", "         morning"]);
 * ```
 */
export function wrapLine(
  line: SafeText,
  columns: number,
  wrapping: Wrapping = lineWrapping,
): SafeText[] {
  const rows = new Rows(columns, wrapping);
  for (const [found, code] of line.matchAll(token)) {
    if (code !== undefined) rows.style(found, Number(code));
    else if (found.startsWith(" ")) rows.blanks(found);
    else rows.word(found);
  }
  return rows.end();
}

/**
 * How many rows of a terminal something takes that `wrapLine` gave.
 *
 * @param row one row
 * @param columns cells in a row, at least 1
 * @returns 1, or more for what is left to the terminal to break
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { safe } from "../safe_text.ts";
 * import { heightOf } from "./wrap.ts";
 * assertEquals(heightOf(safe`https://chat.example/long`, 10), 3);
 * ```
 */
export function heightOf(row: SafeText, columns: number): number {
  return Math.max(1, Math.ceil(cellsOf(row).width / columns));
}

/** Rows as they grow. */
class Rows {
  readonly #columns: number;
  readonly #indent: string;
  readonly #isAddressWhole: boolean;
  readonly #done: string[] = [];
  #row = "";
  #cells = 0;
  /** Whether the row has no word yet. */
  #isFresh = true;
  /** Blanks that go into the row only if a word follows there. */
  #waiting = "";
  /** What is switched on, and what switches it off. */
  #styles: (readonly [on: string, off: number])[] = [];

  constructor(columns: number, { indentCells, isAddressWhole }: Wrapping) {
    this.#columns = columns;
    this.#isAddressWhole = isAddressWhole;
    this.#indent = " ".repeat(Math.min(indentCells, Math.floor(columns / 2)));
  }

  style(found: string, code: number): void {
    this.#takeBlanks();
    this.#row += found;
    const off = offCode(code);
    if (off === code) this.#styles = this.#styles.filter((style) => style[1] !== code);
    else this.#styles.push([found, off]);
  }

  blanks(found: string): void {
    this.#waiting += found;
  }

  word(found: string): void {
    const cells = cellsOf(found).widthMax;
    if (this.#cells + this.#waiting.length + cells <= this.#columns) return this.#put(found, cells);
    if (cells <= this.#columns - this.#indent.length) {
      this.#break();
      return this.#put(found, cells);
    }
    const isWhole = this.#isAddressWhole && cells <= wholeRowsMax * this.#columns;
    if (isWhole && plainWord.test(found)) {
      if (!this.#isFresh) this.#break();
      // Wider than the row, so that nothing goes behind it: its end may stand at the left edge.
      return this.#put(found, cells);
    }
    for (const { segment } of graphemes.segment(found)) {
      const one = cellsOf(segment).widthMax;
      if (this.#cells + this.#waiting.length + one > this.#columns) this.#break();
      this.#put(segment, one);
    }
  }

  end(): SafeText[] {
    // Each row is made of pieces of a safe text, of blanks and of that text's own styling.
    return [...this.#done, this.#row] as SafeText[];
  }

  #put(text: string, cells: number): void {
    this.#takeBlanks();
    this.#row += text;
    this.#cells += cells;
    this.#isFresh = false;
  }

  #takeBlanks(): void {
    const fitting = this.#waiting.slice(0, Math.max(0, this.#columns - this.#cells));
    this.#row += fitting;
    this.#cells += fitting.length;
    this.#waiting = "";
  }

  #break(): void {
    // A row with nothing in it but a line's own indent, too wide for this terminal, is none.
    if (!this.#isFresh) {
      this.#done.push(this.#row + this.#styles.map(([, off]) => `\x1b[${off}m`).reverse().join(""));
    }
    this.#row = this.#indent + this.#styles.map(([on]) => on).join("");
    this.#cells = this.#indent.length;
    this.#waiting = "";
    this.#isFresh = true;
  }
}

/** What switches a look of `styled` off; itself for what does so. */
function offCode(code: number): number {
  if (code === 1 || code === 2) return 22;
  if (code >= 30 && code !== 39) return 39;
  return code < 10 ? code + 20 : code;
}
