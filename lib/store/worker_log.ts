/**
 * The log behind its two Workers, as the rest of the server knows it.
 *
 * @module
 */

import type {
  Head,
  KnownDevice,
  LogAppender,
  LogReader,
  MemberPage,
  Membership,
  Page,
  PageRequest,
  RoomPage,
  SnapshotPage,
  SnapshotReason,
  SnapshotRequest,
  Standing,
} from "../log/log.ts";
import type { Committed, Submission } from "../log/submission.ts";
import { WorkerCaller } from "./worker_call.ts";

/**
 * Starts the Workers and passes calls on.
 *
 * @example
 * ```ts ignore
 * const log = await WorkerLog.open("data/parley.db");
 * await log.close();
 * ```
 * @see docs/ARCHITECTURE.md, section "store"
 */
export class WorkerLog implements LogAppender, LogReader {
  private constructor(
    /** Where the log stood when it was opened. */
    readonly head: Head,
    readonly writer: WorkerCaller,
    readonly reader: WorkerCaller,
  ) {}

  /**
   * Opens the store, makes it if it is missing, and brings it to the newest schema.
   *
   * @param path the database file; its folder exists
   * @returns the open log, owned by the caller
   * @throws {WorkerError} when it can't be opened
   */
  static async open(path: string): Promise<WorkerLog> {
    const options = { type: "module" } as const;
    const writer = new WorkerCaller(
      new Worker(new URL("./writer_worker.ts", import.meta.url), options),
    );
    const reader = new WorkerCaller(
      new Worker(new URL("./reader_worker.ts", import.meta.url), options),
    );
    try {
      const head = await writer.call<Head>("open", path);
      await reader.call("open", path);
      return new WorkerLog(head, writer, reader);
    } catch (error) {
      writer.terminate();
      reader.terminate();
      throw error;
    }
  }

  /** Passes a batch to the writer. */
  append(submissions: readonly Submission[]): Promise<Committed> {
    return this.writer.call("append", submissions);
  }

  /** Asks the reader who a key is. */
  identify(deviceKey: Uint8Array): Promise<KnownDevice | null> {
    return this.reader.call("identify", deviceKey);
  }

  /** Asks the reader whether a device can go on from where it stands. */
  checkStanding(standing: Standing): Promise<SnapshotReason | null> {
    return this.reader.call("checkStanding", standing);
  }

  /** Asks the reader for a page. */
  page(request: PageRequest): Promise<Page> {
    return this.reader.call("page", request);
  }

  /** Asks the reader for a page of a snapshot. */
  snapshot(request: SnapshotRequest): Promise<SnapshotPage> {
    return this.reader.call("snapshot", request);
  }

  /** Asks the reader for public rooms. */
  rooms(user: number, after: string): Promise<RoomPage> {
    return this.reader.call("rooms", user, after);
  }

  /** Asks the reader for a room's members. */
  members(user: number, room: string, after: number): Promise<MemberPage> {
    return this.reader.call("members", user, room, after);
  }

  /** Asks the reader for all open memberships of rooms. */
  memberships(): Promise<Membership[]> {
    return this.reader.call("memberships");
  }

  /** Closes the database and ends both Workers. */
  async close(): Promise<void> {
    await this.writer.call("close");
    this.writer.terminate();
    this.reader.terminate();
  }
}
