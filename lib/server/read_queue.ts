/**
 * Reads of pages, one at a time, so that who asks for much stands behind who asks for little.
 *
 * @module
 */

interface Waiting {
  readonly isWanted: () => boolean;
  readonly read: () => Promise<void>;
}

/**
 * Passes page reads on to the reader one by one. What is no longer wanted when its turn comes is
 * dropped; everything else that is asked of the reader waits for one page at the most.
 *
 * What holds: at most one read is under way, and each connected feed has at most one wanted read.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { ReadQueue } from "./read_queue.ts";
 * const queue = new ReadQueue();
 * const done: string[] = [];
 * queue.add(() => true, () => Promise.resolve(void done.push("a")));
 * queue.add(() => false, () => Promise.resolve(void done.push("b")));
 * queue.add(() => true, () => Promise.resolve(void done.push("c")));
 * await new Promise((resolve) => setTimeout(resolve));
 * assertEquals(done, ["a", "c"]);
 * ```
 * @see docs/ARCHITECTURE.md, section "server"
 */
export class ReadQueue {
  #waiting: Waiting[] = [];
  #reading = false;

  /**
   * Queues a read.
   *
   * @param isWanted is asked when its turn has come
   * @param read does it, and takes care of its own failure
   */
  add(isWanted: () => boolean, read: () => Promise<void>): void {
    this.#waiting = this.#waiting.filter((one) => one.isWanted());
    this.#waiting.push({ isWanted, read });
    if (!this.#reading) void this.#readAll();
  }

  async #readAll(): Promise<void> {
    this.#reading = true;
    for (let next = this.#waiting.shift(); next; next = this.#waiting.shift()) {
      if (next.isWanted()) await next.read();
    }
    this.#reading = false;
  }
}
