/**
 * The outbox on the disk: its rows, and the answers to them.
 *
 * @module
 */

import type { DatabaseSync } from "node:sqlite";
import { decodeItem, encodeItem } from "../protocol/cbor.ts";
import { type Action, actionItem, itemAction } from "../protocol/codec.ts";
import type { Item } from "../protocol/fields.ts";
import { idBytes } from "../protocol/packets.ts";
import type { Random } from "../seams.ts";
import type { Batch } from "../sqlite/batch.ts";
import { prepareAll, type Statements } from "../sqlite/statements.ts";

/** One thing that was asked for. */
export interface OutboxRow {
  /** Its place in the mailbox, which stays when a new epoch numbers the rows anew. */
  readonly place: number;
  /** The outbox that it belongs to; 16 random bytes. */
  readonly epoch: Uint8Array;
  /** Its number there, from 1. */
  readonly n: number;
  /** 16 random bytes, by which the server knows a repeat. */
  readonly id: Uint8Array;
  /** What is asked for. */
  readonly action: Action;
}

/** What the server made of a row: both are final, and an entry of the log. */
export type Answer =
  | { readonly kind: "accepted"; readonly lsn: number }
  | { readonly kind: "refused"; readonly lsn: number; readonly code: number };

/** A row that has its answer. */
export interface Answered {
  /** The row, as it was sent. */
  readonly row: OutboxRow;
  /** What became of it. */
  readonly answer: Answer;
}

/** Rows without an answer: what is typed or piped without a connection fills no disk. */
const rowsMax = 10_000;

/** Answered rows that are kept: for whoever waits for the answer, and for the entry's own words. */
const answeredMax = 1_024;

const sql = {
  epoch: "SELECT epoch, next_n AS nextN FROM epoch",
  setEpoch: `INSERT INTO epoch (one, epoch, next_n) VALUES (1, ?, ?)
    ON CONFLICT (one) DO UPDATE SET epoch = excluded.epoch, next_n = excluded.next_n`,
  insert: "INSERT INTO outbox (epoch, n, id, action) VALUES (?, ?, ?, ?)",
  open:
    "SELECT place, epoch, n, id, action FROM outbox WHERE lsn IS NULL AND place > ? ORDER BY place LIMIT ?",
  row: "SELECT place, epoch, n, id, action FROM outbox WHERE id = ?",
  renumber: `UPDATE outbox SET epoch = ?, n = anew.n
    FROM (SELECT place, row_number() OVER (ORDER BY place) AS n FROM outbox WHERE lsn IS NULL) anew
    WHERE outbox.place = anew.place`,
  settle: `UPDATE outbox SET lsn = ?, code = ? WHERE place = ? AND lsn IS NULL
    RETURNING place, epoch, n, id, action`,
  settled: `SELECT place, epoch, n, id, action, lsn, code FROM outbox
    WHERE place = ? AND lsn IS NOT NULL`,
  untold: `SELECT place, epoch, n, id, action, lsn, code FROM outbox
    WHERE code IS NOT NULL AND told = 0 ORDER BY place LIMIT ?`,
  told: "UPDATE outbox SET told = 1 WHERE place = ?",
  lastPlace: "SELECT max(place) AS place FROM outbox",
  prune: `DELETE FROM outbox
    WHERE lsn IS NOT NULL AND place <= ? AND (code IS NULL OR told = 1)`,
  unanswered: "SELECT count(*) AS count FROM outbox WHERE lsn IS NULL",
} as const;

interface StoredRow {
  readonly place: number;
  readonly epoch: Uint8Array;
  readonly n: number;
  readonly id: Uint8Array;
  readonly action: Uint8Array;
}

interface SettledRow extends StoredRow {
  readonly lsn: number;
  readonly code: number | null;
}

/**
 * Reads and writes outbox rows. Several programs may do so at once: each number is given once.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { systemRandom } from "../seams.ts";
 * import { openMemoryMailbox } from "./mailbox_store.ts";
 * import { OutboxStore } from "./outbox_store.ts";
 * const { database, batch, close } = openMemoryMailbox();
 * const store = new OutboxStore(database, batch, systemRandom);
 * const row = store.insert({ action: "join", room: "dev" });
 * assertEquals([row.n, store.openAfter(0, 9).length], [1, 1]);
 * close();
 * ```
 * @see docs/PROTOCOL.md, section "Submitting"
 */
export class OutboxStore {
  readonly #statements: Statements<keyof typeof sql>;
  readonly #batch: Batch;
  readonly #random: Random;

  /**
   * Begins the first epoch in a new mailbox.
   *
   * @param database an open mailbox; stays the caller's
   * @param batch that of the mailbox
   * @param random gives epochs and row ids
   */
  constructor(database: DatabaseSync, batch: Batch, random: Random) {
    this.#statements = prepareAll(database, sql);
    this.#batch = batch;
    this.#random = random;
  }

