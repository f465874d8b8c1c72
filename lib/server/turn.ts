/**
 * Joins what one turn of the loop has to say to a connection into one write.
 *
 * @module
 */

/** Something that has bytes waiting. */
export interface Flushable {
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

  /** @param after runs after each flush, such as to forget what was shared by it */
  constructor(after: () => void) {
    this.#after = after;
  }

  /** @param one is flushed at the end of this turn */
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
