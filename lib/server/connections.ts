/**
 * All connections of a server, and what they share: the hub, presence, the log, the clock's ticks.
 *
 * @module
 */

import { setImmediate } from "node:timers";
import { codes } from "../errors.ts";
import { Hub } from "../hub/hub.ts";
import { Presence } from "../hub/presence.ts";
import { Rates } from "../hub/rate.ts";
import { Receipts } from "../hub/receipts.ts";
import { RunJoiner } from "../hub/runs.ts";
import { type IdentityKey, verifySignature } from "../identity/keys.ts";
import { limits } from "../limits.ts";
import type { LogSearcher } from "../log/search.ts";
import type { Head, LogAppender, LogReader, Membership } from "../log/log.ts";
import type { MarkWriter, ReceiptReader } from "../log/receipts.ts";
import { LogWriter } from "../log/writer.ts";
import type { Committed, Outcome, Registration, Request } from "../log/submission.ts";
import type { Socket } from "../net/link.ts";
import { systemClock, systemRandom, systemTimers } from "../seams.ts";
import { Appender } from "./appender.ts";
import { Connection, type ConnectionContext } from "./connection.ts";
import { DiskWatch } from "./disk_watch.ts";
import { Door } from "./door.ts";
import type { Journal } from "./journal.ts";
import { MarkKeeper } from "./mark_keeper.ts";
import { whoGoes, whoHoldsTooMuch } from "./memory.ts";
import { ReadQueue } from "./read_queue.ts";
import type { ServerLimits } from "./settings.ts";
import type { StrangerJournal } from "./stranger_journal.ts";
import { Turn } from "./turn.ts";

/** What ends a login that whoever tries many of them may be guessing. */
const loginFailures: ReadonlySet<number | null> = new Set([
  codes.badSignature,
  codes.nameTaken,
  codes.badName,
  codes.otherName,
  codes.inviteNeeded,
  codes.badInvite,
  codes.expiredInvite,
  codes.usedInvite,
  codes.closed,
]);

/** What connections are made from. */
export interface ConnectionsOptions {
  /** What the operator allows. */
  readonly limits: ServerLimits;
  /** Where the log stands. */
  readonly head: Head;
  /** All memberships of rooms that are open there. */
  readonly memberships: readonly Membership[];
  /** Who may be registered. */
  readonly registration: Registration;
  /** The server's identity key. */
  readonly identity: IdentityKey;
  /** Commits batches, and writes marks. */
  readonly writer: LogAppender & MarkWriter;
  /** Answers questions. */
  readonly reader: LogReader & ReceiptReader;
  /** Finds messages. */
  readonly searcher: LogSearcher;
  /** Is told what happens to connections. */
  readonly journal: Journal;
  /** Is told what happens to those who have not logged in; ticked from here. */
  readonly strangers: StrangerJournal;
  /** Is told when the log can't go on. */
  readonly failed: (error: Error) => void;
}

/**
 * Takes connections until it is closed.
 *
 * @example
 * ```ts ignore
 * const connections = new Connections(options);
 * connections.accept(socket, "127.0.0.1");
 * await connections.close();
 * ```
 * @see docs/ARCHITECTURE.md, section "server"
 */
export class Connections {
  readonly #open = new Set<Connection>();
  readonly #limits: ServerLimits;
  readonly #door: Door<Connection>;
  /** Those that are told their last word and never logged in. */
  readonly #lingering = new Set<Connection>();
  readonly #rates: Rates;
  readonly #strangerJournal: StrangerJournal;
  readonly #hub: Hub;
  readonly #presence: Presence;
  readonly #appender: Appender;
  readonly #keeper: MarkKeeper;
  readonly #context: ConnectionContext;
  readonly #timer: ReturnType<typeof setInterval>;
  #ticks = 0;

