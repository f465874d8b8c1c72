/**
 * How long to wait before connecting again. Pure.
 *
 * @module
 */

/** Milliseconds of the first pause at most. */
const firstMs = 500;
/** Milliseconds of any pause at most. */
const mostMs = 30_000;

/**
 * Gives the pause before an attempt: anything up to a bound that doubles from 0.5 s to 30 s. The
 * whole of it is left to chance, so that the clients of a server that comes back do not all come
 * in the same moment.
 *
 * @param failures attempts that failed since the last login; at least 0
 * @param chance from 0 to below 1
 * @returns whole milliseconds
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { pauseMs } from "./backoff.ts";
 * assertEquals([pauseMs(0, 0.5), pauseMs(1, 0.5), pauseMs(99, 0.5)], [250, 500, 15_000]);
 * ```
 * @see https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
 */
export function pauseMs(failures: number, chance: number): number {
  return Math.round(chance * Math.min(mostMs, firstMs * 2 ** Math.min(failures, 16)));
}
