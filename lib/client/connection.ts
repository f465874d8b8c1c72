/**
 * The connection to the server, kept up: dials, speaks, and dials again. A thin shell around
 * conversations, which outlive nothing but their connection.
 *
 * @module
 */

import { ProtocolError } from "../errors.ts";
import type { IdentityKey, SignatureCheck } from "../identity/keys.ts";
import { limits } from "../limits.ts";
import { Link, type LinkSeams, type Socket } from "../net/link.ts";
import type { TalkAudience } from "../protocol/audience.ts";
import type { Action } from "../protocol/codec.ts";
import { safe, safeText } from "../safe_text.ts";
import type { Random } from "../seams.ts";
import { pauseMs } from "./backoff.ts";
import { Conversation, type ConversationPorts } from "./conversation.ts";
import { exitCodes, type Party } from "./endings.ts";
import type { ClientEvent, Ending } from "./events.ts";
import type { ServerPin } from "./handshake.ts";
import type { Mailbox } from "./mailbox.ts";
import type { Outbox, OutboxRow } from "./outbox.ts";
import { type Query, Requests } from "./requests.ts";

/** What a connection is made of. */
export interface ConnectionOptions {
  /** Whom it is about, for messages. */
  readonly party: Party;
  /** Signs the login as this device. */
  readonly key: IdentityKey;
  /** The fingerprint that the server must prove, from first contact. */
  readonly pin: ServerPin;
  /** Checks the server's signature. */
  readonly verify: SignatureCheck;
  /** What has come; the connection's from now on. */
  readonly mailbox: Mailbox;
  /** What is asked for; the connection's from now on. */
  readonly outbox: Outbox;
  /** Clock, timers and chance: the real ones, or a test's. */
  readonly seams: LinkSeams & { readonly random: Random };
  /** Opens a socket to the server, or throws what is in the way. */
  readonly dial: (signal: AbortSignal) => Promise<Socket>;
  /** Is told what comes, in order. */
  readonly tell: (event: ClientEvent) => void;
  /** Resolves when what was told is where it is to stay: nothing more is fetched before that. */
  readonly settled: () => Promise<void>;
}

/** Milliseconds for a socket to open. */
const dialMs = 10_000;

/**
 * Keeps one device connected until it is stopped or the server ends it for good.
 *
 * @example
 * ```ts ignore
 * const outbox = new Outbox(seams.random);
 * const kept = { mailbox: new Mailbox(), outbox };
 * const connection = new Connection({ party, key, pin, verify, ...kept, seams, dial, tell, settled });
 * connection.start();
 * connection.submit({ action: "message", to: "lobby", text: "hi", act: false });
 * ```
 * @see docs/ARCHITECTURE.md, section "client"
 */
export class Connection {
  /** What has come, over all connections; for reading only. */
  readonly mailbox: Mailbox;
  readonly #outbox: Outbox;
  readonly #requests = new Requests();
  readonly #options: ConnectionOptions;
  #current: { readonly link: Link; readonly conversation: Conversation } | null = null;
  #watched: TalkAudience | null = null;
  #failures = 0;
  #stopped = false;
  #armedMs = Infinity;
  #cancelTimer = () => {};
  #gone = () => {};

  /**
   * Starts without a connection.
   *
   * @param options what it is made of
   */
  constructor(options: ConnectionOptions) {
    this.#options = options;
    this.mailbox = options.mailbox;
    this.#outbox = options.outbox;
  }

  /** Whether this device is logged in. */
  get isOpen(): boolean {
    return this.#current?.conversation.isOpen ?? false;
  }

  /** Things asked for that have no answer yet. */
  get unsent(): number {
    return this.#outbox.unanswered;
  }

  /** Questions that have no answer yet. */
  get unasked(): number {
    return this.#requests.unanswered;
  }

  /** Dials for the first time. */
  start(): void {
    void this.#dial();
  }

  /**
   * Asks for something; it goes out when there is a connection.
   *
   * @param action within the rules for names and texts
   * @returns its outbox row
   */
  submit(action: Action): OutboxRow {
    const row = this.#outbox.add(action);
    this.#changed();
    return row;
  }

  /**
   * Asks a question; the answer comes as an event.
   *
   * @param query what to ask
   */
  ask(query: Query): void {
    this.#requests.ask(query);
    this.#changed();
  }

  /**
   * Says which room is on the screen.
   *
   * @param room a room or direct that this user is in; null for none
   */
  watch(room: TalkAudience | null): void {
    this.#watched = room;
    this.#current?.conversation.watch(room);
  }

  /**
   * Entries are where they are to stay.
   *
   * @param lsn of the last
   */
  stored(lsn: number): void {
    this.#current?.conversation.stored(lsn, this.#nowMs());
    this.#arm();
  }

