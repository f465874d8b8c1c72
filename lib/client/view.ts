/**
 * How what happened becomes lines: for people (render.ts) or for programs (json_view.ts).
 *
 * @module
 */

import { codes, explain } from "../errors.ts";
import type { Action } from "../protocol/codec.ts";
import { safe, type SafeText, safeText } from "../safe_text.ts";
import type { MadeLink } from "./codes.ts";
import type { ClientEvent, InfoAnswer, ListedMember, ListedRoom, ShownEntry } from "./events.ts";
import type { Receipt } from "./receipt_store.ts";
import { typedModeration } from "./moderation_view.ts";

/** Makes lines; each answer is a new array, maybe empty, that the caller owns. */
export interface View {
  /**
   * Shows an entry.
   *
   * @param shown the entry and its names
   * @returns lines; none for one that has nothing to say to its reader
   */
  entry(shown: ShownEntry): SafeText[];
  /**
   * Shows messages that were found.
   *
   * @param found ascending
   * @returns lines
   */
  found(found: readonly ShownEntry[]): SafeText[];
  /**
   * Shows rooms.
   *
   * @param rooms the answer to `/rooms`
   * @returns lines
   */
  rooms(rooms: readonly ListedRoom[]): SafeText[];
  /**
   * Shows who is in a room.
   *
   * @param room its name
   * @param code 0, or why there is no answer
   * @param members the answer to `/who`
   * @returns lines
   */
  members(room: string, code: number, members: readonly ListedMember[]): SafeText[];
  /**
   * Shows a user's devices.
   *
   * @param answer the answer to `/devices`
   * @returns lines
   */
  devices(answer: Extract<ClientEvent, { readonly kind: "devices" }>): SafeText[];
  /**
   * Shows a link that lets somebody in.
   *
   * @param made the link; it counts
   * @returns lines
   */
  link(made: MadeLink): SafeText[];
  /**
   * Shows that something was not sent.
   *
   * @param reason why
   * @param text what; not safe
   * @returns lines
   */
  notSent(reason: SafeText, text: string): SafeText[];
  /**
   * Says that everything comes anew: what was shown before is no longer what the server has.
   *
   * @param reason of `snapshot`, other than 0
   * @returns lines
   */
  resync(reason: number): SafeText[];
  /**
   * Shows how far an own message has come.
   *
   * @param receipt as the server told it
   * @returns lines; none where it is shown elsewhere
   */
  receipt(receipt: Receipt): SafeText[];
  /**
   * Shows who has an own message.
   *
   * @param answer the answer to `/info`
   * @param text the message's; not safe
   * @returns lines
   */
  info(answer: InfoAnswer, text: string): SafeText[];
  /**
   * Shows something about this program or its connection.
   *
   * @param line what to show
   * @returns lines
   */
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
      return action.to.startsWith("@") ? `/msg ${action.to.slice(1)} ${action.text}` : action.text;
    case "join":
      return `/join ${action.room}`;
    case "leave":
      return `/part ${action.room}`;
    default:
      return typedModeration(action);
  }
}

/**
 * Says why something was refused, and what to do about it.
 *
 * @param code a wire code, known or not
 * @returns the reason
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { codes } from "../errors.ts";
 * import { reasonFor } from "./view.ts";
 * assertEquals(String(reasonFor(codes.noRoom)), "there is no such room");
 * ```
 */
export function reasonFor(code: number): SafeText {
  const reason = safeText(explain(code));
  return code === codes.notMember ? safe`${reason} (/join it first)` : reason;
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
