/**
 * What a session needs of the outside: the shell does these and calls back. A session never waits.
 *
 * @module
 */

import type { KnownDevice, SnapshotReason, Standing } from "../log/log.ts";
import type { MemberPage, RoomPage } from "../log/log.ts";
import type { DeviceRequest, Outcome, RegisterRequest } from "../log/submission.ts";
import type { FeedWish } from "./feed.ts";

/** The effects that a session asks for; each `done` is called later, or never if that fails. */
export interface SessionPorts {
  /** Something is to be taken with `take`. */
  wake(): void;
  /** Write what `take` still gives, and end. */
  close(): void;
  /** From the next frame on, payloads may be this long. */
  allowPayload(bytesMax: number): void;
  /** Signs as the server. */
  sign(message: Uint8Array<ArrayBuffer>, done: (signature: Uint8Array) => void): void;
  /** Checks a device's signature. */
  verify(
    key: Uint8Array,
    message: Uint8Array,
    signature: Uint8Array,
    done: (valid: boolean) => void,
  ): void;
  /** Asks who a key is. */
  identify(deviceKey: Uint8Array, done: (known: KnownDevice | null) => void): void;
  /** Queues a request for the log. */
  submit(request: DeviceRequest | RegisterRequest, done: (outcome: Outcome) => void): void;
  /** Asks whether a device can go on from where it stands. */
  checkStanding(standing: Standing, done: (reason: SnapshotReason | null) => void): void;
  /** Reads for the feed; the page comes back through `Hub.page`. */
  read(wish: FeedWish, head: number): void;
  /** Asks for a page of rooms. */
  rooms(user: number, after: string, done: (page: RoomPage) => void): void;
  /** Asks for a page of members. */
  members(user: number, room: string, after: number, done: (page: MemberPage) => void): void;
  /** Notes something once for the operator; `detail` has no text of the other side in it. */
  note(event: string, fields: Readonly<Record<string, string | number>>): void;
}
