/**
 * The last entries, in memory, for feeds that are nearly at the head.
 *
 * @module
 */

import type { Published } from "../log/submission.ts";

/** The most that a ring keeps. */
export interface RingBounds {
  /** Entries at most; at least 1. */
  readonly ringEntriesMax: number;
  /** Bytes of frames at most. */
  readonly ringBytesMax: number;
}

/**
 * Keeps the newest entries within its bounds.
 *
 * What holds: the entries are those of consecutive lsns, ending at the head.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { Ring } from "./ring.ts";
 * const ring = new Ring({ ringEntriesMax: 2, ringBytesMax: 100 }, 0);
 * for (const lsn of [1, 2, 3]) {
 *   ring.add({ lsn, audience: [0, 1], frame: new Uint8Array(9), changes: [], user: 2 });
 * }
 * assertEquals([ring.covers(0), ring.covers(1)], [false, true]);
 * assertEquals(ring.after(2).map((entry) => entry.lsn), [3]);
 * ```
 * @see docs/ARCHITECTURE.md, section "hub"
 */
export class Ring {
  #entries: Published[] = [];
  #bytes = 0;
  #dropped: number;
  #start = 0;
  readonly #bounds: RingBounds;

  /**
   * Starts empty.
   *
   * @param bounds the most that is kept
   * @param head the lsn before the first entry that is added
   */
  constructor(bounds: RingBounds, head: number) {
    this.#bounds = bounds;
    this.#dropped = head;
  }

  /**
   * Takes the newest entry and lets go of the oldest ones beyond the bounds.
   *
   * @param entry the entry after the last one added; its frame is shared, never changed
   */
  add(entry: Published): void {
    this.#entries.push(entry);
    this.#bytes += entry.frame.length;
    const { ringEntriesMax, ringBytesMax } = this.#bounds;
    while (this.#entries.length - this.#start > ringEntriesMax || this.#bytes > ringBytesMax) {
      this.#bytes -= this.#entries[this.#start]!.frame.length;
      this.#start++;
      this.#dropped++;
    }
    // Cutting off the front costs the length of what stays: once for as many is cheap.
    if (2 * this.#start >= this.#entries.length) {
      this.#entries = this.#entries.slice(this.#start);
      this.#start = 0;
    }
  }

  /** The lsn before the oldest entry that is here. */
  get oldest(): number {
    return this.#dropped;
  }

  /**
   * Tells whether a feed can go on from here, or must be read for from the store.
   *
   * @param lsn where the feed stands; at most the head
   * @returns whether everything after `lsn` is here
   */
  covers(lsn: number): boolean {
    return lsn >= this.#dropped;
  }

  /**
   * Gives what a feed has yet to be offered, whoever it is meant for.
   *
   * @param lsn where the feed stands; must be covered
   * @returns the entries after `lsn` in order, the list owned by the caller, the frames shared
   */
  after(lsn: number): Published[] {
    return this.#entries.slice(this.#start + lsn - this.#dropped);
  }
}
