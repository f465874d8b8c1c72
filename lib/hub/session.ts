/**
 * A session: one connection's conversation, from its first packet to its last. A plain object: it
 * is told what came and what time it is, and asks its ports for everything else.
 *
 * @module
 */

import { concat } from "@std/bytes/concat";
import { type Code, codeName, codes, ProtocolError } from "../errors.ts";
import { limits } from "../limits.ts";
import {
  type KnownDevice,
  type SnapshotReason,
  snapshotReasons,
  snapshotStart,
} from "../log/log.ts";
import type { Outcome } from "../log/submission.ts";
import { decodePacket, encodePacket, type Packet } from "../protocol/codec.ts";
import type { PacketName } from "../protocol/packets.ts";
import { Answers } from "./answers.ts";
import type { SessionContext } from "./context.ts";
import { Feed, type FeedWish } from "./feed.ts";
import { Handshake } from "./handshake.ts";
import type { Subscriber } from "./hub.ts";
import type { Who } from "./logins.ts";
import { overdue } from "./overdue.ts";
import type { LinkTimes, SessionPorts } from "./ports.ts";
import type { PresenceNews, Watcher } from "./presence.ts";
import { deskRules, ReceiptDesk } from "./receipt_desk.ts";
import { questionRules, Questions } from "./questions.ts";
import { Submissions } from "./submissions.ts";
import { crowded, welcomeFrame } from "./welcome.ts";

type Phase = "hello" | "login" | "checking" | "resume" | "open" | "closed";

interface Rule<N extends PacketName> {
  readonly phases: readonly Phase[];
  readonly handle: (session: Session, packet: Packet<N>, payload: Uint8Array) => void;
}

const always: readonly Phase[] = ["hello", "login", "checking", "resume", "open"];

/**
 * One connection's conversation.
 *
 * What holds: nothing is answered `accepted` and no entry is handed on before it is committed; a
 * packet that is not allowed in the phase at hand ends the conversation with a coded error.
 *
 * @see docs/PROTOCOL.md, section "Overview"
 */
