/**
 * How people write a moment: an age, or a date with or without a time.
 *
 * @module
 */

const units: Readonly<Record<string, number>> = {
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/** How a moment is written, for whoever wrote something else. */
export const momentRule = "Write an age (30m, 1h, 7d), or a date: 2026-11-20, 2026-11-20T14:30.";

/**
 * Reads a moment.
 *
 * @param text such as `1h` for an hour ago, `2026-11-20` for its beginning here, `2026-11-20T14:30`,
 * or with `Z` at its end in UTC
 * @param nowMs milliseconds since 1970-01-01 UTC
 * @returns milliseconds since 1970-01-01 UTC; null for anything else
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { parseMoment } from "./moment.ts";
 * assertEquals(parseMoment("1h", 5_000_000), 1_400_000);
 * assertEquals(parseMoment("1970-01-02T00:00Z", 0), 86_400_000);
 * assertEquals(parseMoment("yesterday", 0), null);
 * ```
 */
export function parseMoment(text: string, nowMs: number): number | null {
  const [, count, unit] = /^(\d{1,9})([smhd])$/.exec(text) ?? [];
  if (count && unit) return nowMs - Number(count) * units[unit]!;
  const isDate = /^\d{4}-\d{2}-\d{2}$/.test(text);
  const isTime = /^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}(\.\d{1,3})?)?Z?$/.test(text);
  if (!isDate && !isTime) return null;
  // Without a time the language takes a date for one of UTC: people mean their own.
  const ms = Date.parse(isDate ? `${text}T00:00` : text.replace(" ", "T"));
  // A day that a month does not have rolls over.
  return Number.isNaN(ms) ? null : ms;
}
