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
  /** Such as `09:05`, or ` 9:05am`. */
  readonly time: string;
}

/** How the time of day is written. */
export type Clock = "24h" | "12h";

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
  /** How wide a time of day is. */
  readonly cells: number;
  readonly #format: Intl.DateTimeFormat;
  readonly #clock: Clock;

  /**
   * Takes a time zone.
   *
   * @param timeZone its name, such as `Europe/Berlin`; the machine's where it is left out
   * @param clock how the time of day is written
   */
  constructor(timeZone?: string, clock: Clock = "24h") {
    this.#clock = clock;
    this.cells = clock === "24h" ? 5 : 7;
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
      time: this.#time(Number(part("hour")), part("minute")),
    };
  }

  #time(hour: number, minute: string): string {
    if (this.#clock === "24h") return `${String(hour).padStart(2, "0")}:${minute}`;
    return `${(hour + 11) % 12 + 1}:${minute}${hour < 12 ? "am" : "pm"}`.padStart(this.cells);
  }
}
