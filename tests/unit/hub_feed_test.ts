import { assert, assertEquals, assertFalse } from "@std/assert";
import { Feed, type FeedPage } from "../../lib/hub/feed.ts";
import { headerBytes } from "../../lib/framing.ts";
import { type SnapshotPosition, snapshotStart } from "../../lib/log/log.ts";
import { decodePacket } from "../../lib/protocol/codec.ts";
import { digestOf, published } from "../support/published.ts";

const credit = { creditEntriesMax: 4, creditBytesMax: 100 };

/** A live feed that was given everything up to `head`. */
function liveFeed(head = 0): Feed {
  const feed = new Feed({ user: 2, device: 3 }, credit);
  feed.resume(head);
  feed.goLive(head);
  return feed;
}

function offer(feed: Feed, lsn: number, bytes = 10): boolean {
  return feed.offer(published(lsn, [0, 1], { bytes }));
}

/** A page of entries of 10 bytes each. */
function page(upto: number | null, ...lsns: number[]): FeedPage {
  return {
    bytes: new Uint8Array(10 * lsns.length),
    entries: lsns.map((lsn) => [lsn, 10]),
    upto,
  };
}

Deno.test("Feed.offer() takes as many entries as the credit allows", () => {
  const feed = liveFeed();
  assertEquals([1, 2, 3, 4].map((lsn) => offer(feed, lsn, 1)), [true, true, true, true]);
  assertEquals(feed.owed, { entries: 4, bytes: 4 });
  assertFalse(offer(feed, 5, 1));
  assertEquals(feed.owed, { entries: 4, bytes: 4 });
});

Deno.test("Feed.offer() takes as many bytes as the credit allows, to the last", () => {
  const feed = liveFeed();
  assert(offer(feed, 1, 60));
  assert(offer(feed, 2, 40));
  assertEquals(feed.owed, { entries: 2, bytes: 100 });
  assertFalse(offer(feed, 3, 1));
  const other = liveFeed();
  assert(offer(other, 1, 60));
  assertFalse(offer(other, 2, 41), "one byte too many");
});

Deno.test("Feed.offer() parks right before the entry that it did not take", () => {
  const feed = liveFeed(10);
  assert(offer(feed, 11, 60));
  assertFalse(offer(feed, 17, 60), "12 to 16 were for others");
  assertEquals([feed.live, feed.sent], [false, 16]);
  assertFalse(offer(feed, 18, 1), "though it would fit");
  assertEquals([feed.live, feed.sent, feed.owed.entries], [false, 16, 1]);
});

Deno.test("Feed.offer() takes nothing before the feed is live", () => {
  const feed = new Feed({ user: 2, device: 3 }, credit);
  feed.resume(5);
  assertFalse(offer(feed, 6));
  assertEquals([feed.sent, feed.owed.entries, feed.takeFrames()], [5, 0, []]);
});

Deno.test("Feed.offer() lets no more wait than the credit, whatever is acknowledged unread", () => {
  const feed = liveFeed();
  let waiting = 0;
  for (let lsn = 1; lsn < 100; lsn++) {
    if (offer(feed, lsn, 10)) waiting += 10;
    feed.acknowledge(lsn);
  }
  assert(waiting <= credit.creditBytesMax, `${waiting} bytes wait`);
  assertFalse(feed.live);
  assertFalse(feed.ready, "what waits must be taken first");
  feed.takeFrames();
  assert(feed.ready);
});

Deno.test("Feed.takeFrames() gives the shared frames in order, once", () => {
  const feed = liveFeed();
  const entries = [published(1), published(2)];
  for (const entry of entries) feed.offer(entry);
  const frames = feed.takeFrames();
  assertEquals(frames.length, 2);
  assert(frames.every((frame, at) => frame === entries[at]!.frame), "the same bytes for all");
  assertEquals(feed.takeFrames(), []);
  offer(feed, 3);
  assertEquals([frames.length, feed.takeFrames().length], [2, 1]);
});

Deno.test("Feed.acknowledge() frees the credit of all up to there", () => {
  const feed = liveFeed();
  for (const lsn of [2, 4, 6, 8]) offer(feed, lsn, lsn);
  feed.acknowledge(1);
  assertEquals(feed.owed, { entries: 4, bytes: 20 });
  feed.acknowledge(5);
  assertEquals(feed.owed, { entries: 2, bytes: 14 });
  feed.acknowledge(4);
  assertEquals(feed.owed, { entries: 2, bytes: 14 }, "it never goes back");
  assert(offer(feed, 10));
  feed.acknowledge(8);
  assertEquals(feed.owed, { entries: 1, bytes: 10 });
  assertFalse(feed.acknowledge(99), "never handed over");
  assertEquals(feed.owed, { entries: 1, bytes: 10 });
  assert(feed.acknowledge(10));
  assertEquals(feed.owed, { entries: 0, bytes: 0 });
});

