/**
 * A device at the far end of a feed: it believes nothing, and compares every byte that comes with
 * what must come.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { equals } from "@std/bytes/equals";
import { FrameDecoder } from "../../lib/framing.ts";
import type { Feed, FeedWish } from "../../lib/hub/feed.ts";
import type { Subscriber } from "../../lib/hub/hub.ts";
import { limits } from "../../lib/limits.ts";
import { audienceKey } from "../../lib/protocol/audience.ts";
import { decodePacket, type Packet } from "../../lib/protocol/codec.ts";
import { packets } from "../../lib/protocol/packets.ts";
import type { Oracle, Who } from "./hub_oracle.ts";

interface SnapshotSoFar {
  readonly head: number;
  readonly users: number[];
  readonly rooms: [string, number[]][];
}

/** What one device holds, over all its connections. */
export class FarDevice implements Who {
  readonly user: number;
  readonly device: number;
  /** Everything meant for it is held up to here; 0 before its first snapshot. */
  cursor = 0;
  /** Up to where it could acknowledge. */
  ackable = 0;
  readonly #oracle: Oracle;
  readonly #blocked = new Set<number>();
  readonly #digest: (lsn: number) => Uint8Array;
  #decoder = new FrameDecoder(limits.frameBytesMax);
  #isFirst = false;
  #snapshot: SnapshotSoFar | null = null;
  /** The entries of this connection since the last `upto`. */
  #got: number[] = [];

  /**
   * @param who the device and its user
   * @param oracle says what must come
   * @param digest the log's digest at an lsn
   */
  constructor(who: Who, oracle: Oracle, digest: (lsn: number) => Uint8Array) {
    this.user = who.user;
    this.device = who.device;
    this.#oracle = oracle;
    this.#digest = digest;
  }

  /** Whom its user has blocked, as far as it was told. */
  get blocked(): number[] {
    return [...this.#blocked].sort((a, b) => a - b);
  }

  /** The entries that came since the last `upto`. */
  get pending(): readonly number[] {
    return this.#got;
  }

  /** Begins a connection: from `from`, or with a snapshot as of `head`. */
  connected(start: { readonly from: number } | { readonly head: number }): void {
    this.#decoder = new FrameDecoder(limits.frameBytesMax);
    this.#got = [];
    this.ackable = 0;
    this.#isFirst = true;
    this.#snapshot = "head" in start ? { head: start.head, users: [], rooms: [] } : null;
    this.cursor = "from" in start ? start.from : 0;
    if (this.#snapshot) this.#blocked.clear();
  }

  /**
   * Takes the next bytes of the connection; fails if they are not what must come.
   *
   * @returns how many entries became whole
   */
  receive(bytes: Uint8Array): number {
    let entries = 0;
    this.#decoder.pushEach(bytes, (payload) => {
      if (payload[1] === packets.entry.kind) entries++;
      this.payload(payload);
    });
    return entries;
  }

  /** Takes one packet of the connection; fails if it is not what must come. */
  payload(payload: Uint8Array): void {
    if (payload[1] === packets.entry.kind) this.#entry(payload);
    else this.#packet(decodePacket(payload, "server"));
  }

  #entry(payload: Uint8Array): void {
    const lsn = lsnOf(payload);
    const expected = lsn <= this.#oracle.head ? this.#oracle.payload(lsn) : new Uint8Array();
    assert(equals(payload, expected), `the bytes of ${lsn} to ${this.device}`);
    const last = this.#got.at(-1) ?? this.cursor;
    assert(lsn > last, `${lsn} after ${last} to ${this.device}`);
    if (!this.#snapshot) {
      const missed = this.#oracle.meantFor(this, last, lsn);
      assertEquals(missed, [lsn], `entries after ${last} to ${this.device}`);
    }
    const { user, content } = this.#oracle.entry(lsn);
    if (content?.kind === "blocked" && user === this.user) {
      if (content.on) this.#blocked.add(content.user);
      else this.#blocked.delete(content.user);
    }
    this.#got.push(lsn);
    this.#isFirst = false;
    this.ackable = lsn;
  }

  #packet(packet: Packet): void {
    switch (packet.packet) {
      case "upto":
        return this.#upto(packet);
      case "users":
        this.#snapshot!.users.push(...packet.users.map(([user]) => user));
        break;
      case "blocks":
        for (const user of packet.users) this.#blocked.add(user);
        break;
      case "room":
        this.#snapshot!.rooms.push([audienceKey(packet.room), []]);
        break;
      case "members": {
        const key = audienceKey(packet.room);
        this.#snapshot!.rooms.find(([room]) => room === key)![1].push(...packet.users);
        break;
      }
      default:
        throw new Error(`${packet.packet} to ${this.device}`);
    }
  }

  #upto({ lsn, digest }: Packet<"upto">): void {
    assert(equals(digest, this.#digest(lsn)), `the digest at ${lsn}`);
    if (this.#snapshot) {
      const { head, users, rooms } = this.#snapshot;
      assertEquals(lsn, head, "the snapshot's head");
      const expected = this.#oracle.snapshotAt(this, head);
      assertEquals({ users, rooms, entries: this.#got }, expected, "the snapshot");
      this.#snapshot = null;
    } else {
      // The answer to a resume may say that there is nothing: it is the only one that does.
      const isNews = lsn > this.cursor || (this.#isFirst && lsn === this.cursor);
      assert(isNews, `upto ${lsn} after ${this.cursor} to ${this.device}`);
      const expected = this.#oracle.meantFor(this, this.cursor, lsn);
      assertEquals(this.#got, expected, `from ${this.cursor} upto ${lsn} to ${this.device}`);
    }
    this.cursor = lsn;
    this.ackable = lsn;
    this.#isFirst = false;
    this.#got = [];
  }
}

/** One connection, from the feed to the device's end of the wire. */
export class FarConnection implements Subscriber {
  woken = false;
  /** Bytes on their way: one write at a time. */
  wire: Uint8Array = new Uint8Array();
  acked = 0;
  closed = false;

  constructor(
    readonly far: FarDevice,
    readonly feed: Feed,
    readonly read: (wish: FeedWish, head: number) => void,
  ) {}

  wake(): void {
    assert(!this.closed, "woken after it was closed");
    this.woken = true;
  }
}

/** @returns whether something may be written: nothing is on its way, and something may wait */
export function mayWrite({ woken, wire }: FarConnection): boolean {
  return woken && wire.length === 0;
}

/** @returns whether something is on its way */
export function mayReceive({ wire }: FarConnection): boolean {
  return wire.length > 0;
}

/** @returns whether the device holds more than it acknowledged */
export function mayAcknowledge({ far, acked }: FarConnection): boolean {
  return far.ackable > acked;
}

/** @returns the lsn of an `entry` payload, read from its place: `[10, [1, lsn, …], …]` */
export function lsnOf(payload: Uint8Array): number {
  const view = new DataView(payload.buffer, payload.byteOffset, payload.length);
  switch (payload[4]) {
    case 0x18:
      return view.getUint8(5);
    case 0x19:
      return view.getUint16(5);
    case 0x1a:
      return view.getUint32(5);
    default:
      return payload[4]!;
  }
}
