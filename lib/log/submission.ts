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
  readonly by: "device";
  readonly user: number;
  readonly device: number;
  readonly epoch: Uint8Array;
  readonly n: number;
  readonly id: Uint8Array;
  /** Null where the kind of action is unknown to this version. */
  readonly action: Action | null;
  /** Bytes of the frame it came in; for bounds. */
  readonly sizeBytes: number;
}

/** What a login with an unknown key and a free name asks: a user with a first device. */
export interface RegisterRequest {
  readonly by: "server";
  readonly name: string;
  readonly deviceKey: Uint8Array;
  readonly sizeBytes: number;
}

/** What can be asked of the log. */
export type Request = DeviceRequest | RegisterRequest;

/** A request with everything that makes its result certain: the time, and the salt of its body. */
export type Submission<R extends Request = Request> = R & {
  /** Milliseconds since 1970-01-01 UTC; not below the submission before it. */
  readonly timeMs: number;
  /** 16 random bytes. */
  readonly salt: Uint8Array;
};

/** An entry on its way to those it is meant for. */
export interface Published {
  readonly lsn: number;
  readonly audience: Audience;
  /** The whole `entry` frame: the same bytes for every recipient. */
  readonly frame: Uint8Array;
  /** A membership that begins with this entry, or ends after it. */
  readonly change: "joins" | "leaves" | null;
  /** Whose membership. */
  readonly user: number;
}

/** The submission became an entry; for a repeat, had become one before. */
export interface AcceptedOutcome {
  readonly outcome: "accepted";
  readonly lsn: number;
}

/** The submission was finally refused, which is an entry too. */
export interface RefusedOutcome {
  readonly outcome: "refused";
  readonly lsn: number;
  readonly code: Code;
}

/** The submission took nothing and left nothing. */
export interface LaterOutcome {
  readonly outcome: "later";
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
