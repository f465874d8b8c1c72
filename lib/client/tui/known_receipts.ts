/**
 * How far own messages have come: as told, and as the mailbox knows it.
 *
 * @module
 */

import type { Receipt, ReceiptStore } from "../receipt_store.ts";
import type { Item } from "./model.ts";

/** Own messages that are looked up: more than a screen shows. */
const receiptsMax = 1_000;

/** Receipts by the message's place in the log. */
export class KnownReceipts {
  readonly #store: Pick<ReceiptStore, "get">;
  #known = new Map<number, Receipt>();
  #looked = new WeakSet<Item>();

  /**
   * Knows none so far.
   *
   * @param store where those of before are
   */
  constructor(store: Pick<ReceiptStore, "get">) {
    this.#store = store;
  }

  /**
   * Takes one that was told.
   *
   * @param receipt as the server told it
   */
  take(receipt: Receipt): void {
    this.#known.delete(receipt.lsn);
    this.#known.set(receipt.lsn, receipt);
    if (this.#known.size <= receiptsMax) return;
    const [oldest] = this.#known.keys();
    this.#known.delete(oldest!);
  }

  /** Everything comes anew, under other numbers. */
  forget(): void {
    this.#known = new Map();
    this.#looked = new WeakSet();
  }

  /**
   * Tells those of a timeline; each message is looked up once.
   *
   * @param items the timeline
   * @returns receipts by lsn, those of other timelines among them
   */
  of(items: readonly Item[]): ReadonlyMap<number, Receipt> {
    for (const item of items) {
      if (item.kind !== "entry" || !item.shown.own || this.#looked.has(item)) continue;
      this.#looked.add(item);
      const { lsn } = item.shown.entry;
      const receipt = this.#known.has(lsn) ? null : this.#store.get(lsn);
      if (receipt) this.take(receipt);
    }
    return this.#known;
  }
}