Deno.test("Feed.acknowledge() takes nothing of what was never handed over", () => {
  const feed = new Feed({ user: 2, device: 3 }, credit);
  assertEquals([feed.acknowledge(0), feed.acknowledge(1)], [true, false]);
  feed.resume(5);
  assertEquals([feed.acknowledge(5), feed.acknowledge(6)], [true, false]);
  feed.page(page(null, 6));
  assertEquals([feed.acknowledge(7), feed.owed.entries], [false, 1]);
  assertEquals([feed.acknowledge(6), feed.owed.entries], [true, 0]);
  feed.page(page(9, 7));
  feed.goLive(12);
  assertEquals([feed.acknowledge(10), feed.acknowledge(9)], [false, true], "upto 9 was told");
  offer(feed, 14);
  assertEquals([feed.acknowledge(15), feed.owed.entries], [false, 1]);
  assertEquals([feed.acknowledge(14), feed.owed.entries], [true, 0]);
  feed.tellUpto(16, digestOf(16), true);
  assertEquals([feed.acknowledge(17), feed.acknowledge(16)], [false, true]);
});

Deno.test("Feed.ready tells when half of the entries' credit is free", () => {
  const feed = liveFeed();
  assertFalse(feed.ready, "live");
  for (let lsn = 1; lsn <= 5; lsn++) offer(feed, lsn, 1);
  feed.takeFrames();
  assertFalse(feed.ready);
  feed.acknowledge(1);
  assertFalse(feed.ready, "three of four are owed");
  feed.acknowledge(2);
  assert(feed.ready);
});

Deno.test("Feed.ready tells when half of the bytes' credit is free", () => {
  const feed = liveFeed();
  for (const [lsn, bytes] of [[1, 49], [2, 1], [3, 50], [4, 1]] as const) offer(feed, lsn, bytes);
  assertFalse(feed.live);
  feed.takeFrames();
  feed.acknowledge(1);
  assertFalse(feed.ready, "51 of 100 bytes are owed");
  feed.acknowledge(2);
  assert(feed.ready);
});

Deno.test("Feed.ready waits until what was read is taken", () => {
  const feed = new Feed({ user: 2, device: 3 }, credit);
  feed.startSnapshot(9, snapshotStart);
  assert(feed.ready);
  feed.wish();
  assertFalse(feed.ready, "a page is being read");
  feed.page({ bytes: new Uint8Array(51), entries: [], upto: null, next: snapshotStart });
  assertFalse(feed.ready, "51 bytes wait");
  feed.takeFrames();
  assert(feed.ready);
});

Deno.test("Feed.wish() asks for what is left of the credit, after what was handed over", () => {
  const feed = new Feed({ user: 2, device: 3 }, credit);
  feed.resume(7);
  const wish = { user: 2, device: 3, snapshot: null };
  assertEquals(feed.wish(), { ...wish, after: 7, entriesMax: 4, bytesMax: 100 });
  feed.page(page(20, 8, 11));
  feed.takeFrames();
  assertEquals(feed.wish(), { ...wish, after: 20, entriesMax: 2, bytesMax: 80 });
});

Deno.test("Feed.page() hands over what was read and moves the position", () => {
  const feed = new Feed({ user: 2, device: 3 }, credit);
  feed.resume(7);
  feed.wish();
  const read = page(20, 8, 11);
  feed.page(read);
  assertEquals([feed.sent, feed.live, feed.owed], [20, false, { entries: 2, bytes: 20 }]);
  const frames = feed.takeFrames();
  assert(frames.length === 1 && frames[0] === read.bytes);
});

Deno.test("Feed.page() goes through a snapshot position by position", () => {
  const feed = new Feed({ user: 2, device: 3 }, credit);
  feed.startSnapshot(9, snapshotStart);
  const positions: SnapshotPosition[] = [
    { part: "rooms", key: "", id: 0 },
    { part: "entries", key: "", id: 4 },
  ];
  assertEquals(feed.wish().snapshot, { head: 9, position: snapshotStart });
  feed.page({ bytes: new Uint8Array(), entries: [], upto: null, next: positions[0]! });
  assertEquals(feed.takeFrames(), [], "an empty page gives nothing to write");
  assertEquals(feed.wish().snapshot, { head: 9, position: positions[0] });
  feed.page({ ...page(null, 4), next: positions[1]! });
  feed.takeFrames();
  assertEquals([feed.inSnapshot, feed.sent, feed.owed.entries], [true, 0, 1]);
  assertEquals(feed.wish().snapshot, { head: 9, position: positions[1] });
  feed.page({ ...page(9, 5), next: null });
  assertEquals([feed.inSnapshot, feed.sent, feed.owed.entries], [false, 9, 2]);
  feed.takeFrames();
  assertEquals([feed.wish().snapshot, feed.wish().after], [null, 9]);
});

