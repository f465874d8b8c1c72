/**
 * The rules for names and texts, the same in both programs: the client tells at the keyboard what
 * the server would refuse.
 *
 * @module
 */

import { limits } from "../limits.ts";

const namePattern = new RegExp(`^[A-Za-z0-9_.-]{1,${limits.nameLengthMax}}$`);
// deno-lint-ignore no-control-regex
const controlPattern = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/;
const utf8 = new TextEncoder();

/** The id of the room that is everybody's: it is made by the log's first entry. */
export const lobbyId = 1;

/** The room that is everybody's. */
export const lobbyName = "lobby";

/** UTF-8 bytes that a `to` or a name may have in a packet, before the rules are asked. */
export const nameBytesMaxOnWire = 64;

/** Bytes of a reason in a packet, before the rule for reasons gives its own answer. */
export const reasonBytesMaxOnWire = 2 * limits.reasonBytesMax;

/**
 * Whether a user or a room may have this name.
 *
 * @param name any text
 * @returns true for 1 to 32 of ASCII letters, digits, `-`, `_`, `.`
 * @example
 * ```ts
 * import { assert } from "@std/assert";
 * import { isName } from "./names.ts";
 * assert(isName("Al-1_x.y") && !isName("") && !isName("a b") && !isName("é"));
 * ```
 * @see docs/PROTOCOL.md, section "Names and texts"
 */
export function isName(name: string): boolean {
  return namePattern.test(name);
}

/**
 * The form in which names are compared: without case.
 *
 * @param name a name as `isName` allows
 * @returns its key
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { nameKey } from "./names.ts";
 * assertEquals(nameKey("Alice"), nameKey("aLICE"));
 * ```
 * @see docs/PROTOCOL.md, section "Names and texts"
 */
export function nameKey(name: string): string {
  return name.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
}

/**
 * Whether a message may have this text.
 *
 * @param text any string
 * @returns true for 1 to 8,192 bytes of valid UTF-8 without control characters (C0, DEL, C1) other
 * than newline and tab
 * @example
 * ```ts
 * import { assert } from "@std/assert";
 * import { isText } from "./names.ts";
 * assert(isText("a\n\tb") && !isText("") && !isText("\x1b[2J") && !isText("\ud800"));
 * ```
 * @see docs/PROTOCOL.md, section "Names and texts"
 */
export function isText(text: string): boolean {
  if (text.length === 0 || text.length > limits.textBytesMax) return false;
  if (controlPattern.test(text) || !text.isWellFormed()) return false;
  return text.length * 3 <= limits.textBytesMax ||
    utf8.encode(text).length <= limits.textBytesMax;
}

/**
 * Whether a moderator may give this as the reason.
 *
 * @param reason any string
 * @returns true for at most 200 bytes of valid UTF-8 without control characters; none is given with
 * an empty one
 * @example
 * ```ts
 * import { assert } from "@std/assert";
 * import { isReason } from "./names.ts";
 * assert(isReason("") && isReason("spam, 3×") && !isReason("a\nb") && !isReason("x".repeat(201)));
 * ```
 * @see docs/PROTOCOL.md, section "Names and texts"
 */
export function isReason(reason: string): boolean {
  if (reason === "") return true;
  return isText(reason) && !/[\n\t]/.test(reason) &&
    utf8.encode(reason).length <= limits.reasonBytesMax;
}