  /**
   * Starts the ticks, with nobody connected.
   *
   * @param options what all connections share
   */
  constructor(options: ConnectionsOptions) {
    const { head, memberships, identity, writer, reader, journal, failed, registration } = options;
    this.#limits = options.limits;
    this.#door = new Door(options.limits, systemClock, systemRandom);
    this.#rates = new Rates(options.limits, systemClock, systemTimers);
    this.#strangerJournal = options.strangers;
    const joiner = new RunJoiner();
    const batches = new LogWriter(systemClock, systemRandom, limits, head.timeMs);
    this.#hub = new Hub(head, memberships, limits);
    this.#presence = new Presence(this.#hub);
    this.#keeper = new MarkKeeper({
      ...{ writer, reader, clock: systemClock, timers: systemTimers, failed },
      refused: ({ message }) => journal("marksRefused", { reason: message }),
    });
    const receipts = this.#receipts();
    const publish = (committed: Committed) => {
      this.#hub.publish(committed);
      receipts.published(committed.published);
    };
    const watched = new DiskWatch(writer, journal, options.limits.diskReserveBytes);
    this.#appender = new Appender(batches, watched, { publish }, failed);
    this.#context = {
      session: {
        hub: this.#hub,
        presence: this.#presence,
        receipts,
        joiner,
        rates: this.#rates,
        limits: options.limits,
        random: systemRandom,
        registration,
        serverKey: identity.publicKey,
        logId: head.logId,
        wallMs: systemClock.wallMs,
      },
      identity,
      verify: verifySignature,
      reader,
      searcher: options.searcher,
      reads: new ReadQueue(),
      appender: this.#appender,
      turn: new Turn(() => joiner.forget()),
      seams: { clock: systemClock, timers: systemTimers },
      journal: (event, fields = {}) => this.#strangerJournal.note(event, fields),
      failed,
      pauseMs: (remote) => this.#door.pauseMs(remote),
      leaving: (connection) => this.#leaving(connection),
      gone: (connection) => {
        this.#open.delete(connection);
        this.#door.leave(connection);
        this.#lingering.delete(connection);
      },
    };
    this.#timer = setInterval(() => this.#tick(), limits.tickMs);
  }

  /**
   * Takes a connection.
   *
   * @param socket an accepted connection, owned from now on
   * @param remote the IP address that it comes from
   * @returns when the next may be taken: where many come, each has a turn of the loop in which its
   * hello is read, before others push it out
   */
  accept(socket: Socket, remote: string): Promise<void> | void {
    const { connectionsMax, strangersMax } = this.#limits;
    if (this.#open.size >= connectionsMax + 2 * strangersMax) return close(socket);
    const connection = new Connection(socket, remote, this.#context);
    this.#open.add(connection);
    connection.start();
    const goes = this.#door.enter(connection, remote);
    goes?.session.fail(codes.full, "too many connections without login");
    if (this.#door.waiting >= this.#limits.strangersDropFrom) return nextTurn();
  }

  #leaving(connection: Connection): void {
    this.#door.leave(connection);
    if (connection.isKnown) return;
    if (loginFailures.has(connection.session.endCode)) this.#door.failed(connection.remote);
    if (this.#lingering.size < this.#limits.strangersMax) this.#lingering.add(connection);
    else queueMicrotask(() => connection.abort());
  }

  #boundMemory(): void {
    const { memoryBytesMax, connectionBytesMax: bytesMax, connectionOverMs: overMs } = this.#limits;
    const nowMs = systemClock.monotonicMs();
    const own = { bytesMax, overMs };
    for (const connection of whoHoldsTooMuch(this.#open, own, nowMs)) {
      end(connection, `${bytesMax} bytes held and nothing read`);
    }
    for (const connection of whoGoes(this.#open, memoryBytesMax, nowMs)) {
      end(connection, `${memoryBytesMax} bytes held by all`);
    }
  }

  /**
   * Lets commits end, so that their senders need not ask again, and tells every client.
   *
   * @returns when all are gone, or have had twice `lingerMs` to take what was said last
   */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.#appender.drained();
    for (const connection of this.#open) connection.session.fail(codes.shutdown, "");
    const deadlineMs = systemClock.monotonicMs() + 2 * limits.lingerMs;
    while (this.#open.size > 0 && systemClock.monotonicMs() < deadlineMs) {
      await new Promise<void>((resolve) => systemTimers.set(20, resolve));
    }
    await this.#keeper.close();
  }

  /**
   * Queues what the operator asks of the log.
   *
   * @param request what is asked
   * @param done is told the outcome, once it is durable
   */
  submit(request: Request, done: (outcome: Outcome) => void): void {
    this.#appender.submit(request, done);
  }

  /**
   * Tells whether a device is connected, for the operator.
   *
   * @param device the device's id
   * @returns whether it is
   */
  serves(device: number): boolean {
    return this.#hub.serves(device);
  }

  #receipts(): Receipts {
    const receipts = new Receipts({
      wake: () => this.#keeper.wake(),
      writeNow: (done) => this.#keeper.writeNow(done),
      rooms: this.#hub.rooms,
      wallMs: systemClock.wallMs,
    });
    this.#keeper.start(receipts);
    return receipts;
  }

  #tick(): void {
    this.#ticks++;
    this.#hub.tellUpto(this.#ticks % limits.quietUptoTicks === 0);
    this.#presence.tick();
    for (const connection of this.#open) connection.tick();
    this.#boundMemory();
    this.#rates.tick();
    this.#strangerJournal.tick();
  }
}

function close(socket: Socket): void {
  try {
    socket.close();
  } catch {
    // Closed by the other side in the same moment: it is what was wanted.
  }
}

/** @returns when what has come in meanwhile was read */
function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** Who goes for what it holds can't be told: what waits for it is what is too much. */
function end(connection: Connection, detail: string): void {
  connection.session.fail(codes.tooSlow, detail);
  connection.abort();
}
