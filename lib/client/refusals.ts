/**
 * Refusals, each told by one program: by who asked, or, where that one is gone, by who holds the
 * connection. No IO but the mailbox.
 *
 * @module
 */

import { WriteError } from "../sqlite/batch.ts";
import type { Answered, OutboxStore } from "./outbox_store.ts";

/** What refusals need. */
export interface RefusalsPorts {
  /** Knows which were told. */
  readonly outboxStore: Pick<OutboxStore, "untold" | "told">;
  /**
   * Tells one to whoever sits there.
   *
   * @param answered what was asked for, and the answer
   */
  tell(answered: Answered): void;
  /**
   * Waits for what was told.
   *
   * @returns when it is where it is to stay, or can't come there: true if it is there
   */
  settled(): Promise<boolean>;
  /**
   * Tells whether what was told waits to be written, and much of it.
   *
   * @returns true if nothing more is to be told for now
   */
  isBehind(): boolean;
}

/** Looks, about a second, for which one is left to who asked. */
const looksMin = 10;
/** Refusals that are read at once. */
const pageRows = 256;

/**
 * Tells own refusals at once and others' when nobody does, and notes on the disk what was told.
 *
 * What holds: a refusal is noted only when it is where it is to stay, such as written to standard
 * output: who is killed before that leaves it to the next program.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { Refusals, type RefusalsPorts } from "./refusals.ts";
 * const outboxStore = { untold: () => [], told: () => {} };
 * const refusals = new Refusals({ outboxStore } as unknown as RefusalsPorts);
 * refusals.look(true);
 * assertEquals(refusals.waiting, 0);
 * ```
 * @see docs/ARCHITECTURE.md, section "client"
 */
export class Refusals {
  readonly #ports: RefusalsPorts;
  /** For how many looks a row has waited for who asked. */
  #waiting = new Map<number, number>();
  /** Rows that were told here, until that is noted on the disk. */
  readonly #telling = new Set<number>();
  /** Those of them that are where they are to stay. */
  #there: number[] = [];
  #cleared = Promise.withResolvers<void>();

  /**
   * Starts with nothing told.
   *
   * @param ports what they need
   */
  constructor(ports: RefusalsPorts) {
    this.#ports = ports;
  }

  /** How many this program will tell, unless who asked comes first. */
  get waiting(): number {
    return this.#waiting.size;
  }

  /**
   * Tells one that this program asked for.
   *
   * @param answered what it asked for, and the answer
   */
  tell(answered: Answered): void {
    const { place } = answered.row;
    this.#waiting.delete(place);
    this.#telling.add(place);
    this.#ports.tell(answered);
    void this.#ports.settled().then((isThere) => isThere && this.#there.push(place));
  }

  /**
   * Leaves one to who asked, for a while.
   *
   * @param answered what was asked for, and the answer
   */
  leave({ row }: Answered): void {
    this.#waiting.set(row.place, 0);
  }

  /**
   * Notes what was told, and tells what nobody did; called again and again.
   *
   * @param holds whether this program holds the connection
   */
  look(holds: boolean): void {
    this.keep();
    if (holds) this.#lookForLeft();
    if (this.waiting > 0) return;
    this.#cleared.resolve();
    this.#cleared = Promise.withResolvers();
  }

  /**
   * Waits until nothing is left to this program.
   *
   * @returns when all of it was told, here or elsewhere
   */
  async cleared(): Promise<void> {
    if (this.waiting > 0) await this.#cleared.promise;
  }

  /** Notes on the disk what was told. */
  keep(): void {
    if (this.#there.length === 0) return;
    try {
      this.#ports.outboxStore.told(this.#there);
    } catch (error) {
      // At worst it is told once more; what else the disk does not take has its own way to be told.
      if (!(error instanceof WriteError)) throw error;
      return;
    }
    for (const place of this.#there) this.#telling.delete(place);
    this.#there = [];
  }

  #lookForLeft(): void {
    const { outboxStore, isBehind } = this.#ports;
    const before = this.#waiting;
    this.#waiting = new Map();
    const left = outboxStore.untold(pageRows).filter(({ row }) => !this.#telling.has(row.place));
    // All that wait, before any is told: who is told one asks how many there are.
    for (const { row } of left) this.#waiting.set(row.place, (before.get(row.place) ?? 0) + 1);
    for (const answered of left) {
      if (isBehind()) return;
      if (this.#waiting.get(answered.row.place)! > looksMin) this.tell(answered);
    }
  }
}
