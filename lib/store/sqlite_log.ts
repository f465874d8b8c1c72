/**
 * The SQLite log: the one writer. It runs in a Worker of its own, and in tests in memory.
 *
 * @module
 */

import type { DatabaseSync } from "node:sqlite";
import { codes } from "../errors.ts";
import { firstDigest, saltBytes } from "../log/digest.ts";
import { limits } from "../limits.ts";
import { decodeEntry } from "../log/entry.ts";
import type { Head } from "../log/log.ts";
import type { Committed, Outcome, Published, Submission } from "../log/submission.ts";
import { idBytes } from "../protocol/packets.ts";
import { type Clock, type Random, systemClock, systemRandom } from "../seams.ts";
import { Checkpoints } from "../sqlite/checkpoints.ts";
import { openDatabase, transaction } from "../sqlite/database.ts";
import { isDiskFull } from "../sqlite/disk_full.ts";
import { migrate } from "../sqlite/migrate.ts";
import { apply, applyFirst, type Tip } from "./apply.ts";
import { readProjectionVersion, rebuild } from "./project.ts";
import { migrations, projectionVersion } from "./schema.ts";
import { readLogId } from "./start.ts";
import { StoredEntries } from "./stored.ts";
import { Tables } from "./tables.ts";

/**
 * Takes submissions into the log and its projections, a transaction a batch.
 *
 * What holds: after any failure of the disk but a full one nothing is ever committed again. SQLite
 * would go on, but nobody knows what the disk holds then.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { openMemoryStore } from "./sqlite_log.ts";
 * const store = openMemoryStore();
 * assertEquals(store.append([]).head, 1, "the lobby is the first entry");
 * store.close();
 * ```
 * @see docs/ARCHITECTURE.md, section "store"
 */
export class SqliteLog {
  readonly #tables: Tables;
  #tip: Tip;
  #timeMs: number;
  readonly #logId: Uint8Array;
  readonly #checkpoints: Checkpoints;
  #failure: Error | null = null;
  readonly #hasRoom: () => boolean;

  /**
   * Brings the database to the newest schema and makes the first entry of a new log.
   *
   * @param database an open database, of which this becomes the one writer
   * @param clock tells the time of the first entry of a new log
   * @param random makes the id of a new log
   * @param indexLagMax entries that the index may be behind the log; at least 1
   * @param hasRoom whether the disk has room for more than what is to be left free
   * @throws {DamagedEntry} when the log's last entry is damaged: nothing can follow it
   */
  constructor(
    readonly database: DatabaseSync,
    clock: Clock,
    random: Random,
    indexLagMax: number = limits.indexLagMax,
    hasRoom: () => boolean = () => true,
  ) {
    this.#hasRoom = hasRoom;
    migrate(database, migrations);
    if (readProjectionVersion(database) !== projectionVersion) rebuild(database);
    this.#tables = new Tables(database, indexLagMax);
    if (!this.#tables.head()) {
      transaction(database, () => {
        database.prepare("INSERT INTO meta (name, value) VALUES ('logId', ?)")
          .run(random.bytes(idBytes));
        applyFirst(this.#tables, clock.wallMs(), random.bytes(saltBytes));
        this.#tables.flush();
      });
      this.#tables.committed();
    }
    const last = this.#tables.head();
    // The next entry's digest stands on this one.
    if (last) new StoredEntries(database).read(last.lsn);
    this.#tip = { lsn: last?.lsn ?? 0, digest: last?.digest ?? firstDigest };
    this.#timeMs = last ? decodeEntry({ header: last.header, body: null }).timeMs : 0;
    this.#logId = readLogId(database);
    this.#checkpoints = new Checkpoints(database);
  }

  /**
   * Tells where the log stands after the last commit.
   *
   * @returns id, lsn, time and digest; the bytes are shared, never to be changed
   */
  head(): Head {
    return { logId: this.#logId, timeMs: this.#timeMs, ...this.#tip };
  }

  /**
   * Applies and commits a batch. When the disk is full, or its reserve reached, nothing of it is
   * taken and all is for later.
   *
   * @param submissions in order
   * @returns what became of each; durable
   * @throws what SQLite throws, and the same at every further call; nothing more is taken then
   */
  append(submissions: readonly Submission[]): Committed {
    if (!this.#failure && !this.#hasRoom()) return this.#refuse(submissions);
    const bytes = submissions.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
    try {
      return this.write(bytes, () => this.#commit(submissions));
    } catch (error) {
      this.#tables.forget();
      if (isDiskFull(error)) return this.#refuse(submissions);
      throw error;
    }
  }

  /**
   * Writes something else on the one connection that writes, under the same rule as the log.
   *
   * @param contentBytes how much it is, about: for the checkpoints
   * @param work one transaction
   * @returns what `work` returned, once it is durable
   * @throws what `work` throws; after anything but a full disk the same at every further call
   */
  write<T>(contentBytes: number, work: () => T): T {
    if (this.#failure) throw this.#failure;
    try {
      const result = work();
      this.#checkpoints.committed(contentBytes);
      return result;
    } catch (error) {
      if (!isDiskFull(error)) this.#failure = error as Error;
      throw error;
    }
  }

  #commit(submissions: readonly Submission[]): Committed {
    const outcomes: Outcome[] = [];
    const published: Published[] = [];
    let tip = this.#tip;
    transaction(this.database, () => {
      for (const submission of submissions) {
        const applied = apply(this.#tables, tip, submission);
        tip = applied.tip;
        outcomes.push(applied.outcome);
        if (applied.published) published.push(applied.published);
      }
      this.#tables.flush();
    });
    this.#tables.committed();
    this.#tip = tip;
    this.#timeMs = submissions.at(-1)?.timeMs ?? this.#timeMs;
    return { outcomes, published, head: tip.lsn, digest: tip.digest };
  }

  /** Answers a batch of which nothing is taken; a repeat is told what it has, for which nothing is written. */
  #refuse(submissions: readonly Submission[]): Committed {
    const outcomes = submissions.map((submission): Outcome => {
      if (submission.by !== "device") {
        return { outcome: "later", code: codes.unavailable, last: 0 };
      }
      const { device, epoch, n } = submission;
      const last = this.#tables.outbox(device, epoch)?.last ?? 0;
      return n > 0 && n <= last
        ? apply(this.#tables, this.#tip, submission).outcome
        : { outcome: "later", code: codes.unavailable, last };
    });
    return { outcomes, published: [], head: this.#tip.lsn, digest: this.#tip.digest };
  }

  /** Closes the database. */
  close(): void {
    this.database.close();
  }
}

/** Stores in memory are small: with less than a real one's, their index is behind and is not. */
export const memoryIndexLag = 8;

/**
 * Opens a store that lives in memory, for tests and examples: the real apply on real SQLite.
 *
 * @param clock tells the time of the first entry
 * @param random makes the log's id
 * @returns the open store, owned by the caller, who closes it
 * @example
 * ```ts
 * import { openMemoryStore } from "./sqlite_log.ts";
 * openMemoryStore().close();
 * ```
 * @see docs/ARCHITECTURE.md, section "store"
 */
export function openMemoryStore(
  clock: Clock = systemClock,
  random: Random = systemRandom,
): SqliteLog {
  return new SqliteLog(openDatabase(":memory:"), clock, random, memoryIndexLag);
}
