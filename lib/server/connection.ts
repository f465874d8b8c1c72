/**
 * One connection of the server: a link and a session, and the ports between them and the rest.
 *
 * @module
 */

import { codes } from "../errors.ts";
import type { LogSearcher } from "../log/search.ts";
import type { SessionPorts } from "../hub/ports.ts";
import type { SessionContext } from "../hub/context.ts";
import { Session } from "../hub/session.ts";
import type { IdentityKey, SignatureCheck } from "../identity/keys.ts";
import { limits } from "../limits.ts";
import { DamagedEntry } from "../log/damage.ts";
import type { LogReader } from "../log/log.ts";
import type { ReceiptReader } from "../log/receipts.ts";
import { Link, type LinkHandler, type LinkSeams, type Socket } from "../net/link.ts";
import type { FeedWish } from "../hub/feed.ts";
import type { Appender } from "./appender.ts";
import type { Guest } from "./door.ts";
import type { Holder } from "./memory.ts";
import type { Journal } from "./journal.ts";
import { askReceipts } from "./mark_keeper.ts";
import type { ReadQueue } from "./read_queue.ts";
import type { Flushable, Turn } from "./turn.ts";

/** What all connections of a server share. */
export interface ConnectionContext {
  /** What their sessions share. */
  readonly session: SessionContext;
  /** The server's identity, which signs each `challenge`. */
  readonly identity: IdentityKey;
  /** Checks the signatures of logins. */
  readonly verify: SignatureCheck;
  /** Answers what sessions ask of the log. */
  readonly reader: LogReader & ReceiptReader;
  /** Finds messages. */
  readonly searcher: LogSearcher;
  /** Reads pages one at a time. */
  readonly reads: ReadQueue;
  /** Takes what sessions submit. */
  readonly appender: Appender;
  /** Joins what one turn of the loop has to say into one write for each. */
  readonly turn: Turn;
  /** Clock and timers of the links. */
  readonly seams: LinkSeams;
  /** Takes what the operator should know. */
  readonly journal: Journal;
  /** The log can't be read: the server stops. */
  readonly failed: (error: Error) => void;
  /** Tells for how many milliseconds an address lets nobody in who is not known. */
  readonly pauseMs: (remote: string) => number;
  /** The connection has been told its last word, and will be gone soon. */
  readonly leaving: (connection: Connection) => void;
  /** The connection is gone, and calls nothing any more. */
  readonly gone: (connection: Connection) => void;
}

/**
 * Joins a link and a session.
 *
 * @example
 * ```ts ignore
 * const connection = new Connection(socket, "127.0.0.1", context);
 * connection.start();
 * ```
 * @see docs/ARCHITECTURE.md, section "server"
 */
export class Connection implements LinkHandler, Flushable, Guest, Holder {
  /** The conversation; for whoever has to end it from outside, with `fail`. */
  readonly session: Session;
  /** The IP address that it comes from. */
  readonly remote: string;
  readonly #link: Link;
  readonly #context: ConnectionContext;

