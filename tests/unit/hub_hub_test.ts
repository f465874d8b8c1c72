import { assert, assertEquals, assertFalse } from "@std/assert";
import { codeName, codes } from "../../lib/errors.ts";
import { Feed, type FeedPage, type FeedWish } from "../../lib/hub/feed.ts";
import { Hub, type Subscriber } from "../../lib/hub/hub.ts";
import { type Membership, snapshotStart } from "../../lib/log/log.ts";
import { batch, digestOf, published } from "../support/published.ts";

const credit = { creditEntriesMax: 4, creditBytesMax: 100 };
const bounds = { ringEntriesMax: 5, ringBytesMax: 1_000 };
const inRoom: Membership[] = [2, 3].map((user) => ({ audience: "r1", user, since: 1 }));

/** A connection that notes what the hub does to it. */
class Listener implements Subscriber {
  readonly feed: Feed;
  readonly wishes: { wish: FeedWish; head: number }[] = [];
  wakes = 0;

  constructor(user: number, device: number, cursor: number | "snapshot") {
    this.feed = new Feed({ user, device }, credit);
    if (cursor === "snapshot") this.feed.startSnapshot(5, snapshotStart);
    else this.feed.resume(cursor);
  }

  wake(): void {
    this.wakes++;
  }

  read(wish: FeedWish, head: number): void {
    this.wishes.push({ wish, head });
  }

  /** The first bytes of what waits: the lsns, where no `upto` is among it. */
  take(): number[] {
    return this.feed.takeFrames().map((frame) => frame[0]!);
  }
}

/** The fields of an entry by which a user joins or leaves a room. */
function moves(what: "joins" | "leaves", room: number, user: number) {
  return { changes: [{ what, audience: `r${room}`, user }] } as const;
}

function hubAt(lsn: number, memberships: Membership[] = []): Hub {
  return new Hub({ lsn, digest: digestOf(lsn) }, memberships, bounds);
}

function open(
  hub: Hub,
  user: number,
  device = user,
  cursor: number | "snapshot" = hub.head.lsn,
): Listener {
  const listener = new Listener(user, device, cursor);
  hub.open(listener);
  return listener;
}

Deno.test("Hub.publish() gives a room's entry to the members' devices", () => {
  const hub = hubAt(5, inRoom);
  const [a, b, c, stranger] = [open(hub, 2), open(hub, 3), open(hub, 3, 33), open(hub, 4)];
  hub.publish(batch(published(6, [0, 1]), published(7, [0, 9])));
  assertEquals([a, b, c, stranger].map((one) => one.take()), [[6], [6], [6], []]);
});

Deno.test("Hub.publish() gives a direct to both, on all their devices", () => {
  const hub = hubAt(5);
  const [a, b, c, stranger] = [open(hub, 2), open(hub, 3), open(hub, 3, 33), open(hub, 4)];
  hub.publish(batch(published(6, [1, 2, 3])));
  assertEquals([a, b, c, stranger].map((one) => one.take()), [[6], [6], [6], []]);
});

Deno.test("Hub.publish() gives a direct to oneself once", () => {
  const hub = hubAt(5);
  const [a, other] = [open(hub, 2), open(hub, 2, 22)];
  hub.publish(batch(published(6, [1, 2, 2])));
  assertEquals([a.take(), other.take(), a.feed.owed.entries], [[6], [6], 1]);
});

Deno.test("Hub.publish() gives what is meant for a user or a device to no other", () => {
  const hub = hubAt(5);
  const [a, other, stranger] = [open(hub, 2), open(hub, 2, 22), open(hub, 22, 3)];
  hub.publish(batch(published(6, [2, 2]), published(7, [3, 22]), published(8, [3, 99])));
  assertEquals([a, other, stranger].map((one) => one.take()), [[6], [6, 7], []]);
});

Deno.test("Hub.publish() gives what is meant for the admins to them alone", () => {
  const hub = hubAt(5, [...inRoom, { audience: "a", user: 3, since: 1 }]);
  const [member, admin] = [open(hub, 2), open(hub, 3)];
  hub.publish(batch(published(6, [4])));
  assertEquals([member.take(), admin.take()], [[], [6]]);
  const [late, lateAdmin] = [open(hub, 2, 22, 5), open(hub, 3, 33, 5)];
  assertEquals([late.take(), lateAdmin.take()], [[], [6]]);
  assertEquals([late.feed.live, lateAdmin.feed.live], [true, true]);
});

