/**
 * The log as the rest of the server knows it. Embedded, SQLite in Workers is behind it.
 *
 * @module
 */

import type { TalkAudience } from "../protocol/audience.ts";
import type { Committed, Submission } from "./submission.ts";

/** Where the log stands. */
export interface Head {
  /** The log's own id; 16 bytes, renewed when a server is restored from a backup. */
  readonly logId: Uint8Array;
  readonly lsn: number;
  readonly timeMs: number;
  readonly digest: Uint8Array;
}

/** The side of the log that takes submissions. */
export interface LogAppender {
  /**
   * Applies and commits submissions in one transaction.
   *
   * @param submissions in order; at most `batchCountMax` of them
   * @returns what became of each, once it is durable
   * @throws when the log can't go on; nothing of the batch was taken then
   */
  append(submissions: readonly Submission[]): Promise<Committed>;
}

/** What a page is asked for. */
export interface PageRequest {
  readonly user: number;
  readonly device: number;
  /** Entries after this lsn. */
  readonly after: number;
  /** Entries up to this lsn: the head, as the asker knows it. */
  readonly head: number;
  /** Entries at most; at least 1. */
  readonly entriesMax: number;
  /** Bytes of frames at most; one entry always fits. */
  readonly bytesMax: number;
}

/** A page of entries, ready to be written. */
export interface Page {
  /** All frames joined; `upto`, where the page reaches one, is the last. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** For each entry its lsn and its frame's bytes; for the credit. */
  readonly entries: readonly (readonly [lsn: number, bytes: number])[];
  /** Nothing meant for the device is missing up to here; null within a snapshot. */
  readonly upto: number | null;
}

/** Where a snapshot goes on. */
export interface SnapshotPosition {
  readonly part: "users" | "rooms" | "members" | "entries";
  /** The last audience key done. */
  readonly key: string;
  /** The last user id or lsn done. */
  readonly id: number;
}

/** Where every snapshot starts. */
export const snapshotStart: SnapshotPosition = { part: "users", key: "", id: 0 };

/** What a page of a snapshot is asked for; its head stays the same for all its pages. */
export interface SnapshotRequest extends Omit<PageRequest, "after"> {
  readonly position: SnapshotPosition;
}

/** A page of a snapshot. */
export interface SnapshotPage extends Page {
  /** Where the next page goes on; null after the last, which ends with `upto` the head. */
  readonly next: SnapshotPosition | null;
}

/** A device as the log knows it. */
export interface KnownDevice {
  readonly user: number;
  readonly device: number;
  readonly name: string;
  /** Its latest outbox, and the last number taken of it. */
  readonly epoch: Uint8Array | null;
  readonly n: number;
}

/** Where a device says that it stands. */
export interface Standing {
  readonly logId: Uint8Array | null;
  readonly cursor: number;
  readonly digest: Uint8Array | null;
}

/** Why a device is given a snapshot. */
export const snapshotReasons = {
  asked: 0,
  otherLog: 1,
  beyondHead: 2,
  digestDiffers: 3,
} as const;

/** One of the reasons, by its number. */
export type SnapshotReason = (typeof snapshotReasons)[keyof typeof snapshotReasons];

/** A page of the public rooms. */
export interface RoomPage {
  readonly rooms: readonly (readonly [TalkAudience, string, number, boolean])[];
  readonly more: boolean;
}

/** A page of a room's members. */
export interface MemberPage {
  /** 0, or the wire code of why there is no answer. */
  readonly code: number;
  readonly members: readonly (readonly [user: number, name: string])[];
  readonly more: boolean;
}

/** An open membership, as the hub starts with it. */
export interface Membership {
  readonly audience: string;
  readonly user: number;
  readonly since: number;
}

/** The side of the log that answers questions; it sees committed entries only. */
export interface LogReader {
  /** @returns the device with this public key, or null for one that is not known */
  identify(deviceKey: Uint8Array): Promise<KnownDevice | null>;
  /** @returns null if the device can go on from where it stands; else why not */
  checkStanding(standing: Standing): Promise<SnapshotReason | null>;
  /** @returns the next page of what is meant for a device */
  page(request: PageRequest): Promise<Page>;
  /** @returns the next page of a device's snapshot */
  snapshot(request: SnapshotRequest): Promise<SnapshotPage>;
  /** @returns the rooms whose name key is after `after` */
  rooms(user: number, after: string): Promise<RoomPage>;
  /** @returns the members of the room with this name whose id is above `after` */
  members(user: number, room: string, after: number): Promise<MemberPage>;
}
