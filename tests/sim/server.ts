/**
 * The server of a world: the real core on SQLite in memory, which is its disk and outlives it.
 *
 * @module
 */

import { Hub } from "../../lib/hub/hub.ts";
import { Presence } from "../../lib/hub/presence.ts";
import { Rates } from "../../lib/hub/rate.ts";
import { Receipts } from "../../lib/hub/receipts.ts";
import type { RingBounds } from "../../lib/hub/ring.ts";
import { RunJoiner } from "../../lib/hub/runs.ts";
import { limits } from "../../lib/limits.ts";
import type { LogAppender } from "../../lib/log/log.ts";
import type { MarkBatch } from "../../lib/log/receipts.ts";
import type { LogSearcher } from "../../lib/log/search.ts";
import type { Committed, Submission } from "../../lib/log/submission.ts";
import { LogWriter } from "../../lib/log/writer.ts";
import type { Socket } from "../../lib/net/link.ts";
import { idBytes } from "../../lib/protocol/packets.ts";
import { Appender } from "../../lib/server/appender.ts";
import { Connection, type ConnectionContext } from "../../lib/server/connection.ts";
import { MarkKeeper } from "../../lib/server/mark_keeper.ts";
import { ReadQueue } from "../../lib/server/read_queue.ts";
import { Turn } from "../../lib/server/turn.ts";
import { MarkTables } from "../../lib/store/marks.ts";
import { rebuild } from "../../lib/store/project.ts";
import { StoreReader } from "../../lib/store/reader.ts";
import { ReceiptBook } from "../../lib/store/receipts.ts";
import { memoryIndexLag, openMemoryStore, SqliteLog } from "../../lib/store/sqlite_log.ts";
import { readMemberships } from "../../lib/store/start.ts";
import { inOnePiece } from "../support/published.ts";
import type { SeededRandom } from "../support/random.ts";
import { unpaced } from "../support/session_bench.ts";
import { type EventQueue, Process } from "./clock.ts";
import { simKey, simVerify } from "./crypto.ts";
import { openly } from "../support/openly.ts";

/** Finds nothing, and says so: the index of words has tests of its own. */
const blindSearcher: LogSearcher = {
  search: () => Promise.resolve({ bytes: new Uint8Array(), count: 0, next: 0, behind: true }),
};

/** How slow a server's disk is, and how much it keeps in memory. */
export interface ServerTemper extends RingBounds {
  /** Milliseconds from a batch to its commit, and from the commit to the word of it, at most. */
  readonly commitMs: number;
  /** Milliseconds of a read at most. */
  readonly readMs: number;
}

/** Is told what the server's disk and journal say. */
export interface ServerWatcher {
  /** A batch is durable. */
  committed(submissions: readonly Submission[], committed: Committed): void;
  /** Something happened that must not. */
  failed(why: string): void;
}

/** What plants a fault: puts another log in front of the one that is there. */
export type LogPort = (log: LogAppender, server: SimServer) => LogAppender;

/** A device that no login registers: the user's further ones. */
export interface FurtherDevice {
  readonly id: number;
  readonly userName: string;
  readonly key: Uint8Array;
}

/** One server, started and crashed any number of times. */
export class SimServer {
  readonly wall = { offsetMs: 0 };
  readonly identity = simKey(new Uint8Array(32).fill(7));
  /** The running program; null while it is down. */
  process: Process | null = null;
  store: SqliteLog;
  #context: ConnectionContext | null = null;
  #connections = new Set<Connection>();

  constructor(
    readonly queue: EventQueue,
    readonly random: SeededRandom,
    readonly temper: ServerTemper,
    readonly watcher: ServerWatcher,
    readonly further: readonly FurtherDevice[],
    readonly logPort: LogPort,
  ) {
    this.store = openMemoryStore(new Process(queue, this.wall), random);
  }

  /** The hub's connections, for looking at their feeds. */
  get connections(): ReadonlySet<Connection> {
    return this.#connections;
  }