  /**
   * Ends it, and stays ended.
   *
   * @returns when the last byte has gone, or cannot go
   */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#cancelTimer();
    if (!this.#current) return;
    const gone = new Promise<void>((resolve) => this.#gone = resolve);
    this.#current.link.close();
    await gone;
  }

  async #dial(): Promise<void> {
    const socket = await this.#open();
    if (!socket) return;
    if (this.#stopped) socket.close();
    else this.#speak(socket);
  }

  async #open(): Promise<Socket | null> {
    const given = new AbortController();
    const cancel = this.#options.seams.timers.set(dialMs, () => {
      given.abort(new DOMException("", "TimeoutError"));
    });
    try {
      return await this.#options.dial(given.signal);
    } catch (error) {
      if (!this.#stopped) this.#lost(this.#unreachable(error as Error));
      return null;
    } finally {
      cancel();
    }
  }

  #speak(socket: Socket): void {
    const { seams, party, key, pin } = this.#options;
    const link: Link = new Link(
      socket,
      {
        payload: (payload) => {
          conversation.payload(payload, this.#nowMs());
          this.#arm();
        },
        broken: (error) => this.#broken(conversation, error),
        take: () => conversation.take(),
        ended: () => this.#ended(conversation),
      },
      seams,
      limits.frameBytesMax,
    );
    const shared = { mailbox: this.mailbox, outbox: this.#outbox, requests: this.#requests };
    const who = { party, deviceKey: key.publicKey, pin, random: seams.random };
    const conversation: Conversation = new Conversation(
      this.#ports(link, (error) => this.#broken(conversation, error)),
      { ...shared, ...who },
      this.#nowMs(),
    );
    this.#current = { link, conversation };
    conversation.watch(this.#watched);
    conversation.start();
    link.start();
    this.#arm();
  }

  #ports(link: Link, broken: (error: Error) => void): ConversationPorts {
    const { key, verify, tell } = this.#options;
    return {
      // All that is said in one turn goes out in one write.
      wake: () => queueMicrotask(() => link.wake()),
      lastHeardMs: () => link.lastReadMs,
      verify: (publicKey, message, signature, done) => {
        verify(publicKey, message, signature).then(done).catch(broken);
      },
      sign: (message, done) => void key.sign(message).then(done).catch(broken),
      tell: (event) => {
        if (event.kind === "open") this.#failures = 0;
        tell(event);
      },
      end: (ending) => this.#end(link, ending),
    };
  }

  #broken(conversation: Conversation, error: Error): void {
    if (error instanceof ProtocolError) conversation.broken(error);
    // A mistake of this program: it ends with its stack, and the terminal is given back.
    else queueMicrotask(() => Promise.reject(error));
  }

  #end(link: Link, ending: Ending): void {
    this.#current = null;
    link.close();
    if (this.#stopped) return;
    if (ending.again) this.#lost(ending.why);
    else {
      this.#stopped = true;
      this.#cancelTimer();
      this.#options.tell({ kind: "ended", ending });
    }
  }

  #ended(conversation: Conversation): void {
    const why = safe`the server closed the connection`;
    conversation.end({ again: true, exitCode: exitCodes.noConnection, why });
    this.#gone();
  }

  #lost(why: Ending["why"]): void {
    const { random, timers } = this.#options.seams;
    const chance = new DataView(random.bytes(4).buffer).getUint32(0) / 2 ** 32;
    const pause = pauseMs(this.#failures++, chance);
    this.#cancelTimer();
    this.#armedMs = Infinity;
    this.#options.tell({ kind: "lost", why, pauseMs: pause });
    this.#cancelTimer = timers.set(pause, () => void this.#again());
  }

  async #again(): Promise<void> {
    await this.#options.settled();
    if (!this.#stopped) await this.#dial();
  }

  #unreachable(error: Error): Ending["why"] {
    const server = safeText(this.#options.party.server);
    if (error instanceof Deno.errors.ConnectionRefused) {
      return safe`nobody listens at ${server}`;
    }
    if (error.name === "TimeoutError") return safe`no answer from ${server}`;
    return safe`${server} can't be reached: ${safeText(error.message)}`;
  }

  #changed(): void {
    this.#current?.conversation.changed(this.#nowMs());
    this.#arm();
  }

  /** One timer, that rings no later than the conversation has something to do. */
  #arm(): void {
    const current = this.#current;
    const dueMs = current?.conversation.dueMs ?? Infinity;
    if (!current || this.#stopped || dueMs >= this.#armedMs) return;
    this.#cancelTimer();
    this.#armedMs = dueMs;
    this.#cancelTimer = this.#options.seams.timers.set(Math.max(0, dueMs - this.#nowMs()), () => {
      this.#armedMs = Infinity;
      if (this.#current === current) current.conversation.tick(this.#nowMs());
      this.#arm();
    });
  }

  #nowMs(): number {
    return this.#options.seams.clock.monotonicMs();
  }
}
