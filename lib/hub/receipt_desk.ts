/**
 * Receipts in one session: its packets, what it follows, and what it is told.
 *
 * @module
 */

import { codes, ProtocolError } from "../errors.ts";
import { limits } from "../limits.ts";
import type { KnownDevice } from "../log/log.ts";
import type { Receipt } from "../log/receipts.ts";
import { encodePacket, type Packet } from "../protocol/codec.ts";
import type { SessionPorts } from "./ports.ts";
import type { DirectFollower, Holder, Receipts } from "./receipts.ts";

/** What a client sends about receipts, once its session is open. */
export const receiptPackets = [
  "receipts",
  "follow",
  "read",
  "shareReads",
  "info",
  "stored",
] as const;

/** One of these packets. */
export type ReceiptPacket = Packet<(typeof receiptPackets)[number]>;

/** What a desk needs of its session. */
export interface DeskSession {
  /**
   * Says a packet.
   *
   * @param frame the whole frame, the session's from now on
   */
  say(frame: Uint8Array): void;
  /**
   * Counts a question that waits for its answer.
   *
   * @throws {ProtocolError} for one too many
   */
  begin(): void;
  /** The question is answered. */
  end(): void;
  /** Bytes of answers that wait to be written. */
  answerBytes(): number;
  /**
   * Ends the session for a mistake in it: those who call the desk serve others too.
   *
   * @param error what was thrown
   */
  broken(error: Error): void;
}

/** What a desk needs of what all sessions share. */
export interface DeskContext {
  /** Takes what devices and users say. */
  readonly receipts: Receipts;
  /** Knows where the log stands. */
  readonly hub: { readonly head: { readonly lsn: number } };
}

/**
 * Makes the rules of a session for the packets of its desk.
 *
 * @param deskOf gives a session's desk
 * @returns a rule for each of `receiptPackets`
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { deskRules } from "./receipt_desk.ts";
 * assertEquals(deskRules(() => { throw new Error(); }).info?.phases, ["open"]);
 * ```
 * @see docs/PROTOCOL.md, section "Receipts"
 */
export function deskRules<S>(deskOf: (session: S) => ReceiptDesk): {
  readonly [name: string]: {
    readonly phases: readonly ["open"];
    readonly handle: (session: S, packet: Packet) => void;
  };
} {
  const handle = (session: S, packet: Packet) => deskOf(session).take(packet as ReceiptPacket);
  return Object.fromEntries(
    receiptPackets.map((name) => [name, { phases: ["open"], handle } as const]),
  );
}

/**
 * One session's part in receipts.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import type { SessionPorts } from "./ports.ts";
 * import { ReceiptDesk } from "./receipt_desk.ts";
 * import { Receipts } from "./receipts.ts";
 * const rooms = { of: () => new Set<string>(), has: () => true };
 * const receipts = new Receipts({ wake: () => {}, writeNow: () => {}, rooms, wallMs: () => 1 });
 * const said: Uint8Array[] = [];
 * const say = (frame: Uint8Array) => said.push(frame);
 * const none = () => {};
 * const session = { say, begin: none, end: none, answerBytes: () => 0, broken: none };
 * const context = { receipts, hub: { head: { lsn: 9 } } };
 * const desk = new ReceiptDesk(session, {} as SessionPorts, context);
 * desk.open({ user: 2, device: 2, name: "al", epoch: null, n: 0 }, 5, () => {}, () => {});
 * desk.tell({ user: 2, lsn: 9, audience: "d2-3", recipients: 1, delivered: 1, read: 0 });
 * assertEquals(said.length, 1);
 * ```
 * @see docs/PROTOCOL.md, section "Receipts"
 */
export class ReceiptDesk implements DirectFollower {
  readonly #session: DeskSession;
  readonly #ports: SessionPorts;
  readonly #receipts: Receipts;
  readonly #hub: DeskContext["hub"];
  #device: KnownDevice | null = null;
  #holder: Holder | null = null;
  #directs: number[] = [];
  #asked: number[] = [];
  #closed = false;
  /** What came between `resume` and the answer to where the device stands. */
  #early: ReceiptPacket[] = [];

  /**
   * Starts with nobody known.
   *
   * @param session the session whose part this is
   * @param ports what the shell does for it
   * @param context what all sessions share
   */
  constructor(session: DeskSession, ports: SessionPorts, context: DeskContext) {
    this.#session = session;
    this.#ports = ports;
    this.#receipts = context.receipts;
    this.#hub = context.hub;
  }

  /** The user's id; 0 before `open`. */
  get user(): number {
    return this.#device?.user ?? 0;
  }

