/**
 * Random worlds around one hub: the real log and reader on SQLite in memory, devices that come, go,
 * read slowly and acknowledge late, and everything that may happen in any order does.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { entryFrame } from "../../lib/log/entry.ts";
import type { Credit } from "../../lib/hub/debt.ts";
import { Feed, type FeedPage, type FeedWish } from "../../lib/hub/feed.ts";
import { Hub } from "../../lib/hub/hub.ts";
import type { RingBounds } from "../../lib/hub/ring.ts";
import { RunJoiner } from "../../lib/hub/runs.ts";
import { snapshotStart } from "../../lib/log/log.ts";
import type { Committed, Submission } from "../../lib/log/submission.ts";
import { StoreReader } from "../../lib/store/reader.ts";
import { openMemoryStore, type SqliteLog } from "../../lib/store/sqlite_log.ts";
import { readMemberships } from "../../lib/store/start.ts";
import { FarConnection, FarDevice, mayAcknowledge, mayReceive, mayWrite } from "./hub_device.ts";
import { HubPeople } from "./hub_people.ts";
import { Oracle, type Who } from "./hub_oracle.ts";
import { inOnePiece } from "./published.ts";
import { ManualClock, SeededRandom } from "./random.ts";

/** How often things happened that a model must meet to be worth anything. */
export interface Happened {
  parked: number;
  pages: number;
  pagesPastHead: number;
  snapshots: number;
  resumedFromRing: number;
  takenOver: number;
  lostInFlight: number;
  restarts: number;
  uptos: number;
  delivered: number;
}

/** @returns all counters at 0 */
export function nothingHappened(): Happened {
  return {
    parked: 0,
    pages: 0,
    pagesPastHead: 0,
    snapshots: 0,
    resumedFromRing: 0,
    takenOver: 0,
    lostInFlight: 0,
    restarts: 0,
    uptos: 0,
    delivered: 0,
  };
}

interface Answered extends Reading {
  readonly page: FeedPage;
}

interface Reading {
  readonly connection: FarConnection;
  readonly feed: Feed;
  readonly wish: FeedWish;
  readonly head: number;
}

