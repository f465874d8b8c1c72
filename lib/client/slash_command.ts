/**
 * What a slash command is, whatever it needs to do its work.
 *
 * @module
 */

import type { SafeText } from "../safe_text.ts";

/** One row of a table of commands. */
export interface CommandOf<Desk> {
  /** What stands behind the slash, in lower case. */
  readonly name: string;
  /** What stands behind the name: `<…>` must be there, `[…]` may. */
  readonly args: string;
  /** What it does, for `/help`. */
  readonly says: string;
  /** Does it with what stands behind its name; gives why it can't be done, or null when it is done. */
  readonly run: (desk: Desk, rest: string) => SafeText | null;
}

/** Milliseconds of each unit that a length of time may be typed in. */
export const unitMs = { m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/**
 * Reads a length of time.
 *
 * @param text such as `30m`, `2h` or `7d`
 * @returns milliseconds, or null for anything else
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { lengthMs } from "./slash_command.ts";
 * assertEquals([lengthMs("2h"), lengthMs("2 h")], [7_200_000, null]);
 * ```
 */
export function lengthMs(text: string): number | null {
  const [, count, unit] = /^(\d{1,4})([mhd])$/.exec(text) ?? [];
  return unit === undefined ? null : Number(count) * unitMs[unit as keyof typeof unitMs];
}
