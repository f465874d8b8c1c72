import { assertEquals } from "@std/assert";
import { codes } from "../../lib/errors.ts";
import { limits } from "../../lib/limits.ts";
import type { DeviceMark, MarkBatch } from "../../lib/log/receipts.ts";
import { HoldingReader } from "../../lib/store/holdings.ts";
import { Inspector } from "../../lib/store/inspect.ts";
import { MarkTables, mergeRange } from "../../lib/store/marks.ts";
import { ReceiptBook } from "../../lib/store/receipts.ts";
import { SinceReader } from "../../lib/store/since.ts";
import { type Person, startMs, World } from "../support/world.ts";

const none: MarkBatch = { early: [], sharing: [], reads: [], devices: [], stored: [] };

/** A world with marks: the ids of people are 2, 3, 4 … in the order of their names. */
class Marked extends World {
  readonly marks = new MarkTables(this.store.database);
  readonly book = new ReceiptBook(this.store.database);
  readonly inspector = new Inspector(this.store.database);
  readonly since = new SinceReader(this.store.database);
  readonly people: readonly Person[];

  constructor(...names: string[]) {
    super();
    this.people = names.map((name) => this.register(name));
  }

  say(from: number, to: string): number {
    const action = { action: "message", to, text: "x", act: false } as const;
    const outcome = this.submit(this.people[from - 2]!, action);
    if (outcome.outcome !== "accepted") throw new Error(`refused: ${to}`);
    return outcome.lsn;
  }

  device(device: number, cursor: number, start: DeviceMark["start"] = null, timeMs = 1): void {
    this.marks.note({ ...none, devices: [{ device, user: device, start, cursor, timeMs }] });
  }

  anew(device: number, head: number): void {
    this.device(device, head, { kind: "anew", cursor: head });
  }

  resumed(device: number, cursor: number): void {
    this.device(device, cursor, { kind: "resumed", cursor });
  }

  stored(device: number, audience: string, from: number, to: number, user = device): void {
    this.marks.note({ ...none, stored: [{ device, user, audience, from, to, timeMs: 9 }] });
  }

  read(user: number, audience: string, lsn: number): void {
    this.marks.note({ ...none, reads: [{ user, audience, lsn, timeMs: 9 }] });
  }

  /** Recipients, delivered and read. */
  receipt(user: number, lsn: number): number[] {
    const { receipts } = this.book.receipts([{ user, lsn }]);
    return receipts.flatMap(({ recipients, delivered, read }) => [recipients, delivered, read]);
  }
}

Deno.test("ReceiptBook.receipts() counts what lies from a device's since to its cursor", () => {
  using world = new Marked("al", "bo");
  const lsns = [1, 2, 3, 4].map(() => world.say(2, "@bo"));
  const delivered = () => lsns.map((lsn) => world.receipt(2, lsn)[1]);
  assertEquals(delivered(), [0, 0, 0, 0], "nobody said anything");
  world.anew(3, lsns[0]!);
  assertEquals(delivered(), [0, 0, 0, 0], "a snapshot is not counted");
  world.device(3, lsns[2]!);
  assertEquals(delivered(), [0, 1, 1, 0]);
  world.device(3, lsns[1]!);
  assertEquals(delivered(), [0, 1, 1, 0], "what comes late takes nothing back");
  world.anew(3, lsns[3]!);
  assertEquals(delivered(), [0, 0, 0, 0], "a device that begins anew has nothing");
});

Deno.test("MarkTables.note() believes what a device says when it resumes, and no more", () => {
  using world = new Marked("al", "bo");
  const lsns = [1, 2, 3, 4].map(() => world.say(2, "@bo"));
  const delivered = () => lsns.map((lsn) => world.receipt(2, lsn)[1]);
  world.resumed(3, lsns[1]!);
  assertEquals(delivered(), [0, 0, 0, 0], "nothing is known of what it holds before");
  world.device(3, lsns[3]!);
  assertEquals(delivered(), [0, 0, 1, 1]);
  world.stored(3, "d2-3", 1, lsns[0]!);
  world.resumed(3, lsns[3]!);
  assertEquals(delivered(), [1, 0, 1, 1], "it stays");
  world.resumed(3, lsns[2]!);
  assertEquals(delivered(), [0, 0, 1, 0], "its disk was restored: what was after it is gone");
});

