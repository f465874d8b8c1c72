/**
 * What the one writer knows of its tables without looking.
 *
 * @module
 */

/** Values that are kept between batches: as many as people who talk in the same hour. */
const keptMax = 16_384;

/**
 * Values of a table by a key, kept once they were looked up or written.
 *
 * What holds: what it knows is what the table, or the log, says at this point of the transaction.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { Memo } from "./memo.ts";
 * const memo = new Memo<number>();
 * assertEquals(memo.get("a", () => 1), 1);
 * memo.keep("a", 2);
 * assertEquals(memo.get("a", () => 1), 2);
 * memo.forget();
 * assertEquals(memo.get("a", () => 3), 3);
 * ```
 * @see docs/ARCHITECTURE.md, section "store"
 */
export class Memo<V> {
  readonly #values = new Map<string, V>();

  /**
   * Gives a value, and looks for it where it is not known; null is not kept.
   *
   * @param key the row's key
   * @param look reads it from the table
   * @returns the value, or null where the table has none
   */
  get<N extends V | null>(key: string, look: () => N): V | N {
    const known = this.#values.get(key);
    if (known !== undefined) return known;
    const found = look();
    if (found !== null) this.#values.set(key, found);
    return found;
  }

  /**
   * Takes a value that was written.
   *
   * @param key the row's key
   * @param value what is there now
   */
  keep(key: string, value: V): void {
    this.#values.set(key, value);
  }

  /** Lets go of what is too much to keep, once all that it was told can be looked up. */
  shrink(): void {
    if (this.#values.size > keptMax) this.#values.clear();
  }

  /** Forgets everything: the transaction was rolled back. */
  forget(): void {
    this.#values.clear();
  }
}
