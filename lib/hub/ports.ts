/**
 * What a session needs of the outside: the shell does these and calls back. A session never waits.
 *
 * @module
 */

import type { SearchPage, SearchRequest } from "../log/search.ts";
import type { KnownDevice, SnapshotReason, Standing } from "../log/log.ts";
import type { DevicePage, HistoryPage, HistoryRequest, MemberPage, RoomPage } from "../log/log.ts";
import type { InfoPage, Receipt, ReceiptAsk } from "../log/receipts.ts";
import type { DeviceRequest, Outcome, RegisterRequest } from "../log/submission.ts";
import type { FeedWish } from "./feed.ts";

/** The effects that a session asks for; each `done` is called later, or never if that fails. */
export interface SessionPorts {
  /** Something is to be taken with `take`. */
  wake(): void;
  /** Write what `take` still gives, and end. */
  close(): void;
  /**
   * Sets how long payloads may be, from the next frame on: more after login than before.
   *
   * @param bytesMax the longest payload that is taken, in bytes
   */
  allowPayload(bytesMax: number): void;
  /**
   * Signs as the server.
   *
   * @param message what is signed; not changed after this
   * @param done is given the signature, 64 bytes, and owns it
   */
  sign(message: Uint8Array<ArrayBuffer>, done: (signature: Uint8Array) => void): void;
  /**
   * Checks a device's signature.
   *
   * @param key the device's public key; 32 bytes
   * @param message what should have been signed
   * @param signature 64 bytes
   * @param done is told whether the key's owner signed exactly this
   */
  verify(
    key: Uint8Array,
    message: Uint8Array,
    signature: Uint8Array,
    done: (valid: boolean) => void,
  ): void;
  /**
   * Asks the log who a key is.
   *
   * @param deviceKey a public key that its owner has proved; 32 bytes
   * @param done is given the device, or null for a key that is not known
   */
  identify(deviceKey: Uint8Array, done: (known: KnownDevice | null) => void): void;
  /**
   * Tells how long nobody unknown may come in from where this connection comes from.
   *
   * @returns milliseconds; 0 if they may
   */
  pauseMs(): number;
  /**
   * Waits until nothing that a device has submitted, on whichever connection, is under way.
   *
   * @param device the device's id
   * @param done is called when all of it is committed
   */
  settled(device: number, done: () => void): void;
  /**
   * Queues a request for the log.
   *
   * @param request what is asked; not changed after this
   * @param done is told the outcome, once it is durable
   */
  submit(request: DeviceRequest | RegisterRequest, done: (outcome: Outcome) => void): void;
  /**
   * Asks the log whether a device can go on from where it stands.
   *
   * @param standing its log id, cursor and digest
   * @param done is given null if it can, else the reason for a snapshot
   */
  checkStanding(standing: Standing, done: (reason: SnapshotReason | null) => void): void;
  /**
   * Reads for the feed; the page comes back through `Hub.page`.
   *
   * @param wish what the feed wants, from where, and how much
   * @param head the last lsn that may be read
   */
  read(wish: FeedWish, head: number): void;
  /**
   * Asks the log for a page of public rooms.
   *
   * @param user the id of who asks
   * @param after a room's name, or empty for the first page
   * @param done is given the page
   */
  rooms(user: number, after: string, done: (page: RoomPage) => void): void;
  /**
   * Asks the log for a page of a room's members.
   *
   * @param user the id of who asks
   * @param room the room's name
   * @param after a user id, or 0 for the first page
   * @param done is given the page, or a code that says why there is none
   */
  members(user: number, room: string, after: number, done: (page: MemberPage) => void): void;
  /**
   * Asks the log for a user's devices.
   *
   * @param user the id of who asks
   * @param name whose; empty for one's own
   * @param done is given them, or a code that says why there are none
   */
  devices(user: number, name: string, done: (page: DevicePage) => void): void;
  /**
   * Asks the store how far messages have come.
   *
   * @param asks at most `receiptsMax`
   * @param done is given receipts of own messages; others are left out
   */
  receipts(asks: readonly ReceiptAsk[], done: (receipts: readonly Receipt[]) => void): void;
  /**
   * Asks the store who has an own message.
   *
   * @param user the id of who asks
   * @param lsn the message's
   * @param done is given the recipients, or a code that says why not
   */
  info(user: number, lsn: number, done: (page: InfoPage) => void): void;
  /**
   * Asks the log for earlier entries.
   *
   * @param request who asks, for what, how much
   * @param done is given the page, or a code that says why there is none
   */
  history(request: HistoryRequest, done: (page: HistoryPage) => void): void;
  /**
   * Looks for messages in the log.
   *
   * @param request who asks, for what, how much
   * @param done is given what was found
   */
  search(request: SearchRequest, done: (page: SearchPage) => void): void;
  /**
   * Notes something once for the operator.
   *
   * @param event what happened, in one word
   * @param fields the particulars; nothing in them is text of the other side
   */
  note(event: string, fields: Readonly<Record<string, string | number>>): void;
}

/** What the link knows of its silence; monotonic milliseconds. */
export interface LinkTimes {
  /** When a byte last came. */
  readonly lastReadMs: number;
  /** Since when a frame has been half here; null between two frames. */
  readonly frameSinceMs: number | null;
}