Deno.test("Hub.publish() gives a joining admin what makes them one, and a leaving one nothing after", () => {
  const hub = hubAt(5, inRoom);
  const admin = open(hub, 2);
  const change = (what: "joins" | "leaves") => ({ what, audience: "a", user: 2 }) as const;
  const becomes = published(7, [0, 1], { changes: [change("joins")] });
  const ends = published(9, [4], { changes: [change("leaves")] });
  hub.publish(batch(published(6, [4]), becomes, published(8, [4]), ends, published(10, [4])));
  assertEquals(admin.take(), [7, 8, 9]);
});

Deno.test("Hub.publish() ends the sessions of who is shut out, once all is published", () => {
  const hub = hubAt(5, inRoom);
  const ended: string[] = [];
  const speak = (name: string, user: number, device: number) =>
    hub.logins.take({ user, device }, {
      began: hub.logins.begin(),
      fail: (code) => ended.push(`${name} ${codeName(code)} at ${hub.head.lsn}`),
    });
  speak("a", 2, 2);
  speak("a's other", 2, 22);
  speak("b", 3, 3);
  const shut = (device: number) =>
    ({ what: "shut", user: 2, device, code: codes.nameTaken }) as const;
  hub.publish(batch(published(6, [0, 1], { changes: [shut(22)] }), published(7)));
  assertEquals(ended, ["a's other nameTaken at 7"]);
  hub.publish(batch(published(8, [0, 1], { changes: [shut(0)] })));
  assertEquals(ended.slice(1), ["a nameTaken at 8", "a's other nameTaken at 8"]);
});

Deno.test("Hub.publish() gives a join to who joins, and nothing of the room before", () => {
  const hub = hubAt(5, inRoom);
  const [a, newcomer] = [open(hub, 2), open(hub, 4)];
  const join = published(7, [0, 1], moves("joins", 1, 4));
  hub.publish(batch(published(6, [0, 1]), join, published(8, [0, 1])));
  assertEquals([a.take(), newcomer.take()], [[6, 7, 8], [7, 8]]);
  assert(hub.rooms.has("r1", 4));
});

Deno.test("Hub.publish() gives a leave to who leaves, and nothing of the room after", () => {
  const hub = hubAt(5, inRoom);
  const [a, leaver, other] = [open(hub, 2), open(hub, 3), open(hub, 3, 33)];
  const leave = published(7, [0, 1], moves("leaves", 1, 3));
  hub.publish(batch(published(6, [0, 1]), leave, published(8, [0, 1])));
  assertEquals([a, leaver, other].map((one) => one.take()), [[6, 7, 8], [6, 7], [6, 7]]);
  assertFalse(hub.rooms.has("r1", 3));
});

Deno.test("Hub.publish() makes who founded a room a member of it", () => {
  const hub = hubAt(5);
  const founder = open(hub, 2);
  const made = published(6, [0, 6], moves("joins", 6, 2));
  hub.publish(batch(made, published(7, [0, 7])));
  assertEquals(founder.take(), [6]);
  assertEquals([...hub.rooms.members("r6")], [2]);
  assertEquals([...hub.rooms.members("r7")], []);
});

Deno.test("Hub.publish() moves the head and wakes each once, after all is in its feed", () => {
  const hub = hubAt(5, inRoom);
  const [a, stranger] = [open(hub, 2), open(hub, 4)];
  const before = [a.wakes, stranger.wakes];
  a.wake = () => {
    a.wakes++;
    assertEquals([a.take(), hub.head.lsn], [[6, 7], 7]);
  };
  hub.publish(batch(published(6), published(7)));
  assertEquals([a.wakes, stranger.wakes], [before[0]! + 1, before[1]]);
  assertEquals(hub.head, { lsn: 7, digest: digestOf(7) });
});

Deno.test("Hub.publish() knows a batch that made no entry", () => {
  const hub = hubAt(5, inRoom);
  const a = open(hub, 2);
  const wakes = a.wakes;
  hub.publish({ outcomes: [], published: [], head: 5, digest: digestOf(5) });
  assertEquals([a.wakes, hub.head.lsn], [wakes, 5]);
});

