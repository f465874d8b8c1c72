/**
 * All connections of a server, and what they share: the hub, presence, the log, the clock's ticks.
 *
 * @module
 */

import { codes } from "../errors.ts";
import { Hub } from "../hub/hub.ts";
import { Logins } from "../hub/logins.ts";
import { Presence } from "../hub/presence.ts";
import { Receipts } from "../hub/receipts.ts";
import { RunJoiner } from "../hub/runs.ts";
import { type IdentityKey, verifySignature } from "../identity/keys.ts";
import { limits } from "../limits.ts";
import type { Head, LogAppender, LogReader, Membership } from "../log/log.ts";
import type { MarkWriter, ReceiptReader } from "../log/receipts.ts";
import { LogWriter } from "../log/writer.ts";
import type { Committed } from "../log/submission.ts";
import type { Socket } from "../net/link.ts";
import { systemClock, systemRandom, systemTimers } from "../seams.ts";
import { Appender } from "./appender.ts";
import { Connection, type ConnectionContext } from "./connection.ts";
import { DiskWatch } from "./disk_watch.ts";
import type { Journal } from "./journal.ts";
import { MarkKeeper } from "./mark_keeper.ts";
import { ReadQueue } from "./read_queue.ts";
import type { ServerLimits } from "./settings.ts";
import { Turn } from "./turn.ts";

/** What connections are made from. */
export interface ConnectionsOptions {
  /** What the operator allows. */
  readonly limits: ServerLimits;
  /** Where the log stands. */
  readonly head: Head;
  /** All memberships of rooms that are open there. */
  readonly memberships: readonly Membership[];
  /** The server's identity key. */
  readonly identity: IdentityKey;
  /** Commits batches, and writes marks. */
  readonly writer: LogAppender & MarkWriter;
  /** Answers questions. */
  readonly reader: LogReader & ReceiptReader;
  /** Is told what happens to connections. */
  readonly journal: Journal;
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
  /** Those that had not logged in when last looked at, oldest first. */
  readonly #strangers = new Set<Connection>();
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
    const { head, memberships, identity, writer, reader, journal, failed } = options;
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
    const watched = new DiskWatch(writer, journal);
    this.#appender = new Appender(batches, watched, { publish }, failed);
    this.#context = {
      session: {
        hub: this.#hub,
        logins: new Logins(),
        presence: this.#presence,
        receipts,
        joiner,
        random: systemRandom,
        serverKey: identity.publicKey,
        logId: head.logId,
        wallMs: systemClock.wallMs,
      },
      identity,
      verify: verifySignature,
      reader,
      reads: new ReadQueue(),
      appender: this.#appender,
      turn: new Turn(() => joiner.forget()),
      seams: { clock: systemClock, timers: systemTimers },
      journal,
      failed,
      gone: (connection) => {
        this.#open.delete(connection);
        this.#strangers.delete(connection);
      },
    };
    this.#timer = setInterval(() => this.#tick(), limits.tickMs);
  }

  /**
   * Takes a connection.
   *
   * @param socket an accepted connection, owned from now on
   * @param remote where it comes from, for the journal
   */
  accept(socket: Socket, remote: string): void {
    const connection = new Connection(socket, remote, this.#context);
    this.#open.add(connection);
    connection.start();
    if (this.#open.size > limits.connectionsMax) {
      connection.session.fail(codes.full, `${limits.connectionsMax} connections`);
    }
    this.#strangers.add(connection);
    this.#boundStrangers();
  }

  /** Who does not log in gives way to who comes later: silence alone locks nobody out. */
  #boundStrangers(): void {
    for (const oldest of this.#strangers) {
      if (oldest.session.user > 0) this.#strangers.delete(oldest);
      else if (this.#strangers.size > limits.strangersMax) {
        this.#strangers.delete(oldest);
        oldest.session.fail(codes.full, `${limits.strangersMax} connections without login`);
      } else return;
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
  }
}
