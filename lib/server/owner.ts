/**
 * How a new server gets its owner: what a start says while there is none.
 *
 * @module
 */

import type { PeopleStart } from "../store/start.ts";
import { inviteLines } from "./invite_text.ts";
import { type InviteAsk, InviteError, type MadeInvite, ownerAsk } from "./invites.ts";

/** What a start knows and may do. */
export interface OwnerPorts {
  /** Who was there when the store was opened. */
  readonly people: PeopleStart;
  /** Makes an invite. */
  readonly make: (ask: InviteAsk) => Promise<MadeInvite>;
  /** Where invites lead. */
  readonly server: { readonly hostname: string; readonly port: number };
  /** The fingerprint of the server's identity key. */
  readonly fingerprint: string;
  /** Whether what is printed goes to a terminal: a file, and what reads a pipe, may keep it. */
  readonly isTerminal: boolean;
  /** Whether the running server can be asked for another invite. */
  readonly canBeAsked: boolean;
  /** The data folder, for the command that makes another. */
  readonly data: string;
}

/**
 * Tells how the owner gets in. The first start makes the invite, and nobody but its reader ever
 * has it; where others would find it later, in a file or a journal, it is made on demand alone.
 *
 * @param ports what it knows and may do
 * @returns lines for people; none where there is an owner
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { type OwnerPorts, ownerLines } from "./owner.ts";
 * const people = { hasOwner: true, hasUsers: true, hasInvites: true };
 * assertEquals(await ownerLines({ people } as OwnerPorts), []);
 * ```
 * @see docs/PROTOCOL.md, section "Getting in"
 */
export async function ownerLines(ports: OwnerPorts): Promise<string[]> {
  const { hasOwner, hasUsers, hasInvites } = ports.people;
  if (hasOwner) return [];
  const isKept = !ports.isTerminal && ports.canBeAsked;
  if (hasUsers || hasInvites || isKept) return [another(ports.data)];
  try {
    const { token } = await ports.make(ownerAsk);
    const { server, fingerprint, isTerminal } = ports;
    return [
      "nobody has joined yet, and new users come in by invite",
      ...inviteLines(ownerAsk, { name: null, ...server, fingerprint, token }, isTerminal),
    ];
  } catch (error) {
    if (!(error instanceof InviteError)) throw error;
    return [`no invite could be made: ${error.message}`, another(ports.data)];
  }
}

function another(data: string): string {
  const folder = /^[\w./-]+$/.test(data) ? data : `'${data.replaceAll("'", "'\\''")}'`;
  return "there is no owner yet; this makes an invite for one: " +
    `parleyd invite --role owner --data ${folder}`;
}
