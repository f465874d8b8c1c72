/**
 * Invites: makes their tokens, and tells one only when the invite is durable.
 *
 * @module
 */

import { codes, explain } from "../errors.ts";
import { tokenHash } from "../identity/invite.ts";
import type { InviteRequest, Outcome, RecoverRequest, Registration } from "../log/submission.ts";
import { tokenBytes } from "../protocol/packets.ts";
import { type RoleName, roles } from "../protocol/roles.ts";
import type { Random } from "../seams.ts";
import type { Journal } from "./journal.ts";

/** What an invite is to be. */
export interface InviteAsk {
  /** What who comes in with it becomes. */
  readonly role: RoleName;
  /** How many may come in with it; at least 1. */
  readonly uses: number;
  /** Milliseconds until it counts no more; at least 1. */
  readonly lifeMs: number;
}

/** Who is to get in with a new device. */
export interface RecoverAsk {
  /** The user's name, in any case. */
  readonly name: string;
  /** Milliseconds until it counts no more; at least 1. */
  readonly lifeMs: number;
}

/** The owner's invite, as a server's first start makes it. */
export const ownerAsk: InviteAsk = { role: "owner", uses: 1, lifeMs: 24 * 3_600_000 };

/** A durable invite. */
export interface MadeInvite {
  /** Its id: the lsn of its entry. */
  readonly lsn: number;
  /** What lets its bearer in; 16 bytes, held nowhere but here. */
  readonly token: Uint8Array;
}

/** There is no invite; the message says why. */
export class InviteError extends Error {
  /** The class's name, which stands before the message wherever the error is printed. */
  override name = "InviteError";
}

/** What invites are made with. */
export interface InvitePorts {
  /** Who may be registered: an invite that nobody could use is not made. */
  readonly registration: Registration;
  /** Gives the tokens. */
  readonly random: Random;
  /** Is told of each invite, and of no token. */
  readonly journal: Journal;
  /**
   * Queues a request for the log.
   *
   * @param request what is asked
   * @param done is told the outcome, once it is durable
   */
  submit(request: InviteRequest | RecoverRequest, done: (outcome: Outcome) => void): void;
}

/**
 * Makes invites.
 *
 * What holds: a token is told once, after its invite is durable, and kept nowhere; the log and
 * everything else hold its hash.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { systemRandom } from "../seams.ts";
 * import { type InvitePorts, Invites, ownerAsk } from "./invites.ts";
 * const submit: InvitePorts["submit"] = (_, done) => done({ outcome: "accepted", lsn: 2 });
 * const ports = { registration: "invite", random: systemRandom, journal: () => {}, submit } as const;
 * const { lsn, token } = await new Invites(ports).make(ownerAsk);
 * assertEquals([lsn, token.length], [2, 16]);
 * ```
 * @see docs/PROTOCOL.md, section "Getting in"
 */
export class Invites {
  readonly #ports: InvitePorts;

  /**
   * Starts with none made.
   *
   * @param ports what it needs
   */
  constructor(ports: InvitePorts) {
    this.#ports = ports;
  }

  /**
   * Makes an invite.
   *
   * @param ask what it is to be
   * @returns the invite, once it is durable, owned by the caller, who hands it on
   * @throws {InviteError} when there is none
   */
  async make({ role, uses, lifeMs }: InviteAsk): Promise<MadeInvite> {
    const { registration, journal } = this.#ports;
    if (registration === "closed") throw new InviteError(explain(codes.closed));
    const made = await this.#made((hash) => {
      const asked = { hash, role: roles[role], uses, lifeMs, sizeBytes: hash.length };
      return { by: "operator", ...asked };
    });
    journal("invited", { lsn: made.lsn, role, uses, seconds: seconds(lifeMs) });
    return made;
  }

  /**
   * Makes a code for one more device of a user who lost all others.
   *
   * @param ask whose, and for how long
   * @returns the code, once it is durable, owned by the caller, who hands it on
   * @throws {InviteError} when there is none
   */
  async recover({ name, lifeMs }: RecoverAsk): Promise<MadeInvite> {
    const made = await this.#made((hash) => (
      { by: "recovery", name, hash, lifeMs, sizeBytes: hash.length + name.length }
    ));
    this.#ports.journal("recovering", { lsn: made.lsn, name, seconds: seconds(lifeMs) });
    return made;
  }

  async #made(
    ask: (hash: Uint8Array) => InviteRequest | RecoverRequest,
  ): Promise<MadeInvite> {
    const { random, submit } = this.#ports;
    const token = random.bytes(tokenBytes);
    const request = ask(tokenHash(token));
    const outcome = await new Promise<Outcome>((resolve) => submit(request, resolve));
    if (outcome.outcome !== "accepted") throw new InviteError(explain(outcome.code));
    return { lsn: outcome.lsn, token };
  }
}

function seconds(lifeMs: number): number {
  return Math.ceil(lifeMs / 1_000);
}
