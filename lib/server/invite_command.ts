/**
 * `parleyd invite`: asks the running server for an invite, and writes it.
 *
 * @module
 */

import { decodeHex } from "@std/encoding/hex";
import { type Invite, inviteLink, parseInvite } from "../identity/invite.ts";
import { defaultPort, parseAddress } from "../net/tcp.ts";
import { nameKey } from "../protocol/names.ts";
import { AdminError, askServer } from "./admin_client.ts";
import type { AdminQuestion } from "./admin_lines.ts";
import { type Host, hostOf, inviteLines, recoveryLines } from "./invite_text.ts";
import type { InviteAsk, RecoverAsk } from "./invites.ts";

/**
 * Asks for an invite.
 *
 * @param data the running server's data folder
 * @param ask what it is to be
 * @param host where it leads; null for what the server says of itself
 * @param isTerminal whether a person reads it: a script is given the link alone
 * @returns lines, owned by the caller; the invite is durable
 * @throws {AdminError} when there is none
 * @example
 * ```ts ignore
 * const ask = { role: "member", uses: 1, lifeMs: 86_400_000 } as const;
 * for (const line of await askInvite("parley-data", ask, null, true)) console.log(line);
 * ```
 * @see docs/ARCHITECTURE.md, section "server"
 */
export async function askInvite(
  data: string,
  ask: InviteAsk,
  host: Host | null,
  isTerminal: boolean,
): Promise<string[]> {
  const invite = await made(data, { ask: "invite", ...ask }, host, null);
  return isTerminal ? inviteLines(ask, invite, true) : [inviteLink(invite)];
}

/**
 * Asks for a code for one more device of a user who lost all others.
 *
 * @param data the running server's data folder
 * @param ask whose, and for how long
 * @param host where it leads; null for what the server says of itself
 * @param isTerminal whether a person reads it: a script is given the link alone
 * @returns lines, owned by the caller; the code is durable
 * @throws {AdminError} when there is none
 * @example
 * ```ts ignore
 * const ask = { name: "alice", lifeMs: 3_600_000 };
 * for (const line of await askRecovery("parley-data", ask, null, true)) console.log(line);
 * ```
 * @see docs/ARCHITECTURE.md, section "server"
 */
export async function askRecovery(
  data: string,
  ask: RecoverAsk,
  host: Host | null,
  isTerminal: boolean,
): Promise<string[]> {
  const invite = await made(data, { ask: "recover", ...ask }, host, nameKey(ask.name));
  return isTerminal ? recoveryLines(ask, invite) : [inviteLink(invite)];
}

async function made(
  data: string,
  question: AdminQuestion,
  host: Host | null,
  name: string | null,
): Promise<Invite> {
  const lines = await askServer(data, question);
  const made = lines.find((line) => "invite" in line)?.invite;
  if (!made) throw new AdminError("the server's answer holds no invite");
  const { fingerprint, token } = made;
  return { name, ...hostOf(made, host), fingerprint, token: decodeHex(token) };
}

/**
 * Reads where an invite is to lead.
 *
 * @param text a name or an IP address, and a port if it is not the server's own
 * @returns the host, or null where no link could hold it
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { parseHost } from "./invite_command.ts";
 * assertEquals(parseHost("chat.example"), { hostname: "chat.example", port: null });
 * assertEquals(parseHost("[::1]:80"), { hostname: "::1", port: 80 });
 * assertEquals(parseHost("7667"), null);
 * ```
 */
export function parseHost(text: string): Host | null {
  const address = parseAddress(text, "");
  if (!address) return null;
  const sample = { name: null, fingerprint: "0".repeat(64), token: new Uint8Array(16) };
  const read = parseInvite(inviteLink({ ...address, ...sample }), defaultPort);
  if (!read || read.name !== null) return null;
  return { hostname: read.hostname, port: /:\d+$/.test(text) ? read.port : null };
}