  /**
   * Makes a row durable, under the next number.
   *
   * @param action within the rules for names and texts
   * @returns the row, which is on the disk
   * @throws {WriteError} such as for a full disk; there is no row then
   */
  insert(action: Action): OutboxRow {
    const row = this.#batch.write(() => {
      if (this.unanswered >= rowsMax) throw new Error(`it holds ${rowsMax} unsent already`);
      const { epoch, nextN: n } = this.epoch();
      const id = this.#random.bytes(idBytes);
      const bytes = encodeItem(actionItem(action));
      const { lastInsertRowid } = this.#statements.insert.run(epoch, n, id, bytes);
      this.#statements.setEpoch.run(epoch, n + 1);
      return { place: Number(lastInsertRowid), epoch, n, id, action };
    });
    this.#batch.commit();
    return row;
  }

  /**
   * Tells the epoch at hand; the first one begins here.
   *
   * @returns the epoch, and the number of the next row
   */
  epoch(): { readonly epoch: Uint8Array; readonly nextN: number } {
    const found = this.#statements.epoch.get();
    if (found) return found as { epoch: Uint8Array; nextN: number };
    const epoch = this.#random.bytes(idBytes);
    this.#batch.write(() => this.#statements.setEpoch.run(epoch, 1));
    return { epoch, nextN: 1 };
  }

  /**
   * Reads rows that have no answer.
   *
   * @param place the last row that is known; 0 for none
   * @param countMax how many at most
   * @returns the rows after it, in order, owned by the caller
   */
  openAfter(place: number, countMax: number): OutboxRow[] {
    return (this.#statements.open.all(place, countMax) as unknown as StoredRow[]).map(toRow);
  }

  /** How many rows have no answer. */
  get unanswered(): number {
    return (this.#statements.unanswered.get() as { count: number }).count;
  }

  /**
   * Finds a row by its id.
   *
   * @param id 16 bytes
   * @returns the row, answered or not, if it is still there
   */
  row(id: Uint8Array): OutboxRow | null {
    const found = this.#statements.row.get(id) as unknown as StoredRow | undefined;
    return found ? toRow(found) : null;
  }

  /** Begins a new epoch: all rows without an answer are numbered anew, from 1, in their order. */
  beginEpoch(): void {
    const epoch = this.#random.bytes(idBytes);
    this.#batch.write(() => {
      const { changes } = this.#statements.renumber.run(epoch);
      this.#statements.setEpoch.run(epoch, Number(changes) + 1);
    });
  }

  /**
   * Notes a row's final answer.
   *
   * @param place the row's
   * @param answer what became of it
   * @returns the row; nothing if it is gone or had its answer
   */
  settle(place: number, answer: Answer): OutboxRow[] {
    const code = answer.kind === "refused" ? answer.code : null;
    return this.#batch.write(() => {
      const settled = this.#statements.settle.all(answer.lsn, code, place);
      this.#statements.prune.run(place - answeredMax);
      return (settled as unknown as StoredRow[]).map(toRow);
    });
  }

  /**
   * Looks for a row's answer.
   *
   * @param place the row's
   * @returns the row and its answer, or null while there is none
   */
  settled(place: number): Answered | null {
    const found = this.#statements.settled.get(place) as unknown as SettledRow | undefined;
    return found ? toAnswered(found) : null;
  }

  /**
   * Reads refusals that nobody was told.
   *
   * @param countMax how many at most
   * @returns the rows and their answers, in order, owned by the caller
   */
  untold(countMax: number): Answered[] {
    return (this.#statements.untold.all(countMax) as unknown as SettledRow[]).map(toAnswered);
  }

  /**
   * Notes that refusals were told, durably.
   *
   * @param places the rows'
   * @throws {WriteError} such as for a full disk
   */
  told(places: readonly number[]): void {
    this.#batch.write(() => {
      for (const place of places) this.#statements.told.run(place);
    });
    this.#batch.commit();
  }

  /** The last row's place; 0 while there is none. */
  get lastPlace(): number {
    return (this.#statements.lastPlace.get() as { place: number | null }).place ?? 0;
  }
}

function toAnswered(row: SettledRow): Answered {
  const { lsn, code } = row;
  const answer: Answer = code === null ? { kind: "accepted", lsn } : { kind: "refused", lsn, code };
  return { row: toRow(row), answer };
}

function toRow({ place, epoch, n, id, action }: StoredRow): OutboxRow {
  const read = itemAction(decodeItem(action) as Item[]);
  if (!read) throw new Error("the outbox holds an action of a later version: use a newer program");
  return { place, epoch, n, id, action: read };
}
