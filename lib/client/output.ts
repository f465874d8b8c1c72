/**
 * Standard output in script modes: in order, without ever holding the connection up.
 *
 * @module
 */

import type { SafeText } from "../safe_text.ts";

/** Characters that may wait, beyond one page of entries. */
const behindChars = 256 * 1024;

/**
 * Writes lines, what waits in one go, and says when they have gone.
 *
 * Whoever prints looks at `isBehind` first, so that what waits for a reader that stops is bounded.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { safe } from "../safe_text.ts";
 * import { Output } from "./output.ts";
 * const written: string[] = [];
 * const output = new Output((bytes) => {
 *   written.push(new TextDecoder().decode(bytes));
 *   return Promise.resolve(bytes.length);
 * }, () => {});
 * output.print([safe`one`, safe`two`]);
 * await output.settled();
 * assertEquals(written, ["one\ntwo\n"]);
 * ```
 */
export class Output {
  readonly #write: (bytes: Uint8Array) => Promise<number>;
  readonly #broken: (error: Error) => void;
  #waiting: SafeText[] = [];
  #waitingChars = 0;
  #writing: Promise<void> | null = null;
  #isBroken = false;

  /**
   * Starts with nothing to write.
   *
   * @param write writes some of the bytes, and tells how many
   * @param broken is told once that nobody reads any more, or what else went wrong
   */
  constructor(write: (bytes: Uint8Array) => Promise<number>, broken: (error: Error) => void) {
    this.#write = write;
    this.#broken = broken;
  }

  /**
   * Writes lines after those before.
   *
   * @param lines any number
   */
  print(lines: readonly SafeText[]): void {
    if (this.#isBroken || lines.length === 0) return;
    for (const line of lines) {
      this.#waiting.push(line);
      this.#waitingChars += line.length;
    }
    this.#writing ??= this.#writeAll();
  }

  /** Whether so much waits that nothing more should be printed before it has gone. */
  get isBehind(): boolean {
    return this.#waitingChars > behindChars;
  }

  /**
   * Waits for what was printed so far.
   *
   * @returns when everything has gone, or cannot go: true if it has
   */
  async settled(): Promise<boolean> {
    await this.#writing;
    return !this.#isBroken;
  }

  async #writeAll(): Promise<void> {
    // What is printed in one turn is written in one go.
    await Promise.resolve();
    try {
      while (this.#waiting.length > 0) {
        const batch = this.#waiting;
        this.#waiting = [];
        const text = batch.map((line) => `${line}\n`).join("");
        await this.#writeWhole(new TextEncoder().encode(text));
        this.#waitingChars -= text.length - batch.length;
      }
    } catch (error) {
      this.#isBroken = true;
      this.#waiting = [];
      this.#waitingChars = 0;
      this.#broken(error as Error);
    } finally {
      this.#writing = null;
    }
  }

  async #writeWhole(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length;) at += await this.#write(bytes.subarray(at));
  }
}
