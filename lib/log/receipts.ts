/**
 * Receipts as the rest of the server knows them: what devices and users say that they have, which
 * is kept beside the log, and what becomes of it.
 *
 * @module
 */
import type { AuditPage } from "./audit.ts";

/** How far a device has come since its marks were written last. */
export interface DeviceMark {
  /** The id of the device. */
  readonly device: number;
  /** The id of its user. */
  readonly user: number;
  /** Where it began since the last write; null where it only went on. */
  readonly start: DeviceStart | null;
  /** Everything meant for it is stored by it up to here, from its `since` on. */
  readonly cursor: number;
  /** When it said so; milliseconds since 1970-01-01 UTC. */
  readonly timeMs: number;
}

/** Where a device began, and whether what it stored before still counts. */
export interface DeviceStart {
  /** `resumed`: it went on from its cursor; `anew`: from a snapshot, and holds nothing before. */
  readonly kind: "resumed" | "anew";
  /** The cursor that it said and that was checked, or the snapshot's head. */
  readonly cursor: number;
}

/** How far a user has seen a room or a direct. */
export interface ReadMark {
  /** The user's id. */
  readonly user: number;
  /** The room or direct, as `audienceKey` writes it. */
  readonly audience: string;
  /** Everything is seen up to here. */
  readonly lsn: number;
  /** When that was said; milliseconds since 1970-01-01 UTC. */
  readonly timeMs: number;
}

/** What a device stored beyond its cursor's way, such as pages of a room's history. */
export interface StoredMark {
  /** The id of the device. */
  readonly device: number;
  /** The id of its user. */
  readonly user: number;
  /** The room or direct, as `audienceKey` writes it. */
  readonly audience: string;
  /** The first lsn of the range. */
  readonly from: number;
  /** The last lsn of the range; everything of the audience between is stored. */
  readonly to: number;
  /** When that was said; milliseconds since 1970-01-01 UTC. */
  readonly timeMs: number;
}

/** Marks that are written in one transaction, in this order. */
export interface MarkBatch {
  /** Read marks from before a change in `sharing`. */
  readonly early: readonly ReadMark[];
  /** Whether users share what they read: who stops is forgotten. */
  readonly sharing: readonly (readonly [user: number, on: boolean])[];
  /** Read marks; those of users who don't share are dropped. */
  readonly reads: readonly ReadMark[];
  /** One at most for each device. */
  readonly devices: readonly DeviceMark[];
  /** Ranges, after the devices' new starts. */
  readonly stored: readonly StoredMark[];
}

/** The side of the store that takes marks. */
export interface MarkWriter {
  /**
   * Writes marks in one transaction of their own.
   *
   * @param batch at most `marksBatchMax` of each
   * @throws when they can't be written; nothing of the batch was taken then
   */
  note(batch: MarkBatch): Promise<void>;
}

/** Whose message a receipt is asked for. */
export interface ReceiptAsk {
  /** The id of the user who asks; an answer there is only for their own messages. */
  readonly user: number;
  /** The message's lsn. */
  readonly lsn: number;
}

/** How far a message has come. */
export interface Receipt extends ReceiptAsk {
  /** The room or direct, as `audienceKey` writes it. */
  readonly audience: string;
  /** How many it is meant for, its sender not counted. */
  readonly recipients: number;
  /** How many of them have it on a device. */
  readonly delivered: number;
  /** How many of them read it and say so, as far as the asker says so too. */
  readonly read: number;
}

/** Receipts, as many as one look into the store gives. */
export interface ReceiptPage {
  /** For each ask of this page that is about an own message. */
  readonly receipts: readonly Receipt[];
  /** What is still to be asked; empty at the end. */
  readonly rest: readonly ReceiptAsk[];
}

/** What a recipient has of a message. */
export const holdingStates = { notYet: 0, delivered: 1, read: 2 } as const;

