/**
 * Why the server refused something, and what to type in a shell then. Pure.
 *
 * @module
 */

import { codes, explain } from "../errors.ts";
import { safe, type SafeText, safeText } from "../safe_text.ts";

/**
 * Says why something was refused, with what helps where something does.
 *
 * @param code a wire code, known or not
 * @param to the room, or `@` and the user, that it was about; not safe
 * @returns one line
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { codes } from "../errors.ts";
 * import { advised } from "./advice.ts";
 * const said = advised(codes.noUser, "@al");
 * assertEquals(String(said), "there is no such user; parley who lists all");
 * ```
 * @see docs/PROTOCOL.md, section "Errors"
 */
export function advised(code: number, to: string): SafeText {
  const reason = safeText(explain(code));
  const advice = adviceFor(code, to);
  return advice === null ? reason : safe`${reason}; ${advice}`;
}

/**
 * Tells what makes one a member of a room.
 *
 * @param room its name; not safe
 * @returns what to type
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { joinCommand } from "./advice.ts";
 * assertEquals(String(joinCommand("dev")), 'echo "/join dev" | parley');
 * ```
 */
export function joinCommand(room: string): SafeText {
  return safe`echo "/join ${safeText(room)}" | parley`;
}

function adviceFor(code: number, to: string): SafeText | null {
  switch (code) {
    case codes.noRoom:
      return safe`parley rooms lists all, and ${joinCommand(to)} makes this one`;
    case codes.noUser:
      return safe`parley who lists all`;
    case codes.notMember:
      return safe`join it first: ${joinCommand(to)}`;
    case codes.blocking:
      return safe`echo "/unblock ${safeText(to.replace(/^@/, ""))}" | parley`;
    default:
      return null;
  }
}
