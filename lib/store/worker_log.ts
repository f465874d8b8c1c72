/**
 * The log behind its two Workers, as the rest of the server knows it.
 *
 * @module
 */

import type { AuditPage } from "../log/audit.ts";
import type {
  DevicePage,
  HistoryPage,
  HistoryRequest,
  KnownDevice,
  LogAppender,
  LogReader,
  MemberPage,
  Page,
  PageRequest,
  RoomPage,
  SnapshotPage,
  SnapshotReason,
  SnapshotRequest,
  Standing,
} from "../log/log.ts";
import type {
  InfoPage,
  MarkBatch,
  MarkWriter,
  ReceiptAsk,
  ReceiptPage,
  ReceiptReader,
  Trace,
  UndeliveredPage,
} from "../log/receipts.ts";
import type { Committed, Submission } from "../log/submission.ts";
import { type PackedBatch, packSubmissions, unpackCommitted } from "./moved_batch.ts";
import { type PackedPage, unpackPage } from "./moved_page.ts";
import { WorkerCaller } from "./worker_call.ts";

/**
 * The one writer, in its Worker. It has fewer rights than the program: neither network nor any file
 * outside the data folder. It keeps the right to read there, to see how much room the disk has.
 *
 * @example
 * ```ts ignore
 * const writer = new WorkerWriter("data");
 * await writer.open("data/parley.db", 256 * 1024 * 1024);
 * await writer.close();
 * ```
 * @see docs/ARCHITECTURE.md, section "store"
 */
export class WorkerWriter implements LogAppender, MarkWriter {
  readonly #caller: WorkerCaller;
  readonly #folder: string;

  /**
   * Starts the Worker, which stops the loop for some 40 ms: best when nobody waits.
   *
   * @param folder the data folder
   */
  constructor(folder: string) {
    this.#folder = folder;
    const url = new URL("./writer_worker.ts", import.meta.url);
    const permissions = { read: [folder], write: [folder], sys: ["statfs"] };
    const options = { type: "module", deno: { permissions } } as WorkerOptions;
    this.#caller = new WorkerCaller(new Worker(url, options));
  }

  /**
   * Opens the store.
   *
   * @param path the database file, which is there and of the newest schema
   * @param reserveBytes bytes that are left free on its disk
   * @throws {WorkerError} when it can't be opened
   */
  open(path: string, reserveBytes: number): Promise<void> {
    return this.#caller.call("open", path, this.#folder, reserveBytes);
  }

  /**
   * Commits a batch; see `LogAppender`.
   *
   * @param submissions in order; at most `batchCountMax` of them; copied
   * @returns what became of each, once it is durable, owned by the caller
   * @throws {WorkerError} when the log can't go on; nothing of the batch was taken then
   */
  async append(submissions: readonly Submission[]): Promise<Committed> {
    const packed = packSubmissions(submissions);
    return unpackCommitted(await this.#caller.call<PackedBatch>("append", packed));
  }

  /**
   * Writes marks; see `MarkWriter`. Commits of entries stand behind it, and it behind them.
   *
   * @param batch at most `marksBatchMax` of each; copied
   * @throws {WorkerError} when they can't be written; nothing of the batch was taken then
   */
  note(batch: MarkBatch): Promise<void> {
    return this.#caller.call("note", batch);
  }

  /**
   * Closes the database and ends the Worker; commits asked for before are done first.
   *
   * @returns when the database is closed
   * @throws {WorkerError} when it can't be
   */
  async close(): Promise<void> {
    await this.#caller.call("close");
    this.#caller.terminate();
  }
}

/**
 * Answers questions about the log, from a Worker with a connection that only reads.
 *
 * @example
 * ```ts ignore
 * const reader = new WorkerReader();
 * await reader.open("data/parley.db");
 * reader.close();
 * ```
 * @see docs/ARCHITECTURE.md, section "store"
 */
export class WorkerReader implements LogReader, ReceiptReader {
  readonly #caller: WorkerCaller;

  /** Starts the Worker, which stops the loop for some 40 ms: best when nobody waits. */
  constructor() {
    const url = new URL("./reader_worker.ts", import.meta.url);
    this.#caller = new WorkerCaller(new Worker(url, { type: "module" }));
  }

  /**
   * Opens a store that the writer has opened; questions asked before wait for it.
   *
   * @param path the database file
   * @throws {WorkerError} when it can't be opened
   */
  open(path: string): Promise<void> {
    return this.#caller.call("open", path);
  }

  /**
   * Asks who a key is.
   *
   * @param deviceKey a public key; 32 bytes
   * @returns the device and its latest outbox, or null for a key that is not known
   * @throws {WorkerError} when the log can't be read
   */
  identify(deviceKey: Uint8Array): Promise<KnownDevice | null> {
    return this.#caller.call("identify", deviceKey);
  }

