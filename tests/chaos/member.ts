/**
 * The client under test: who talks while everything around breaks.
 *
 * @module
 */

import type { MemberRecord } from "./verdict.ts";

/** Is told of each `accepted`, and when the connection on which it came was begun. */
export type Accepted = (sinceMs: number) => void;

/**
 * A client under test. The harness lets it talk, kills it at any moment, starts it again and asks in
 * the end what it has.
 *
 * `WireMember` is a client of the harness's own, which keeps its outbox and what it committed in
 * memory. `RealMember` is the real client with its mailbox on the disk.
 */
export interface Member {
  readonly name: string;
  /** Rows that have no answer yet. */
  readonly unanswered: number;
  /** Everything meant for it is committed up to here. */
  readonly cursor: number;
  /** The highest lsn that it was told as accepted. */
  readonly acceptedLsn: number;
  /** Connects, as a new device, and takes the snapshot. */
  register(): Promise<void>;
  /** Runs, and connects again whenever it has to, on this port. */
  start(port: number): void;
  /** Ends at once, without a word: what it has not committed is gone. */
  kill(): Promise<void>;
  /** Puts a message into its outbox. */
  say(to: string, text: string): void;
  /** Asks to become a member of a room. */
  join(room: string): void;
  /** What it did and has. */
  record(): MemberRecord | Promise<MemberRecord>;
}