export class Session implements Subscriber, Watcher {
  static readonly #rules: { readonly [N in PacketName]?: Rule<N> } = {
    hello: { phases: ["hello"], handle: (session, ...args) => session.#hello(...args) },
    login: { phases: ["login"], handle: (session, packet) => session.#login(packet) },
    resume: { phases: ["resume"], handle: (session, packet) => session.#resume(packet) },
    submit: {
      phases: ["open"],
      handle: (session, packet, payload) =>
        session.#submissions.submit(session.#device!, packet, payload.length),
    },
    ack: { phases: ["open"], handle: (session, packet) => session.#acknowledge(packet) },
    watch: { phases: ["open"], handle: (session, packet) => session.#watch(packet) },
    ping: {
      phases: always,
      handle: (session, { token }) => session.#say(encodePacket("pong", { token })),
    },
    pong: { phases: always, handle: () => {} },
    ...questionRules((session: Session) => ({
      questions: session.#questions,
      user: session.user,
    })),
    ...deskRules((session: Session) => session.#desk),
  };

  /** When it began, among the server's sessions. */
  readonly began: number;
  readonly #ports: SessionPorts;
  readonly #context: SessionContext;
  readonly #handshake: Handshake;
  readonly #questions: Questions;
  readonly #submissions: Submissions;
  readonly #answers = new Answers();
  readonly #desk: ReceiptDesk;
  readonly #startedMs: number;
  #phase: Phase = "hello";
  /** The device that it speaks for, before `welcome` already; 0 for none. */
  #speaksFor = 0;
  #device: KnownDevice | null = null;
  #feed: Feed = new Feed({ user: 0, device: 0 }, limits);
  #endCode: Code | null = null;
  #pinged = false;
  #metUnknown = false;

  /**
   * Starts before `hello`, with nobody known.
   *
   * @param ports what the shell does for it
   * @param context what all sessions share
   * @param nowMs monotonic milliseconds
   */
  constructor(ports: SessionPorts, context: SessionContext, nowMs: number) {
    this.#ports = ports;
    this.#context = context;
    this.#startedMs = nowMs;
    this.began = context.hub.logins.begin();
    this.#handshake = new Handshake(ports, context, {
      say: (frame) => this.#challenge(frame),
      fail: (code, detail) => this.fail(code, detail),
      takesOver: (who) => this.#takeOver(who),
      proved: (device) => this.#welcome(device),
    });
    this.#questions = new Questions({
      ports,
      isPresent: (user) => context.hub.isPresent(user),
      isConnected: (device) => context.hub.serves(device),
      say: (frame) => this.#say(frame),
    }, context.rates);
    this.#submissions = new Submissions({
      ports,
      answer: (epoch, n, outcome) => this.#outcome(epoch, n, outcome),
      broken: (error) => this.broken(error),
      userBytesMax: context.limits.userBytesMax,
    });
    const desk = {
      say: (frame: Uint8Array) => this.#say(frame),
      begin: () => this.#questions.begin(),
      end: () => this.#questions.end(),
      answerBytes: () => this.#answers.bytes,
      broken: (error: Error) => this.broken(error),
    };
    this.#desk = new ReceiptDesk(desk, ports, context);
  }

  /** The device's way through the log; empty before login. */
  get feed(): Feed {
    return this.#feed;
  }

  /** The user's id; 0 before login. */
  get user(): number {
    return this.#device?.user ?? 0;
  }

  /** Whether it has said hello. */
  get hasGreeted(): boolean {
    return this.#phase !== "hello";
  }

  /** With which code this side ended it; null while it goes on, or when the other side did. */
  get endCode(): Code | null {
    return this.#endCode;
  }

  /** Bytes that it holds for itself alone: open submissions, answers and pages that wait. */
  get heldBytes(): number {
    return this.#submissions.bytes + this.#answers.bytes + this.#feed.pageBytes;
  }

  /**
   * Takes a frame's payload.
   *
   * @param payload not kept
   * @throws {ProtocolError} when the conversation can't go on; the caller then calls `broken`
   */
  payload(payload: Uint8Array): void {
    this.#pinged = false;
    let packet: Packet;
    try {
      packet = decodePacket(payload, "client");
    } catch (error) {
      if (!(error instanceof ProtocolError) || error.code !== codes.unknownKind) throw error;
      if (this.#phase === "hello") throw new ProtocolError(codes.unexpected, "not a hello");
      this.#noteUnknown();
      this.#say(encodePacket("error", { code: error.code, detail: error.detail }));
      return;
    }
    const rule = Session.#rules[packet.packet] as Rule<PacketName> | undefined;
    if (!rule?.phases.includes(this.#phase)) {
      throw new ProtocolError(codes.unexpected, `${packet.packet} in phase ${this.#phase}`);
    }
    rule.handle(this, packet, payload);
  }

  /**
   * The link or a packet broke the protocol: says so, and ends.
   *
   * @param error a `ProtocolError` for what the other side did; any other is a failure of this side
   */
  broken(error: Error): void {
    if (error instanceof ProtocolError) this.fail(error.code, error.detail);
    else {
      this.#ports.note("failure", { in: "session", reason: error.stack ?? error.message });
      this.fail(codes.internal, "");
    }
  }

  /**
   * Says why and ends the conversation.
   *
   * @param code what the other side is told
   * @param detail what exactly; never text of the other side
   */
  fail(code: Code, detail: string): void {
    if (this.#phase === "closed") return;
    this.#ports.note("closing", { code: codeName(code), detail, user: this.user });
    this.#leave();
    this.#endCode = code;
    this.#answers.add(encodePacket("error", { code, detail: detail.slice(0, 200) }));
    this.#ports.wake();
    this.#ports.close();
  }

  /** The link is gone. */
  ended(): void {
    if (this.#phase !== "closed") this.#ports.note("ended", { user: this.user });
    this.#leave();
  }

  /**
   * Looks at the clock: once a second is enough.
   *
   * @param nowMs monotonic milliseconds
   * @param link what the link knows of its silence
   */
  tick(nowMs: number, link: LinkTimes): void {
    if (this.#phase === "closed") return;
    const strangerMs = this.#phase === "open" ? null : this.#startedMs;
    const late = overdue(nowMs, link, strangerMs, this.#context.limits);
    if (late !== null) this.fail(codes.noAnswer, late);
    else if (this.#feed.stalled(nowMs, limits.stallMs)) {
      this.fail(codes.tooSlow, `no acknowledgement for ${limits.stallMs} ms`);
    } else if (nowMs - link.lastReadMs > limits.pingAfterMs && !this.#pinged) {
      this.#pinged = true;
      this.#say(encodePacket("ping", { token: 0 }));
    }
  }

  /**
   * Hands over all that waits, answers first, and lets the feed go on.
   *
   * @returns what is to be written next, maybe shared with others: never to be changed; or null
   */
  take(): Uint8Array | null {
    const answers = this.#answers.empty ? [] : this.#answers.take();
    const frames = this.#feed.takeFrames();
    if (frames.length > 0) this.#context.hub.serve(this);
    if (answers.length === 0) {
      return frames.length === 0 ? null : this.#context.joiner.join(frames);
    }
    return concat([...answers, ...frames]);
  }

  /** Something waits in the feed. */
  wake(): void {
    this.#ports.wake();
  }

  /**
   * Passes the feed's wish on.
   *
   * @param wish what the feed wants, from where, and how much
   * @param head the last lsn that may be read
   */
  read(wish: FeedWish, head: number): void {
    this.#ports.read(wish, head);
  }

  /**
   * Tells presence, unless too much waits already: it is the first thing dropped under load.
   *
   * @param news not changed
   * @returns whether it was told
   */
  tell(news: PresenceNews): boolean {
    if (2 * this.#answers.bytes > limits.answerBytesMax) return false;
    this.#say(encodePacket("presence", news));
    return true;
  }

  /** Once a session: a newer client may use a new kind often. */
  #noteUnknown(): void {
    if (this.#metUnknown || this.#phase === "closed") return;
    this.#metUnknown = true;
    this.#ports.note("unknownKind", { user: this.user });
  }

  #leave(): void {
    if (this.#phase === "closed") return;
    this.#phase = "closed";
    this.#context.hub.close(this);
    this.#context.hub.logins.leave(this.#speaksFor, this);
    this.#context.presence.forget(this);
    this.#desk.close();
    this.#questions.close();
    this.#submissions.close();
    this.#feed = new Feed({ user: 0, device: 0 }, limits);
  }

  #say(frame: Uint8Array): void {
    if (this.#phase === "closed") return;
    this.#answers.add(frame);
    this.#said();
  }

  #said(): void {
    if (this.#answers.bytes > limits.answerBytesMax) {
      this.fail(codes.tooSlow, `${limits.answerBytesMax} bytes of answers not read`);
    } else this.#ports.wake();
  }

  #hello(packet: Packet<"hello">, payload: Uint8Array): void {
    this.#phase = "checking";
    this.#handshake.hello(packet, payload);
  }

  #challenge(frame: Uint8Array): void {
    if (this.#phase !== "checking") return;
    this.#phase = "login";
    this.#say(frame);
  }

  #login(packet: Packet<"login">): void {
    this.#phase = "checking";
    this.#handshake.login(packet);
  }

  #takeOver(who: Who): void {
    if (this.#phase !== "checking") return;
    this.#speaksFor = who.device;
    this.#context.hub.logins.take(who, this);
  }

  #welcome(device: KnownDevice): void {
    if (this.#phase !== "checking") return;
    if (!this.#fits(device)) return;
    this.#device = device;
    this.#phase = "resume";
    this.#ports.allowPayload(limits.frameBytesMax);
    this.#say(welcomeFrame(this.#context, device));
  }

  /** Ends the conversation if too many devices are connected, of the user or in all. */
  #fits({ user }: KnownDevice): boolean {
    const why = crowded(this.#context, user);
    if (why !== null) this.fail(codes.full, why);
    return why === null;
  }

  #resume(packet: Packet<"resume">): void {
    this.#phase = "open";
    this.#submissions.open(this.#context.rates.messages(this.user));
    this.#ports.checkStanding(packet, (reason) => {
      if (this.#phase !== "open") return;
      const ready = (head: number) => this.#begin(packet.cursor, reason, head);
      const failed = () => this.fail(codes.unavailable, "");
      this.#desk.open(this.#device!, reason === null ? packet.cursor : null, ready, failed);
    });
  }

  #begin(cursor: number, reason: SnapshotReason | null, head: number): void {
    // Others may have come in since the welcome.
    if (!this.#fits(this.#device!)) return;
    this.#feed = new Feed(this.#device!, limits);
    if (reason === null) this.#feed.resume(cursor);
    else {
      // What the device held is not what this log has: its user is told so, and the operator too.
      if (reason !== snapshotReasons.asked) {
        const names = Object.keys(snapshotReasons);
        this.#ports.note("resync", { user: this.user, cursor, head, reason: names[reason]! });
      }
      this.#say(encodePacket("snapshot", { reason, head }));
      this.#feed.startSnapshot(head, snapshotStart);
    }
    this.#context.hub.open(this);
    this.#context.hub.answer(this);
  }

  #outcome(epoch: Uint8Array, n: number, outcome: Outcome): void {
    if (this.#phase === "closed") return;
    this.#answers.outcome(epoch, n, outcome);
    this.#said();
  }

  #acknowledge({ lsn }: Packet<"ack">): void {
    if (!this.#feed.acknowledge(lsn)) {
      throw new ProtocolError(codes.unexpected, "an acknowledgement of what was not sent");
    }
    this.#desk.acknowledge(lsn);
    this.#context.hub.serve(this);
  }

  #watch({ rooms }: Packet<"watch">): void {
    this.#context.presence.watch(this, rooms);
  }
}
