/**
 * Of whom this user takes nothing: what they write in rooms is kept, and not shown.
 *
 * @module
 */

import type { DatabaseSync } from "node:sqlite";
import type { Batch } from "../sqlite/batch.ts";
import { prepareAll, type Statements } from "../sqlite/statements.ts";

const sql = {
  all: "SELECT user FROM blocks",
  add: "INSERT OR IGNORE INTO blocks (user) VALUES (?)",
  remove: "DELETE FROM blocks WHERE user = ?",
  drop: "DELETE FROM blocks",
} as const;

/**
 * Keeps the blocked users in the mailbox, as the server tells them.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { Blocks } from "./blocks.ts";
 * import { openMemoryMailbox } from "./mailbox_store.ts";
 * const memory = openMemoryMailbox();
 * const blocks = new Blocks(memory.database, memory.batch);
 * blocks.set(7, true);
 * assertEquals(blocks.has(7), true);
 * memory.close();
 * ```
 * @see docs/PROTOCOL.md, section "Rooms and rights"
 */
export class Blocks {
  readonly #statements: Statements<keyof typeof sql>;
  readonly #batch: Batch;
  #users = new Set<number>();

  /**
   * Prepares the statements.
   *
   * @param database an open mailbox; stays the caller's
   * @param batch takes the writes
   */
  constructor(database: DatabaseSync, batch: Batch) {
    this.#statements = prepareAll(database, sql);
    this.#batch = batch;
    this.reload();
  }

  /** Takes up what another program has written. */
  reload(): void {
    const rows = this.#statements.all.all() as { user: number }[];
    this.#users = new Set(rows.map(({ user }) => user));
  }

  /**
   * Tells whether a user is blocked.
   *
   * @param user the user's id
   * @returns whether nothing is to be shown of what they write
   */
  has(user: number): boolean {
    return this.#users.has(user);
  }

  /**
   * Blocks a user, or takes that back.
   *
   * @param user the user's id
   * @param on which of both
   */
  set(user: number, on: boolean): void {
    if (this.#users.has(user) === on) return;
    if (on) this.#users.add(user);
    else this.#users.delete(user);
    const { add, remove } = this.#statements;
    this.#batch.write(() => (on ? add : remove).run(user));
  }

  /** Forgets all: a snapshot tells them anew. */
  drop(): void {
    this.#users.clear();
    this.#batch.write(() => this.#statements.drop.run());
  }
}