/** A hub and everything around it, moved by one seed. */
export class HubWorld {
  readonly random: SeededRandom;
  readonly happened: Happened;
  readonly #store: SqliteLog;
  readonly #reader: StoreReader;
  readonly #people: HubPeople;
  readonly #oracle = new Oracle();
  readonly #joiner = new RunJoiner();
  readonly #credit: Credit;
  readonly #bounds: RingBounds;
  readonly #devices = new Map<number, FarDevice>();
  #connections = new Map<number, FarConnection>();
  #hub: Hub;
  #committed: Committed[] = [];
  #asked: Reading[] = [];
  #answered: Answered[] = [];
  #present = new Set<number>();
  /** What can happen, and how often against the others in most worlds. */
  readonly #moves: readonly (readonly [weight: number, run: () => void])[] = [
    [12, () => this.#commit(this.#people.submissions(1 + this.random.below(3)))],
    [12, () => this.#publish()],
    [8, () => this.#someTimes(() => this.#readOne())],
    [8, () => this.#someTimes(() => this.#answerOne())],
    [8, () => this.#someTimes(() => this.#readOne() || this.#answerOne())],
    [16, () => this.#someTimes(() => this.#on(mayWrite, (one) => this.#write(one)))],
    [16, () => this.#someTimes(() => this.#on(mayReceive, (one) => this.#receive(one)))],
    [12, () => this.#someTimes(() => this.#on(mayAcknowledge, (one) => this.#acknowledge(one)))],
    [4, () => this.#connect()],
    [2, () => this.#on(() => true, (one) => this.#disconnect(one))],
    [2, () => this.#tellUpto(this.random.below(2) === 0)],
    [1, () => this.#oddThing()],
  ];
  readonly #weights: readonly number[];
  readonly #weightsTotal: number;

  /**
   * @param seed gives everything
   * @param happened counters, added to
   */
  constructor(seed: number, happened: Happened) {
    this.random = new SeededRandom(seed);
    this.happened = happened;
    this.#store = openMemoryStore(new ManualClock(0), new SeededRandom(seed + 1));
    this.#reader = new StoreReader(this.#store.database);
    this.#people = new HubPeople(this.random);
    // Every world has its own tempers: slow readers, quick ones, a busy store.
    this.#weights = this.#moves.map(([weight]) => weight * this.random.pick([1, 4, 4, 10]));
    this.#weightsTotal = this.#weights.reduce((sum, weight) => sum + weight, 0);
    const first = this.#store.database.prepare("SELECT header, body FROM log").get();
    this.#oracle.add(entryFrame(first as unknown as { header: Uint8Array; body: Uint8Array }));
    const { random } = this;
    // Frames here are below 250 bytes: half of the credit always holds one, as with the real limits.
    this.#credit = {
      creditEntriesMax: random.pick([1, 2, 4, 8, 16, 64, 64]),
      creditBytesMax: random.pick([500, 2_000, 20_000]),
    };
    this.#bounds = {
      ringEntriesMax: random.pick([0, 1, 3, 8, 30, 30, 1_000]),
      ringBytesMax: random.pick([200, 1_500, 100_000]),
    };
    this.#hub = new Hub(this.#store.head(), [], this.#bounds);
  }

  /** Lets one thing happen, and looks whether all still holds. */
  step(): void {
    let roll = this.random.below(this.#weightsTotal);
    const at = this.#weights.findIndex((weight) => (roll -= weight) < 0);
    this.#moves[at]![1]();
    this.#check();
  }

  /** Connects everybody, lets everything arrive, and looks whether nobody misses anything. */
  settle(): void {
    while (this.#publish());
    for (const who of this.#people.devices) {
      if (!this.#connections.has(who.device)) this.#open(who);
    }
    this.#flow();
    this.#tellUpto(true);
    this.#flow();
    this.#check();
    const head = this.#oracle.head;
    for (const { feed, far } of this.#connections.values()) {
      assert(feed.live, `the feed of ${far.device} is live`);
      assertEquals([far.cursor, [...far.pending]], [head, []], `the cursor of ${far.device}`);
      assertEquals(far.blocked, this.#oracle.blockedBy(far.user), `the blocks of ${far.device}`);
      assertEquals(feed.owed, { entries: 0, bytes: 0 }, `what ${far.device} owes`);
    }
  }

  /** Closes the store. */
  [Symbol.dispose](): void {
    this.#store.close();
  }

  #commit(submissions: Submission[]): void {
    const committed = this.#store.append(submissions);
    this.#people.learn(submissions, committed.outcomes);
    for (const { frame } of committed.published) {
      this.#oracle.add(frame);
      assert(frame.length <= 250, "a frame larger than half of the credit");
    }
    this.#committed.push(inOnePiece(committed));
  }

  #publish(): boolean {
    const committed = this.#committed.shift();
    if (!committed) return false;
    const live = [...this.#connections.values()].filter(({ feed }) => feed.live);
    this.#hub.publish(committed);
    this.happened.parked += live.filter(({ feed }) => !feed.live).length;
    return true;
  }

  #readOne(): boolean {
    const asked = this.#asked.shift();
    if (!asked) return false;
    const { wish: { snapshot, ...rest }, head } = asked;
    const page = snapshot
      ? this.#reader.snapshot({ ...rest, ...snapshot })
      : this.#reader.page({ ...rest, head });
    if (this.#oracle.head > head) this.happened.pagesPastHead++;
    this.happened.pages++;
    this.#answered.push({ ...asked, page });
    return true;
  }

  #answerOne(): boolean {
    if (this.#answered.length === 0) return false;
    const at = this.random.below(this.#answered.length);
    const { connection, feed, page } = this.#answered[at]!;
    this.#answered.splice(at, 1);
    // As server/connection.ts does: a page for a connection that is gone is for nobody.
    if (this.#connections.get(feed.device) === connection) this.#hub.page(connection, page);
    return true;
  }

  #someTimes(move: () => boolean): void {
    for (let left = this.random.pick([1, 2, 30]); left > 0 && move();) left--;
  }

  #on(may: (one: FarConnection) => boolean, act: (one: FarConnection) => void): boolean {
    const able = [...this.#connections.values()].filter(may);
    if (able.length > 0) act(this.random.pick(able));
    return able.length > 1;
  }

  #write(connection: FarConnection): void {
    connection.woken = false;
    const frames = connection.feed.takeFrames();
    if (frames.length === 0) return;
    connection.wire = this.#joiner.join(frames);
    if (this.random.below(4) === 0) this.#joiner.forget();
    this.#hub.serve(connection);
  }

  #receive(connection: FarConnection, all = this.random.below(2) === 0): void {
    const { wire, far } = connection;
    const bytes = wire.subarray(0, all ? wire.length : 1 + this.random.below(wire.length));
    connection.wire = wire.subarray(bytes.length);
    const before = far.cursor;
    this.happened.delivered += far.receive(bytes);
    if (far.cursor > before) this.happened.uptos++;
    // The write is done: a link then asks for more by itself.
    if (connection.wire.length === 0) connection.woken = true;
  }

  #acknowledge(connection: FarConnection, all = false): void {
    const { far, acked } = connection;
    connection.acked = all ? far.ackable : acked + 1 + this.random.below(far.ackable - acked);
    assert(connection.feed.acknowledge(connection.acked), "an honest acknowledgement");
    this.#hub.serve(connection);
  }

  #connect(): void {
    const who = this.#people.anyDevice();
    // Who is connected already takes over now and then.
    if (who && (!this.#connections.has(who.device) || this.random.below(8) === 0)) this.#open(who);
  }

  #open(who: Who): void {
    const far = this.#devices.get(who.device) ?? this.#newDevice(who);
    const feed = new Feed(who, this.#credit);
    const { lsn: head } = this.#hub.head;
    // Real devices start with a snapshot; the hub doesn't mind one that starts before the log.
    if (this.random.below(far.cursor === 0 ? 3 : 40) === 0) {
      this.happened.snapshots++;
      far.connected({ head });
      feed.startSnapshot(head, snapshotStart);
    } else {
      const from = this.random.pick([far.cursor, ...far.pending.slice(-2)]);
      far.connected({ from });
      feed.resume(from);
    }
    const connection: FarConnection = new FarConnection(far, feed, (wish, head) => {
      assert(wish.entriesMax > 0, "a page of at least one entry");
      this.#asked.push({ connection, feed, wish, head });
    });
    const older = this.#connections.get(who.device) ?? null;
    this.#lost(older);
    if (older) older.closed = true;
    this.#hub.open(connection);
    if (older) {
      this.happened.takenOver++;
      // As its session does when it is told that it was replaced.
      this.#hub.close(older);
      this.#hub.serve(older);
    }
    this.#connections.set(who.device, connection);
    if (feed.live && far.cursor < this.#hub.head.lsn) this.happened.resumedFromRing++;
  }

  #newDevice(who: Who): FarDevice {
    const digest = this.#store.database.prepare("SELECT digest FROM log WHERE lsn = ?");
    const far = new FarDevice(
      who,
      this.#oracle,
      (lsn) => (digest.get(lsn) as { digest: Uint8Array }).digest,
    );
    this.#devices.set(who.device, far);
    return far;
  }

  #disconnect(connection: FarConnection): void {
    this.#connections.delete(connection.far.device);
    this.#lost(connection);
    connection.closed = true;
    this.#hub.close(connection);
    // Mostly it is the cable, and the device is back at once.
    if (this.random.below(3) > 0) this.#open(connection.far);
  }

  #lost(connection: FarConnection | null): void {
    if (connection && connection.wire.length > 0) this.happened.lostInFlight++;
  }

  #tellUpto(quiet: boolean): void {
    this.#hub.tellUpto(quiet);
  }

  #oddThing(): void {
    const roll = this.random.below(10);
    if (roll === 0) this.#restart();
    else if (roll < 6) this.#commit(this.#people.submissions(20));
    else this.#compareRooms();
  }

  /** The server stops and starts again: memberships and head come from the store. */
  #restart(): void {
    this.#compareRooms();
    this.happened.restarts++;
    for (const connection of this.#connections.values()) this.#lost(connection);
    this.#connections = new Map();
    this.#asked = [];
    this.#answered = [];
    this.#committed = [];
    this.#present = new Set();
    this.#hub = new Hub(this.#store.head(), readMemberships(this.#store.database), this.#bounds);
    this.#compareRooms();
  }

  #compareRooms(): void {
    for (const [key, members] of this.#oracle.membersAt(this.#hub.head.lsn)) {
      const { rooms } = this.#hub;
      assertEquals(new Set(rooms.members(key)), members, `the members of ${key}`);
      assertEquals(rooms.count(key), members.size);
      for (const { user } of this.#people.devices) {
        assertEquals(rooms.has(key, user), members.has(user));
        assertEquals(rooms.of(user).has(key), members.has(user));
      }
    }
  }

  /** Moves everything that can move until nothing does. */
  #flow(): void {
    let moves = 0;
    for (let moved = true; moved;) {
      moved = this.#readOne() || this.#answerOne();
      for (const connection of this.#connections.values()) {
        if (connection.woken && connection.wire.length === 0) {
          this.#write(connection);
          moved = true;
        }
        if (connection.wire.length > 0) this.#receive(connection, true);
        if (connection.far.ackable > connection.acked) {
          this.#acknowledge(connection, true);
          moved = true;
        }
      }
      assert(++moves < 100_000, "it comes to rest");
    }
  }

  #check(): void {
    const counts = new Map<number, number>();
    for (const { feed, far } of this.#connections.values()) {
      counts.set(far.user, (counts.get(far.user) ?? 0) + 1);
      assert(feed.owed.entries <= this.#credit.creditEntriesMax, "more entries than the credit");
      assert(feed.owed.bytes <= this.#credit.creditBytesMax, "more bytes than the credit");
      assert(!feed.ready, `the feed of ${far.device} could go on, and nobody serves it`);
      assert(far.cursor <= this.#hub.head.lsn, "a cursor ahead of the head");
      assert(this.#hub.serves(far.device));
    }
    const flips = this.#hub.takeFlips();
    for (const { user } of this.#people.devices) {
      const count = counts.get(user) ?? 0;
      assertEquals(this.#hub.connections(user), count);
      assertEquals(this.#hub.isPresent(user), count > 0);
      if (count > 0 !== this.#present.has(user)) assert(flips.has(user), "came or went unseen");
      if (count > 0) this.#present.add(user);
      else this.#present.delete(user);
    }
  }
}
