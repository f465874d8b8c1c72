/**
 * Receipts in the hub: takes what devices and users say that they have, and notices whom that
 * concerns. What it all comes to is reckoned by the store, from what is written.
 *
 * @module
 */

import { limits } from "../limits.ts";
import type { MarkBatch, Receipt, ReceiptAsk } from "../log/receipts.ts";
import type { Published } from "../log/submission.ts";
import { audienceKey, audienceKinds, type TalkAudience } from "../protocol/audience.ts";
import { Followed, type Follower } from "./followed.ts";
import { Marks } from "./marks.ts";

/** What receipts need of the outside. */
export interface ReceiptsPorts {
  /** Something is to be written, within a second. */
  wake(): void;
  /**
   * Writes now all that waits.
   *
   * @param done is told whether it is durable
   */
  writeNow(done: (written: boolean) => void): void;
  /** Who is a member of which room now. */
  readonly rooms: {
    of(user: number): ReadonlySet<string>;
    has(key: string, user: number): boolean;
  };
  /** Tells the wall clock; milliseconds since 1970-01-01 UTC. */
  readonly wallMs: () => number;
}

/** Who wants to be told of own directs without asking. */
export interface DirectFollower extends Follower {
  /**
   * A message of this user to another one has become an entry, and is followed from now on.
   *
   * @param lsn the entry's
   */
  sent(lsn: number): void;
}

/** A device that is connected, by one of its connections. */
export interface Holder {
  /** The id of its user. */
  readonly user: number;
  /** The id of the device. */
  readonly device: number;
  /** Up to where it has said that it has everything. */
  cursor: number;
  /** Up to where this connection said that its user has seen which room or direct. */
  readonly seen: Map<string, number>;
}

/**
 * What all sessions share of receipts. A plain object.
 *
 * What holds: a mark is made of what a device said, never of what was sent to it; of two connections
 * of one device only the newer one's words count; on the way of an acknowledgement only messages
 * that somebody follows are looked at.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { Receipts } from "./receipts.ts";
 * const rooms = { of: () => new Set<string>(), has: () => true };
 * const receipts = new Receipts({ wake: () => {}, writeNow: () => {}, rooms, wallMs: () => 1 });
 * const holder = receipts.resume({ user: 2, device: 2 }, 5);
 * receipts.acknowledge(holder, 9);
 * assertEquals(receipts.takeMarks()[0]?.devices[0]?.cursor, 9);
 * ```
 * @see docs/PROTOCOL.md, section "Receipts"
 */
export class Receipts {
  /** What is followed. */
  readonly followed: Followed = new Followed();
  readonly #marks = new Marks();
  readonly #ports: ReceiptsPorts;
  readonly #holders = new Map<number, Holder>();
  readonly #senders = new Map<number, Set<DirectFollower>>();

  /**
   * Starts with nobody connected and nothing to write.
   *
   * @param ports writing, rooms, time
   */
  constructor(ports: ReceiptsPorts) {
    this.#ports = ports;
  }

  /** Whether something is to be written or reckoned. */
  get waiting(): boolean {
    return !this.#marks.empty || this.followed.isStale;
  }

