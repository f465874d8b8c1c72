/**
 * Cuts lines to a width. Pure.
 *
 * @module
 */

import type { SafeText } from "../../safe_text.ts";
import { cellsOf } from "../cells.ts";

const graphemes = new Intl.Segmenter(undefined, { granularity: "grapheme" });

/**
 * Cuts a line to a width in cells.
 *
 * @param line any; its styling stays whole
 * @param columns cells that it may take in any terminal
 * @returns its beginning, or all of it
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { safeText } from "../../safe_text.ts";
 * import { fit } from "./fit.ts";
 * assertEquals(String(fit(safeText("漢字漢字"), 5)), "漢字");
 * ```
 */
export function fit(line: SafeText, columns: number): SafeText {
  if (cellsOf(line).widthMax <= columns && !line.includes("\x1b")) return line;
  let left = columns;
  let isFull = false;
  // deno-lint-ignore no-control-regex
  const pieces = line.split(/(\x1b\[[\d;]*m)/).map((piece, at) => {
    if (at % 2 === 1) return piece;
    let kept = "";
    for (const { segment } of graphemes.segment(piece)) {
      left -= isFull ? 0 : cellsOf(segment).widthMax;
      isFull ||= left < 0;
      if (!isFull) kept += segment;
    }
    return kept;
  });
  // Made of whole graphemes of a safe text and of its own styling.
  return pieces.join("") as SafeText;
}
