import { assert, assertEquals } from "@std/assert";
import { Followed, type Follower } from "../../lib/hub/followed.ts";
import { Marks } from "../../lib/hub/marks.ts";
import { limits } from "../../lib/limits.ts";
import type { DeviceStart, MarkBatch, Receipt } from "../../lib/log/receipts.ts";

const device = (cursor: number, start: DeviceStart | null = null) => ({
  device: 3,
  user: 3,
  start,
  cursor,
  timeMs: cursor,
});
const anew = (cursor: number) => device(cursor, { kind: "anew", cursor });
const resumed = (cursor: number) => device(cursor, { kind: "resumed", cursor });
const range = (from: number, to: number, audience = "r1") => ({
  ...{ device: 3, user: 3, audience, from, to, timeMs: 1 },
});
const read = (lsn: number, user = 3) => ({ user, audience: "r1", lsn, timeMs: 1 });

/** All that waits, in one batch. */
function taken(marks: Marks): MarkBatch {
  const all: MarkBatch = { early: [], sharing: [], reads: [], devices: [], stored: [] };
  for (const part of marks.takeAll()) {
    for (const name of Object.keys(all) as (keyof MarkBatch)[]) {
      (all[name] as unknown[]).push(...part[name]);
    }
  }
  assert(marks.empty);
  return all;
}

Deno.test("Marks.device() keeps one mark of a device, and where it began", () => {
  const marks = new Marks();
  for (const mark of [resumed(5), device(7), device(9)]) marks.device(mark);
  assertEquals(taken(marks).devices, [device(9, { kind: "resumed", cursor: 5 })]);
  for (const mark of [device(12), anew(20), device(21)]) marks.device(mark);
  assertEquals(taken(marks).devices, [device(21, { kind: "anew", cursor: 20 })]);
  for (const mark of [anew(20), device(22), resumed(22)]) marks.device(mark);
  assertEquals(taken(marks).devices, [device(22, { kind: "anew", cursor: 20 })], "still anew");
  for (const mark of [resumed(30), device(33), resumed(31)]) marks.device(mark);
  assertEquals(taken(marks).devices, [resumed(31)], "its disk was restored");
});

Deno.test("Marks.stored() joins ranges, bounds them, and forgets them with a new beginning", () => {
  const marks = new Marks();
  for (const one of [range(5, 6), range(1, 4), range(7, 9), range(7, 9, "r2")]) marks.stored(one);
  assertEquals(taken(marks).stored, [range(1, 9), range(7, 9, "r2")]);
  for (let at = 0; at < 2 * limits.storedRangesMax; at++) marks.stored(range(10 * at, 10 * at + 1));
  assertEquals(taken(marks).stored.length, limits.storedRangesMax);
  marks.stored(range(1, 4));
  marks.device(anew(9));
  assertEquals(taken(marks).stored, []);
});

Deno.test("Marks.read() goes forward only and is bounded", () => {
  const marks = new Marks();
  for (const lsn of [5, 9, 7]) marks.read(read(lsn));
  assertEquals(taken(marks).reads, [read(9)]);
  for (let at = 0; at < 2 * limits.marksOfOneMax; at++) {
    marks.read({ ...read(1), audience: `r${at}` });
  }
  assertEquals(taken(marks).reads.length, limits.marksOfOneMax);
});

Deno.test("Marks.share() judges reads by what was so when they came", () => {
  const marks = new Marks();
  marks.read(read(5));
  marks.share(3, true);
  marks.read(read(6));
  assertEquals([taken(marks)].map(({ early, sharing, reads }) => [early, sharing, reads]), [
    [[read(5)], [[3, true]], [read(6)]],
  ]);
  marks.read(read(7));
  marks.read(read(7, 4));
  marks.share(3, false);
  marks.read(read(8));
  assertEquals([taken(marks)].map(({ early, sharing, reads }) => [early, sharing, reads]), [
    [[], [[3, false]], [read(7, 4)]],
  ]);
  marks.share(3, false);
  marks.share(3, true);
  marks.share(3, true);
  marks.read(read(9));
  marks.share(3, true);
  assertEquals([taken(marks)].map(({ early, sharing, reads }) => [early, sharing, reads]), [
    [[], [[3, true]], [read(9)]],
  ]);
});

Deno.test("Marks.takeAll() gives batches of a bounded size", () => {
  const marks = new Marks();
  for (let at = 0; at < limits.marksBatchMax + 1; at++) marks.device({ ...device(1), device: at });
  assertEquals(marks.takeAll().map(({ devices }) => devices.length), [limits.marksBatchMax, 1]);
});