Deno.test("ReceiptBook.receipts() counts members at the message, each once, but its sender", () => {
  using world = new Marked("al", "bo", "cy", "di");
  const act = (at: number, action: "join" | "leave") =>
    world.submit(world.people[at]!, { action, room: "dev" });
  act(0, "join");
  act(1, "join");
  act(2, "join");
  const lsn = world.say(2, "dev");
  act(3, "join");
  act(2, "leave");
  for (const device of [2, 3, 4, 5]) {
    world.resumed(device, 1);
    world.device(device, 99);
  }
  // A second device of bo, and a second membership of cy.
  const start = { kind: "resumed", cursor: 1 } as const;
  world.marks.note({ ...none, devices: [{ device: 33, user: 3, start, cursor: 1, timeMs: 1 }] });
  act(2, "join");
  assertEquals(world.receipt(2, lsn), [2, 2, 0]);
  const later = world.say(2, "dev");
  const both = world.book.receipts([{ user: 2, lsn }, { user: 2, lsn: later }]).receipts;
  assertEquals(both.map(({ recipients }) => recipients), [2, 3]);
  assertEquals(world.receipt(3, lsn), [], "not bo's own");
  assertEquals(world.receipt(2, 2), [], "no message");
  assertEquals(world.receipt(2, 999), [], "nothing");
});

Deno.test("ReceiptBook.receipts() has no recipients for a note to oneself", () => {
  using world = new Marked("al");
  assertEquals(world.receipt(2, world.say(2, "@al")), [0, 0, 0]);
});

Deno.test("ReceiptBook.receipts() counts stored ranges of that room or direct alone", () => {
  using world = new Marked("al", "bo", "cy");
  const lsn = world.say(2, "@bo");
  world.anew(3, lsn + 1);
  world.anew(4, lsn + 1);
  world.stored(3, "r1", 1, 99);
  world.stored(4, "d2-3", 1, 99);
  assertEquals(world.receipt(2, lsn), [1, 0, 0], "another room's, and another user's");
  world.stored(3, "d2-3", lsn + 1, 99);
  assertEquals(world.receipt(2, lsn), [1, 0, 0]);
  world.stored(3, "d2-3", 1, lsn);
  assertEquals(world.receipt(2, lsn), [1, 1, 0]);
  world.anew(3, lsn + 1);
  assertEquals(world.receipt(2, lsn), [1, 0, 0], "a device that begins anew has nothing");
});

Deno.test("ReceiptBook.receipts() tells read where both share it and the reader has it", () => {
  using world = new Marked("al", "bo");
  const lsn = world.say(2, "@bo");
  const share = (user: number, on: boolean) => world.marks.note({ ...none, sharing: [[user, on]] });
  world.resumed(3, 1);
  world.device(3, lsn);
  share(2, true);
  world.read(3, "d2-3", lsn);
  assertEquals(world.receipt(2, lsn), [1, 1, 0], "bo shares nothing yet");
  share(3, true);
  assertEquals(world.receipt(2, lsn), [1, 1, 0], "nor what was read before");
  world.read(3, "d2-3", lsn - 1);
  assertEquals(world.receipt(2, lsn), [1, 1, 0]);
  world.read(3, "d2-3", lsn);
  world.read(3, "d2-3", lsn - 1);
  assertEquals(world.receipt(2, lsn), [1, 1, 1], "a mark goes forward only");
  share(2, false);
  assertEquals(world.receipt(2, lsn), [1, 1, 0], "al shares nothing, and is told nothing");
  share(2, true);
  assertEquals(world.receipt(2, lsn), [1, 1, 1]);
  share(3, false);
  assertEquals(world.receipt(2, lsn), [1, 1, 0]);
  share(3, true);
  assertEquals(world.receipt(2, lsn), [1, 1, 0], "what was shared before is forgotten");
  world.read(3, "d2-3", lsn);
  assertEquals(world.receipt(2, lsn), [1, 1, 1]);
  world.anew(3, lsn);
  assertEquals(world.receipt(2, lsn), [1, 0, 0], "a mark alone is not enough");
});

