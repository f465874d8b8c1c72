/**
 * The connection to the server, kept up: dials, speaks, and dials again. A thin shell around
 * conversations, which outlive nothing but their connection.
 *
 * @module
 */

import { ProtocolError } from "../errors.ts";
import type { Invite } from "../identity/invite.ts";
import type { IdentityKey, SignatureCheck } from "../identity/keys.ts";
import { limits } from "../limits.ts";
import { Link, type LinkSeams, type Socket } from "../net/link.ts";
import { ClearServerError, TlsError } from "../net/tls_dial.ts";
import type { TalkAudience } from "../protocol/audience.ts";
import type { Action } from "../protocol/codec.ts";
import { safe, safeText } from "../safe_text.ts";
import type { Random } from "../seams.ts";
import { type Batch, WriteError } from "../sqlite/batch.ts";
import { pauseMs } from "./backoff.ts";
import { Conversation } from "./conversation.ts";
import type { ConversationPorts } from "./conversation_ports.ts";
import { clearServer, exitCodes, type Party, tlsServer, unwritable } from "./endings.ts";
import type { ClientEvent, Ending } from "./events.ts";
import type { ServerPin } from "./handshake.ts";
import type { Mailbox } from "./mailbox.ts";
import type { MailboxStore } from "./mailbox_store.ts";
import type { Outbox } from "./outbox.ts";
import type { OutboxRow } from "./outbox_store.ts";
import type { Receipts } from "./receipts.ts";
import { type Query, Requests } from "./requests.ts";

/** What a connection is made of. */
export interface ConnectionOptions {
  /** Whom it is about, for messages. */
  readonly party: Party;
  /** What has come. */
  readonly mailbox: Mailbox;
  /** What is asked for. */
  readonly outbox: Outbox;
  /** Where pages of history go. */
  readonly store: MailboxStore;
  /** How far own messages have come. */
  readonly receipts: Receipts;
  /** Makes durable what all of these have written. */
  readonly batch: Pick<Batch, "isOpen" | "commit">;
  /** Signs the login as this device. */
  readonly key: IdentityKey;
  /** The fingerprint that the server must prove, from first contact. */
  readonly pin: ServerPin;
  /** What lets a new name in; null for none. */
  readonly invite: Pick<Invite, "fingerprint" | "token"> | null;
  /** Checks the server's signature. */
  readonly verify: SignatureCheck;
  /** Clock, timers and chance: the real ones, or a test's. */
  readonly seams: LinkSeams & { readonly random: Random };
  /** Opens a socket to the server, or throws what is in the way. */
  readonly dial: (signal: AbortSignal) => Promise<Socket>;
  /** Is told what comes, in order, when it is durable. */
  readonly tell: (event: ClientEvent) => void;
}

/** Milliseconds for a socket to open. */
const dialMs = 10_000;

/**
 * Keeps one device connected until it is stopped or the server ends it for good.
 *
 * What holds: what is told and acknowledged is durable in the mailbox, and so is what is sent.
 *
 * @example
 * ```ts ignore
 * const connection = new Connection({ ...held, party, key, pin, seams, dial, tell });
 * connection.start();
 * connection.submit({ action: "message", to: "lobby", text: "hi", act: false });
 * ```
 * @see docs/ARCHITECTURE.md, section "client"
 */
export class Connection {
  readonly #requests = new Requests();
  readonly #options: ConnectionOptions;
  #current: { readonly link: Link; readonly conversation: Conversation } | null = null;
  #watched: TalkAudience | null = null;
  #failures = 0;
  #stopped = false;
  #armedMs = Infinity;
  #cancelTimer = () => {};
  #gone = () => {};
  /** What is to be told when the batch is durable. */
  #events: ClientEvent[] = [];
  #willCommit = false;

  /**
   * Starts without a connection.
   *
   * @param options what it is made of
   */
  constructor(options: ConnectionOptions) {
    this.#options = options;
  }

