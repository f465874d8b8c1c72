/**
 * Feeds: each moves one device from what it was sent to the head of the log, within its credit.
 *
 * @module
 */

import type { PageRequest, SnapshotPosition } from "../log/log.ts";
import type { Published } from "../log/submission.ts";
import { encodePacket } from "../protocol/codec.ts";
import { type Credit, Debt } from "./debt.ts";

/** What a page brought: frames, and how far they go. */
export interface FeedPage {
  /** All frames joined; the feed's from now on. */
  readonly bytes: Uint8Array;
  /** For each entry its lsn and its frame's bytes: what the device owes an acknowledgement for. */
  readonly entries: readonly (readonly [lsn: number, bytes: number])[];
  /** Nothing meant for the device is missing up to here; null within a snapshot. */
  readonly upto: number | null;
  /** Only in a page of a snapshot: where the next goes on. */
  readonly next?: SnapshotPosition | null;
}

/** What a feed wants to be read for it. */
export type FeedWish =
  & Omit<PageRequest, "head">
  & { readonly snapshot: { readonly head: number; readonly position: SnapshotPosition } | null };

/**
 * One device's way through the log. A plain object: it is told what happened and gives what is to
 * be written or read next.
 *
 * What holds: entries taken and waiting, but not acknowledged, are at most the credit; a feed that
 * is not live holds nothing but its position.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { limits } from "../limits.ts";
 * import { Feed } from "./feed.ts";
 * const feed = new Feed({ user: 2, device: 2 }, limits);
 * feed.resume(7);
 * assertEquals([feed.ready, feed.wish().after], [true, 7]);
 * feed.page({ bytes: new Uint8Array(3), entries: [[8, 3]], upto: 9 });
 * assertEquals([feed.sent, feed.takeFrames().length], [9, 1]);
 * ```
 * @see docs/PROTOCOL.md, section "Delivery"
 */
export class Feed {
  /** The id of the device's user; 0 before login. */
  readonly user: number;
  /** The id of the device; 0 before login. */
  readonly device: number;
  readonly #credit: Credit;
  #waiting: Uint8Array[] = [];
  #waitingBytes = 0;
  #pageBytes = 0;
  readonly #owed: Debt;
  #sent = 0;
  #live = false;
  #reading = false;
  #snapshot: { head: number; position: SnapshotPosition } | null = null;
  #toldUpto = 0;
  #acked = 0;
  #handed = 0;
  #stall = { acked: 0, sinceMs: 0 };

  /**
   * Starts at the log's beginning, not live, owing nothing.
   *
   * @param who the device and its user
   * @param credit how far it may be ahead
   */
  constructor(who: { readonly user: number; readonly device: number }, credit: Credit) {
    this.user = who.user;
    this.device = who.device;
    this.#credit = credit;
    this.#owed = new Debt(credit);
  }

  /** Everything meant for the device was handed over up to here, unless the feed is live. */
  get sent(): number {
    return this.#sent;
  }

  /** Whether new entries go to the device as they come. */
  get live(): boolean {
    return this.#live;
  }

