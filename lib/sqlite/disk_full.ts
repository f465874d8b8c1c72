/**
 * Tells a full disk, which passes, from everything else that SQLite may say, which does not.
 *
 * @module
 */

/** SQLite's own words for SQLITE_FULL: the runtime passes on no number. */
const full = "database or disk is full";

/**
 * Tells whether SQLite failed for want of room and for no other reason.
 *
 * @param error what a statement or a commit threw; rolled back by SQLite itself or by `transaction`
 * @returns whether the same may succeed once there is room
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { isDiskFull } from "./disk_full.ts";
 * assertEquals(isDiskFull(new Error("disk I/O error")), false);
 * ```
 * @see https://www.sqlite.org/rescode.html#full
 */
export function isDiskFull(error: unknown): boolean {
  // A Worker's error has the name of what was called before it.
  return error instanceof Error && error.message.endsWith(full);
}
