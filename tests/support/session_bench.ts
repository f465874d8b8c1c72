/**
 * A session with stand-ins all around: what it asks of its ports waits until the test answers.
 *
 * @module
 */

import { FrameDecoder, headerBytes } from "../../lib/framing.ts";
import type { SearchPage, SearchRequest } from "../../lib/log/search.ts";
import type { FeedWish } from "../../lib/hub/feed.ts";
import { Hub } from "../../lib/hub/hub.ts";
import type { SessionPorts } from "../../lib/hub/ports.ts";
import { Presence } from "../../lib/hub/presence.ts";
import { RunJoiner } from "../../lib/hub/runs.ts";
import type { SessionContext, SessionLimits } from "../../lib/hub/context.ts";
import { type RateLimits, Rates } from "../../lib/hub/rate.ts";
import { Receipts } from "../../lib/hub/receipts.ts";
import { Session } from "../../lib/hub/session.ts";
import { limits } from "../../lib/limits.ts";
import type { HistoryPage, HistoryRequest } from "../../lib/log/log.ts";
import type {
  DevicePage,
  KnownDevice,
  MemberPage,
  RoomPage,
  SnapshotReason,
} from "../../lib/log/log.ts";
import type { Membership, Standing } from "../../lib/log/log.ts";
import type { InfoPage, Receipt, ReceiptAsk } from "../../lib/log/receipts.ts";
import type { DeviceRequest, Outcome, RegisterRequest } from "../../lib/log/submission.ts";
import {
  type Action,
  actionItem,
  decodePacket,
  encodePacket,
  type Packet,
  type PacketFields,
} from "../../lib/protocol/codec.ts";
import type { PacketName } from "../../lib/protocol/packets.ts";
import { digestOf } from "./published.ts";
import { ManualTimers } from "./fake_socket.ts";
import { ManualClock, SeededRandom } from "./random.ts";

/** Something that the session asked for and is not answered yet. */
export interface Asked<A, T> {
  readonly args: A;
  readonly done: (value: T) => void;
}

/** All that the session asked for, in order. */
class Pending {
  readonly sign: Asked<Uint8Array, Uint8Array>[] = [];
  readonly verify: Asked<
    { key: Uint8Array; message: Uint8Array; signature: Uint8Array },
    boolean
  >[] = [];
  readonly identify: Asked<Uint8Array, KnownDevice | null>[] = [];
  readonly settled: Asked<number, void>[] = [];
  readonly submit: Asked<DeviceRequest | RegisterRequest, Outcome>[] = [];
  readonly checkStanding: Asked<Standing, SnapshotReason | null>[] = [];
  readonly rooms: Asked<readonly [user: number, after: string], RoomPage>[] = [];
  readonly members: Asked<readonly [user: number, room: string, after: number], MemberPage>[] = [];
  readonly devices: Asked<readonly [user: number, name: string], DevicePage>[] = [];
  readonly receipts: Asked<readonly ReceiptAsk[], readonly Receipt[]>[] = [];
  readonly info: Asked<readonly [user: number, lsn: number], InfoPage>[] = [];
  readonly history: Asked<HistoryRequest, HistoryPage>[] = [];
  readonly search: Asked<SearchRequest, SearchPage>[] = [];
  readonly read: { readonly wish: FeedWish; readonly head: number }[] = [];
}

/** What was noted for the operator. */
export interface Note {
  readonly event: string;
  readonly fields: Readonly<Record<string, string | number>>;
}

/** No bound on how often anything may be done. */
export const unpaced: RateLimits = {
  messagesBurst: 1,
  messagesPerSecond: 0,
  historyPerSecond: 0,
};

/** What all sessions of a test share. */
export class Bench {
  readonly hub: Hub;
  readonly presence: Presence;
  readonly receipts: Receipts;
  /** Whether marks can be written. */
  writable = true;
  readonly context: SessionContext;
  /** The time of the rates. */
  readonly clock = new ManualClock(1_000);
  readonly timers = new ManualTimers();

  /**
   * @param head the log's last lsn
   * @param memberships all that are open there
   * @param rates how often things may be done
   * @param bounds limits that are not as usual
   */
  constructor(
    head = 9,
    memberships: Membership[] = [],
    rates: RateLimits = unpaced,
    bounds: Partial<SessionLimits> = {},
  ) {
    this.hub = new Hub({ lsn: head, digest: digestOf(head) }, memberships, limits);
    this.presence = new Presence(this.hub);
    this.receipts = new Receipts({
      wake: () => {},
      writeNow: (done) => done(this.writable),
      rooms: this.hub.rooms,
      wallMs: () => 1_234,
    });
    this.context = {
      receipts: this.receipts,
      hub: this.hub,
      presence: this.presence,
      joiner: new RunJoiner(),
      rates: new Rates(rates, this.clock, this.timers),
      limits: { ...limits, ...bounds },
      random: new SeededRandom(1),
      registration: "invite",
      serverKey: new Uint8Array(32).fill(7),
      logId: new Uint8Array(16).fill(8),
      wallMs: () => 1_234,
    };
  }

