/**
 * The log as the rest of the server knows it. Embedded, SQLite in Workers is behind it.
 *
 * @module
 */

import type { Code } from "../errors.ts";
import type { TalkAudience } from "../protocol/audience.ts";
import type { Committed, Submission } from "./submission.ts";

/** Where the log stands. */
export interface Head {
  /** The log's own id; 16 bytes, renewed when a server is restored from a backup. */
  readonly logId: Uint8Array;
  /** The last entry's lsn; at least 1, since the lobby is always there. */
  readonly lsn: number;
  /** The last entry's time, milliseconds since 1970-01-01 UTC; no later entry is below it. */
  readonly timeMs: number;
  /** The digest chain's value after the last entry; 32 bytes. */
  readonly digest: Uint8Array;
}

/** The side of the log that takes submissions. */
export interface LogAppender {
  /**
   * Applies and commits submissions in one transaction.
   *
   * @param submissions in order; at most `batchCountMax` of them
   * @returns what became of each, once it is durable; with a full disk all that is new is for later,
   *   as `unavailable`
   * @throws when the log can't go on; nothing more is taken then
   */
  append(submissions: readonly Submission[]): Promise<Committed>;
}

/** What a page is asked for. */
export interface PageRequest {
  /** The id of the user whose rooms and directs count. */
  readonly user: number;
  /** The id of the device, which has entries of its own, such as `refused`. */
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
  /** What is being given; the parts come in this order. */
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
  /** Where the page begins: `snapshotStart`, or the `next` of the page before. */
  readonly position: SnapshotPosition;
}

/** A page of a snapshot. */
export interface SnapshotPage extends Page {
  /** Where the next page goes on; null after the last, which ends with `upto` the head. */
  readonly next: SnapshotPosition | null;
}

/** A device as the log knows it. */
export interface KnownDevice {
  /** The id of the user whose device it is. */
  readonly user: number;
  /** The device's own id. */
  readonly device: number;
  /** The user's name as it was registered, capitals kept. */
  readonly name: string;
  /** The epoch of its latest outbox, 16 bytes; null while nothing was taken of it. */
  readonly epoch: Uint8Array | null;
  /** The last number taken of that outbox; 0 while there is none. */
  readonly n: number;
  /** Why it is not let in any more; left out for who is. */
  readonly shut?: Code;
}

/** Where a device says that it stands. */
export interface Standing {
  /** The id of the log that its cursor counts in, 16 bytes; null for a new device. */
  readonly logId: Uint8Array | null;
  /** Its cursor: the lsn up to which it holds everything meant for it; 0 for a new device. */
  readonly cursor: number;
  /** The log's digest there, as it was told, 32 bytes; null for a new device. */
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
  /** Room, name, count of members, whether the asker is one; in order of name key. */
  readonly rooms: readonly (readonly [TalkAudience, string, number, boolean])[];
  /** Whether there are rooms after the last one here. */
  readonly more: boolean;
}

/** A page of a room's members. */
export interface MemberPage {
  /** 0, or the wire code of why there is no answer. */
  readonly code: number;
  /** In order of user id; empty where `code` is not 0. */
  readonly members: readonly (readonly [user: number, name: string])[];
  /** Whether there are members after the last one here. */
  readonly more: boolean;
}

/** A user's devices. */
export interface DevicePage {
  /** 0, or the wire code of why there is no answer. */
  readonly code: number;
  /** In order of id, without those that were revoked; empty where `code` is not 0. */
  readonly devices: readonly ListedDevice[];
}

/** A device in a list of a user's. */
export interface ListedDevice {
  /** Its id. */
  readonly device: number;
  /** When it was added; milliseconds since 1970-01-01 UTC. */
  readonly addedMs: number;
  /** When it was last heard of, about; milliseconds since 1970-01-01 UTC, 0 where that is unknown. */
  readonly seenMs: number;
  /** 0, or the wire code of why it is not let in. */
  readonly shut: number;
}

/** What is below the first entry of an answer to `history`. */
export const boundaries = { more: 0, start: 1, notYours: 2 } as const;

/** One of the boundaries, by its number. */
export type Boundary = (typeof boundaries)[keyof typeof boundaries];

/** What earlier entries are asked for. */
export interface HistoryRequest {
  /** The id of who asks. */
  readonly user: number;
  /** The room or direct. */
  readonly room: TalkAudience;
  /** Entries below this lsn; 0 for the newest. */
  readonly before: number;
  /** Entries at most; at least 1. */
  readonly entriesMax: number;
  /** Bytes of the entries' items at most; one always fits. */
  readonly bytesMax: number;
}

/** Earlier entries of a room or direct. */
export interface HistoryPage {
  /** 0, or the wire code of why there is no answer. */
  readonly code: number;
  /** The items of the entries, ascending, joined, each as `pastItem` makes it. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** How many entries there are. */
  readonly count: number;
  /** What is below the first of them; below what was asked for where there are none. */
  readonly boundary: Boundary;
}

/** An open membership, as the hub starts with it. */
export interface Membership {
  /** The room, as `audienceKey` writes it. */
  readonly audience: string;
  /** The member's user id. */
  readonly user: number;
  /** The lsn of the entry that began it, which the member still sees. */
  readonly since: number;
}

/**
 * The side of the log that answers questions; it sees committed entries only. What it gives of an
 * entry has been checked against the digest chain: an answer that needs a damaged one fails with
 * `DamagedEntry`.
 */
export interface LogReader {
  /**
   * Asks who a key is, for a login.
   *
   * @param deviceKey a public key that its owner has proved; 32 bytes
   * @returns the device with this key, or null for one that is not known
   */
  identify(deviceKey: Uint8Array): Promise<KnownDevice | null>;
  /**
   * Asks whether a device's cursor still means something in this log.
   *
   * @param standing where the device says that it stands
   * @returns null if it can go on from there; else why it is given a snapshot
   */
  checkStanding(standing: Standing): Promise<SnapshotReason | null>;
  /**
   * Reads on for a feed that is behind.
   *
   * @param request for which device, from where, how much
   * @returns the next page of what is meant for it, owned by the caller
   */
  page(request: PageRequest): Promise<Page>;
  /**
   * Reads on for a feed that starts anew.
   *
   * @param request for which device, as of which head, from where
   * @returns the next page of its snapshot, owned by the caller
   */
  snapshot(request: SnapshotRequest): Promise<SnapshotPage>;
  /**
   * Lists public rooms, at most `listPageMax` at once.
   *
   * @param user who asks, for whether they are a member
   * @param after a room's name in any case, or empty for the first page
   * @returns the rooms whose name key is after that one's
   */
  rooms(user: number, after: string): Promise<RoomPage>;
  /**
   * Lists a room's members, at most `listPageMax` at once, for its members only.
   *
   * @param user who asks
   * @param room the room's name in any case
   * @param after a user id, or 0 for the first page
   * @returns the members whose id is above `after`, or a code that says why not
   */
  members(user: number, room: string, after: number): Promise<MemberPage>;
  /**
   * Lists a user's devices, to the user and to admins.
   *
   * @param user who asks
   * @param name whose, in any case; empty for one's own
   * @returns the devices, or a code that says why not
   */
  devices(user: number, name: string): Promise<DevicePage>;
  /**
   * Reads back in a room or direct, as far as the asker may see it.
   *
   * @param request who asks, for what, how much
   * @returns the newest entries below `before`, or a code that says why not
   */
  history(request: HistoryRequest): Promise<HistoryPage>;
}