/** What `tellUpto` let wait, as lsns. */
function told(feed: Feed): number[] {
  return feed.takeFrames().map((frame) => {
    const packet = decodePacket(frame.subarray(headerBytes), "server");
    assert(packet.packet === "upto");
    assertEquals(packet.digest, digestOf(packet.lsn));
    return packet.lsn;
  });
}

Deno.test("Feed.tellUpto() tells the head once after entries", () => {
  const feed = liveFeed(5);
  offer(feed, 6);
  feed.takeFrames();
  assert(feed.tellUpto(8, digestOf(8), false));
  assertEquals(told(feed), [8]);
  assertFalse(feed.tellUpto(8, digestOf(8), false));
  assertFalse(feed.tellUpto(8, digestOf(8), true));
  offer(feed, 9);
  feed.takeFrames();
  assert(feed.tellUpto(9, digestOf(9), false));
  assertEquals(told(feed), [9]);
});

Deno.test("Feed.tellUpto() tells a feed without traffic only when it is asked to", () => {
  const feed = liveFeed(5);
  assertFalse(feed.tellUpto(5, digestOf(5), true), "it is there already");
  assertFalse(feed.tellUpto(8, digestOf(8), false));
  assert(feed.tellUpto(8, digestOf(8), true));
  assertEquals(told(feed), [8]);
});

Deno.test("Feed.tellUpto() tells who became live without being given anything", () => {
  const feed = new Feed({ user: 2, device: 3 }, credit);
  feed.resume(5);
  feed.goLive(8);
  assert(feed.tellUpto(8, digestOf(8), false));
  assertEquals(told(feed), [8]);
});

Deno.test("Feed.tellUpto() tells nothing that a page has told", () => {
  const feed = new Feed({ user: 2, device: 3 }, credit);
  feed.resume(5);
  feed.page(page(8, 6));
  feed.takeFrames();
  feed.goLive(8);
  assertFalse(feed.tellUpto(8, digestOf(8), true));
});

Deno.test("Feed.tellUpto() never tells a feed that is not live", () => {
  const feed = new Feed({ user: 2, device: 3 }, credit);
  feed.resume(5);
  assertFalse(feed.tellUpto(8, digestOf(8), true));
  const parked = liveFeed(5);
  offer(parked, 6, 100);
  offer(parked, 7);
  parked.takeFrames();
  assertFalse(parked.tellUpto(8, digestOf(8), true));
  assertEquals(parked.takeFrames(), []);
});

Deno.test("Feed.stalled() counts from the last look at which nothing was owed", () => {
  const feed = liveFeed();
  feed.stalled(1_000, 60);
  offer(feed, 1);
  assertFalse(feed.stalled(1_060, 60));
  assert(feed.stalled(1_061, 60));
});

Deno.test("Feed.stalled() starts anew with each acknowledgement", () => {
  const feed = liveFeed();
  for (const lsn of [1, 2, 3]) offer(feed, lsn);
  assertFalse(feed.stalled(5_000, 60), "the first look");
  assertFalse(feed.stalled(5_060, 60));
  feed.acknowledge(1);
  assertFalse(feed.stalled(5_100, 60));
  assertFalse(feed.stalled(5_160, 60));
  assert(feed.stalled(5_161, 60));
  feed.acknowledge(3);
  assertFalse(feed.stalled(9_000, 60));
  assertFalse(feed.stalled(99_000, 60), "who owes nothing may be silent");
});

Deno.test("Feed.stalled() takes no older acknowledgement for progress", () => {
  const feed = liveFeed();
  for (const lsn of [1, 2, 3]) offer(feed, lsn);
  feed.acknowledge(2);
  assertFalse(feed.stalled(5_000, 60));
  feed.acknowledge(1);
  assertFalse(feed.stalled(5_050, 60));
  feed.acknowledge(2);
  assert(feed.stalled(5_061, 60));
});

Deno.test("Feed.pageBytes counts pages until they are taken, and no entries that are shared", () => {
  const feed = new Feed({ user: 2, device: 2 }, { creditEntriesMax: 9, creditBytesMax: 9_999 });
  feed.resume(0);
  feed.wish();
  feed.page({ bytes: new Uint8Array(700), entries: [[5, 700]], upto: 5 });
  feed.goLive(5);
  feed.offer(published(6, [2, 2]));
  assertEquals(feed.pageBytes, 700);
  feed.takeFrames();
  assertEquals(feed.pageBytes, 0);
});
