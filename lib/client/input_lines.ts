/**
 * Bytes to lines, as they come through a pipe. Pure. (A line stream of the standard library would
 * hold a line without end, and turn what is not UTF-8 into something else in silence.)
 *
 * @module
 */

import { limits } from "../limits.ts";

/** A line, or why there is none. */
export type InputLine =
  | { readonly kind: "line"; readonly text: string }
  | { readonly kind: "tooLong" | "notUtf8" };

/** Bytes of a line: more than a message may have, and a command before it. */
const lineBytesMax = 2 * limits.textBytesMax;

const newline = 0x0a;
const carriageReturn = 0x0d;

/**
 * Cuts bytes at newlines (`\n` or `\r\n`), and holds no more of a line than could ever be sent.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { InputLines } from "./input_lines.ts";
 * const lines = new InputLines();
 * const bytes = new TextEncoder().encode("one\r\ntwo");
 * assertEquals(lines.push(bytes), [{ kind: "line", text: "one" }]);
 * assertEquals(lines.end(), [{ kind: "line", text: "two" }]);
 * ```
 */
export class InputLines {
  #held: number[] = [];
  #isTooLong = false;

  /**
   * Takes the next bytes.
   *
   * @param bytes any number; not kept
   * @returns the lines that are whole now, in order
   */
  push(bytes: Uint8Array): InputLine[] {
    const lines: InputLine[] = [];
    let start = 0;
    for (let end = bytes.indexOf(newline); end >= 0; end = bytes.indexOf(newline, start)) {
      this.#hold(bytes.subarray(start, end));
      lines.push(this.#line());
      start = end + 1;
    }
    this.#hold(bytes.subarray(start));
    return lines;
  }

  /**
   * Takes the end of the bytes.
   *
   * @returns the last line, if it has no newline behind it
   */
  end(): InputLine[] {
    return this.#held.length > 0 || this.#isTooLong ? [this.#line()] : [];
  }

  #hold(bytes: Uint8Array): void {
    if (this.#held.length + bytes.length > lineBytesMax) {
      this.#isTooLong = true;
      this.#held = [];
    } else for (const byte of bytes) this.#held.push(byte);
  }

  #line(): InputLine {
    const held = this.#held;
    const isTooLong = this.#isTooLong;
    this.#held = [];
    this.#isTooLong = false;
    if (isTooLong) return { kind: "tooLong" };
    if (held.at(-1) === carriageReturn) held.pop();
    try {
      const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
      return { kind: "line", text: decoder.decode(new Uint8Array(held)) };
    } catch {
      return { kind: "notUtf8" };
    }
  }
}
