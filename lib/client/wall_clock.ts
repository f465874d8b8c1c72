/**
 * Times as people read them, in their own time zone.
 *
 * @module
 */

import { dateOf } from "./view.ts";

/** A moment on the calendar and on the clock. */
export interface Moment {
  /** Such as `2026-11-24`. */
  readonly day: string;
  /** Such as `09:05`. */
  readonly time: string;
}

/**
 * Tells day and time; a formatter is slow to make, so this is kept.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { WallClock } from "./wall_clock.ts";
 * assertEquals(new WallClock("UTC").at(0), { day: "1970-01-01", time: "00:00" });
 * ```
 */
export class WallClock {
  readonly #format: Intl.DateTimeFormat;

  /**
   * Takes a time zone.
   *
   * @param timeZone its name, such as `Europe/Berlin`; the machine's where it is left out
   */
  constructor(timeZone?: string) {
    this.#format = new Intl.DateTimeFormat("en-GB", {
      timeZone,
      year: "numeric",
      month: "2-digit",
      day: "2-digit",
      hour: "2-digit",
      minute: "2-digit",
      hourCycle: "h23",
    });
  }

  /**
   * Tells what calendar and clock say.
   *
   * @param timeMs milliseconds since 1970-01-01 UTC
   * @returns the moment
   */
  at(timeMs: number): Moment {
    const parts = this.#format.formatToParts(dateOf(timeMs));
    const part = (type: Intl.DateTimeFormatPartTypes) =>
      parts.find((one) => one.type === type)?.value ?? "";
    return {
      day: `${part("year")}-${part("month")}-${part("day")}`,
      time: `${part("hour")}:${part("minute")}`,
    };
  }
}
