/**
 * The hub: takes committed entries in lsn order and wakes the feeds they are meant for.
 *
 * @module
 */

import type { Membership } from "../log/log.ts";
import type { Committed, Moves, Published } from "../log/submission.ts";
import { audienceKey, audienceKinds } from "../protocol/audience.ts";
import type { Feed, FeedPage, FeedWish } from "./feed.ts";
import { Ring, type RingBounds } from "./ring.ts";
import { Logins } from "./logins.ts";
import { Rooms } from "./rooms.ts";

/** Whoever has a feed: a session. */
export interface Subscriber {
  /** Its feed; the same one for as long as the hub serves it. */
  readonly feed: Feed;
  /** Something waits in the feed. */
  wake(): void;
  /**
   * Reads for the feed from the store; the page comes back through `Hub.page`.
   *
   * @param wish what the feed wants, from where, and how much
   * @param head the last lsn that may be read: the hub has published up to here and no further
   */
  read(wish: FeedWish, head: number): void;
}

/** Where the log stands as the hub knows it: everything up to here is committed. */
export interface HubHead {
  /** The lsn of the last entry published. */
  readonly lsn: number;
  /** The log's digest there; 32 bytes, not to be changed. */
  readonly digest: Uint8Array;
}

/**
 * Knows who is connected and in which room, and moves entries to their feeds. A plain object.
 *
 * What holds: a live feed has been offered every entry up to the head that is meant for its device,
 * in lsn order; a feed that is not live will read them.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { limits } from "../limits.ts";
 * import { Feed } from "./feed.ts";
 * import { Hub } from "./hub.ts";
 * const hub = new Hub({ lsn: 1, digest: new Uint8Array(32) }, [], limits);
 * const feed = new Feed({ user: 2, device: 2 }, limits);
 * feed.resume(1);
 * hub.open({ feed, wake: () => {}, read: () => {} });
 * assertEquals(feed.live, true);
 * ```
 * @see docs/ARCHITECTURE.md, section "hub"
 */
export class Hub {
  /** Who is a member of which room as of the head; moved along here alone, read by presence too. */
  readonly rooms: Rooms;
  /** Which session speaks for which device; who is shut out speaks for none. */
  readonly logins = new Logins();
  readonly #ring: Ring;
  #head: HubHead;
  readonly #present = new Map<string, Set<Subscriber>>();
  readonly #byUser = new Map<number, Set<Subscriber>>();
  readonly #byDevice = new Map<number, Subscriber>();
  #flips = new Set<number>();
  #moves = new Map<string, Set<number>>();

  /**
   * Starts with nobody connected and an empty ring.
   *
   * @param head where the log stands
   * @param memberships all that are open there
   * @param bounds of the ring
   */
  constructor(head: HubHead, memberships: Iterable<Membership>, bounds: RingBounds) {
    this.#head = head;
    this.rooms = new Rooms(memberships);
    this.#ring = new Ring(bounds, head.lsn);
  }

  /** Where the log stands. */
  get head(): HubHead {
    return this.#head;
  }

  /** How many devices are connected. */
  get size(): number {
    return this.#byDevice.size;
  }

  /**
   * Counts a user's connections, for their bound.
   *
   * @param user the user's id
   * @returns how many devices of the user are connected
   */
  connections(user: number): number {
    return this.#byUser.get(user)?.size ?? 0;
  }

  /**
   * Tells whether a device is connected: connecting again then takes no further place.
   *
   * @param device the device's id
   * @returns whether it is
   */
  serves(device: number): boolean {
    return this.#byDevice.has(device);
  }

  /**
   * Tells whether a user is present, with any device.
   *
   * @param user the user's id
   * @returns whether at least one device is connected
   */
  isPresent(user: number): boolean {
    return this.#byUser.has(user);
  }

  /**
   * Hands over who came or went since this was last asked; who did both is in it too.
   *
   * @returns the users' ids, owned by the caller
   */
  takeFlips(): ReadonlySet<number> {
    const flips = this.#flips;
    this.#flips = new Set();
    return flips;
  }

  /**
   * Takes who joined or left which room while connected, since this was last asked.
   *
   * @returns the users' ids by the room's key, owned by the caller
   */
  takeMoves(): ReadonlyMap<string, ReadonlySet<number>> {
    const moves = this.#moves;
    this.#moves = new Map();
    return moves;
  }