  /** Whether this device is logged in. */
  get isOpen(): boolean {
    return this.#current?.conversation.isOpen ?? false;
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
   * @returns its outbox row, which is durable
   * @throws {WriteError} such as for a full disk; it is not asked for then
   */
  submit(action: Action): OutboxRow {
    this.#commit();
    const row = this.#options.outbox.add(action);
    this.changed();
    return row;
  }

  /**
   * Asks a question; the answer comes as an event.
   *
   * @param query what to ask
   */
  ask(query: Query): void {
    this.#requests.ask(query);
    this.changed();
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
    this.#commit();
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
      if (this.#stopped) return null;
      if (error instanceof ClearServerError) this.#over(clearServer(this.#options.party));
      else this.#lost(this.#unreachable(error as Error));
      return null;
    } finally {
      cancel();
    }
  }

  #speak(socket: Socket): void {
    const { seams, party, key, pin, invite, mailbox, outbox, store, receipts } = this.#options;
    const link: Link = new Link(
      socket,
      {
        payload: (payload) => {
          conversation.payload(payload, this.#nowMs());
          if (this.#options.batch.isOpen) this.#commitSoon();
          this.#arm();
        },
        broken: (error) => {
          if (socket.metTls) conversation.end(tlsServer(party));
          else this.#broken(conversation, error);
        },
        // What goes out may rest on what came in: a number of a new epoch, an acknowledgement.
        take: () => this.#commit() ? conversation.take() : null,
        ended: () => this.#ended(conversation),
      },
      seams,
      limits.frameBytesMax,
    );
    const shared = { mailbox, outbox, store, receipts, requests: this.#requests };
    const channel = socket.channel ? { channel: socket.channel } : {};
    const random = seams.random;
    const who = { party, deviceKey: key.publicKey, pin, invite, random, ...channel };
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
    const { key, verify } = this.#options;
    return {
      // All that is said in one turn goes out in one write.
      wake: () => queueMicrotask(() => link.wake()),
      lastHeardMs: () => link.lastReadMs,
      verify: (publicKey, message, signature, done) => {
        verify(publicKey, message, signature).then(done).catch(broken);
      },
      sign: (message, done) => void key.sign(message).then(done).catch(broken),
      tell: (event) => {
        if (event.kind === "caughtUp") this.#failures = 0;
        this.#tell(event);
      },
      end: (ending) => this.#end(link, ending),
    };
  }

  #broken(conversation: Conversation, error: Error): void {
    if (error instanceof ProtocolError) conversation.broken(error);
    else if (error instanceof WriteError) this.#unwritable(error);
    // A mistake of this program: it ends with its stack, and the terminal is given back.
    else queueMicrotask(() => Promise.reject(error));
  }

  #end(link: Link, ending: Ending): void {
    this.#current = null;
    link.close();
    if (this.#stopped) return;
    if (ending.again) this.#lost(ending.why);
    else this.#over(ending);
  }

  #over(ending: Ending): void {
    this.#stopped = true;
    this.#cancelTimer();
    this.#tell({ kind: "ended", ending });
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
    this.#tell({ kind: "lost", why, pauseMs: pause });
    this.#cancelTimer = timers.set(pause, () => void this.#dial());
  }

  #unreachable(error: Error): Ending["why"] {
    const server = safeText(this.#options.party.server);
    if (error instanceof Deno.errors.ConnectionRefused) {
      return safe`nobody listens at ${server}`;
    }
    if (error.name === "TimeoutError") return safe`no answer from ${server}`;
    if (error instanceof TlsError) {
      return safe`${server} answers, but not as a Parley server does: ${safeText(error.message)}`;
    }
    return safe`${server} can't be reached: ${safeText(error.message)}`;
  }

  /** The outbox has something new. */
  changed(): void {
    this.#turn(() => this.#current?.conversation.changed(this.#nowMs()));
    this.#arm();
  }

  /** What is written outside of a payload's turn is committed too, or ends the connection. */
  #turn(work: () => void): void {
    try {
      work();
    } catch (error) {
      if (!(error instanceof WriteError)) throw error;
      this.#unwritable(error);
    }
    if (this.#options.batch.isOpen) this.#commitSoon();
  }

  /** Tells now what is durable, and what follows something that is not, after that. */
  #tell(event: ClientEvent): void {
    if (!this.#options.batch.isOpen && this.#events.length === 0) this.#options.tell(event);
    else {
      this.#events.push(event);
      this.#commitSoon();
    }
  }

  /** All that comes in one turn is made durable with one flush. */
  #commitSoon(): void {
    if (this.#willCommit) return;
    this.#willCommit = true;
    queueMicrotask(() => this.#commit());
  }

  /** @returns false when the disk does not take it, and this connection is at its end */
  #commit(): boolean {
    this.#willCommit = false;
    const events = this.#events;
    this.#events = [];
    try {
      this.#options.batch.commit();
    } catch (error) {
      this.#unwritable(error as Error);
      return false;
    }
    for (const event of events) this.#options.tell(event);
    // Who was told may have asked for something that was written.
    return this.#options.batch.isOpen ? this.#commit() : true;
  }

  /** What is in memory is ahead of the disk, and no longer of use. What was not told comes again. */
  #unwritable(error: Error): void {
    this.#stopped = true;
    this.#cancelTimer();
    this.#events = [];
    this.#current?.link.abort();
    this.#options.tell({ kind: "ended", ending: unwritable(error, this.#options.party) });
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
      if (this.#current === current) this.#turn(() => current.conversation.tick(this.#nowMs()));
      this.#arm();
    });
  }

  #nowMs(): number {
    return this.#options.seams.clock.monotonicMs();
  }
}
