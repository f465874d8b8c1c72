/**
 * The first run: asks for what is needed to come in, checks it at the keyboard, and asks again where it
 * does not lead in. No IO.
 *
 * @module
 */

import { codes } from "../errors.ts";
import { type Invite, parseInvite } from "../identity/invite.ts";
import { type Address, defaultPort, formatAddress, parseAddress } from "../net/tcp.ts";
import { isName, nameKey } from "../protocol/names.ts";
import { safe, type SafeText, safeText } from "../safe_text.ts";
import type { Joined } from "./join.ts";

/** What was asked and is known so far. */
export interface Wish {
  /** Where the server listens. */
  readonly address: Address;
  /** What lets one in; null where the server is to be open. */
  readonly invite: Invite | null;
  /** The user's name. */
  readonly name: string;
  /** The server's fingerprint that was shown and found right; null with an invite, which tells it. */
  readonly fingerprint: string | null;
}

/** What the first run needs of its shell. */
export interface FirstRunPorts {
  /**
   * Asks whoever sits there.
   *
   * @param question what to ask
   * @returns what was typed; null when they want to leave
   */
  ask(question: string): string | null;
  /**
   * Shows a line.
   *
   * @param line what to show
   */
  say(line: SafeText): void;
  /**
   * Has a server prove its key, and tells it nothing.
   *
   * @param address the server's
   * @returns its fingerprint, or why there is none, or the exit code where a signal ended it
   */
  look(address: Address): Promise<{ readonly fingerprint: string } | SafeText | number>;
  /**
   * Comes in. Where that fails for good, nothing of it is left.
   *
   * @param wish as whom, and where
   * @returns how it went, or the exit code where a signal ended it
   */
  join(wish: Wish): Promise<Joined | number>;
}

/** Refusals that another name may help against. */
const nameRefusals: ReadonlySet<number> = new Set([
  codes.nameTaken,
  codes.badName,
  codes.otherName,
]);

const fingerprintLength = 64;
const tokenLength = 32;

/**
 * Says what is wrong with something that should have been an invite or a server.
 *
 * @param text as typed
 * @returns the reason
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { whyNoWay } from "./first_run.ts";
 * const cut = `parley://chat.example/${"ab".repeat(32)}#${"cd".repeat(12)}`;
 * assertEquals(
 *   String(whyNoWay(cut)),
 *   "this invite is cut short: 8 characters are missing at its end. Paste the rest, or all of it",
 * );
 * ```
 */
export function whyNoWay(text: string): SafeText {
  if (!/^\s*parley:/i.test(text)) {
    return safe`that is neither an invite (parley://…) nor a server such as chat.example or \
chat.example:7667`;
  }
  const missing = missingOf(text);
  return missing > 0
    ? safe`this invite is cut short: ${missing} characters are missing at its end. Paste the rest, \
or all of it`
    : safe`this is no invite. It looks like parley://chat.example:7667/, then 64 letters and digits, \
a #, and 32 more`;
}