Deno.test("MarkTables.note() takes early reads before, and others after sharing changes", () => {
  using world = new Marked("al", "bo");
  const lsn = world.say(2, "@bo");
  world.resumed(3, 1);
  world.device(3, lsn);
  const mark = { user: 3, audience: "d2-3", lsn, timeMs: 1 };
  world.marks.note({ ...none, early: [mark], sharing: [[2, true], [3, true]] });
  assertEquals(world.receipt(2, lsn), [1, 1, 0]);
  world.marks.note({ ...none, sharing: [[3, true]], reads: [mark] });
  assertEquals(world.receipt(2, lsn), [1, 1, 1]);
});

Deno.test("ReceiptBook.receipts() gives back what would take too long, room by room", () => {
  using world = new Marked("al", "bo");
  const lobby = [1, 2].map(() => world.say(2, "lobby"));
  const direct = world.say(2, "@bo");
  const asks = [...lobby, direct].map((lsn) => ({ user: 2, lsn }));
  assertEquals(world.book.receipts(asks).rest, []);
  const insert = world.store.database.prepare("INSERT INTO spans VALUES ('r1', ?, 1, NULL)");
  for (let user = 100; user < 100 + limits.receiptRowsMax; user++) insert.run(user);
  const page = world.book.receipts(asks);
  assertEquals(page.receipts.map(({ lsn, recipients }) => [lsn, recipients]), [
    [lobby[0], limits.receiptRowsMax + 1],
    [lobby[1], limits.receiptRowsMax + 1],
  ]);
  assertEquals(page.rest, [{ user: 2, lsn: direct }]);
});

Deno.test("ReceiptBook.info() tells who has it first, with since when", () => {
  using world = new Marked("al", "bo", "cy", "di");
  const lsn = world.say(2, "lobby");
  world.marks.note({ ...none, sharing: [[2, true], [5, true]] });
  for (const device of [4, 5]) world.resumed(device, lsn - 1);
  world.device(4, lsn, null, 70);
  world.device(4, lsn + 5, null, 80);
  world.device(5, lsn, null, 90);
  world.read(5, "r1", lsn);
  assertEquals(world.book.info(2, lsn), {
    code: 0,
    states: [[5, "di", 2, 90], [4, "cy", 1, 70], [3, "bo", 0, 0]],
  });
  assertEquals(world.book.info(3, lsn), { code: codes.notOwn, states: [] });
});

Deno.test("SinceReader.device() says before when older steps were dropped", () => {
  using world = new Marked("al");
  world.resumed(2, 10);
  for (let step = 1; step <= limits.cursorStepsMax; step++) {
    world.device(2, 10 + step, null, 1_000 + step);
  }
  const count = "SELECT count(*) AS count FROM steps";
  assertEquals({ ...world.store.database.prepare(count).get() }, { count: limits.cursorStepsMax });
  assertEquals(world.since.device(2, "r1", 10), null);
  assertEquals(world.since.device(2, "r1", 11), { timeMs: 1_001, before: true });
  assertEquals(world.since.device(2, "r1", 12), { timeMs: 1_002, before: false });
  world.resumed(2, 10 + limits.cursorStepsMax);
  world.device(2, 5_000, null, 9_999);
  assertEquals({ ...world.store.database.prepare(count).get() }, { count: limits.cursorStepsMax });
  assertEquals(world.since.device(2, "r1", 4_000), { timeMs: 9_999, before: false });
  world.anew(2, 6_000);
  assertEquals({ ...world.store.database.prepare(count).get() }, { count: 1 });
});