  /**
   * Asks whether a device can go on from where it stands.
   *
   * @param standing its log id, cursor and digest
   * @returns null if it can; else why it is given a snapshot
   * @throws {WorkerError} when the log can't be read
   */
  checkStanding(standing: Standing): Promise<SnapshotReason | null> {
    return this.#caller.call("checkStanding", standing);
  }

  /**
   * Asks for a page of what is meant for a device.
   *
   * @param request for whom, from where, how much
   * @returns the page, owned by the caller: its bytes have moved here
   * @throws {WorkerError} when the log can't be read
   */
  async page(request: PageRequest): Promise<Page> {
    return unpackPage(await this.#caller.call<PackedPage>("page", request));
  }

  /**
   * Asks for a page of a snapshot.
   *
   * @param request for whom, as of which head, from where
   * @returns the page, owned by the caller: its bytes have moved here
   * @throws {WorkerError} when the log can't be read
   */
  async snapshot(request: SnapshotRequest): Promise<SnapshotPage> {
    return unpackPage(await this.#caller.call<PackedPage<SnapshotPage>>("snapshot", request));
  }

  /**
   * Asks for a page of the rooms.
   *
   * @param user the id of who asks
   * @param after a room's name in any case, or empty for the first page
   * @returns a page of rooms in order of name key
   * @throws {WorkerError} when the log can't be read
   */
  rooms(user: number, after: string): Promise<RoomPage> {
    return this.#caller.call("rooms", user, after);
  }

  /**
   * Asks for a page of a room's members.
   *
   * @param user the id of who asks
   * @param room the room's name in any case
   * @param after a user id, or 0 for the first page
   * @returns a page of members in order of id, or a code
   * @throws {WorkerError} when the log can't be read
   */
  members(user: number, room: string, after: number): Promise<MemberPage> {
    return this.#caller.call("members", user, room, after);
  }

  /**
   * Asks for a user's devices.
   *
   * @param user the id of who asks
   * @param name whose, in any case; empty for one's own
   * @returns the devices, or a code
   * @throws {WorkerError} when the log can't be read
   */
  devices(user: number, name: string): Promise<DevicePage> {
    return this.#caller.call("devices", user, name);
  }

  /**
   * Asks how far messages have come.
   *
   * @param asks at most `receiptsMax`
   * @returns receipts of own messages, and what is still to be asked
   * @throws {WorkerError} when the log can't be read
   */
  receipts(asks: readonly ReceiptAsk[]): Promise<ReceiptPage> {
    return this.#caller.call("receipts", asks);
  }

  /**
   * Asks who has an own message.
   *
   * @param user the id of who asks
   * @param lsn the message's
   * @returns recipients, or a code
   * @throws {WorkerError} when the log can't be read
   */
  info(user: number, lsn: number): Promise<InfoPage> {
    return this.#caller.call("info", user, lsn);
  }

  /**
   * Asks where an entry went.
   *
   * @param lsn the entry's
   * @returns null if there is none
   * @throws {WorkerError} when the log can't be read
   */
  trace(lsn: number): Promise<Trace | null> {
    return this.#caller.call("trace", lsn);
  }

  /**
   * Asks for the last entry that is old enough.
   *
   * @param timeMs milliseconds since 1970-01-01 UTC
   * @returns its lsn; 0 for none
   * @throws {WorkerError} when the log can't be read
   */
  lastBefore(timeMs: number): Promise<number> {
    return this.#caller.call("lastBefore", timeMs);
  }

  /**
   * Asks for what was not delivered in a part of the log.
   *
   * @param last where to begin, backwards
   * @param count how many to tell at most
   * @returns what was found, and where to go on
   * @throws {WorkerError} when the log can't be read
   */
  undelivered(last: number, count: number): Promise<UndeliveredPage> {
    return this.#caller.call("undelivered", last, count);
  }

  /**
   * Reads a part of the log for who was let in, kept out and given rights.
   *
   * @param after the lsn before the first to be looked at
   * @returns what was found, and where to go on
   * @throws {WorkerError} when the log can't be read
   */
  audit(after: number): Promise<AuditPage> {
    return this.#caller.call("audit", after);
  }

  /**
   * Asks for earlier entries of a room or direct.
   *
   * @param request who asks, for what, how much
   * @returns the page, owned by the caller: its bytes have moved here
   * @throws {DamagedEntry} when an entry of it does not fit the digest chain
   * @throws {WorkerError} when the log can't be read
   */
  history(request: HistoryRequest): Promise<HistoryPage> {
    return this.#caller.call("history", request);
  }

  /** Ends the Worker; questions that are still open fail. */
  close(): void {
    this.#caller.terminate();
  }
}
