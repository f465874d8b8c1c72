/**
 * Receipts on a connection: what is asked of the server about own messages, and what it is told
 * about others'. No IO but the mailbox.
 *
 * @module
 */

import { audienceKey, type TalkAudience } from "../protocol/audience.ts";
import { encodePacket, type PacketFields } from "../protocol/codec.ts";
import type { ClientEvent } from "./events.ts";
import { type Receipt, type ReceiptStore, wantedMax } from "./receipt_store.ts";

/**
 * Follows the messages that somebody waits for, and tells what was read and stored.
 *
 * What holds: what is told as stored is durable here, since nothing is written to the server before
 * what came before it is committed.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { openMemoryMailbox } from "./mailbox_store.ts";
 * import { ReceiptStore } from "./receipt_store.ts";
 * import { Receipts } from "./receipts.ts";
 * const { database, batch, close } = openMemoryMailbox();
 * const receipts = new Receipts(new ReceiptStore(database, batch), () => true);
 * receipts.want(7);
 * receipts.connected();
 * assertEquals([receipts.due().length, receipts.due().length], [1, 0]);
 * close();
 * ```
 * @see docs/PROTOCOL.md, section "Receipts"
 */
export class Receipts {
  readonly #store: ReceiptStore;
  readonly #isHeld: (lsn: number) => boolean;
  readonly #followed = new Set<number>();
  #isOpen = false;
  #isNews = true;
  #shares: boolean | null = null;
  readonly #stored: PacketFields<"stored">[] = [];
  readonly #read = new Map<string, PacketFields<"read">>();
  readonly #readUpto = new Map<string, number>();

  /**
   * Starts with nothing asked.
   *
   * @param store where receipts are kept
   * @param isHeld tells whether the mailbox holds an entry
   */
  constructor(store: ReceiptStore, isHeld: (lsn: number) => boolean) {
    this.#store = store;
    this.#isHeld = isHeld;
  }

  /** A connection stands: what is waited for is asked for again. */
  connected(): void {
    this.#followed.clear();
    this.#isOpen = true;
    this.#isNews = true;
  }

  /** The connection is gone. */
  disconnected(): void {
    this.#isOpen = false;
  }

  /**
   * Waits for a message's receipts.
   *
   * @param lsn the message's
   */
  want(lsn: number): void {
    this.#store.want(lsn);
    this.#isNews = true;
  }

  /** Another log: what was noted of the one before says nothing about it. */
  forget(): void {
    this.#followed.clear();
    this.#stored.length = 0;
    this.#read.clear();
    this.#readUpto.clear();
  }

  /** Takes up what other programs wait for. */
  refresh(): void {
    this.#isNews = true;
  }

  /**
   * Tells the server whether this user shares what they have read.
   *
   * @param on whether it is told, and whether others' is shown here
   */
  share(on: boolean): void {
    this.#shares = on;
  }

  /**
   * Notes what is on the screen: it only goes forward.
   *
   * @param room a room or direct
   * @param lsn of the last entry that was shown
   */
  read(room: TalkAudience, lsn: number): void {
    const key = audienceKey(room);
    if (lsn <= (this.#readUpto.get(key) ?? 0)) return;
    this.#readUpto.set(key, lsn);
    this.#read.set(key, { room, lsn });
  }

  /**
   * Notes a page of history that is in the mailbox.
   *
   * @param page all of the room between two places
   */
  stored(page: PacketFields<"stored">): void {
    this.#stored.push(page);
  }

  /**
   * Gives what is to be sent now.
   *
   * @returns frames, in order, owned by the caller
   */
  due(): Uint8Array[] {
    if (!this.#isOpen) return [];
    const frames = this.#stored.splice(0).map((page) => encodePacket("stored", page));
    if (this.#shares !== null) frames.push(encodePacket("shareReads", { on: this.#shares }));
    this.#shares = null;
    for (const read of this.#read.values()) frames.push(encodePacket("read", read));
    this.#read.clear();
    const lsns = this.#isNews ? this.#toFollow() : [];
    this.#isNews = false;
    return lsns.length === 0 ? frames : [...frames, encodePacket("follow", { lsns })];
  }

  /**
   * Takes what the server told of own messages.
   *
   * @param receipts how far they have come
   * @param isAsked whether they were asked for: then what is known from an earlier run is told too
   * @returns those that are asked for, or in which something changed
   */
  told(receipts: readonly Receipt[], isAsked: boolean): ClientEvent[] {
    return receipts.flatMap((receipt): ClientEvent[] => {
      if (!this.#isCredible(receipt)) return [];
      const isNews = !isSame(this.#store.get(receipt.lsn), receipt);
      if (isNews) this.#store.set(receipt);
      return !isNews && !isAsked ? [] : [{ kind: "receipt", receipt }];
    });
  }

  /** Of messages that are not here a server could tell any number. */
  #isCredible({ lsn, recipients, delivered, read }: Receipt): boolean {
    const isPossible = read <= delivered && delivered <= recipients;
    return isPossible && (this.#isHeld(lsn) || this.#followed.has(lsn));
  }

  #toFollow(): number[] {
    const wanted = this.#store.wanted();
    for (const lsn of this.#followed) if (!wanted.includes(lsn)) this.#followed.delete(lsn);
    const fresh = wanted.filter((lsn) => !this.#followed.has(lsn));
    const lsns = fresh.slice(0, wantedMax - this.#followed.size);
    for (const lsn of lsns) this.#followed.add(lsn);
    return lsns;
  }
}

/**
 * Compares what was told with what is told now.
 *
 * @param a a receipt, or null for none
 * @param b a receipt
 * @returns whether they say the same
 * @example
 * ```ts
 * import { assert } from "@std/assert";
 * import { isSame } from "./receipts.ts";
 * assert(!isSame(null, { lsn: 7, recipients: 1, delivered: 0, read: 0 }));
 * ```
 */
export function isSame(a: Receipt | null, b: Receipt): boolean {
  return a !== null && a.recipients === b.recipients && a.delivered === b.delivered &&
    a.read === b.read;
}
