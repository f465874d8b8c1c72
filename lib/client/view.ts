/**
 * How what happened becomes lines: for people (render.ts) or for programs (json_view.ts).
 *
 * @module
 */

import type { Action } from "../protocol/codec.ts";
import type { SafeText } from "../safe_text.ts";
import type { ListedMember, ListedRoom, ShownEntry } from "./events.ts";

/** Makes lines; each answer is a new array, maybe empty, that the caller owns. */
export interface View {
  /** An entry; nothing for one that has nothing to say to its reader. */
  entry(shown: ShownEntry): SafeText[];
  /** The answer to `/rooms`. */
  rooms(rooms: readonly ListedRoom[]): SafeText[];
  /** The answer to `/who`; `code` is 0, or why there is none. */
  members(room: string, code: number, members: readonly ListedMember[]): SafeText[];
  /** Something typed that was not sent at all. */
  notSent(reason: SafeText, text: string): SafeText[];
  /** Something about this program or its connection. */
  note(line: SafeText): SafeText[];
}

/**
 * Tells an action in the words in which it would be typed, for messages about it.
 *
 * @param action any action
 * @returns its text, not safe
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { typed } from "./view.ts";
 * assertEquals(typed({ action: "join", room: "dev" }), "/join dev");
 * ```
 */
export function typed(action: Action): string {
  switch (action.action) {
    case "message":
      return action.text;
    case "join":
      return `/join ${action.room}`;
    case "leave":
      return `/part ${action.room}`;
  }
}

/** The latest time that a calendar has: a number beyond it is no reason to stop. */
const timeMsMax = 8.64e15;

/**
 * Makes a date of an entry's time.
 *
 * @param timeMs milliseconds since 1970-01-01 UTC, as a server told them
 * @returns a valid date
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { dateOf } from "./view.ts";
 * assertEquals(dateOf(Number.MAX_SAFE_INTEGER).getTime(), 8.64e15);
 * ```
 */
export function dateOf(timeMs: number): Date {
  return new Date(Math.min(timeMs, timeMsMax));
}