Deno.test("mergeRange() joins what touches and keeps the longest", () => {
  const range = (first: number, last: number, timeMs = 1) => ({ first, last, timeMs });
  const some = [range(1, 4), range(8, 9), range(20, 30)];
  assertEquals(mergeRange(some, range(5, 7, 5), 9), [range(1, 9, 5), range(20, 30)]);
  assertEquals(mergeRange(some, range(11, 11), 9).length, 4);
  assertEquals(mergeRange(some, range(11, 11), 3), some, "the shortest goes");
  assertEquals(mergeRange(some, range(1, 99), 3), [range(1, 99)]);
});

Deno.test("MarkTables.note() keeps a bounded number of ranges of each room", () => {
  using world = new Marked("al");
  world.anew(2, 1);
  for (let at = 0; at < limits.storedRangesMax + 9; at++) {
    world.stored(2, "r1", 10 * at + 1, 10 * at + 2);
  }
  world.stored(2, "r99", 1, 2);
  const [al] = new HoldingReader(world.store.database).people("r1", 1, 99_999);
  assertEquals(al!.held.length, 1 + limits.storedRangesMax, "and its cursor's");
  const rows = world.store.database.prepare("SELECT DISTINCT audience FROM stored").all();
  assertEquals(rows.length, 1, "nothing of a room that it never was in");
});

Deno.test("Inspector.trace() tells each device of each recipient", () => {
  using world = new Marked("al", "bo");
  const lsn = world.say(2, "@bo");
  assertEquals(world.inspector.trace(999), null);
  const device = { device: 3, holds: false, heldMs: null, before: false, cursor: 0, cursorMs: 0 };
  const trace = {
    lsn,
    kind: "message",
    audience: "@al @bo",
    timeMs: startMs,
    sender: "al",
    recipients: [{ user: 3, name: "bo", devices: [device] }],
    more: 0,
  };
  assertEquals(world.inspector.trace(lsn), trace);
  world.resumed(3, 1);
  world.device(3, lsn, null, 77);
  const held = { ...device, holds: true, heldMs: 77, cursor: lsn, cursorMs: 77 };
  assertEquals(world.inspector.trace(lsn)!.recipients[0]!.devices, [held]);
  const refused = world.submit(world.people[0]!, { action: "leave", room: "lobby" });
  assertEquals(
    world.inspector.trace(refused.outcome === "refused" ? refused.lsn : 0)!.recipients.map((one) =>
      one.name
    ),
    ["al"],
  );
});

Deno.test("Inspector.undelivered() finds what is missing, page by page, newest first", () => {
  using world = new Marked("al", "bo", "cy");
  const lsns: number[] = [];
  for (let at = 0; at < 1_200; at++) lsns.push(world.say(2, at % 2 ? "@bo" : "lobby"));
  world.resumed(3, 1);
  world.device(3, lsns[1_197]!);
  world.resumed(4, 1);
  world.device(4, 9_999);
  const search = (count: number) => {
    const messages = [];
    let found = 0;
    for (let next = world.inspector.lastBefore(startMs); next > 0;) {
      const page = world.inspector.undelivered(next, count - messages.length);
      messages.push(...page.messages.map(({ lsn, missing }) => [lsn, ...missing]));
      found += page.found;
      next = page.next;
    }
    return { messages, found };
  };
  assertEquals(search(9), {
    messages: [[lsns[1_199], "bo"], [lsns[1_198], "bo"]],
    found: 2,
  });
  world.anew(3, 9_999);
  assertEquals([search(5).messages.length, search(5).found], [5, 1_200]);
});

Deno.test("Inspector.lastBefore() finds the last entry that is old enough", () => {
  using world = new Marked("al");
  const early = world.say(2, "lobby");
  world.clock.nowMs += 1_000;
  const late = world.say(2, "lobby");
  const last = (afterMs: number) => world.inspector.lastBefore(startMs + afterMs);
  assertEquals([last(-1), last(0), last(999), last(1_000)], [0, early, early, late]);
});