  /** A connection, accepted at `nowMs`. */
  connect(nowMs = 0): FarEnd {
    return new FarEnd(this.context, nowMs);
  }

  /** A connection that is logged in, resumed at the head, and has read all until here. */
  open(user: number, device = user): FarEnd {
    const far = this.connect();
    far.logIn({ user, device, name: `u${user}`, epoch: null, n: 0 });
    far.send("resume", {
      logId: new Uint8Array(16),
      cursor: this.hub.head.lsn,
      digest: digestOf(1),
    });
    far.pending.checkStanding.shift()!.done(null);
    far.take();
    return far;
  }
}

/** The other end of a session's connection. */
export class FarEnd {
  readonly session: Session;
  readonly pending = new Pending();
  readonly notes: Note[] = [];
  closed = false;
  payloadBytesMax = limits.frameBytesMaxBeforeLogin;
  /** How long nobody unknown may come in. */
  pauseMs = 0;
  #woken = false;

  constructor(context: SessionContext, nowMs: number) {
    this.session = new Session(this.#ports(), context, nowMs);
  }

  /** Sends a packet, as a link hands it over. */
  send<N extends PacketName>(name: N, fields: PacketFields<N>): void {
    this.sendPayload(encodePacket(name, fields).subarray(headerBytes));
  }

  /** Sends a payload in a buffer that is used again afterwards. */
  sendPayload(payload: Uint8Array): void {
    const buffer = payload.slice();
    try {
      this.session.payload(buffer);
    } catch (error) {
      this.session.broken(error as Error);
    }
    buffer.fill(0xee);
  }

  /** Submits an action under a number. */
  submit(n: number, action: Action = { action: "join", room: "dev" }): void {
    const id = new Uint8Array(16).fill(n);
    this.send("submit", { epoch: new Uint8Array(16), n, id, action: actionItem(action) });
  }

  /** All packets that wait, if the session said that something does. */
  take(): Packet[] {
    if (!this.#woken) return [];
    this.#woken = false;
    const decoder = new FrameDecoder(limits.frameBytesMax);
    const packets: Packet[] = [];
    for (let bytes = this.session.take(); bytes; bytes = this.session.take()) {
      decoder.pushEach(bytes, (payload) => packets.push(decodePacket(payload, "server")));
    }
    return packets;
  }

  /** The names of the packets that wait. */
  names(): PacketName[] {
    return this.take().map(({ packet }) => packet);
  }

  /** The code with which the conversation ended, the last packet; null if it goes on. */
  endCode(): number | null {
    const last = this.take().at(-1);
    return this.closed && last?.packet === "error" ? last.code : null;
  }

  /** From `hello` to `challenge`. */
  greet(versions: readonly number[] = [1]): void {
    this.send("hello", { versions, nonce: new Uint8Array(32).fill(3), software: "test" });
    this.pending.sign.shift()!.done(new Uint8Array(64).fill(4));
  }

  /** From `hello` to `login`, whose signature is not checked yet. */
  claim(name: string, invite: Uint8Array | null = null): void {
    this.greet();
    this.send("login", {
      ...{ deviceKey: deviceKey(name), name, invite, signature: new Uint8Array(64) },
    });
  }

  /** From `hello` to `welcome`. */
  logIn(known: KnownDevice): void {
    this.claim(known.name);
    this.pending.verify.shift()!.done(true);
    this.identify(known, known);
  }

  /** Tells who the key's owner is, and again when nothing of it is under way. */
  identify(found: KnownDevice, settled: KnownDevice): void {
    this.pending.identify.shift()!.done(found);
    this.pending.settled.shift()!.done();
    this.pending.identify.shift()!.done(settled);
  }

  #ports(): SessionPorts {
    const { pending } = this;
    return {
      wake: () => (this.#woken = true),
      close: () => (this.closed = true),
      allowPayload: (bytesMax) => (this.payloadBytesMax = bytesMax),
      sign: (args, done) => pending.sign.push({ args, done }),
      verify: (key, message, signature, done) =>
        pending.verify.push({ args: { key, message, signature }, done }),
      identify: (args, done) => pending.identify.push({ args, done }),
      pauseMs: () => this.pauseMs,
      settled: (args, done) => pending.settled.push({ args, done }),
      submit: (args, done) => pending.submit.push({ args, done }),
      checkStanding: (args, done) => pending.checkStanding.push({ args, done }),
      read: (wish, head) => pending.read.push({ wish, head }),
      rooms: (user, after, done) => pending.rooms.push({ args: [user, after], done }),
      members: (user, room, after, done) =>
        pending.members.push({ args: [user, room, after], done }),
      devices: (user, name, done) => pending.devices.push({ args: [user, name], done }),
      receipts: (args, done) => pending.receipts.push({ args, done }),
      info: (user, lsn, done) => pending.info.push({ args: [user, lsn], done }),
      history: (args, done) => pending.history.push({ args, done }),
      search: (args, done) => pending.search.push({ args, done }),
      note: (event, fields) => this.notes.push({ event, fields }),
    };
  }
}

/** The key of a device by this name. */
export function deviceKey(name: string): Uint8Array {
  return new Uint8Array(32).fill(name.length);
}
