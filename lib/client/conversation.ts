/**
 * The conversation with the server over one connection. A plain object: it is told what came and
 * what time it is, and asks its ports for everything else.
 *
 * @module
 */

import { concat } from "@std/bytes/concat";
import { codes, ProtocolError } from "../errors.ts";
import { headerBytes } from "../framing.ts";
import { limits } from "../limits.ts";
import { itemsEntry } from "../log/entry.ts";
import { entryParts } from "../log/place.ts";
import type { TalkAudience } from "../protocol/audience.ts";
import { snapshotReasons } from "../log/log.ts";
import { decodePacket, encodePacket, type Packet, type PacketFields } from "../protocol/codec.ts";
import type { PacketName } from "../protocol/packets.ts";
import { safe, safeText } from "../safe_text.ts";
import { Acks } from "./acks.ts";
import { type AnswerContext, answersAs } from "./answers.ts";
import { endingOf, exitCodes, unreadable } from "./endings.ts";
import type { ConversationPorts } from "./conversation_ports.ts";
import type { ClientEvent, Ending } from "./events.ts";
import { Handshake, type HandshakeContext } from "./handshake.ts";
import { latestStretches } from "./history.ts";
import type { Outbox } from "./outbox.ts";
import type { Answered } from "./outbox_store.ts";

/** What all conversations of a client share: it outlives them. */
export interface ConversationContext extends HandshakeContext, AnswerContext {
  /** What is asked for. */
  readonly outbox: Outbox;
}

/** `checking`: the server has not proved its key yet, so that nothing it says counts. */
type Phase = "challenge" | "checking" | "welcome" | "open" | "ended";

/** When a packet came, in what. */
interface Arrival {
  readonly nowMs: number;
  readonly frameBytes: number;
  readonly payload: Uint8Array;
}

interface Rule<N extends PacketName> {
  readonly phases: readonly Phase[];
  readonly handle: (
    conversation: Conversation,
    packet: Packet<N>,
    at: Arrival,
  ) => void;
}

/** Milliseconds for the whole of the handshake: as long as the server gives, and the way there. */
const loginMs = 2 * limits.loginMs;

/** Bytes that may wait to be written: more does not come of anything that the server may ask. */
const waitingBytesMax = 2 * limits.windowBytesMax;

const always: readonly Phase[] = ["challenge", "checking", "welcome", "open"];
const open: readonly Phase[] = ["open"];

/**
 * One connection's conversation, from `hello` to its end.
 *
 * What holds: an entry is acknowledged only after `stored` was told of it; what the server sends
 * out of turn ends the conversation; after the end nothing is said or told any more.
 *
 * @see docs/PROTOCOL.md, section "Overview"
 */
