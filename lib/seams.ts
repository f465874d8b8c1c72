/**
 * Clock, randomness and timers as interfaces: what makes a world replayable from one seed.
 *
 * @module
 */

/** Tells the time. Injected, so that a test can set and jump it. */
export interface Clock {
  /**
   * Tells what is written down: the time of an entry, of a journal line.
   *
   * @returns milliseconds since 1970-01-01 UTC; may jump when the machine's clock is set
   */
  wallMs(): number;
  /**
   * Tells how long something takes: for timeouts, since nobody sets this clock.
   *
   * @returns milliseconds since some start, with a fraction, never decreasing
   */
  monotonicMs(): number;
}

/** Gives random bytes. Injected, so that one seed replays a run. */
export interface Random {
  /**
   * Draws the next bytes, good enough for nonces, salts and keys.
   *
   * @param count bytes wanted, 0 to 65536
   * @returns fresh bytes, owned by the caller
   */
  bytes(count: number): Uint8Array<ArrayBuffer>;
}

/** Runs something later. Injected, so that a test can move time by itself. */
export interface Timers {
  /**
   * Runs something once.
   *
   * @param afterMs milliseconds to wait, at least 0
   * @param run what to do then
   * @returns a function that cancels it; harmless afterwards
   */
  set(afterMs: number, run: () => void): () => void;
}

/** The machine's own clock: what the entry files hand in. */
export const systemClock: Clock = {
  wallMs: () => Date.now(),
  monotonicMs: () => performance.now(),
};

/** The machine's own cryptographic randomness. */
export const systemRandom: Random = {
  bytes: (count) => crypto.getRandomValues(new Uint8Array(count)),
};

/** The runtime's own timers. */
export const systemTimers: Timers = {
  set: (afterMs, run) => {
    const id = setTimeout(run, afterMs);
    return () => clearTimeout(id);
  },
};

/**
 * Draws a number.
 *
 * @param random gives the bytes
 * @returns from 0 to below 1, each of 2^32 steps as likely
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { chance } from "./seams.ts";
 * assertEquals(chance({ bytes: (count) => new Uint8Array(count).fill(128) }) > 0.5, true);
 * ```
 */
export function chance(random: Random): number {
  return new DataView(random.bytes(4).buffer).getUint32(0) / 2 ** 32;
}
