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

const written =
  /^(\d{4}-\d\d-\d\d)(?:[T ]((?:[01]\d|2[0-3]):[0-5]\d(?::[0-5]\d(?:\.\d{1,3})?)?)(Z?))?$/;

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
 * assertEquals(parseMoment("2026-02-29", 0), null);
 * ```
 */
export function parseMoment(text: string, nowMs: number): number | null {
  const [, count, unit] = /^(\d{1,9})([smhd])$/.exec(text) ?? [];
  if (count && unit) return nowMs - Number(count) * units[unit]!;
  const [, day, time = "00:00", zone = ""] = written.exec(text) ?? [];
  if (!day || !isDay(day)) return null;
  // Without a time the language takes a date for one of UTC: people mean their own.
  return Date.parse(`${day}T${time}${zone}`);
}

/** The language takes a day that a month does not have for one of the next. */
function isDay(text: string): boolean {
  const ms = Date.parse(`${text}T00:00Z`);
  return !Number.isNaN(ms) && new Date(ms).toISOString().startsWith(text);
}
