/**
 * Standard output in script modes: in order, without ever holding the connection up.
 *
 * @module
 */

import type { SafeText } from "../safe_text.ts";

/**
 * Writes lines, what waits in one go, and says when they have gone.
 *
 * A reader that stops reading leaves entries unacknowledged, so that the server stops sending: what
 * waits here is bounded by the server's credit.
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
  #waiting: { readonly lines: readonly SafeText[]; readonly written: () => void }[] = [];
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
   * @param lines any number; of none, `written` is still called in its turn
   * @param written is called when they have gone
   */
  print(lines: readonly SafeText[], written: () => void = () => {}): void {
    if (this.#isBroken) return;
    this.#waiting.push({ lines, written });
    this.#writing ??= this.#writeAll();
  }

  /**
   * Waits for what was printed so far.
   *
   * @returns when everything has gone, or cannot go
   */
  async settled(): Promise<void> {
    await this.#writing;
  }

  async #writeAll(): Promise<void> {
    // What is printed in one turn is written in one go.
    await Promise.resolve();
    try {
      while (this.#waiting.length > 0) {
        const batch = this.#waiting;
        this.#waiting = [];
        const text = batch.flatMap(({ lines }) => lines).map((line) => `${line}\n`).join("");
        await this.#writeWhole(new TextEncoder().encode(text));
        for (const { written } of batch) written();
      }
    } catch (error) {
      this.#isBroken = true;
      this.#waiting = [];
      this.#broken(error as Error);
    } finally {
      this.#writing = null;
    }
  }

  async #writeWhole(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length;) at += await this.#write(bytes.subarray(at));
  }
}
