/**
 * What all sessions of a server share.
 *
 * @module
 */

import type { HandshakeContext } from "./handshake.ts";
import type { Hub } from "./hub.ts";
import type { Logins } from "./logins.ts";
import type { Presence } from "./presence.ts";
import type { Receipts } from "./receipts.ts";
import type { RunJoiner } from "./runs.ts";

/** What all sessions of a server share. */
export interface SessionContext extends HandshakeContext {
  /** Serves the feeds of all sessions. */
  readonly hub: Hub;
  /** Knows which session speaks for which device. */
  readonly logins: Logins;
  /** Is told what each session watches. */
  readonly presence: Presence;
  /** Is told what each device stored and each user saw. */
  readonly receipts: Receipts;
  /** Joins a run of frames once for all who wait for it. */
  readonly joiner: RunJoiner;
  /** The log's own id; 16 bytes. */
  readonly logId: Uint8Array;
  /** Tells the wall clock for `welcome`. */
  readonly wallMs: () => number;
}
