/**
 * Who has to go when all connections together hold too much. Pure.
 *
 * @module
 */

/** Whoever holds memory. */
export interface Holder {
  /** Whether it has logged in. */
  readonly isKnown: boolean;
  /** Bytes that it holds for itself alone. */
  readonly heldBytes: number;
  /** Since when it has not got on; monotonic milliseconds, `Infinity` if it has. */
  readonly stuckSinceMs: number;
}

/**
 * Chooses who goes: those who have not logged in first, who hold most before others; then those
 * who hold most without getting on, bytes times milliseconds. Who gets on soon gives its memory
 * back by itself, so of two that hold the same, the one that has been stuck for longer goes; it
 * loses nothing, and catches up when it reads again.
 *
 * @param holders all connections
 * @param bytesMax bytes that all may hold together
 * @param nowMs monotonic milliseconds
 * @returns who goes, in this order; no more than it takes
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { whoGoes } from "./memory.ts";
 * const quick = { isKnown: true, heldBytes: 900, stuckSinceMs: 9_999 };
 * const stuck = { isKnown: true, heldBytes: 600, stuckSinceMs: 1_000 };
 * assertEquals(whoGoes([quick, stuck], 1_000, 10_000), [stuck]);
 * ```
 * @see docs/ARCHITECTURE.md, section "server"
 */
export function whoGoes<H extends Holder>(
  holders: Iterable<H>,
  bytesMax: number,
  nowMs: number,
): H[] {
  const all = Array.from(holders, (holder) => ({ holder, bytes: holder.heldBytes }));
  let excess = all.reduce((sum, { bytes }) => sum + bytes, -bytesMax);
  if (excess <= 0) return [];
  const weigh = ({ holder: { isKnown, stuckSinceMs }, bytes }: (typeof all)[number]) => // One millisecond for those who got on: of them, too, the one that holds most goes first.
  ({ isKnown, weight: isKnown ? bytes * Math.max(1, nowMs - stuckSinceMs) : bytes });
  const ranked = all.map((one) => ({ ...one, ...weigh(one) }))
    .sort((a, b) => Number(a.isKnown) - Number(b.isKnown) || b.weight - a.weight);
  const going: H[] = [];
  for (const { holder, bytes } of ranked) {
    if (excess <= 0) break;
    if (bytes === 0) continue;
    going.push(holder);
    excess -= bytes;
  }
  return going;
}

/** How much one connection may hold, and for how long more. */
export interface OwnBound {
  /** Bytes that it may hold, however slow it is. */
  readonly bytesMax: number;
  /** Milliseconds that it may hold more without getting on. */
  readonly overMs: number;
}

/**
 * Names who holds too much by itself: more than one may, with no progress for a while.
 *
 * @param holders all connections
 * @param bound what each may hold
 * @param nowMs monotonic milliseconds
 * @returns those to be ended, owned by the caller
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { whoHoldsTooMuch } from "./memory.ts";
 * const holder = { isKnown: true, heldBytes: 400, stuckSinceMs: 1_000 };
 * const bound = { bytesMax: 300, overMs: 5_000 };
 * assertEquals(whoHoldsTooMuch([holder], bound, 7_000), [holder]);
 * assertEquals(whoHoldsTooMuch([holder], bound, 5_000), []);
 * ```
 * @see docs/ARCHITECTURE.md, section "server"
 */
export function whoHoldsTooMuch<H extends Holder>(
  holders: Iterable<H>,
  { bytesMax, overMs }: OwnBound,
  nowMs: number,
): H[] {
  return [...holders].filter(({ heldBytes, stuckSinceMs }) =>
    heldBytes > bytesMax && nowMs - stuckSinceMs >= overMs
  );
}
