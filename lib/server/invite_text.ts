/**
 * What the operator reads of invites. Pure.
 *
 * @module
 */

import { type Invite, inviteLink } from "../identity/invite.ts";
import { qrLines } from "../identity/qr.ts";
import type { InviteAsk, RecoverAsk } from "./invites.ts";

/** Where an invite's bearer finds the server. */
export interface Host {
  /** A name or an IP address. */
  readonly hostname: string;
  /** The port; null for the one that the server listens on. */
  readonly port: number | null;
}

/** The addresses that stand for all of a machine's, and what only that machine itself can dial. */
const ownHosts: Readonly<Record<string, string>> = { "0.0.0.0": "127.0.0.1", "::": "::1" };

/**
 * Tells where an invite leads.
 *
 * @param listening where the server listens
 * @param host what the operator said; null for nothing
 * @returns name and port; of this machine alone where nothing better is known
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { hostOf } from "./invite_text.ts";
 * const listening = { hostname: "0.0.0.0", port: 7700 };
 * assertEquals(hostOf(listening, { hostname: "chat.example", port: null }).port, 7700);
 * assertEquals(hostOf(listening, null).hostname, "127.0.0.1");
 * ```
 */
export function hostOf(
  listening: { readonly hostname: string; readonly port: number },
  host: Host | null,
): { readonly hostname: string; readonly port: number } {
  const own = ownHosts[listening.hostname] ?? listening.hostname;
  return { hostname: host?.hostname ?? own, port: host?.port ?? listening.port };
}

/**
 * Writes an invite for people.
 *
 * @param ask what it is
 * @param invite its link's parts
 * @param withQr whether to draw the link too, which only a terminal can
 * @returns lines, owned by the caller
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { inviteLines } from "./invite_text.ts";
 * const ask = { role: "member", uses: 1, lifeMs: 3_600_000 } as const;
 * const server = { hostname: "a", port: 1, fingerprint: "f" };
 * const invite = { name: null, ...server, token: new Uint8Array(1) };
 * assertEquals(inviteLines(ask, invite, false), [
 *   "Who has this invite comes in as a member, once, within 1 hour. Hand it on as you would a key:",
 *   "  parley join 'parley://a:1/f#00'",
 * ]);
 * ```
 */
export function inviteLines(ask: InviteAsk, invite: Invite, withQr: boolean): string[] {
  const link = inviteLink(invite);
  const article = ask.role === "member" ? "a" : ask.role === "owner" ? "the" : "an";
  const times = ask.uses === 1 ? "once" : `${ask.uses} times in all`;
  return [
    `Who has this invite comes in as ${article} ${ask.role}, ${times}, within ` +
    `${lifeText(ask.lifeMs)}. Hand it on as you would a key:`,
    `  parley join '${link}'`,
    ...(withQr ? qrLines(link) : []),
  ];
}

/**
 * Tells a code for one more device of a user.
 *
 * @param ask whose, and for how long
 * @param invite where it leads, and what lets the bearer in
 * @returns lines for whoever runs the server
 * @example
 * ```ts
 * import { assertMatch } from "@std/assert";
 * import { recoveryLines } from "./invite_text.ts";
 * const [token, fingerprint] = [new Uint8Array(16), "ab".repeat(32)];
 * const invite = { name: "al", hostname: "chat.example", port: 7667, fingerprint, token };
 * assertMatch(recoveryLines({ name: "al", lifeMs: 60_000 }, invite)[0]!, /is al .* within 1 minute/);
 * ```
 * @see docs/PROTOCOL.md, section "Devices"
 */
export function recoveryLines(ask: RecoverAsk, invite: Invite): string[] {
  const link = inviteLink(invite);
  return [
    `Who has this link is ${ask.name} from then on, with one more device, once, within ` +
    `${lifeText(ask.lifeMs)}. Give it to nobody but them:`,
    `  parley join '${link}'`,
    `The devices they lost still get in. They are seen with /devices, and ended with /device revoke.`,
    ...qrLines(link),
  ];
}

const units: readonly (readonly [string, number])[] = [
  ["day", 86_400_000],
  ["hour", 3_600_000],
  ["minute", 60_000],
  ["second", 1_000],
];

/** A day as hours: "within 1 day" could be taken for until tonight. */
function lifeText(ms: number): string {
  const isWhole = ([name, unitMs]: readonly [string, number]) =>
    ms % unitMs === 0 && !(name === "day" && ms === unitMs);
  const [name, unitMs] = units.find(isWhole) ?? ["second", 1_000];
  const count = Math.ceil(ms / unitMs);
  return `${count} ${name}${count === 1 ? "" : "s"}`;
}
