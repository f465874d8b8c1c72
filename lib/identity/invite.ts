/**
 * Invites: a token that lets somebody in, and the link in which it is handed on, with the server's
 * address and fingerprint.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { decodeHex, encodeHex } from "@std/encoding/hex";

/** Characters of a link at most: the longest that can be made has 370. */
export const inviteLinkLengthMax = 512;

/** What a link tells. */
export interface Invite {
  /** Whose further device it lets in, without case; null where it lets in somebody new. */
  readonly name: string | null;
  /** The server's name or IP address; IPv6 without brackets. */
  readonly hostname: string;
  /** Its port; 1 to 65535. */
  readonly port: number;
  /** The fingerprint of the server's identity key; 64 lower-case hex digits. */
  readonly fingerprint: string;
  /** What lets one in: 16 random bytes, told to nobody but that server. */
  readonly token: Uint8Array;
}

const scheme = "parley://";
const hostLengthMax = 253;
/** What a terminal puts before, behind and into a link that it shows in several rows of a frame. */
const around = /^\s*[\u2502|]?\s*|\s*[\u2502|]?\s*$/g;
const between = /[ \t]*[\u2502|]?[ \t]*\r?\n[ \t]*[\u2502|]?[ \t]*/g;
/** Characters to be looked at: a link, and what may stand between its rows. */
const pastedLengthMax = 8 * inviteLinkLengthMax;
const shape = new RegExp(
  "^(?:([a-z0-9._-]{1,32})@)?(?:\\[([0-9a-f:.]{2,45})\\]|([a-z0-9](?:[a-z0-9._-]*[a-z0-9_])?))" +
    "(?::([1-9][0-9]{0,4}))?/([0-9a-f]{64})#([0-9a-f]{32})$",
);

/**
 * Writes a link. All of it is letters and digits, colons and dots, so that no chat, mail or shell
 * takes a part of the token for something else.
 *
 * @param invite what it tells
 * @returns such as `parley://chat.example:7667/` with the fingerprint, `#` and the token in hex
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { inviteLink } from "./invite.ts";
 * const server = { hostname: "::1", port: 80, fingerprint: "f" };
 * const invite = { name: null, ...server, token: new Uint8Array([1, 255]) };
 * assertEquals(inviteLink(invite), "parley://[::1]:80/f#01ff");
 * ```
 * @see docs/PROTOCOL.md, section "Getting in"
 */
export function inviteLink({ name, hostname, port, fingerprint, token }: Invite): string {
  const host = hostname.includes(":") ? `[${hostname}]` : hostname;
  const user = name === null ? "" : `${name}@`;
  return `${scheme}${user}${host}:${port}/${fingerprint}#${encodeHex(token)}`;
}

/**
 * Reads a link, of which nothing is trusted: it came from anywhere.
 *
 * @param text what was typed or pasted; case is passed over, and so are the ends of rows and the
 * frame in which a terminal may have shown it
 * @param port the port where the link tells none
 * @returns what it tells, owned by the caller; null for everything else, a cut link too
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { parseInvite } from "./invite.ts";
 * const link = `parley://chat.example/${"ab".repeat(32)}#${"0f".repeat(16)}`;
 * assertEquals(parseInvite(link, 7667)?.port, 7667);
 * assertEquals(parseInvite(link.slice(0, -1), 7667), null);
 * ```
 * @see docs/PROTOCOL.md, section "Getting in"
 */
export function parseInvite(text: string, port: number): Invite | null {
  if (text.length > pastedLengthMax) return null;
  const link = asciiLower(text.replaceAll(around, "").replaceAll(between, ""));
  if (link.length > inviteLinkLengthMax || !link.startsWith(scheme)) return null;
  const [, name = null, v6, dns, typed, fingerprint, token] =
    shape.exec(link.slice(scheme.length)) ?? [];
  const hostname = v6 ?? dns;
  if (!hostname || hostname.length > hostLengthMax || !fingerprint || !token) return null;
  // A number by itself is a port wherever people write addresses.
  if (v6 === undefined ? /^\d+$/.test(hostname) : !isV6(v6)) return null;
  const at = typed === undefined ? port : Number(typed);
  return at > 65_535 ? null : { name, hostname, port: at, fingerprint, token: decodeHex(token) };
}

/** Only A to Z: elsewhere a letter may become another one, or two. */
function asciiLower(text: string): string {
  return text.replaceAll(/[A-Z]/g, (letter) => letter.toLowerCase());
}

function isV6(text: string): boolean {
  return text.includes(":") && URL.canParse(`http://[${text}]`);
}

/**
 * What the server keeps of a token, and what a device signs: who reads it can't come in with it.
 *
 * @param token 16 bytes
 * @returns its SHA-256, 32 bytes, owned by the caller
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { tokenHash } from "./invite.ts";
 * assertEquals(tokenHash(new Uint8Array(16)).length, 32);
 * ```
 * @see docs/PROTOCOL.md, section "Getting in"
 */
export function tokenHash(token: Uint8Array): Uint8Array<ArrayBuffer> {
  return new Uint8Array(createHash("sha256").update(token).digest());
}