export class Conversation {
  static readonly #rules: { readonly [N in PacketName]?: Rule<N> } = {
    challenge: { phases: ["challenge"], handle: (own, packet) => own.#challenge(packet) },
    welcome: { phases: ["welcome"], handle: (own, packet) => own.#welcome(packet) },
    snapshot: { phases: open, handle: (own, packet) => own.#snapshot(packet) },
    users: { phases: open, handle: (own, packet) => own.#context.mailbox.users(packet) },
    blocks: { phases: open, handle: (own, packet) => own.#context.mailbox.blocks(packet) },
    room: { phases: open, handle: (own, packet) => own.#context.mailbox.room(packet) },
    members: { phases: open, handle: () => {} },
    entry: { phases: open, handle: (own, packet, at) => own.#entry(packet, at) },
    upto: { phases: open, handle: (own, packet) => own.#upto(packet) },
    accepted: {
      phases: open,
      handle: (own, packet) => own.#answered(own.#context.outbox.accepted(packet)),
    },
    refused: {
      phases: open,
      handle: (own, packet) => own.#answered(own.#context.outbox.refused(packet)),
    },
    later: {
      phases: open,
      handle: (own, packet, { nowMs }) => own.#tell(own.#context.outbox.later(packet, nowMs)),
    },
    ping: {
      phases: always,
      handle: (own, { token }) => own.#say(encodePacket("pong", { token })),
    },
    pong: { phases: always, handle: () => {} },
    error: { phases: always, handle: (own, packet) => own.#error(packet) },
    ...answersAs(open, (own: Conversation, take) => own.#tell(take(own.#context))),
  };

  readonly #ports: ConversationPorts;
  readonly #context: ConversationContext;
  readonly #handshake: Handshake;
  readonly #acks: Acks;
  readonly #startedMs: number;
  #phase: Phase = "challenge";
  #frames: Uint8Array[] = [];
  #frameBytes = 0;
  #watched: TalkAudience | null = null;
  #head = 0;
  #isCaughtUp = false;
  /** Whether the answer to `resume` is still to come. */
  #mayBegin = true;
  #credit: Pick<PacketFields<"welcome">, "creditEntriesMax" | "creditBytesMax"> = limits;
  #pinged = false;

  /**
   * Starts with nothing said.
   *
   * @param ports what the shell does for it
   * @param context what outlives it
   * @param nowMs monotonic milliseconds
   */
  constructor(ports: ConversationPorts, context: ConversationContext, nowMs: number) {
    this.#ports = ports;
    this.#context = context;
    this.#startedMs = nowMs;
    this.#acks = new Acks(context.channel !== undefined);
    const fingerprint = (text: string) => ports.tell({ kind: "firstContact", fingerprint: text });
    this.#handshake = new Handshake({
      verify: (key, message, signature, done) =>
        ports.verify(key, message, signature, (valid) => this.#isOver() || done(valid)),
      sign: (message, done) =>
        ports.sign(message, (signature) => this.#isOver() || done(signature)),
      firstContact: fingerprint,
      say: (frame) => this.#sayOfHandshake(frame),
      end: (ending) => this.end(ending),
    }, context);
  }

  /** Whether this device is logged in. */
  get isOpen(): boolean {
    return this.#phase === "open";
  }

  /** When `tick` has something to do; monotonic milliseconds. */
  get dueMs(): number {
    if (this.#phase === "ended") return Infinity;
    if (this.#phase !== "open") return this.#startedMs + loginMs;
    const silenceMs = this.#pinged ? limits.deadAfterMs : limits.pingAfterMs;
    const heardMs = this.#ports.lastHeardMs();
    return Math.min(heardMs + silenceMs, this.#acks.dueMs, this.#context.outbox.dueMs);
  }

  /** Says `hello`. */
  start(): void {
    this.#handshake.start();
  }

  /**
   * Takes a frame's payload.
   *
   * @param payload not kept
   * @param nowMs monotonic milliseconds
   * @throws {ProtocolError} when the conversation can't go on; the caller then calls `broken`
   */
  payload(payload: Uint8Array, nowMs: number): void {
    if (this.#isOver()) return;
    this.#pinged = false;
    let packet: Packet;
    try {
      packet = decodePacket(payload, "server");
    } catch (error) {
      // A later version's packet: what must be understood, comes after a version in common only.
      if (error instanceof ProtocolError && error.code === codes.unknownKind) return;
      throw error;
    }
    const rule = Conversation.#rules[packet.packet] as Rule<PacketName> | undefined;
    if (!rule?.phases.includes(this.#phase)) {
      throw new ProtocolError(codes.unexpected, `${packet.packet} in phase ${this.#phase}`);
    }
    rule.handle(this, packet, { nowMs, frameBytes: payload.length + headerBytes, payload });
    this.changed(nowMs);
  }

  /**
   * The link or a packet broke the protocol.
   *
   * @param error how
   */
  broken(error: ProtocolError): void {
    this.end(unreadable(error.message));
  }

  /**
   * Looks at the clock, at `dueMs` or at any other time.
   *
   * @param nowMs monotonic milliseconds
   */
  tick(nowMs: number): void {
    if (this.#isOver()) return;
    const silentMs = nowMs - this.#ports.lastHeardMs();
    if (this.#phase !== "open") {
      if (nowMs - this.#startedMs >= loginMs) this.#noAnswer(loginMs);
      return;
    }
    if (silentMs >= limits.deadAfterMs) {
      this.#noAnswer(limits.deadAfterMs);
      return;
    }
    if (silentMs >= limits.pingAfterMs && !this.#pinged) {
      this.#pinged = true;
      this.#say(encodePacket("ping", { token: Math.floor(nowMs) }));
    }
    this.changed(nowMs);
  }

  /**
   * The outbox or the requests have something new, or the clock moved on.
   *
   * @param nowMs monotonic milliseconds
   */
  changed(nowMs: number): void {
    if (this.#phase !== "open") return;
    const { outbox, requests, receipts } = this.#context;
    const lsn = this.#acks.due(nowMs);
    const frames: Uint8Array[] = lsn === null ? [] : [encodePacket("ack", { lsn })];
    frames.push(...outbox.due(nowMs));
    // Who asks after a `/join` who is there, means after it: a question is no entry in any order.
    // And what another log says must not come between what is held of the one before.
    if (outbox.unanswered === 0 && !this.#mayBegin) frames.push(...requests.due());
    frames.push(...receipts.due());
    // Only now: to say too much ends the conversation, and takes back what is in flight.
    for (const frame of frames) this.#say(frame);
  }

  /**
   * Entries are where they are to stay, and may be acknowledged.
   *
   * @param lsn of the last
   * @param nowMs monotonic milliseconds
   */
  stored(lsn: number, nowMs: number): void {
    this.#acks.stored(lsn, nowMs);
    this.changed(nowMs);
  }

  /**
   * Says which room is on the screen.
   *
   * @param room a room or direct that this user is in; null for none
   */
  watch(room: TalkAudience | null): void {
    this.#watched = room;
    if (this.#phase === "open") this.#say(encodePacket("watch", { rooms: room ? [room] : [] }));
  }

  /**
   * Hands over all that waits.
   *
   * @returns what is to be written next, owned by the caller; or null
   */
  take(): Uint8Array | null {
    if (this.#frames.length === 0) return null;
    const bytes = concat(this.#frames);
    this.#frames = [];
    this.#frameBytes = 0;
    return bytes;
  }

  /**
   * Ends the conversation; further endings are not heard.
   *
   * @param ending why
   */
  end(ending: Ending): void {
    if (this.#isOver()) return;
    this.#phase = "ended";
    this.#context.outbox.disconnected();
    this.#context.requests.disconnected();
    this.#context.receipts.disconnected();
    this.#ports.end(ending);
  }

  #isOver(): boolean {
    return this.#phase === "ended";
  }

  #say(frame: Uint8Array): void {
    if (this.#isOver()) return;
    this.#frames.push(frame);
    this.#frameBytes += frame.length;
    if (this.#frameBytes > waitingBytesMax) {
      this.#again(safe`the server does not read what it asks for`);
    } else this.#ports.wake();
  }

  #tell(events: readonly ClientEvent[]): void {
    for (const event of events) if (!this.#isOver()) this.#ports.tell(event);
  }

  #challenge(packet: Packet<"challenge">): void {
    this.#phase = "checking";
    this.#handshake.challenge(packet);
  }

  /** After the challenge the handshake says `login`, and that to a server it knows. */
  #sayOfHandshake(frame: Uint8Array): void {
    if (this.#phase === "checking") this.#phase = "welcome";
    this.#say(frame);
  }

  #welcome(packet: Packet<"welcome">): void {
    const { mailbox, outbox } = this.#context;
    this.#phase = "open";
    this.#head = packet.head;
    this.#credit = packet;
    mailbox.welcome(packet);
    this.#say(encodePacket("resume", mailbox.standing()));
    outbox.connected(packet);
    if (this.#watched) this.watch(this.#watched);
    this.#tell([{ kind: "open" }]);
  }

  #entry({ header, body }: Packet<"entry">, at: Arrival): void {
    const { mailbox, outbox } = this.#context;
    this.#mayBegin = false;
    const entry = itemsEntry(header, body);
    this.#acks.received(entry.lsn, at.frameBytes);
    this.#checkCredit(at.frameBytes);
    const isOurs = entry.device !== 0 && entry.device === mailbox.device;
    const { row, answered } = isOurs ? outbox.entry(entry) : { row: null, answered: [] };
    const events = mailbox.entry(entry, entryParts(at.payload), row);
    // It came before, on an earlier connection, and is where it is to stay.
    if (events.length === 0) this.#acks.stored(entry.lsn, at.nowMs);
    // First the answer: with the last entry a program that waits for nothing else ends.
    this.#answered(answered);
    this.#tell(events);
  }

  /** A server that sends on without acknowledgements would fill this program. */
  #checkCredit(frameBytes: number): void {
    const { entries, bytes } = this.#acks.owed;
    const { creditEntriesMax, creditBytesMax } = this.#credit;
    // One entry always fits, however long.
    if (entries > creditEntriesMax || bytes > Math.max(creditBytesMax, frameBytes)) {
      throw new ProtocolError(codes.unexpected, "more entries than the credit allows");
    }
  }

  /** Only as the answer to `resume`: at another time it would drop the cursor of what goes on. */
  #snapshot(packet: Packet<"snapshot">): void {
    const { mailbox, receipts, requests } = this.#context;
    const isAsked = packet.reason === snapshotReasons.asked;
    if (!this.#mayBegin || isAsked !== (mailbox.standing().logId === null)) {
      throw new ProtocolError(codes.unexpected, "a snapshot that was not asked for");
    }
    this.#mayBegin = false;
    if (!isAsked) {
      receipts.forget();
      requests.forget();
    }
    this.#tell(mailbox.snapshot(packet));
  }

  #upto(packet: Packet<"upto">): void {
    this.#mayBegin = false;
    const { mailbox, outbox, store, receipts } = this.#context;
    // What a snapshot brought is below where the cursor begins to count.
    const isFresh = mailbox.standing().logId === null;
    mailbox.upto(packet);
    if (isFresh) { for (const stretch of latestStretches(store)) receipts.stored(stretch); }
    if (this.#isCaughtUp || packet.lsn < this.#head) return;
    this.#isCaughtUp = true;
    // Before that the server may still be looking where this device stands.
    receipts.connected();
    outbox.caughtUp();
    this.#tell([{ kind: "caughtUp" }]);
  }

  #answered(all: readonly Answered[]): void {
    this.#tell(all.map((answered) => ({ kind: "answered", answered })));
  }

  #error({ code, detail }: Packet<"error">): void {
    // The answer to a packet that the server does not know: it goes on without.
    if (code !== codes.unknownKind) this.end(endingOf(code, detail, this.#context.party));
  }

  #noAnswer(ms: number): void {
    this.#again(safe`nothing was heard from the server for ${safeText(String(ms / 1000))} s`);
  }

  #again(why: Ending["why"]): void {
    this.end({ again: true, exitCode: exitCodes.noConnection, why });
  }
}