function missingOf(text: string): number {
  const [, fingerprint = "", mark = "", token = ""] =
    /^\s*parley:\/\/[^/\s]+\/?([0-9a-f]*)(#?)([0-9a-f]*)\s*$/i.exec(text) ?? ["", "0".repeat(99)];
  if (fingerprint.length > fingerprintLength || token.length > tokenLength) return 0;
  if (mark !== "" && fingerprint.length < fingerprintLength) return 0;
  return fingerprintLength - fingerprint.length + (mark === "" ? 1 : 0) + tokenLength -
    token.length;
}

/**
 * Brings somebody in.
 *
 * @param ports asking, showing, connecting
 * @param given what was told already: the server, or the name
 * @returns 0 when they are in, or else the exit code
 * @example
 * ```ts ignore
 * const exitCode = await firstRun(ports, {});
 * ```
 * @see docs/USING.md, section "First run"
 */
export async function firstRun(
  ports: FirstRunPorts,
  given: { readonly address?: Address; readonly name?: string },
): Promise<number> {
  const left = 130;
  let { name } = given;
  let way: Way | null = given.address ? { address: given.address, invite: null } : null;
  let fingerprint: string | null = null;
  for (;;) {
    way ??= askWay(ports);
    if (!way) return left;
    if (!way.invite && fingerprint === null) {
      const looked: string | number | null = await askFingerprint(ports, way.address);
      if (typeof looked === "number") return looked;
      fingerprint = looked;
      if (fingerprint === null) {
        way = null;
        continue;
      }
    }
    name = nameFor(ports, way, name) ?? undefined;
    if (name === undefined) return left;
    const joined = await ports.join({ ...way, name, fingerprint });
    if (typeof joined === "number") return joined;
    ports.say(joined.why);
    if (joined.exitCode === 0) return 0;
    name = undefined;
    // Whose link it is, it says itself: only another link helps.
    if (nameRefusals.has(joined.code ?? 0) && !way.invite?.name) continue;
    [way, fingerprint] = [null, null];
  }
}

interface Way {
  readonly address: Address;
  readonly invite: Invite | null;
}

/** Asks for an invite or a server; a link in several rows may come in several answers. */
function askWay(ports: FirstRunPorts): Way | null {
  let before = "";
  for (;;) {
    const typed = ports.ask("Your invite (parley://…), or a server that is open to all:")?.trim();
    if (typed === undefined) return null;
    if (typed === "") continue;
    // Behind a link that was cut short, that may be its rest.
    const text = /^[0-9a-f#]+$/i.test(typed) ? before + typed : typed;
    const whole = wayOf(text);
    if (whole) return whole;
    ports.say(whyNoWay(text));
    before = missingOf(text) > 0 ? text : "";
  }
}

function wayOf(text: string): Way | null {
  const invite = parseInvite(text, defaultPort);
  if (invite) return { address: { hostname: invite.hostname, port: invite.port }, invite };
  const address = /^parley:/i.test(text) ? null : parseAddress(text, "127.0.0.1");
  const isHost = /^[\p{L}\p{N}._:-]+$/u.test(address?.hostname ?? "");
  return address && address.port > 0 && isHost ? { address, invite: null } : null;
}

function nameFor(ports: FirstRunPorts, { invite, address }: Way, given?: string): string | null {
  if (invite?.name && (!given || nameKey(given) === invite.name)) return invite.name;
  if (invite?.name) {
    ports.say(safe`this link is for a device of ${safeText(invite.name)}`);
    return invite.name;
  }
  if (given !== undefined) return given;
  for (;;) {
    const typed = ports.ask(`Your name on ${formatAddress(address)}:`)?.trim();
    if (typed === undefined) return null;
    if (isName(typed)) return typed;
    if (typed !== "") ports.say(safe`a name is 1 to 32 of letters, digits, '-', '_' and '.'`);
  }
}

/** @returns what was found right; null for another server; or an exit code */
async function askFingerprint(
  ports: FirstRunPorts,
  address: Address,
): Promise<string | number | null> {
  const looked = await ports.look(address);
  if (typeof looked === "number") return looked;
  if (typeof looked === "string") {
    ports.say(looked);
    return null;
  }
  const { fingerprint } = looked;
  ports.say(safe`${safeText(formatAddress(address))} has this fingerprint:`);
  ports.say(safe`  ${safeText(fingerprint)}`);
  ports.say(
    safe`Whoever runs it can tell you whether it is right: parleyd prints it at its start.`,
  );
  for (;;) {
    const typed = ports.ask("Is it the right one? (yes or no)")?.trim().toLowerCase();
    if (typed === undefined) return 130;
    if (["y", "yes"].includes(typed)) return fingerprint;
    if (["n", "no"].includes(typed)) return null;
  }
}