  /**
   * Takes a connection over; nothing is read before `start`.
   *
   * @param socket an accepted connection, owned from now on
   * @param remote where it comes from, for the journal
   * @param context what all connections share
   */
  constructor(socket: Socket, remote: string, context: ConnectionContext) {
    this.#context = context;
    this.remote = remote;
    this.#link = new Link(socket, this, context.seams, limits.frameBytesMaxBeforeLogin);
    const { channel } = socket;
    const shared = channel ? { ...context.session, channel } : context.session;
    this.session = new Session(this.#ports(remote), shared, this.#nowMs());
  }

  /** Whether it has logged in. */
  get isKnown(): boolean {
    return this.session.user > 0;
  }

  /** Whether it has said hello. */
  get hasGreeted(): boolean {
    return this.session.hasGreeted;
  }

  /** Bytes that it holds for itself alone. */
  get heldBytes(): number {
    return this.#link.heldBytes(limits.tickMs) + this.session.heldBytes;
  }

  /** Since when its device made no progress, or read nothing; monotonic ms. */
  get stuckSinceMs(): number {
    const { stalledSinceMs } = this.session.feed;
    return Math.min(stalledSinceMs || Infinity, this.#link.writeSinceMs ?? Infinity);
  }

  /** Ends it at once, without a word. */
  abort(): void {
    this.#link.abort();
  }

  /** Begins to read. */
  start(): void {
    this.#link.start();
  }

  /** Looks at the clock; once a second is enough. */
  tick(): void {
    const nowMs = this.#nowMs();
    const { lastReadMs, frameSinceMs, writeSinceMs } = this.#link;
    this.session.tick(nowMs, { lastReadMs, frameSinceMs });
    if (writeSinceMs !== null && nowMs - writeSinceMs > limits.stallMs) this.#link.abort();
  }

  /**
   * Gives a payload to the session.
   *
   * @param payload a view that holds only during the call
   * @throws {ProtocolError} when the conversation can't go on
   */
  payload(payload: Uint8Array): void {
    this.session.payload(payload);
  }

  /**
   * Lets the session say its last word.
   *
   * @param error what went wrong
   */
  broken(error: Error): void {
    this.session.broken(error);
  }

  /**
   * Gives what is to be written next.
   *
   * @returns bytes that may be shared, never to be changed; null for nothing
   */
  take(): Uint8Array | null {
    return this.session.take();
  }

  /** Ends the session with the link. */
  ended(): void {
    this.session.ended();
    this.#context.gone(this);
  }

  /** Writes what waits. */
  flush(): void {
    this.#link.wake();
  }

  #nowMs(): number {
    return this.#context.seams.clock.monotonicMs();
  }

  #ports(remote: string): SessionPorts {
    const { identity, verify, reader, appender, turn, journal } = this.#context;
    // A mistake in what one session does with an answer ends that session, and not the server.
    const guarded = <T>(done: (value: T) => void) => (value: T) => {
      try {
        done(value);
      } catch (error) {
        this.session.broken(error as Error);
      }
    };
    const ask = <T>(answer: Promise<T>, done: (value: T) => void) => {
      answer.then(guarded(done), (error) => this.#unread(error));
    };
    return {
      wake: () => turn.add(this),
      close: () => {
        queueMicrotask(() => this.#link.close());
        this.#context.leaving(this);
      },
      allowPayload: (bytesMax) => (this.#link.payloadBytesMax = bytesMax),
      sign: (message, done) => ask(identity.sign(message), done),
      verify: (key, message, signature, done) => ask(verify(key, message, signature), done),
      identify: (deviceKey, done) => ask(reader.identify(deviceKey), done),
      pauseMs: () => this.#context.pauseMs(remote),
      settled: (device, done) => ask(appender.settled(device), done),
      submit: (request, done) => appender.submit(request, guarded(done)),
      checkStanding: (standing, done) => ask(reader.checkStanding(standing), done),
      read: (wish, head) => this.#read(wish, head),
      rooms: (user, after, done) => ask(reader.rooms(user, after), done),
      members: (user, room, after, done) => ask(reader.members(user, room, after), done),
      devices: (user, name, done) => ask(reader.devices(user, name), done),
      receipts: (asks, done) => ask(askReceipts(reader, asks), done),
      info: (user, lsn, done) => ask(reader.info(user, lsn), done),
      history: (request, done) => ask(reader.history(request), done),
      search: (request, done) => ask(this.#context.searcher.search(request), done),
      note: (event, fields) => journal(event, { from: remote, ...fields }),
    };
  }

  #read(wish: FeedWish, head: number): void {
    const { reader, session, reads } = this.#context;
    const { snapshot, ...rest } = wish;
    const { feed } = this.session;
    // A feed that was replaced meanwhile holds nothing: the page would be for nobody.
    const isWanted = () => this.session.feed === feed;
    reads.add(isWanted, async () => {
      try {
        const page = snapshot
          ? await reader.snapshot({ ...rest, ...snapshot })
          : await reader.page({ ...rest, head });
        if (isWanted()) session.hub.page(this.session, page);
      } catch (error) {
        this.#unread(error as Error);
      }
    });
  }

  /** One damaged entry ends who asked for it, and nobody else; any other failure ends the server. */
  #unread(error: Error): void {
    const { journal, failed } = this.#context;
    if (!(error instanceof DamagedEntry)) return failed(error);
    const { lsn, reason } = error;
    journal("damaged", { lsn, reason, more: "parleyd verify" });
    this.session.fail(codes.damaged, `entry ${lsn}`);
  }
}
