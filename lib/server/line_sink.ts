/**
 * Lines to a pipe that may be slow or gone: the server neither waits for it nor ends with it.
 *
 * @module
 */

/** Where lines go in the end: standard error. */
export interface ByteSink {
  /** Writes some of the bytes, and tells how many. */
  write(bytes: Uint8Array): Promise<number>;
}

/** Bytes that may wait for a slow reader. */
const waitingBytesMax = 256 * 1024;

/**
 * Writes lines one after the other, in the background.
 *
 * What holds: at most 256 KiB wait; what is beyond is dropped, and counted in the next line.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { LineSink } from "./line_sink.ts";
 * const written: string[] = [];
 * const sink = new LineSink({
 *   write: (bytes) => {
 *     written.push(new TextDecoder().decode(bytes));
 *     return Promise.resolve(bytes.length);
 *   },
 * });
 * sink.line("one");
 * await sink.drained();
 * assertEquals(written, ["one\n"]);
 * ```
 * @see docs/ARCHITECTURE.md, section "server"
 */
export class LineSink {
  readonly #sink: ByteSink;
  readonly #utf8 = new TextEncoder();
  #waiting: Uint8Array[] = [];
  #waitingBytes = 0;
  #dropped = 0;
  #writing: Promise<void> | null = null;

  /**
   * Begins with nothing waiting.
   *
   * @param sink takes the bytes; may fail at any time
   */
  constructor(sink: ByteSink) {
    this.#sink = sink;
  }

  /**
   * Queues a line.
   *
   * @param text without newline
   */
  line(text: string): void {
    if (this.#dropped > 0 && this.#waiting.length === 0) {
      const count = this.#dropped;
      this.#dropped = 0;
      this.line(`${count} lines were dropped, since nobody read them in time`);
    }
    const bytes = this.#utf8.encode(`${text}\n`);
    if (this.#waitingBytes + bytes.length > waitingBytesMax) {
      this.#dropped++;
      return;
    }
    this.#waiting.push(bytes);
    this.#waitingBytes += bytes.length;
    this.#writing ??= this.#writeAll();
  }

  /**
   * Waits for what is queued; never for a reader who has stopped.
   *
   * @returns when nothing waits, or after a second
   */
  async drained(): Promise<void> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const patience = new Promise<void>((resolve) => timer = setTimeout(resolve, 1_000));
    await Promise.race([this.#writing ?? Promise.resolve(), patience]);
    clearTimeout(timer);
  }

  async #writeAll(): Promise<void> {
    try {
      for (let next = this.#waiting.shift(); next; next = this.#waiting.shift()) {
        this.#waitingBytes -= next.length;
        for (let at = 0; at < next.length;) at += await this.#sink.write(next.subarray(at));
      }
    } catch {
      // The reader is gone: there is nobody left to tell, and the chat goes on without.
      this.#waiting = [];
      this.#waitingBytes = 0;
    }
    this.#writing = null;
  }
}
