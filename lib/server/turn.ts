/**
 * Joins what one turn of the loop has to say to a connection into one write.
 *
 * @module
 */

/** Something that has bytes waiting. */
export interface Flushable {
  /** Begins to write what waits; doesn't wait for the end of it. */
  flush(): void;
}

/**
 * Gathers who has something waiting and flushes each once, at the end of the turn.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { Turn } from "./turn.ts";
 * let flushed = 0;
 * const turn = new Turn(() => {});
 * const one = { flush: () => flushed++ };
 * turn.add(one);
 * turn.add(one);
 * await Promise.resolve();
 * assertEquals(flushed, 1);
 * ```
 * @see docs/ARCHITECTURE.md, section "server"
 */
export class Turn {
  #waiting = new Set<Flushable>();
  readonly #after: () => void;

  /**
   * Starts with nobody waiting.
   *
   * @param after runs after each turn's flushes, such as to forget what they shared
   */
  constructor(after: () => void) {
    this.#after = after;
  }

  /**
   * Puts somebody on the list; again within a turn it does nothing.
   *
   * @param one is flushed at the end of this turn
   */
  add(one: Flushable): void {
    if (this.#waiting.size === 0) queueMicrotask(() => this.#flush());
    this.#waiting.add(one);
  }

  #flush(): void {
    const waiting = this.#waiting;
    this.#waiting = new Set();
    for (const one of waiting) one.flush();
    this.#after();
  }
}
