/**
 * What the other side of a connection may not take longer for.
 *
 * @module
 */

import { limits } from "../limits.ts";
import type { LinkTimes } from "./ports.ts";

/**
 * Looks for what is overdue.
 *
 * @param nowMs monotonic milliseconds
 * @param link what the link knows of its silence
 * @param strangerMs since when the connection has been open without `resume`; null after it
 * @returns what it is, for the journal; null for nothing
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { overdue } from "./overdue.ts";
 * const link = { lastReadMs: 90_000, frameSinceMs: null };
 * assertEquals(overdue(99_000, link, null), null);
 * assertEquals(overdue(99_000, link, 90_000), "no login within 5000 ms");
 * ```
 * @see docs/PROTOCOL.md, section "Closing"
 */
export function overdue(
  nowMs: number,
  link: LinkTimes,
  strangerMs: number | null,
): string | null {
  const { loginMs, frameMs, deadAfterMs } = limits;
  const { lastReadMs, frameSinceMs } = link;
  if (strangerMs !== null && nowMs - strangerMs > loginMs) return `no login within ${loginMs} ms`;
  if (frameSinceMs !== null && nowMs - frameSinceMs > frameMs) {
    return `half a frame for ${frameMs} ms`;
  }
  return nowMs - lastReadMs > deadAfterMs ? `nothing heard for ${deadAfterMs} ms` : null;
}
