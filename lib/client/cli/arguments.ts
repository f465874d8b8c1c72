/**
 * What is typed behind commands and options, read and checked; each reader throws what the command
 * framework shows beside its help.
 *
 * @module
 */

import { InvalidArgumentError } from "@commander-js/extra-typings";
import { type Invite, parseInvite } from "../../identity/invite.ts";
import { type ClearText, parseClearText } from "../../net/clear.ts";
import { type Address, defaultPort, parseAddress } from "../../net/tcp.ts";
import { isName } from "../../protocol/names.ts";
import { systemClock } from "../../seams.ts";
import { isProfileName, profileRule } from "../profile.ts";
import { momentRule, parseMoment } from "../moment.ts";

/** What a name is, for whoever typed something else. */
export const nameRule = "A name is 1 to 32 of letters, digits, '-', '_' and '.'.";

/** What an invite is, for whoever typed something else. */
export const inviteRule: string =
  "This is no invite, or not all of it. It looks like parley://chat.example:7667/, then 64 " +
  "letters and digits, a #, and 32 more; put it between single quotes.";

/**
 * Reads a server's address.
 *
 * @param text as typed
 * @returns the address
 * @throws {InvalidArgumentError} for anything else
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { address } from "./arguments.ts";
 * assertEquals(address("chat.example"), { hostname: "chat.example", port: 7667 });
 * ```
 */
export function address(text: string): Address {
  const parsed = parseAddress(text, "127.0.0.1");
  if (parsed && parsed.port > 0) return parsed;
  throw new InvalidArgumentError(
    "Write host:port, such as chat.example:7667, or a port of this machine.",
  );
}

/**
 * Reads the name of a file, which may not be empty.
 *
 * @param text as typed
 * @returns the same
 * @throws {InvalidArgumentError} for nothing
 * @example
 * ```ts
 * import { file } from "./arguments.ts";
 * file("key");
 * ```
 */
export function file(text: string): string {
  if (text !== "") return text;
  throw new InvalidArgumentError("Write a file, or leave it out.");
}

/**
 * Reads the name of a folder, which may not be empty.
 *
 * @param text as typed
 * @returns the same
 * @throws {InvalidArgumentError} for nothing
 * @example
 * ```ts
 * import { folder } from "./arguments.ts";
 * folder("data");
 * ```
 */
export function folder(text: string): string {
  if (text !== "") return text;
  throw new InvalidArgumentError("Write a folder, or leave it out.");
}

/**
 * Reads a name, of a user or a room.
 *
 * @param text as typed
 * @returns the same
 * @throws {InvalidArgumentError} for anything else
 * @example
 * ```ts
 * import { name } from "./arguments.ts";
 * name("alice");
 * ```
 * @see docs/PROTOCOL.md, section "Names and texts"
 */
export function name(text: string): string {
  if (isName(text)) return text;
  throw new InvalidArgumentError(nameRule);
}

/**
 * Reads a profile's name.
 *
 * @param text as typed
 * @returns the same
 * @throws {InvalidArgumentError} for anything else
 * @example
 * ```ts
 * import { profileName } from "./arguments.ts";
 * profileName("work");
 * ```
 */
export function profileName(text: string): string {
  if (isProfileName(text)) return text;
  throw new InvalidArgumentError(profileRule);
}

/**
 * Reads an invite.
 *
 * @param text as typed
 * @returns the invite
 * @throws {InvalidArgumentError} for anything else
 * @example
 * ```ts ignore
 * const { name, token } = invitation("parley://chat.example/…#…");
 * ```
 * @see docs/PROTOCOL.md, section "Getting in"
 */
export function invitation(text: string): Invite {
  const invite = parseInvite(text, defaultPort);
  if (invite) return invite;
  throw new InvalidArgumentError(inviteRule);
}

/**
 * Reads whose entries are meant.
 *
 * @param text as typed
 * @returns the same: a room's name, or `@` and a user's
 * @throws {InvalidArgumentError} for anything else
 * @example
 * ```ts
 * import { source } from "./arguments.ts";
 * source("@alice");
 * ```
 */
export function source(text: string): string {
  if (isName(text.replace(/^@/, ""))) return text;
  throw new InvalidArgumentError("Write a room's name, or @ and a user's.");
}

/**
 * Reads how long to wait.
 *
 * @param text as typed
 * @returns milliseconds
 * @throws {InvalidArgumentError} for anything else
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { duration } from "./arguments.ts";
 * assertEquals(duration("2m"), 120_000);
 * ```
 */
export function duration(text: string): number {
  const [, count, unit] = /^(\d+(?:\.\d+)?)(ms|s|m)$/.exec(text) ?? [];
  const ms = Number(count) * { ms: 1, s: 1_000, m: 60_000 }[unit as "ms" | "s" | "m"];
  if (ms > 0 && ms <= 2 ** 31 - 1) return ms;
  throw new InvalidArgumentError(
    "Write a time with its unit (ms, s or m), such as 500ms, 30s or 2m.",
  );
}

/**
 * Reads a moment.
 *
 * @param text as typed
 * @returns milliseconds since 1970-01-01 UTC
 * @throws {InvalidArgumentError} for anything else
 * @example
 * ```ts
 * import { moment } from "./arguments.ts";
 * moment("1h");
 * ```
 */
export function moment(text: string): number {
  const ms = parseMoment(text, systemClock.wallMs());
  if (ms !== null) return ms;
  throw new InvalidArgumentError(momentRule);
}

/** Where a page of history ends: before a moment, or before an entry. */
export type Before = { readonly beforeMs: number } | { readonly beforeLsn: number };

/**
 * Reads where a page of history ends.
 *
 * @param text as typed
 * @returns a moment, or the lsn of an entry
 * @throws {InvalidArgumentError} for anything else
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { before } from "./arguments.ts";
 * assertEquals(before("812"), { beforeLsn: 812 });
 * ```
 */
export function before(text: string): Before {
  if (/^[1-9]\d{0,14}$/.test(text)) return { beforeLsn: Number(text) };
  const beforeMs = parseMoment(text, systemClock.wallMs());
  if (beforeMs !== null) return { beforeMs };
  throw new InvalidArgumentError(
    `Write the lsn of an entry, as --json shows it. Or: ${momentRule}`,
  );
}

/** Entries that are listed at most. */
const countMax = 100_000;

/**
 * Reads how many entries are wanted.
 *
 * @param text as typed
 * @returns how many
 * @throws {InvalidArgumentError} for anything else
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { count } from "./arguments.ts";
 * assertEquals(count("200"), 200);
 * ```
 */
export function count(text: string): number {
  const number = /^\d{1,9}$/.test(text) ? Number(text) : 0;
  if (number >= 1 && number <= countMax) return number;
  throw new InvalidArgumentError(`Write a number from 1 to ${countMax}.`);
}

/**
 * Reads how far clear text may go.
 *
 * @param text as typed
 * @returns how far
 * @throws {InvalidArgumentError} for anything else
 * @example
 * ```ts
 * import { clearText } from "./arguments.ts";
 * clearText("anywhere");
 * ```
 */
export function clearText(text: string): ClearText {
  const parsed = parseClearText(text);
  if (!parsed) throw new InvalidArgumentError("Write --plaintext or --plaintext=anywhere.");
  return parsed;
}
