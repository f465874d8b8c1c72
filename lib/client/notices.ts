/**
 * What the client says about its connection. Pure.
 *
 * @module
 */

import { snapshotReasons } from "../log/log.ts";
import { safe, type SafeText, safeText } from "../safe_text.ts";
import type { Party } from "./endings.ts";

/**
 * Says that this device is logged in.
 *
 * @param again whether it was before
 * @param party whom it is about
 * @returns one line
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { welcomeText } from "./notices.ts";
 * const party = { server: "chat:7667", name: "al", folder: "/d" };
 * assertEquals(String(welcomeText(false, party)), "connected to chat:7667 as al");
 * ```
 */
export function welcomeText(again: boolean, { server, name }: Party): SafeText {
  if (again) return safe`connected again`;
  return safe`connected to ${safeText(server)} as ${safeText(name)}`;
}

/**
 * Says which key the server showed at first contact, which will count from now on.
 *
 * @param fingerprint 64 hex digits
 * @param party whom it is about
 * @returns one line
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { firstContactText } from "./notices.ts";
 * const party = { server: "chat:7667", name: "al", folder: "/d" };
 * assertEquals(
 *   String(firstContactText("00ff", party)),
 *   "first contact with chat:7667; its fingerprint is 00ff",
 * );
 * ```
 */
export function firstContactText(fingerprint: string, { server }: Party): SafeText {
  return safe`first contact with ${safeText(server)}; its fingerprint is ${safeText(fingerprint)}`;
}

/**
 * Says that there is no connection now, and when the next attempt is.
 *
 * @param why what happened
 * @param pauseMs milliseconds until the next attempt
 * @returns one line
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { safe } from "../safe_text.ts";
 * import { lostText } from "./notices.ts";
 * assertEquals(String(lostText(safe`no`, 1_960)), "no connection: no; trying again in 2.0 s");
 * ```
 */
export function lostText(why: SafeText, pauseMs: number): SafeText {
  const seconds = safeText((pauseMs / 1000).toFixed(1));
  const when = pauseMs < 100 ? safe`at once` : safe`in ${seconds} s`;
  return safe`no connection: ${why}; trying again ${when}`;
}

/**
 * Says that the server can't take anything for now.
 *
 * @returns one line
 * @example
 * ```ts
 * import { assertStringIncludes } from "@std/assert";
 * import { delayedText } from "./notices.ts";
 * assertStringIncludes(delayedText(), "kept");
 * ```
 * @see docs/PROTOCOL.md, section "Submitting"
 */
export function delayedText(): SafeText {
  return safe`! the server can't write for now: what you send is kept, and goes out when it can`;
}

/**
 * Says why everything comes anew.
 *
 * @param reason of `snapshot`, other than 0
 * @returns one line
 * @example
 * ```ts
 * import { assertStringIncludes } from "@std/assert";
 * import { snapshotText } from "./notices.ts";
 * assertStringIncludes(snapshotText(2), "restored");
 * ```
 * @see docs/PROTOCOL.md, section "Resume"
 */
export function snapshotText(reason: number): SafeText {
  const why = reason === snapshotReasons.otherLog
    ? safe`the server has another log than before`
    : reason === snapshotReasons.beyondHead
    ? safe`the server lacks entries that were shown here: it was restored from a backup`
    : reason === snapshotReasons.digestDiffers
    ? safe`the server's log is not the one that was shown here: it was restored or altered`
    : safe`the server can't go on from where this device stands`;
  return safe`! ${why}. What was shown above may be missing there; what follows is as it is there now`;
}

/**
 * Tells who leaves while something is unsent.
 *
 * @param unsent how much is
 * @returns a line for the screen
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { leavingText } from "./notices.ts";
 * assertEquals(leavingText(2).slice(0, 10), "! 2 unsent");
 * ```
 */
export function leavingText(unsent: number): SafeText {
  return safe`! ${unsent} unsent: leaving when that is done; once more to leave now`;
}
