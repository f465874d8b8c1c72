/**
 * A stream of `node:net` or `node:tls` as a socket that is read and written by whoever holds it.
 *
 * @module
 */

import type { Duplex } from "node:stream";
import type { Socket } from "./link.ts";

/** What came and was not read yet: at most what the stream had read before it was paused. */
export class StreamSocket implements Socket {
  readonly #stream: Duplex;
  readonly #waiting: Uint8Array[] = [];
  #wake = () => {};
  #ended = false;
  #failure: Error | null = null;

  /**
   * Takes a stream over.
   *
   * @param stream open, and owned from now on
   * @param channel SHA-256 of the certificate under which it speaks; 32 bytes
   */
  constructor(stream: Duplex, readonly channel: Uint8Array) {
    this.#stream = stream;
    stream.on("data", (chunk: Uint8Array) => {
      this.#waiting.push(chunk);
      stream.pause();
      this.#wake();
    });
    stream.on("end", () => this.#over(null));
    stream.on("close", () => this.#over(null));
    stream.on("error", (error: Error) => this.#over(error));
  }

  /**
   * Waits for bytes.
   *
   * @param buffer is filled from its start
   * @returns how many bytes came; null at the end
   * @throws when the connection was reset
   */
  async read(buffer: Uint8Array): Promise<number | null> {
    while (this.#waiting.length === 0) {
      if (this.#failure) throw this.#failure;
      if (this.#ended) return null;
      const come = new Promise<void>((resolve) => this.#wake = resolve);
      this.#stream.resume();
      await come;
    }
    const chunk = this.#waiting[0]!;
    const count = Math.min(chunk.length, buffer.length);
    buffer.set(chunk.subarray(0, count));
    if (count === chunk.length) this.#waiting.shift();
    else this.#waiting[0] = chunk.subarray(count);
    return count;
  }

  /**
   * Writes all of it.
   *
   * @param bytes what to write
   * @returns how many bytes were taken, which is all
   * @throws when the other side is gone
   */
  write(bytes: Uint8Array): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#stream.write(bytes, (error) => error ? reject(error) : resolve(bytes.length));
    });
  }

  /**
   * Says that nothing more will be written, and still reads.
   *
   * @returns when that is said
   */
  closeWrite(): Promise<void> {
    return new Promise((resolve) => this.#stream.end(() => resolve()));
  }

  /** Ends both ways at once. */
  close(): void {
    this.#over(null);
    this.#stream.destroy();
  }

  #over(error: Error | null): void {
    this.#ended = true;
    this.#failure ??= error;
    this.#wake();
  }
}
