/**
 * How many bytes of the log are of whom.
 *
 * @module
 */

import type { DatabaseSync } from "node:sqlite";
import { prepareAll, type Statements } from "../sqlite/statements.ts";
import { Memo } from "./memo.ts";

const sql = {
  of: "SELECT bytes FROM usage WHERE user = ?",
  set: "INSERT OR REPLACE INTO usage (user, bytes) VALUES (?, ?)",
} as const;

/**
 * Counts inside the caller's transaction, and writes a user's sum once a batch.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { openMemoryStore } from "./sqlite_log.ts";
 * import { Usage } from "./usage.ts";
 * const store = openMemoryStore();
 * const usage = new Usage(store.database);
 * usage.add(2, 100);
 * usage.flush();
 * assertEquals([usage.of(2), new Usage(store.database).of(2)], [100, 100]);
 * store.close();
 * ```
 * @see docs/ARCHITECTURE.md, section "store"
 */
export class Usage {
  readonly #statements: Statements<keyof typeof sql>;
  readonly #bytes = new Memo<number>();
  readonly #changed = new Set<number>();

  /**
   * Prepares the statements.
   *
   * @param database an open database of the newest schema; stays the caller's
   */
  constructor(database: DatabaseSync) {
    this.#statements = prepareAll(database, sql);
  }

  /**
   * Tells what is of a user.
   *
   * @param user the user's id
   * @returns bytes of headers and bodies
   */
  of(user: number): number {
    return this.#bytes.get(String(user), () => {
      const found = this.#statements.of.get(user) as { bytes: number } | undefined;
      return found?.bytes ?? 0;
    });
  }

  /**
   * Counts an entry.
   *
   * @param user whose it is; 0 for the server's, which is not counted
   * @param bytes of its header and body
   */
  add(user: number, bytes: number): void {
    if (user === 0) return;
    this.#bytes.keep(String(user), this.of(user) + bytes);
    this.#changed.add(user);
  }

  /** Writes the sums that have changed; before the commit. */
  flush(): void {
    for (const user of this.#changed) this.#statements.set.run(user, this.of(user));
    this.#changed.clear();
  }

  /** Lets go of what is too much to keep, once it is written. */
  shrink(): void {
    this.#bytes.shrink();
  }

  /** The transaction was rolled back: what was counted in it is not so. */
  forget(): void {
    this.#bytes.forget();
    this.#changed.clear();
  }
}
