/**
 * Randomness and time that one seed replays.
 *
 * @module
 */

import type { Clock, Random } from "../../lib/seams.ts";

/** Numbers and bytes from a seed: mulberry32, which is short and good enough to choose cases. */
export class SeededRandom implements Random {
  #state: number;

  /** @param seed any whole number */
  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** @returns a whole number from 0 to `count` - 1 */
  below(count: number): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = this.#state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % count;
  }

  /** @returns one of the values */
  pick<T>(values: readonly T[]): T {
    return values[this.below(values.length)]!;
  }

  /** @returns fresh bytes */
  bytes(count: number): Uint8Array<ArrayBuffer> {
    return Uint8Array.from({ length: count }, () => this.below(256));
  }
}

/** A clock that stands where it is put. */
export class ManualClock implements Clock {
  /** @param nowMs what it shows, until somebody changes it */
  constructor(public nowMs: number) {}

  /** @returns what it shows */
  wallMs(): number {
    return this.nowMs;
  }

  /** @returns what it shows */
  monotonicMs(): number {
    return this.nowMs;
  }
}