/** Who has a message. */
export interface InfoPage {
  /** 0, or the wire code of why there is no answer. */
  readonly code: number;
  /** Who read it first, then who has it, then who has not, each by user id; with since when. */
  readonly states: readonly (readonly [user: number, name: string, state: number, ms: number])[];
}

/** A device of a recipient, as the operator sees it. */
export interface TracedDevice {
  /** The device's id. */
  readonly device: number;
  /** Whether it has the entry. */
  readonly holds: boolean;
  /** Since when at the latest, milliseconds since 1970-01-01 UTC; null where it has it not. */
  readonly heldMs: number | null;
  /** Whether `heldMs` is only the oldest that is known: it has it since then or before. */
  readonly before: boolean;
  /** Its cursor as it was last written; 0 if it never said one. */
  readonly cursor: number;
  /** When it said that; 0 for never. */
  readonly cursorMs: number;
}

/** A recipient, as the operator sees it. */
export interface TracedUser {
  /** The user's id. */
  readonly user: number;
  /** The user's name, as it was registered. */
  readonly name: string;
  /** All devices of the user. */
  readonly devices: readonly TracedDevice[];
}

/** Where an entry stands and where it went. */
export interface Trace {
  /** The entry's lsn. */
  readonly lsn: number;
  /** The name of its kind, or its number where this version doesn't know it. */
  readonly kind: string;
  /** Its audience, as people say it: a room's name, or users' names. */
  readonly audience: string;
  /** Its time; milliseconds since 1970-01-01 UTC. */
  readonly timeMs: number;
  /** Its sender's name; empty for the server. */
  readonly sender: string;
  /** Whom it is meant for, its sender left out. */
  readonly recipients: readonly TracedUser[];
  /** How many more there are than are told. */
  readonly more: number;
}

/** A message that some recipient has on no device. */
export interface Undelivered {
  /** The message's lsn. */
  readonly lsn: number;
  /** Its time; milliseconds since 1970-01-01 UTC. */
  readonly timeMs: number;
  /** Its room's name, or the users' names of a direct. */
  readonly audience: string;
  /** Its sender's name. */
  readonly sender: string;
  /** Names of who is missing it. */
  readonly missing: readonly string[];
  /** How many more are missing it than are named. */
  readonly more: number;
}

/** A part of the log, searched for what was not delivered. */
export interface UndeliveredPage {
  /** Newest first; those beyond what was asked for are only counted. */
  readonly messages: readonly Undelivered[];
  /** How many were found. */
  readonly found: number;
  /** The last lsn that is still to be searched; 0 at the end. */
  readonly next: number;
}

/** The side of the store that answers about receipts. */
export interface ReceiptReader {
  /**
   * Reckons receipts, up to a bound on the work.
   *
   * @param asks at most `receiptsMax`
   * @returns receipts, and what is still to be asked
   */
  receipts(asks: readonly ReceiptAsk[]): Promise<ReceiptPage>;
  /**
   * Tells who has an own message.
   *
   * @param user who asks
   * @param lsn the message's
   * @returns at most `listPageMax` recipients, or a code
   */
  info(user: number, lsn: number): Promise<InfoPage>;
  /**
   * Tells the operator where an entry went.
   *
   * @param lsn the entry's
   * @returns null if there is none
   */
  trace(lsn: number): Promise<Trace | null>;
  /**
   * Finds the last entry that is old enough.
   *
   * @param timeMs milliseconds since 1970-01-01 UTC
   * @returns the lsn of the last entry at or before that time; 0 for none
   */
  lastBefore(timeMs: number): Promise<number>;
  /**
   * Searches a part of the log, backwards.
   *
   * @param last where to begin
   * @param count how many to tell at most
   * @returns what was found, and where to go on
   */
  undelivered(last: number, count: number): Promise<UndeliveredPage>;
  /**
   * Reads a part of the log for who was let in, kept out and given rights.
   *
   * @param after the lsn before the first to be looked at
   * @returns what was found, and where to go on
   */
  audit(after: number): Promise<AuditPage>;
}