Deno.test("Hub.open() gives from the ring what came since the cursor", () => {
  const hub = hubAt(5, inRoom);
  hub.publish(batch(published(6, [0, 1]), published(7, [1, 3, 3]), published(8, [0, 1])));
  const a = open(hub, 2, 2, 5);
  const b = open(hub, 2, 22, 6);
  assertEquals([a.take(), b.take()], [[6, 8], [8]]);
  assertEquals([a.wishes, a.feed.live, a.wakes > 0], [[], true, true]);
  hub.tellUpto(false);
  hub.publish(batch(published(9, [0, 1])));
  assertEquals(a.take().at(-1), 9);
});

Deno.test("Hub.open() gives from the ring by who was a member then, not by who is now", () => {
  const hub = hubAt(5, inRoom);
  const leave = published(7, [0, 1], moves("leaves", 1, 3));
  const back = published(9, [0, 1], moves("joins", 1, 3));
  hub.publish(batch(published(6, [0, 1]), leave, published(8, [0, 1]), back));
  assertEquals(open(hub, 3, 3, 5).take(), [6, 7, 9]);
  assertEquals(open(hub, 2, 2, 5).take(), [6, 7, 8, 9]);
  assertEquals(open(hub, 4, 4, 5).take(), []);
});

Deno.test("Hub.open() tells the ring by every kind of audience", () => {
  const hub = hubAt(5);
  const audiences = [[1, 2, 3], [1, 3, 4], [2, 3], [3, 33]] as const;
  hub.publish(batch(...audiences.map((audience, at) => published(6 + at, audience))));
  assertEquals(open(hub, 3, 33, 5).take(), [6, 7, 8, 9]);
  assertEquals(open(hub, 3, 3, 5).take(), [6, 7, 8]);
  assertEquals(open(hub, 33, 34, 5).take(), []);
});

Deno.test("Hub.open() reads pages where the ring doesn't reach", () => {
  const hub = hubAt(5, inRoom);
  hub.publish(batch(...[6, 7, 8, 9, 10, 11].map((lsn) => published(lsn))));
  const reached = open(hub, 2, 2, 6);
  assertEquals(
    [reached.wishes.length, reached.feed.live],
    [0, false],
    "and then the credit is used",
  );
  const behind = open(hub, 3, 3, 5);
  assertEquals(behind.wishes.map(({ wish, head }) => [wish.after, head]), [[5, 11]]);
  hub.publish(batch(published(12)));
  assertEquals(behind.take(), [], "what comes meanwhile is not handed over before");
});

Deno.test("Hub.open() never takes a snapshot from the ring", () => {
  const hub = hubAt(0);
  hub.publish(batch(published(1, [0, 1], moves("joins", 1, 2))));
  const fresh = open(hub, 2, 2, "snapshot");
  assertEquals([fresh.wishes.length, fresh.wishes[0]!.wish.snapshot?.head], [1, 5]);
  assertEquals([fresh.feed.live, fresh.take()], [false, []]);
});

/** A page of entries of 10 bytes, whose bytes are the lsns. */
function pageOf(upto: number, ...lsns: number[]): FeedPage {
  return { bytes: new Uint8Array(lsns), entries: lsns.map((lsn) => [lsn, 10]), upto };
}

Deno.test("Hub.page() leads a parked feed back without a gap and without a repeat", () => {
  const hub = hubAt(5, inRoom);
  const slow = open(hub, 2);
  const got: number[] = [];
  const take = () => got.push(...slow.feed.takeFrames().flatMap((frame) => [...frame.slice(0, 1)]));
  for (const lsn of [6, 7, 8, 9, 10, 11, 12, 13, 14]) hub.publish(batch(published(lsn)));
  take();
  assertEquals([got, slow.feed.live, slow.feed.sent], [[6, 7, 8, 9], false, 9]);
  slow.feed.acknowledge(7);
  hub.serve(slow);
  assertEquals(
    [slow.feed.live, slow.wishes.length],
    [false, 0],
    "from the ring, which reaches to 10",
  );
  take();
  assertEquals([got.at(-1), slow.feed.sent], [11, 11]);
  for (const lsn of [15, 16, 17, 18, 19]) hub.publish(batch(published(lsn)));
  slow.feed.acknowledge(11);
  hub.serve(slow);
  hub.serve(slow);
  assertEquals(slow.wishes.map(({ wish, head }) => [wish.after, wish.entriesMax, head]), [
    [11, 4, 19],
  ]);
  hub.publish(batch(published(20)));
  hub.page(slow, { ...pageOf(15, 12), entries: [[12, 10], [13, 10], [14, 10], [15, 10]] });
  take();
  slow.feed.acknowledge(15);
  hub.serve(slow);
  take();
  assertEquals([got.slice(-5), slow.feed.live], [[12, 16, 17, 18, 19], false]);
  slow.feed.acknowledge(19);
  hub.serve(slow);
  hub.publish(batch(published(21)));
  take();
  assertEquals([got.slice(-2), slow.feed.live], [[20, 21], true]);
});

