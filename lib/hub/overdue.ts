/**
 * What the other side of a connection may not take longer for.
 *
 * @module
 */

import { limits } from "../limits.ts";
import type { LinkTimes } from "./ports.ts";

/** How long things may take, in milliseconds. */
export interface OverdueLimits {
  /** From connecting to `resume`. */
  readonly loginMs: number;
  /** The rest of a frame that has begun. */
  readonly frameMs: number;
}

/**
 * Looks for what is overdue.
 *
 * @param nowMs monotonic milliseconds
 * @param link what the link knows of its silence
 * @param strangerMs since when the connection has been open without `resume`; null after it
 * @param bounds how long things may take
 * @returns what it is, for the journal; null for nothing
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { limits } from "../limits.ts";
 * import { overdue } from "./overdue.ts";
 * const link = { lastReadMs: 90_000, frameSinceMs: null };
 * assertEquals(overdue(99_000, link, null, limits), null);
 * assertEquals(overdue(99_000, link, 90_000, limits), "no login within 5000 ms");
 * ```
 * @see docs/PROTOCOL.md, section "Closing"
 */
export function overdue(
  nowMs: number,
  link: LinkTimes,
  strangerMs: number | null,
  { loginMs, frameMs }: OverdueLimits,
): string | null {
  const { deadAfterMs } = limits;
  const { lastReadMs, frameSinceMs } = link;
  if (strangerMs !== null && nowMs - strangerMs > loginMs) return `no login within ${loginMs} ms`;
  if (frameSinceMs !== null && nowMs - frameSinceMs > frameMs) {
    return `half a frame for ${frameMs} ms`;
  }
  return nowMs - lastReadMs > deadAfterMs ? `nothing heard for ${deadAfterMs} ms` : null;
}