  /** Entries and bytes that count as owing an acknowledgement. */
  get owed(): { readonly entries: number; readonly bytes: number } {
    return { entries: this.#owed.entries, bytes: this.#owed.bytes };
  }

  /**
   * Starts after what the device holds.
   *
   * @param cursor the lsn that the device stands at, which the log knows and has checked
   */
  resume(cursor: number): void {
    this.#sent = cursor;
    this.#told(cursor);
  }

  /**
   * Starts with a snapshot, for a device that holds nothing of this log.
   *
   * @param head the lsn as of which it is taken; the cursor stands there after its last page
   * @param position where it begins
   */
  startSnapshot(head: number, position: SnapshotPosition): void {
    this.#snapshot = { head, position };
  }

  /**
   * Whether the feed could go on now: it is not live, nothing is being read for it, and half of its
   * credit is free, since small pages cost as much to read as large ones.
   */
  get ready(): boolean {
    if (this.#live || this.#reading) return false;
    const { creditEntriesMax, creditBytesMax } = this.#credit;
    return 2 * this.#owed.entries <= creditEntriesMax &&
      2 * Math.max(this.#owed.bytes, this.#waitingBytes) <= creditBytesMax;
  }

  /** Bytes of pages that wait to be written: this feed's alone, unlike live entries. */
  get pageBytes(): number {
    return this.#pageBytes;
  }

  /** Since when the device has made no progress in what it owes; monotonic ms, 0 if never asked. */
  get stalledSinceMs(): number {
    return this.#stall.sinceMs;
  }

  /** Whether a snapshot is being given. */
  get inSnapshot(): boolean {
    return this.#snapshot !== null;
  }

  /**
   * What is to be read next; it then counts as being read until `page` comes. Only for a feed that
   * is ready.
   *
   * @returns the wish
   */
  wish(): FeedWish {
    this.#reading = true;
    const { user, device } = this;
    const entriesMax = this.#credit.creditEntriesMax - this.#owed.entries;
    const bytesMax = this.#credit.creditBytesMax - this.#owed.bytes;
    return { user, device, after: this.#sent, entriesMax, bytesMax, snapshot: this.#snapshot };
  }

  /**
   * Takes the page that was wished for.
   *
   * @param page what was read; its bytes are the feed's from now on
   */
  page(page: FeedPage): void {
    this.#reading = false;
    if (page.bytes.length > 0) this.#wait(page.bytes);
    this.#pageBytes += page.bytes.length;
    for (const [lsn, bytes] of page.entries) this.#owe(lsn, bytes);
    if (page.next) this.#snapshot = { head: this.#snapshot!.head, position: page.next };
    if (page.upto === null) return;
    this.#snapshot = null;
    this.#sent = page.upto;
    this.#told(page.upto);
  }

  /**
   * Makes the feed live: it was given everything up to the head.
   *
   * @param head the log's last lsn
   */
  goLive(head: number): void {
    this.#sent = head;
    this.#live = true;
  }

  /**
   * Offers the next entry that is meant for the device.
   *
   * @param entry the entry; its frame is shared
   * @returns whether it was taken; if not, the feed is not live any more and reads it later
   */
  offer(entry: Published): boolean {
    if (!this.#live) return false;
    const size = entry.frame.length;
    if (
      this.#owed.entries >= this.#credit.creditEntriesMax ||
      Math.max(this.#owed.bytes, this.#waitingBytes) + size > this.#credit.creditBytesMax
    ) {
      this.#live = false;
      this.#sent = entry.lsn - 1;
      return false;
    }
    this.#wait(entry.frame);
    this.#owe(entry.lsn, size);
    this.#sent = entry.lsn;
    return true;
  }

  /**
   * Takes an acknowledgement.
   *
   * @param lsn everything up to here is stored by the device
   * @returns false for what was never handed over to it, of which nothing is taken
   */
  acknowledge(lsn: number): boolean {
    if (lsn > this.#handed) return false;
    if (lsn <= this.#acked) return true;
    this.#acked = lsn;
    this.#owed.pay(lsn);
    return true;
  }

  /**
   * Tells a live device that nothing is missing, so that its cursor moves.
   *
   * @param head the log's last lsn
   * @param digest the log's digest there
   * @param quiet whether to tell it even if no entry went out since the last time
   * @returns whether a frame waits now
   */
  tellUpto(head: number, digest: Uint8Array, quiet: boolean): boolean {
    if (!this.#live || this.#toldUpto >= head) return false;
    if (!quiet && this.#sent <= this.#toldUpto) return false;
    this.answerUpto(head, digest);
    return true;
  }

  /**
   * Tells a live device once more that nothing is missing: it may have asked just that.
   *
   * @param head the log's last lsn
   * @param digest the log's digest there
   */
  answerUpto(head: number, digest: Uint8Array): void {
    this.#wait(encodePacket("upto", { lsn: head, digest }));
    this.#told(head);
  }

  /**
   * Whether the device owes an acknowledgement and made no progress.
   *
   * @param nowMs monotonic milliseconds
   * @param stallMs how long that is allowed
   * @returns true when it is too long
   */
  stalled(nowMs: number, stallMs: number): boolean {
    if (this.#owed.entries === 0 || this.#acked !== this.#stall.acked || !this.#stall.sinceMs) {
      this.#stall = { acked: this.#acked, sinceMs: nowMs };
    }
    return nowMs - this.#stall.sinceMs > stallMs;
  }

  /**
   * Hands over what waits to be written; the credit stays used until the device acknowledges.
   *
   * @returns the frames in order, the list the caller's own, the bytes shared; empty for none
   */
  takeFrames(): Uint8Array[] {
    const frames = this.#waiting;
    if (frames.length > 0) this.#waiting = [];
    this.#waitingBytes = 0;
    this.#pageBytes = 0;
    return frames;
  }

  #wait(frame: Uint8Array): void {
    this.#waiting.push(frame);
    this.#waitingBytes += frame.length;
  }

  #told(upto: number): void {
    this.#toldUpto = upto;
    this.#handed = Math.max(this.#handed, upto);
  }

  #owe(lsn: number, bytes: number): void {
    this.#owed.add(lsn, bytes);
    this.#handed = Math.max(this.#handed, lsn);
  }
}