Deno.test("Marks.giveBack() puts what was not written under what came since", () => {
  const marks = new Marks();
  marks.device(anew(5));
  marks.stored(range(1, 2));
  marks.read(read(5));
  marks.share(4, true);
  const failed = marks.takeAll();
  marks.device(device(9));
  marks.read(read(4));
  marks.share(4, false);
  marks.giveBack(failed);
  const { devices, stored, reads, sharing } = taken(marks);
  assertEquals(devices, [device(9, { kind: "anew", cursor: 5 })]);
  assertEquals([stored, reads, sharing], [[range(1, 2)], [read(5)], [[4, false]]]);
  marks.stored(range(1, 2));
  const more = marks.takeAll();
  marks.device(anew(20));
  marks.giveBack(more);
  assertEquals(taken(marks).stored, [], "the device began anew meanwhile");
});

class Listener implements Follower {
  readonly told: number[][] = [];
  full = false;

  constructor(readonly user: number) {}

  tell({ lsn, recipients, delivered, read }: Receipt): boolean {
    if (!this.full) this.told.push([lsn, recipients, delivered, read]);
    return !this.full;
  }
}

const receipt = (lsn: number, recipients: number, delivered: number, read = 0) => ({
  ...{ user: 2, lsn, audience: "r1", recipients, delivered, read },
});

Deno.test("Followed.passed() finds what a cursor passes, in the user's own rooms and directs", () => {
  const followed = new Followed();
  const al = new Listener(2);
  for (const lsn of [30, 10, 20]) followed.add(al, lsn, "r1");
  followed.add(al, 15, "d2-3");
  followed.add(al, 16, "d2-4");
  assertEquals(followed.takeStale().length, 5, "each is told once at first");
  const stale = (...passed: Parameters<Followed["passed"]>) => {
    followed.passed(...passed);
    return followed.takeStale().map(({ lsn }) => lsn);
  };
  assertEquals(stale(3, 9, 15, ["r1"]), [15, 10]);
  assertEquals(stale(3, 10, 20, ["r1"]), [15, 20], "after from, up to to");
  assertEquals(stale(3, 0, 99, ["r7"]), [15], "other rooms are nothing to it");
  assertEquals(stale(4, 0, 99, []), [16]);
  assertEquals(stale(2, 0, 99, ["r1"]), [], "the sender's own devices are no recipients");
  followed.touched(9, "r1", 19, 20);
  assertEquals(followed.takeStale(), [{ user: 2, lsn: 20 }]);
});

Deno.test("Followed.tell() tells what is news, to each who follows", () => {
  const followed = new Followed();
  const [one, two] = [new Listener(2), new Listener(2)];
  followed.add(one, 7, "r1");
  followed.tell(receipt(7, 2, 0));
  followed.add(two, 7, "r1");
  for (const delivered of [0, 0, 1]) followed.tell(receipt(7, 2, delivered));
  assertEquals(one.told, [[7, 2, 0, 0], [7, 2, 1, 0]]);
  assertEquals(two.told, [[7, 2, 0, 0], [7, 2, 1, 0]]);
  followed.takeStale();
  one.full = true;
  followed.tell(receipt(7, 2, 2));
  assertEquals(followed.takeStale(), [{ user: 2, lsn: 7 }], "it is tried again");
  one.full = false;
  followed.tell(receipt(7, 2, 2));
  assertEquals([one.told.length, two.told.length], [3, 3]);
  followed.tell(receipt(7, 2, 2, 2));
  followed.tell(receipt(7, 2, 1, 0));
  assertEquals([one.told.length, two.told.length], [4, 4], "all have read it: it is over");
});

Deno.test("Followed.add() of a direct that is new tells only what changes", () => {
  const followed = new Followed();
  const al = new Listener(2);
  followed.add(al, 7, "d2-3", true);
  assertEquals(followed.isStale, false);
  followed.tell(receipt(7, 1, 0));
  followed.tell(receipt(7, 1, 1));
  assertEquals(al.told, [[7, 1, 1, 0]]);
});

Deno.test("Followed.remove() leaves nothing behind", () => {
  const followed = new Followed();
  const [one, two] = [new Listener(2), new Listener(2)];
  for (const [who, lsn] of [[one, 5], [one, 6], [two, 6]] as const) followed.add(who, lsn, "d2-3");
  followed.takeStale();
  followed.remove(one, 6);
  followed.remove(one, 99);
  followed.passed(3, 0, 9, []);
  assertEquals(followed.takeStale().map(({ lsn }) => lsn), [5, 6], "the other follows it still");
  followed.passed(3, 0, 9, []);
  followed.remove(two, 6);
  followed.remove(one, 5);
  assertEquals(followed.takeStale(), []);
  followed.passed(3, 0, 9, []);
  assertEquals(followed.takeStale(), []);
});
