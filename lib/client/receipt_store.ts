/**
 * Receipts in the mailbox: how far own messages have come, as the server told last.
 *
 * @module
 */

import type { DatabaseSync } from "node:sqlite";
import type { Batch } from "../sqlite/batch.ts";
import { prepareAll, type Statements } from "../sqlite/statements.ts";

/** How far an own message has come. */
export interface Receipt {
  /** The message's place in the log. */
  readonly lsn: number;
  /** Users that it was meant for, besides its sender. */
  readonly recipients: number;
  /** Those of them with a device that has it on its disk. */
  readonly delivered: number;
  /** Those of them who have read it and tell so. */
  readonly read: number;
}

/** Messages that somebody waits for, at most: as many as a server follows for one connection. */
export const wantedMax = 64;

const sql = {
  want: `INSERT INTO receipts (lsn, wanted) VALUES (?, 1)
    ON CONFLICT (lsn) DO UPDATE SET wanted = 1`,
  unwant: "UPDATE receipts SET wanted = 0 WHERE lsn = ?",
  wanted: "SELECT lsn FROM receipts WHERE wanted = 1 ORDER BY lsn DESC LIMIT ?",
  set: `INSERT INTO receipts (lsn, recipients, delivered, read, wanted) VALUES (?, ?, ?, ?, 0)
    ON CONFLICT (lsn) DO UPDATE SET recipients = excluded.recipients,
      delivered = excluded.delivered, read = excluded.read`,
  get: `SELECT lsn, recipients, delivered, read FROM receipts
    WHERE lsn = ? AND recipients IS NOT NULL`,
} as const;

/**
 * Reads and writes receipts. Several programs may do so at once.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { openMemoryMailbox } from "./mailbox_store.ts";
 * import { ReceiptStore } from "./receipt_store.ts";
 * const { database, batch, close } = openMemoryMailbox();
 * const store = new ReceiptStore(database, batch);
 * store.want(7);
 * assertEquals([store.wanted(), store.get(7)], [[7], null]);
 * close();
 * ```
 * @see docs/PROTOCOL.md, section "Receipts"
 */
export class ReceiptStore {
  readonly #statements: Statements<keyof typeof sql>;
  readonly #batch: Batch;

  /**
   * Prepares the statements.
   *
   * @param database an open mailbox; stays the caller's
   * @param batch that of the mailbox
   */
  constructor(database: DatabaseSync, batch: Batch) {
    this.#statements = prepareAll(database, sql);
    this.#batch = batch;
  }

  /**
   * Notes that somebody waits for a message's receipts.
   *
   * @param lsn the message's
   */
  want(lsn: number): void {
    this.#batch.write(() => this.#statements.want.run(lsn));
  }

  /**
   * Notes that nobody waits any more.
   *
   * @param lsn the message's
   */
  unwant(lsn: number): void {
    this.#batch.write(() => this.#statements.unwant.run(lsn));
  }

  /**
   * Tells for which messages somebody waits.
   *
   * @returns their lsns, the latest first, at most `wantedMax`, owned by the caller
   */
  wanted(): number[] {
    return (this.#statements.wanted.all(wantedMax) as { lsn: number }[]).map(({ lsn }) => lsn);
  }

  /**
   * Keeps what the server told.
   *
   * @param receipt how far a message has come
   */
  set({ lsn, recipients, delivered, read }: Receipt): void {
    this.#batch.write(() => this.#statements.set.run(lsn, recipients, delivered, read));
  }

  /**
   * Tells how far a message has come, as far as is known.
   *
   * @param lsn the message's
   * @returns the receipt that came last, or null
   */
  get(lsn: number): Receipt | null {
    const found = this.#statements.get.get(lsn) as unknown as Receipt | undefined;
    return found ? { ...found } : null;
  }
}