  /** Takes users in as logins would, before anybody is connected. */
  register(users: readonly { readonly name: string; readonly key: Uint8Array }[]): void {
    const submissions = users.map(({ name, key }) => ({
      ...{ ...openly, name, deviceKey: key, sizeBytes: 0 } as const,
      timeMs: this.store.head().timeMs,
      salt: this.random.bytes(16),
    }));
    this.watcher.committed(submissions, this.store.append(submissions));
    this.#addFurther();
  }

  /** Starts on what is on the disk. */
  start(): void {
    const process = this.process = new Process(this.queue, this.wall);
    this.store = new SqliteLog(this.store.database, process, this.random, memoryIndexLag);
    const head = this.store.head();
    const hub = new Hub(head, readMemberships(this.store.database), this.temper);
    const presence = new Presence(hub);
    const joiner = new RunJoiner();
    const failed = (error: Error) => this.watcher.failed(error.stack ?? error.message);
    const reader = this.#reader(process);
    const receipts = this.#receipts(process, hub, reader, failed);
    const batches = new LogWriter(process, this.random, limits, head.timeMs);
    const { random, identity } = this;
    const serverKey = identity.publicKey;
    const rates = new Rates(unpaced, process, process);
    const shared = {
      rates,
      random,
      ...openly,
      serverKey,
      logId: head.logId,
      wallMs: () => process.wallMs(),
    };
    const connections = this.#connections = new Set();
    this.#context = {
      session: { hub, presence, receipts, joiner, limits, ...shared },
      identity,
      verify: simVerify,
      reader,
      searcher: blindSearcher,
      reads: new ReadQueue(),
      appender: new Appender(
        batches,
        this.logPort(this.#log(process), this),
        {
          publish: (committed) => {
            hub.publish(committed);
            receipts.published(committed.published);
          },
        },
        failed,
      ),
      turn: new Turn(() => joiner.forget()),
      seams: { clock: process, timers: process },
      journal: (event, fields) => {
        if (event === "failure") this.watcher.failed(`the journal: ${fields?.reason}`);
      },
      failed,
      pauseMs: () => 0,
      leaving: () => {},
      gone: (connection) => connections.delete(connection),
    };
    let ticks = 0;
    const tick = () => {
      hub.tellUpto(++ticks % limits.quietUptoTicks === 0);
      presence.tick();
      for (const connection of connections) connection.tick();
      process.set(limits.tickMs, tick);
    };
    process.set(limits.tickMs, tick);
  }

  /** From now on the disk takes nothing that needs one page more than there is. */
  fillDisk(): void {
    this.store.database.exec("PRAGMA max_page_count = 1");
  }

  /** The disk has room again. */
  makeRoom(): void {
    this.store.database.exec(`PRAGMA max_page_count = ${0xfffffffe}`);
  }

  /** Takes a connection. */
  accept(socket: Socket): Connection {
    const connection = new Connection(socket, "far", this.#context!);
    this.#connections.add(connection);
    connection.start();
    return connection;
  }

  /** Ends without a word; what is on the disk stays. */
  crash(): void {
    if (this.process) this.process.alive = false;
    this.process = null;
    this.#connections = new Set();
  }

  /**
   * Puts an older copy of the disk in its place, under a new log id, while the server is down. No
   * command does this yet: what it will have to do is what stands here.
   */
  restore(lsn: number): void {
    const { database } = this.store;
    database.exec(`DELETE FROM log WHERE lsn > ${lsn}`);
    database.prepare("UPDATE meta SET value = ? WHERE name = 'logId'")
      .run(this.random.bytes(idBytes));
    this.forgetAfter(lsn);
  }

  /** Drops what is not durable; the log's id stays. */
  forgetAfter(lsn: number): void {
    const { database } = this.store;
    this.makeRoom();
    database.exec(`DELETE FROM log WHERE lsn > ${lsn}`);
    rebuild(database);
    this.#forgetMarksAfter(lsn);
    this.#addFurther();
    const process = new Process(this.queue, this.wall);
    this.store = new SqliteLog(database, process, this.random, memoryIndexLag);
  }

  /** An older copy of the disk has older marks: none is about what is not there. */
  #forgetMarksAfter(lsn: number): void {
    this.store.database.exec(`DELETE FROM steps WHERE cursor > ${lsn};
      UPDATE cursors SET cursor = ${lsn} WHERE cursor > ${lsn};
      DELETE FROM stored WHERE first > ${lsn};
      UPDATE stored SET last = ${lsn} WHERE last > ${lsn};
      DELETE FROM reads WHERE lsn > ${lsn}`);
  }