  /**
   * Connects a device's feed; an older one of the same device is no longer served.
   *
   * @param subscriber its feed is resumed or in a snapshot
   */
  open(subscriber: Subscriber): void {
    const { user, device } = subscriber.feed;
    const older = this.#byDevice.get(device);
    if (older) this.close(older);
    this.#byDevice.set(device, subscriber);
    if (!this.#byUser.has(user)) this.#flips.add(user);
    into(this.#byUser, user, subscriber);
    for (const key of this.rooms.of(user)) into(this.#present, key, subscriber);
    this.serve(subscriber);
  }

  /**
   * Answers who has nothing to wait for: only that tells a device that it has everything.
   *
   * @param subscriber a feed that was just connected
   */
  answer(subscriber: Subscriber): void {
    if (!subscriber.feed.live) return;
    subscriber.feed.answerUpto(this.#head.lsn, this.#head.digest);
    subscriber.wake();
  }

  /**
   * Disconnects a feed; harmless when it is not connected any more.
   *
   * @param subscriber whose
   */
  close(subscriber: Subscriber): void {
    const { user, device } = subscriber.feed;
    if (this.#byDevice.get(device) !== subscriber) return;
    this.#byDevice.delete(device);
    outOf(this.#byUser, user, subscriber);
    if (!this.#byUser.has(user)) this.#flips.add(user);
    for (const key of this.rooms.of(user)) outOf(this.#present, key, subscriber);
  }

  /**
   * Moves a feed on if it is ready: from the ring where that reaches, else from the store.
   *
   * @param subscriber a connected feed
   */
  serve(subscriber: Subscriber): void {
    const { feed } = subscriber;
    if (!feed.ready || this.#byDevice.get(feed.device) !== subscriber) return;
    if (!feed.inSnapshot && this.#ring.covers(feed.sent)) this.#fromRing(subscriber);
    else subscriber.read(feed.wish(), this.#head.lsn);
  }

  /**
   * Hands over the page that a feed wished for.
   *
   * @param subscriber whose
   * @param page what was read
   */
  page(subscriber: Subscriber, page: FeedPage): void {
    subscriber.feed.page(page);
    subscriber.wake();
    this.serve(subscriber);
  }

  /**
   * Publishes a committed batch.
   *
   * @param committed the batch after the one published before
   */
  publish(committed: Committed): void {
    const woken = new Set<Subscriber>();
    for (const entry of committed.published) this.#route(entry, woken);
    this.#head = { lsn: committed.head, digest: committed.digest };
    for (const subscriber of woken) subscriber.wake();
    for (const { changes } of committed.published) {
      for (const change of changes) if (change.what === "shut") this.logins.shut(change);
    }
  }

  /**
   * Tells live feeds that nothing is missing.
   *
   * @param quiet whether feeds without traffic are told too
   */
  tellUpto(quiet: boolean): void {
    const { lsn, digest } = this.#head;
    for (const subscriber of this.#byDevice.values()) {
      if (subscriber.feed.tellUpto(lsn, digest, quiet)) subscriber.wake();
    }
  }

  #route(entry: Published, woken: Set<Subscriber>): void {
    this.#ring.add(entry);
    const { changes, lsn } = entry;
    for (const change of changes) if (change.what === "joins") this.#join(change, lsn);
    this.#offer(entry, woken);
    for (const change of changes) if (change.what === "leaves") this.#leave(change, lsn);
  }

  #offer(entry: Published, woken: Set<Subscriber>): void {
    const { audience } = entry;
    switch (audience[0]) {
      case audienceKinds.room:
      case audienceKinds.admins:
        offerAll(this.#present.get(audienceKey(audience)), entry, woken);
        break;
      case audienceKinds.direct:
        offerAll(this.#byUser.get(audience[1]), entry, woken);
        if (audience[2] !== audience[1]) offerAll(this.#byUser.get(audience[2]), entry, woken);
        break;
      case audienceKinds.user:
        offerAll(this.#byUser.get(audience[1]), entry, woken);
        break;
      case audienceKinds.device: {
        const subscriber = this.#byDevice.get(audience[1]);
        if (subscriber) offerAll([subscriber], entry, woken);
        break;
      }
    }
  }

  #join({ audience: key, user }: Moves, lsn: number): void {
    this.rooms.join(key, user, lsn);
    this.#moved(key, user, (own) => into(this.#present, key, own));
  }

  #leave({ audience: key, user }: Moves, lsn: number): void {
    this.rooms.leave(key, user, lsn, this.#ring.oldest);
    this.#moved(key, user, (own) => outOf(this.#present, key, own));
  }

  /** Who is connected and joins or leaves a room changes who is present there. */
  #moved(key: string, user: number, move: (own: Subscriber) => void): void {
    const own = this.#byUser.get(user);
    if (!own) return;
    own.forEach(move);
    into(this.#moves, key, user);
  }

  #fromRing(subscriber: Subscriber): void {
    const { feed } = subscriber;
    const entries = this.#ring.after(feed.sent);
    feed.goLive(feed.sent);
    for (const entry of entries) {
      if (this.#entitled(feed, entry) && !feed.offer(entry)) break;
    }
    if (feed.live) feed.goLive(this.#head.lsn);
    subscriber.wake();
  }

  #entitled(feed: Feed, { audience, lsn }: Published): boolean {
    switch (audience[0]) {
      case audienceKinds.room:
      case audienceKinds.admins:
        return this.rooms.entitled(audienceKey(audience), feed.user, lsn);
      case audienceKinds.direct:
        return audience[1] === feed.user || audience[2] === feed.user;
      case audienceKinds.user:
        return audience[1] === feed.user;
      case audienceKinds.device:
        return audience[1] === feed.device;
    }
  }
}

function offerAll(
  subscribers: Iterable<Subscriber> | undefined,
  entry: Published,
  woken: Set<Subscriber>,
): void {
  if (!subscribers) return;
  for (const subscriber of subscribers) if (subscriber.feed.offer(entry)) woken.add(subscriber);
}

function into<K, V>(sets: Map<K, Set<V>>, key: K, value: V): void {
  const set = sets.get(key);
  if (set) set.add(value);
  else sets.set(key, new Set([value]));
}

function outOf<K>(sets: Map<K, Set<Subscriber>>, key: K, subscriber: Subscriber): void {
  const set = sets.get(key);
  if (set?.delete(subscriber) && set.size === 0) sets.delete(key);
}