Deno.test("Hub.page() wakes, and asks for the next at once where there is credit", () => {
  const hub = hubAt(50, inRoom);
  const behind = open(hub, 2, 2, 5);
  const wakes = behind.wakes;
  hub.page(behind, pageOf(8, 7, 8));
  assertEquals([behind.wakes, behind.wishes.map(({ wish }) => wish.after)], [wakes + 1, [5, 8]]);
});

Deno.test("Hub.open() serves the older connection of the same device no more", () => {
  const hub = hubAt(5, inRoom);
  const first = new Listener(2, 2, 5);
  hub.open(first);
  const second = new Listener(2, 2, 5);
  hub.open(second);
  assertEquals([hub.connections(2), hub.serves(2)], [1, true]);
  hub.publish(batch(published(6)));
  assertEquals([first.take(), second.take()], [[], [6]]);
  hub.close(first);
  assertEquals([hub.connections(2), hub.serves(2)], [1, true], "closing the older one is harmless");
  hub.publish(batch(published(7)));
  assertEquals(second.take(), [7]);
});

Deno.test("Hub.serve() reads nothing for who is not connected", () => {
  const hub = hubAt(50);
  const gone = open(hub, 2, 2, 49);
  hub.close(gone);
  const never = new Listener(3, 3, 5);
  hub.serve(never);
  assertEquals([never.wishes, never.feed.live], [[], false]);
});

Deno.test("Hub.close() forgets the connection, of rooms joined since too", () => {
  const hub = hubAt(5, inRoom);
  const [gone, other] = [open(hub, 2), open(hub, 2, 22)];
  hub.publish(batch(published(6, [0, 6], moves("joins", 6, 2))));
  hub.close(gone);
  gone.take();
  hub.publish(batch(published(7), published(8, [0, 6]), published(9, [1, 2, 2])));
  assertEquals([gone.take(), other.take()], [[], [6, 7, 8, 9]]);
  assertEquals([hub.connections(2), hub.isPresent(2), hub.serves(2)], [1, true, false]);
  hub.close(other);
  assertEquals([hub.connections(2), hub.isPresent(2), hub.serves(22)], [0, false, false]);
});

Deno.test("Hub.takeFlips() tells who came or went since the last time", () => {
  const hub = hubAt(5);
  const first = open(hub, 2);
  assertEquals([...hub.takeFlips()], [2]);
  const second = open(hub, 2, 22);
  hub.close(first);
  assertEquals([...hub.takeFlips()], [], "the user was there all the time");
  hub.close(second);
  open(hub, 3);
  assertEquals([...hub.takeFlips()], [2, 3]);
  assertEquals([...hub.takeFlips()], []);
});

Deno.test("Hub.tellUpto() wakes those who are told", () => {
  const hub = hubAt(5, inRoom);
  const [busy, quiet] = [open(hub, 2), open(hub, 4)];
  hub.publish(batch(published(6)));
  busy.take();
  const before = [busy.wakes, quiet.wakes];
  hub.tellUpto(false);
  assertEquals([busy.wakes, quiet.wakes], [before[0]! + 1, before[1]]);
  hub.tellUpto(true);
  assertEquals([busy.wakes, quiet.wakes], [before[0]! + 1, before[1]! + 1]);
});

Deno.test("Hub.tellUpto() tells who came back to find nothing for them", () => {
  const hub = hubAt(5);
  hub.publish(batch(published(6)));
  const back = open(hub, 4, 4, 5);
  back.wakes = 0;
  hub.tellUpto(false);
  assertEquals([back.wakes, back.feed.takeFrames().length], [1, 1]);
});
