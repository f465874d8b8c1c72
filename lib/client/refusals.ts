/**
 * Refusals that nobody has told: of rows whose program had ended when the server refused them.
 *
 * @module
 */

import { WriteError } from "../sqlite/batch.ts";
import type { OutboxRow, OutboxStore, Refused } from "./outbox_store.ts";

/** Looks that whoever asked has to tell it: about a second. */
const patienceLooks = 10;

/**
 * Finds refusals that are told nowhere else, and lets this program tell them.
 *
 * What holds: a refusal counts as told only after it was; so one that is told by two programs in the
 * same moment comes twice, and none is lost.
 *
 * @example
 * ```ts ignore
 * const refusals = new Refusals(outboxStore, (row, code) => print(row, code));
 * refusals.look();
 * ```
 * @see docs/ARCHITECTURE.md, section "client"
 */
export class Refusals {
  readonly #store: OutboxStore;
  readonly #tell: (row: OutboxRow, code: number) => void;
  /** How often each was seen without having been told, by place. */
  #seen = new Map<number, number>();

  /**
   * Starts with nothing seen.
   *
   * @param store knows which were told
   * @param tell tells one that nobody else tells
   */
  constructor(store: OutboxStore, tell: (row: OutboxRow, code: number) => void) {
    this.#store = store;
    this.#tell = tell;
  }

  /** Tells at once what is there: whoever asked has ended before this program began. */
  begin(): void {
    for (const refused of this.#store.untold()) this.#tellNow(refused);
  }

  /** Looks again, and tells what nobody told for long enough. */
  look(): void {
    const seen = new Map<number, number>();
    for (const refused of this.#store.untold()) {
      const { place } = refused.row;
      const looks = (this.#seen.get(place) ?? 0) + 1;
      if (looks > patienceLooks) this.#tellNow(refused);
      else seen.set(place, looks);
    }
    this.#seen = seen;
  }

  /**
   * Notes that this program has told it. On a disk that takes nothing it stays untold, and is told
   * again: too often is better than never.
   *
   * @param row whose refusal
   */
  told({ place }: OutboxRow): void {
    this.#seen.delete(place);
    try {
      this.#store.told(place);
    } catch (error) {
      if (!(error instanceof WriteError)) throw error;
    }
  }

  #tellNow({ row, code }: Refused): void {
    this.#tell(row, code);
    this.told(row);
  }
}
