/**
 * What all sessions of a server share.
 *
 * @module
 */

import type { HandshakeContext } from "./handshake.ts";
import type { Hub } from "./hub.ts";
import type { OverdueLimits } from "./overdue.ts";
import type { Presence } from "./presence.ts";
import type { Rates } from "./rate.ts";
import type { Receipts } from "./receipts.ts";
import type { RunJoiner } from "./runs.ts";

/** The limits that sessions keep, as they are on this server. */
export interface SessionLimits extends OverdueLimits {
  /** Devices that may be connected. */
  readonly connectionsMax: number;
  /** Devices of one user that may be connected. */
  readonly connectionsPerUserMax: number;
  /** Bytes of the log that one user may take with messages; 0: no bound. */
  readonly userBytesMax: number;
}

/** What all sessions of a server share. */
export interface SessionContext extends HandshakeContext {
  /** Serves the feeds of all sessions. */
  readonly hub: Hub;
  /** Is told what each session watches. */
  readonly presence: Presence;
  /** Is told what each device stored and each user saw. */
  readonly receipts: Receipts;
  /** Joins a run of frames once for all who wait for it. */
  readonly joiner: RunJoiner;
  /** How often users may say something, and connections ask for history. */
  readonly rates: Rates;
  /** What the operator allows. */
  readonly limits: SessionLimits;
  /** The log's own id; 16 bytes. */
  readonly logId: Uint8Array;
  /** Tells the wall clock for `welcome`. */
  readonly wallMs: () => number;
}