  #addFurther(): void {
    const { database } = this.store;
    const user = database.prepare("SELECT id FROM users WHERE name = ?");
    const add = database.prepare("INSERT INTO devices (id, user, key) VALUES (?, ?, ?)");
    for (const { id, userName, key } of this.further) {
      const found = user.get(userName) as { id: number } | undefined;
      if (found) add.run(id, found.id, key);
    }
  }

  /** Marks that are not written yet are lost with the process. */
  #receipts(
    process: Process,
    hub: Hub,
    reader: ConnectionContext["reader"],
    failed: (error: Error) => void,
  ): Receipts {
    const { random, temper: { commitMs } } = this;
    const tables = new MarkTables(this.store.database);
    const note = (batch: MarkBatch) =>
      new Promise<void>((resolve) => {
        process.set(random.below(commitMs + 1), () => {
          tables.note(batch);
          process.set(random.below(commitMs + 1), resolve);
        });
      });
    const seams = { clock: process, timers: process };
    const refused = () => {};
    const keeper = new MarkKeeper({ writer: { note }, reader, ...seams, refused, failed });
    const receipts = new Receipts({
      wake: () => keeper.wake(),
      writeNow: (done) => keeper.writeNow(done),
      rooms: hub.rooms,
      wallMs: () => process.wallMs(),
    });
    keeper.start(receipts);
    return receipts;
  }

  #log(process: Process): LogAppender {
    const { random, store, temper: { commitMs } } = this;
    return {
      append: (submissions) =>
        new Promise((resolve) => {
          process.set(random.below(commitMs + 1), () => {
            const committed = inOnePiece(store.append(submissions));
            this.watcher.committed(submissions, committed);
            process.set(random.below(commitMs + 1), () => resolve(committed));
          });
        }),
    };
  }

  #reader(process: Process): ConnectionContext["reader"] {
    const { random, temper: { readMs } } = this;
    const reader = new StoreReader(this.store.database);
    const book = new ReceiptBook(this.store.database);
    const soon = <T>(answer: () => T) =>
      new Promise<T>((resolve) => {
        process.set(random.below(readMs + 1), () => {
          const value = answer();
          process.set(random.below(readMs + 1), () => resolve(value));
        });
      });
    return {
      identify: (key) => soon(() => reader.identify(key)),
      checkStanding: (standing) => soon(() => reader.checkStanding(standing)),
      page: (request) => soon(() => reader.page(request)),
      snapshot: (request) => soon(() => reader.snapshot(request)),
      rooms: (...args) => soon(() => reader.rooms(...args)),
      members: (...args) => soon(() => reader.members(...args)),
      devices: (...args) => soon(() => reader.devices(...args)),
      history: (request) => soon(() => reader.history(request)),
      receipts: (asks) => soon(() => book.receipts(asks)),
      info: (...args) => soon(() => book.info(...args)),
      // Not simulated: nobody asks.
      trace: () => soon(() => null),
      lastBefore: () => soon(() => 0),
      undelivered: () => Promise.reject(new Error("no operator here")),
      audit: () => Promise.reject(new Error("no operator here")),
    };
  }
}
