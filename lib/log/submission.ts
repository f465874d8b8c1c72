/**
 * Submissions and what becomes of them: the two sides of the Log interface.
 *
 * @module
 */

import type { Code } from "../errors.ts";
import type { Audience } from "../protocol/audience.ts";
import type { Action } from "../protocol/codec.ts";

/** What a device asks to become an entry. */
export interface DeviceRequest {
  /** Tells it from what the server asks by itself. */
  readonly by: "device";
  /** The id of the user who asks, as the login proved it. */
  readonly user: number;
  /** The id of the device that asks, as the login proved it. */
  readonly device: number;
  /** The epoch of the outbox it comes from; 16 bytes. */
  readonly epoch: Uint8Array;
  /** Its number in that outbox, from 1; taken only as the one after the last. */
  readonly n: number;
  /** The outbox row's random id, 16 bytes: tells a repeat from something else under its number. */
  readonly id: Uint8Array;
  /** Bytes of the log that one user may take with messages: apply knows no settings; 0: no bound. */
  readonly userBytesMax?: number;
  /** Null where the kind of action is unknown to this version. */
  readonly action: Action | null;
  /** Bytes of the frame it came in; for bounds. */
  readonly sizeBytes: number;
}

/** Who may be registered at login: who has an invite, whoever comes first, or nobody. */
export const registrations = ["invite", "open", "closed"] as const;

/** One of the modes of registration. */
export type Registration = (typeof registrations)[number];

/** What a login with an unknown key asks: a user with a first device, or one more device. */
export interface RegisterRequest {
  /** Tells it from what a device or the operator asks. */
  readonly by: "server";
  /** The mode at the time of asking: apply knows no settings. */
  readonly registration: Registration;
  /** SHA-256 of the token of an invite, or of a code for a device, 32 bytes; null without one. */
  readonly invite: Uint8Array | null;
  /** The name wanted, as it was typed; apply decides whether it may be had. */
  readonly name: string;
  /** The first device's public key, which its owner has proved; 32 bytes. */
  readonly deviceKey: Uint8Array;
  /** Bytes that it takes, about; for bounds. */
  readonly sizeBytes: number;
}

/** What the operator asks: an invite. */
export interface InviteRequest {
  /** Tells it from what a device or a login asks. */
  readonly by: "operator";
  /** SHA-256 of the token, 32 bytes: the token itself is nobody's but its bearer's. */
  readonly hash: Uint8Array;
  /** What who comes in with it becomes; one of `roles`. */
  readonly role: number;
  /** How many may come in with it; at least 1. */
  readonly uses: number;
  /** Milliseconds from its entry's time until it counts no more; at least 1. */
  readonly lifeMs: number;
  /** Bytes that it takes, about; for bounds. */
  readonly sizeBytes: number;
}

/** What the operator asks for a user who lost all devices: a code for another one. */
export interface RecoverRequest {
  /** Tells it from what else can be asked. */
  readonly by: "recovery";
  /** The user's name, in any case. */
  readonly name: string;
  /** SHA-256 of the code, 32 bytes. */
  readonly hash: Uint8Array;
  /** Milliseconds from its entry's time until it counts no more; at least 1. */
  readonly lifeMs: number;
  /** Bytes that it takes, about; for bounds. */
  readonly sizeBytes: number;
}

/** What can be asked of the log. */
export type Request = DeviceRequest | RegisterRequest | InviteRequest | RecoverRequest;

/** A request with everything that makes its result certain: the time, and the salt of its body. */
export type Submission<R extends Request = Request> = R & {
  /** Milliseconds since 1970-01-01 UTC; not below the submission before it. */
  readonly timeMs: number;
  /** 16 random bytes. */
  readonly salt: Uint8Array;
};

/** A membership begins with an entry, which the new member sees; or ends after it. */
export interface Moves {
  /** Which of both. */
  readonly what: "joins" | "leaves";
  /** What of, as `audienceKey` writes it. */
  readonly audience: string;
  /** The id of the user whose membership it is. */
  readonly user: number;
}

/** Somebody is let in no more: what is connected is to be ended. */
export interface Shuts {
  /** Tells it from what moves. */
  readonly what: "shut";
  /** The user's id. */
  readonly user: number;
  /** The device's id; 0 for all of the user's. */
  readonly device: number;
  /** What they are told. */
  readonly code: Code;
}

/** What an entry changes in who is given what. */
export type Change = Moves | Shuts;

/** An entry on its way to those it is meant for. */
export interface Published {
  /** Its place in the log. */
  readonly lsn: number;
  /** Whom it is meant for. */
  readonly audience: Audience;
  /** The whole `entry` frame: the same bytes for every recipient. */
  readonly frame: Uint8Array;
  /** What it changes in who is given what, in order. */
  readonly changes: readonly Change[];
  /** Who did it: a user's id; 0 for the server itself. */
  readonly user: number;
}

/** The submission became an entry; for a repeat, had become one before. */
export interface AcceptedOutcome {
  /** The number is taken and the entry is durable. */
  readonly outcome: "accepted";
  /** The entry's place in the log; for a repeat, the one it has had since the first time. */
  readonly lsn: number;
}

/** The submission was finally refused, which is an entry too. */
export interface RefusedOutcome {
  /** The number is taken, for good. */
  readonly outcome: "refused";
  /** The place in the log of the entry `refused`, which that device alone is given. */
  readonly lsn: number;
  /** Why; one of the codes from 64 on. */
  readonly code: Code;
}

/** The submission took nothing and left nothing. */
export interface LaterOutcome {
  /** The number is free: the same submission may be sent again. */
  readonly outcome: "later";
  /** Why; for a device one of the codes from 32 to 63, at a login or from the operator any. */
  readonly code: Code;
  /** The last number taken of the epoch. */
  readonly last: number;
}

/** What became of a submission. */
export type Outcome = AcceptedOutcome | RefusedOutcome | LaterOutcome;

/** What one transaction did: durable when this is told. */
export interface Committed {
  /** One for each submission, in order. */
  readonly outcomes: readonly Outcome[];
  /** The new entries, in lsn order. */
  readonly published: readonly Published[];
  /** The lsn of the log's last entry. */
  readonly head: number;
  /** The log's digest there. */
  readonly digest: Uint8Array;
}