  /**
   * A device goes on from its cursor, which was checked: it has everything up to there.
   *
   * @param who the device and its user
   * @param cursor what it said
   * @returns the device as connected now
   */
  resume(who: { readonly user: number; readonly device: number }, cursor: number): Holder {
    const holder = this.#begin(who, "resumed", cursor);
    this.followed.passed(who.user, 0, cursor, this.#ports.rooms.of(who.user));
    this.#ports.wake();
    return holder;
  }

  /**
   * A device begins with a snapshot. What it had before does not count any more, and that is durable
   * before it is given anything: a server that forgot it would tell receipts that are not so.
   *
   * @param who the device and its user
   * @param head the snapshot's
   * @param done is given the device as connected now; null when nothing can be written
   */
  startAnew(
    who: { readonly user: number; readonly device: number },
    head: number,
    done: (holder: Holder | null) => void,
  ): void {
    const holder = this.#begin(who, "anew", head);
    this.#ports.writeNow((written) => {
      if (!written) this.close(holder);
      done(written ? holder : null);
    });
  }

  /**
   * A device acknowledged.
   *
   * @param holder the device
   * @param lsn it has everything up to here
   */
  acknowledge(holder: Holder, lsn: number): void {
    if (lsn <= holder.cursor || this.#holders.get(holder.device) !== holder) return;
    const { user, device, cursor } = holder;
    holder.cursor = lsn;
    this.#marks.device({ device, user, start: null, cursor: lsn, timeMs: this.#ports.wallMs() });
    this.followed.passed(user, cursor, lsn, this.#ports.rooms.of(user));
    this.#ports.wake();
  }

  /**
   * A device is no longer connected by this connection; harmless for one that was replaced.
   *
   * @param holder the device
   */
  close(holder: Holder): void {
    if (this.#holders.get(holder.device) === holder) this.#holders.delete(holder.device);
  }

  /**
   * A device stored older pages.
   *
   * @param holder the device
   * @param room the room or direct; nothing is taken for one that is not the user's
   * @param from the first lsn of the range
   * @param to the last lsn of the range
   */
  stored(holder: Holder, room: TalkAudience, from: number, to: number): void {
    const { user, device } = holder;
    if (!this.#isOf(user, room) || this.#holders.get(device) !== holder) return;
    const audience = audienceKey(room);
    this.#marks.stored({ device, user, audience, from, to, timeMs: this.#ports.wallMs() });
    this.followed.touched(user, audience, from - 1, to);
    this.#ports.wake();
  }

  /**
   * A user has seen a room or direct.
   *
   * @param holder the device that says so
   * @param room the room or direct; nothing is taken for one that is not the user's
   * @param lsn everything is seen up to here
   */
  read({ user, seen }: Holder, room: TalkAudience, lsn: number): void {
    const audience = audienceKey(room);
    const from = seen.get(audience) ?? 0;
    if (lsn <= from || !this.#isOf(user, room)) return;
    if (seen.size < limits.marksOfOneMax || from > 0) seen.set(audience, lsn);
    this.#marks.read({ user, audience, lsn, timeMs: this.#ports.wallMs() });
    this.followed.touched(user, audience, from, lsn);
    this.#ports.wake();
  }

  /**
   * A user says whether what they read may be told.
   *
   * @param holder the device that says so
   * @param on whether it may
   */
  share({ user, seen }: Holder, on: boolean): void {
    // What was said before may have been dropped, and counts when it is said again.
    seen.clear();
    this.#marks.share(user, on);
    this.#ports.wake();
  }

  /**
   * Begins to tell somebody of own directs.
   *
   * @param follower is told from now on
   */
  open(follower: DirectFollower): void {
    const followers = this.#senders.get(follower.user) ?? new Set();
    this.#senders.set(follower.user, followers.add(follower));
  }

  /**
   * Ends telling somebody of own directs; harmless for who is not known.
   *
   * @param follower is told no more
   */
  leave(follower: DirectFollower): void {
    const followers = this.#senders.get(follower.user);
    if (followers?.delete(follower) && followers.size === 0) this.#senders.delete(follower.user);
  }

  /**
   * Entries were published: senders of directs who are connected are told of them from now on.
   *
   * @param entries in lsn order
   */
  published(entries: readonly Published[]): void {
    for (const { lsn, audience, user } of entries) {
      if (audience[0] !== audienceKinds.direct || audience[1] === audience[2]) continue;
      const followers = this.#senders.get(user);
      if (!followers) continue;
      const key = audienceKey(audience);
      for (const follower of followers) {
        follower.sent(lsn);
        this.followed.add(follower, lsn, key, true);
      }
    }
  }

  /**
   * Begins to tell somebody of an own message: now, and again if it changed meanwhile.
   *
   * @param follower whose message it is
   * @param receipt as it was reckoned a moment ago
   */
  follow(follower: Follower, receipt: Receipt): void {
    this.followed.add(follower, receipt.lsn, receipt.audience);
    this.followed.tell(receipt);
    this.#ports.wake();
  }

  /**
   * Takes all marks that wait to be written.
   *
   * @returns batches in order, owned by the caller
   */
  takeMarks(): MarkBatch[] {
    return this.#marks.takeAll();
  }

  /**
   * Takes back marks that could not be written.
   *
   * @param batches as `takeMarks` gave them
   */
  giveBack(batches: readonly MarkBatch[]): void {
    this.#marks.giveBack(batches);
  }

  /**
   * Takes which receipts have to be reckoned once the marks that were taken before are written.
   *
   * @returns whose messages, and which; owned by the caller
   */
  takeStale(): ReceiptAsk[] {
    return this.followed.takeStale();
  }

  /**
   * Tells what was reckoned.
   *
   * @param receipts to whoever follows them
   */
  tell(receipts: readonly Receipt[]): void {
    for (const receipt of receipts) this.followed.tell(receipt);
  }

  #begin(
    { user, device }: { readonly user: number; readonly device: number },
    kind: "resumed" | "anew",
    cursor: number,
  ): Holder {
    const holder = { user, device, cursor, seen: new Map() };
    this.#holders.set(device, holder);
    const timeMs = this.#ports.wallMs();
    this.#marks.device({ device, user, start: { kind, cursor }, cursor, timeMs });
    return holder;
  }

  #isOf(user: number, room: TalkAudience): boolean {
    return room[0] === audienceKinds.direct
      ? room[1] === user || room[2] === user
      : this.#ports.rooms.has(audienceKey(room), user);
  }
}
