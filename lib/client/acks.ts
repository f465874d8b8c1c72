/**
 * When to acknowledge: joined, but never so late that the server's credit starves. Pure.
 *
 * @module
 */

import { limits } from "../limits.ts";

/**
 * Counts entries that came and were stored, and says when the server is to be told.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { Acks } from "./acks.ts";
 * const acks = new Acks(false);
 * acks.received(7, 100);
 * acks.stored(7, 1_000);
 * assertEquals([acks.due(1_000), acks.due(1_200)], [null, 7]);
 * ```
 * @see docs/PROTOCOL.md, section "Delivery"
 */
export class Acks {
  readonly #fewAtOnce: boolean;
  #received: { readonly lsn: number; readonly bytes: number }[] = [];
  #receivedBytes = 0;
  #stored = { lsn: 0, entries: 0, bytes: 0, sinceMs: 0 };
  #toldMs = -Infinity;

  /**
   * Starts with nothing to acknowledge.
   *
   * @param fewAtOnce whether a few entries are acknowledged at once, as under TLS
   */
  constructor(fewAtOnce: boolean) {
    this.#fewAtOnce = fewAtOnce;
  }

  /** What came and was not acknowledged yet. */
  get owed(): { readonly entries: number; readonly bytes: number } {
    const { entries, bytes } = this.#stored;
    return { entries: this.#received.length + entries, bytes: this.#receivedBytes + bytes };
  }

  /** When an acknowledgement is due at the latest; monotonic milliseconds. */
  get dueMs(): number {
    const { entries, bytes, sinceMs } = this.#stored;
    if (entries === 0) return Infinity;
    const isMuch = entries >= limits.ackEntries || bytes >= limits.ackBytes;
    if (isMuch) return sinceMs;
    return this.#fewAtOnce && entries < limits.ackFewEntries
      ? Math.max(sinceMs, this.#toldMs + limits.ackGapTlsMs)
      : sinceMs + limits.ackDelayMs;
  }

  /**
   * An entry came.
   *
   * @param lsn its place; ascending
   * @param bytes of its frame
   */
  received(lsn: number, bytes: number): void {
    this.#received.push({ lsn, bytes });
    this.#receivedBytes += bytes;
  }

  /**
   * Entries up to a place are stored.
   *
   * @param lsn of the last
   * @param nowMs monotonic milliseconds
   */
  stored(lsn: number, nowMs: number): void {
    let count = 0;
    for (const one of this.#received) {
      if (one.lsn > lsn) break;
      if (this.#stored.entries === 0) this.#stored.sinceMs = nowMs;
      this.#stored.lsn = one.lsn;
      this.#stored.entries++;
      this.#stored.bytes += one.bytes;
      this.#receivedBytes -= one.bytes;
      count++;
    }
    if (count > 0) this.#received.splice(0, count);
  }

  /**
   * Says what is to be acknowledged now, and counts it as told.
   *
   * @param nowMs monotonic milliseconds
   * @returns the lsn, or null for nothing
   */
  due(nowMs: number): number | null {
    if (nowMs < this.dueMs) return null;
    const { lsn } = this.#stored;
    this.#stored = { lsn, entries: 0, bytes: 0, sinceMs: 0 };
    this.#toldMs = nowMs;
    return lsn;
  }
}
