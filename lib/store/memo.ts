/**
 * What the one writer knows of its tables without looking, and what it has yet to write there.
 *
 * @module
 */

/** Values that are kept between batches: as many as people who talk in the same hour. */
const keptMax = 16_384;

/**
 * Values of a table by a key. What is looked up or changed is kept; what is changed several times
 * in a transaction is written once, at its end.
 *
 * What holds: between two transactions it says what the table says.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { Memo } from "./memo.ts";
 * const memo = new Memo<number>();
 * const table = new Map([["a", 1]]);
 * assertEquals(memo.get("a", () => table.get("a")!), 1);
 * memo.change("a", 2);
 * memo.change("a", 3);
 * const written: number[] = [];
 * memo.flush((value) => written.push(value));
 * assertEquals(written, [3]);
 * ```
 * @see docs/ARCHITECTURE.md, section "store"
 */
export class Memo<V> {
  readonly #values = new Map<string, V>();
  readonly #changed = new Set<string>();

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
   * Takes a value that is in the table already.
   *
   * @param key the row's key
   * @param value what is there
   */
  keep(key: string, value: V): void {
    this.#values.set(key, value);
  }

  /**
   * Takes a value that is to be written with `flush`.
   *
   * @param key the row's key
   * @param value what is to be there
   */
  change(key: string, value: V): void {
    this.#values.set(key, value);
    this.#changed.add(key);
  }

  /**
   * Writes what was changed, and lets go of what is too much to keep; before the commit.
   *
   * @param write puts a value into the table
   */
  flush(write: (value: V, key: string) => void): void {
    for (const key of this.#changed) write(this.#values.get(key)!, key);
    this.#changed.clear();
    if (this.#values.size > keptMax) this.#values.clear();
  }

  /** Forgets everything: the transaction was rolled back. */
  forget(): void {
    this.#values.clear();
    this.#changed.clear();
  }
}