  /**
   * The device is where it says, or begins anew.
   *
   * @param device who it is
   * @param cursor what it said and what was checked; null to begin anew with a snapshot at the head
   * @param ready its feed may begin; given the head that its snapshot must have
   * @param failed nothing can be written: it must come again later
   */
  open(
    device: KnownDevice,
    cursor: number | null,
    ready: (head: number) => void,
    failed: () => void,
  ): void {
    const head = this.#hub.head.lsn;
    const begun = (holder: Holder | null) => {
      if (this.#closed) return holder && this.#receipts.close(holder);
      if (!holder) return failed();
      this.#holder = holder;
      this.#device = device;
      this.#receipts.open(this);
      this.#guarded(() => {
        ready(head);
        for (const packet of this.#early.splice(0)) if (!this.#closed) this.take(packet);
      });
    };
    if (cursor === null) this.#receipts.startAnew(device, head, begun);
    else begun(this.#receipts.resume(device, cursor));
  }

  /**
   * The device has acknowledged what it was sent.
   *
   * @param lsn everything up to here is stored
   */
  acknowledge(lsn: number): void {
    if (this.#holder) this.#receipts.acknowledge(this.#holder, lsn);
  }

  /**
   * Takes a packet.
   *
   * @param packet one of `receiptPackets`
   * @throws {ProtocolError} for what can't be so
   */
  take(packet: ReceiptPacket): void {
    if (!this.#holder) return this.#defer(packet);
    switch (packet.packet) {
      case "receipts":
        return this.#list(packet);
      case "follow":
        return this.#follow(packet.lsns);
      case "info":
        return this.#info(packet);
      case "shareReads":
        return this.#receipts.share(this.#holder, packet.on);
      case "read":
        this.#check(packet.lsn);
        return this.#receipts.read(this.#holder, packet.room, packet.lsn);
      case "stored":
        this.#check(packet.to);
        if (packet.from > packet.to) throw new ProtocolError(codes.unexpected, "an empty range");
        return this.#receipts.stored(this.#holder, packet.room, packet.from, packet.to);
    }
  }

  /**
   * Tells a receipt, unless too much waits already.
   *
   * @param receipt of an own message
   * @returns whether it was told
   */
  tell({ lsn, recipients, delivered, read }: Receipt): boolean {
    if (2 * this.#session.answerBytes() > limits.answerBytesMax) return false;
    this.#guarded(() =>
      this.#session.say(encodePacket("receipt", { lsn, recipients, delivered, read }))
    );
    return true;
  }

  /**
   * Makes room for an own direct among those that are followed.
   *
   * @param lsn the direct's
   */
  sent(lsn: number): void {
    this.#directs.push(lsn);
    if (this.#directs.length > limits.ownDirectsMax) {
      const oldest = this.#directs.shift()!;
      if (!this.#asked.includes(oldest)) this.#receipts.followed.remove(this, oldest);
    }
  }

  /** The session has ended. */
  close(): void {
    this.#closed = true;
    for (const lsn of [...this.#directs, ...this.#asked]) {
      this.#receipts.followed.remove(this, lsn);
    }
    this.#receipts.leave(this);
    if (this.#holder) this.#receipts.close(this.#holder);
    this.#holder = null;
  }

  #defer(packet: ReceiptPacket): void {
    if (this.#early.length >= limits.receiptsMax) {
      throw new ProtocolError(codes.unexpected, "too much before the answer to resume");
    }
    this.#early.push(packet);
  }

  #guarded(run: () => void): void {
    try {
      run();
    } catch (error) {
      this.#session.broken(error as Error);
    }
  }

  /** What is beyond the head is not there to be stored or seen. */
  #check(lsn: number): void {
    if (lsn > this.#hub.head.lsn) throw new ProtocolError(codes.unexpected, "beyond the head");
  }

  #list({ request, lsns }: Packet<"receipts">): void {
    this.#session.begin();
    this.#ask(lsns, (found) => {
      this.#session.end();
      const receipts = found.map(({ lsn, recipients, delivered, read }) =>
        [lsn, recipients, delivered, read] as const
      );
      this.#session.say(encodePacket("receiptList", { request, receipts }));
    });
  }

  #follow(lsns: readonly number[]): void {
    this.#session.begin();
    this.#ask(lsns, (found) => {
      this.#session.end();
      if (this.#closed) return;
      for (const receipt of found) {
        this.#asked = [...this.#asked.filter((lsn) => lsn !== receipt.lsn), receipt.lsn];
        this.#receipts.follow(this, receipt);
      }
      for (const lsn of this.#asked.splice(0, this.#asked.length - limits.receiptsMax)) {
        if (!this.#directs.includes(lsn)) this.#receipts.followed.remove(this, lsn);
      }
    });
  }

  #ask(lsns: readonly number[], done: (found: readonly Receipt[]) => void): void {
    const asks = [...new Set(lsns)].map((lsn) => ({ user: this.user, lsn }));
    this.#ports.receipts(asks, done);
  }

  #info({ request, lsn }: Packet<"info">): void {
    this.#session.begin();
    this.#ports.info(this.user, lsn, ({ code, states }) => {
      this.#session.end();
      this.#session.say(encodePacket("infoList", { request, code, states }));
    });
  }
}
