import { assert, assertEquals, assertNotEquals } from "@std/assert";
import fc from "fast-check";
import type { Outbox } from "../../lib/client/outbox.ts";
import type { OutboxRow } from "../../lib/client/outbox_store.ts";
import { codes } from "../../lib/errors.ts";
import { headerBytes } from "../../lib/framing.ts";
import { limits } from "../../lib/limits.ts";
import { type Entry, itemsEntry } from "../../lib/log/entry.ts";
import { type Action, decodePacket, itemAction, type Packet } from "../../lib/protocol/codec.ts";
import { memoryMailbox } from "../support/memory_mailbox.ts";
import { SeededRandom } from "../support/random.ts";
import { entryPacket } from "../support/scripted_server.ts";

/** What a server says that never met this device. */
const welcome = { ...limits, epoch: null, n: 0, head: 0 };

function text(words: string): Action {
  return { action: "message", to: "lobby", text: words, act: false };
}

function makeOutbox(...texts: string[]): { outbox: Outbox; rows: OutboxRow[] } {
  const outbox = memoryMailbox().outbox;
  outbox.connected(welcome);
  return { outbox, rows: texts.map((one) => outbox.add(text(one))) };
}

function submits(frames: readonly Uint8Array[]): Packet<"submit">[] {
  return frames.map((frame) => {
    const packet = decodePacket(frame.subarray(headerBytes), "client");
    if (packet.packet !== "submit") throw new Error(packet.packet);
    return packet;
  });
}

/** The numbers and texts that are to go now. */
function due(outbox: Outbox, nowMs = 0): [number, string][] {
  return submits(outbox.due(nowMs)).map(({ n, action }) => {
    const said = itemAction(action);
    return [n, said?.action === "message" ? said.text : said?.action ?? ""];
  });
}

function ownEntry(row: OutboxRow, lsn: number, content: Parameters<typeof entryPacket>[1]): Entry {
  const { epoch, n, id } = row;
  const { header, body } = entryPacket(lsn, content, { user: 2, device: 2, epoch, n, id });
  return itemsEntry(header, body);
}

function later(
  outbox: Outbox,
  row: OutboxRow,
  code: number,
  last: number,
  nowMs = 0,
): unknown[] {
  return outbox.later({ epoch: row.epoch, n: row.n, code, last }, nowMs);
}

Deno.test("Outbox.due() gives each row once, numbered from 1, with its own id", () => {
  const { outbox } = makeOutbox("a", "b");
  const [first, second] = submits(outbox.due(0));
  assertEquals([first!.n, second!.n], [1, 2]);
  assertEquals(first!.epoch, second!.epoch);
  assertNotEquals(first!.id, second!.id);
  assertEquals(due(outbox), []);
  outbox.add(text("c"));
  assertEquals(due(outbox), [[3, "c"]]);
});

Deno.test("Outbox.due() gives nothing without a connection", () => {
  const outbox = memoryMailbox().outbox;
  outbox.add(text("a"));
  assertEquals(due(outbox), []);
  outbox.connected(welcome);
  assertEquals(due(outbox), [[1, "a"]]);
  outbox.disconnected();
  outbox.add(text("b"));
  assertEquals(due(outbox), []);
});

Deno.test("Outbox.due() keeps to the window in numbers, and goes on as answers come", () => {
  const window = limits.windowCountMax;
  const { outbox, rows } = makeOutbox(...Array.from({ length: window + 8 }, (_, at) => `m${at}`));
  assertEquals(due(outbox).length, window);
  const { epoch } = rows[0]!;
  outbox.accepted({ epoch, n: 1, lsns: [10, 11, 12] });
  assertEquals(due(outbox).map(([n]) => n), [window + 1, window + 2, window + 3]);
  assertEquals(outbox.unanswered, window + 5);
});

Deno.test("Outbox.due() keeps to the window in bytes, but one row always fits", () => {
  const long = "x".repeat(8_000);
  const { outbox, rows } = makeOutbox(...Array(9).fill(long));
  const frames = outbox.due(0);
  const bytes = frames.reduce((sum, frame) => sum + frame.length, 0);
  assertEquals(frames.length, 8);
  assert(bytes <= limits.windowBytesMax);
  outbox.accepted({ epoch: rows[0]!.epoch, n: 1, lsns: [3] });
  assertEquals(due(outbox).length, 1, "an answer makes room");
  outbox.connected({ ...welcome, windowCountMax: 64, windowBytesMax: 10 });
  assertEquals(due(outbox).length, 1);
  outbox.accepted({ epoch: rows[0]!.epoch, n: 2, lsns: [4] });
  assertEquals(due(outbox).length, 1);
});

Deno.test("Outbox tells which row was accepted or refused, once", () => {
  const { outbox, rows } = makeOutbox("a", "b", "c");
  const { epoch } = rows[0]!;
  due(outbox);
  const accepted = outbox.accepted({ epoch, n: 1, lsns: [7, 9] });
  assertEquals(accepted.map(({ row, answer }) => [row.n, answer]), [
    [1, { kind: "accepted", lsn: 7 }],
    [2, { kind: "accepted", lsn: 9 }],
  ]);
  assertEquals(outbox.accepted({ epoch, n: 1, lsns: [7, 9] }), []);
  const refused = outbox.refused({ epoch, n: 3, lsn: 11, code: codes.noRoom });
  assertEquals(refused, [{
    row: rows[2]!,
    answer: { kind: "refused", lsn: 11, code: codes.noRoom },
  }]);
  assertEquals(outbox.unanswered, 0);
});

Deno.test("Outbox does not take answers to another outbox for its own", () => {
  const { outbox } = makeOutbox("a");
  due(outbox);
  const epoch = new Uint8Array(16);
  assertEquals(outbox.accepted({ epoch, n: 1, lsns: [7] }), []);
  assertEquals(outbox.refused({ epoch, n: 1, lsn: 7, code: 64 }), []);
  outbox.later({ epoch, n: 1, code: codes.conflict, last: 9 }, 0);
  assertEquals([outbox.unanswered, outbox.dueMs], [1, Infinity]);
});

Deno.test("Outbox.connected() sends everything without an answer again, in order, with the same numbers and ids", () => {
  const { outbox, rows } = makeOutbox("a", "b", "c");
  due(outbox);
  outbox.accepted({ epoch: rows[0]!.epoch, n: 1, lsns: [7] });
  outbox.disconnected();
  outbox.connected(welcome);
  const again = submits(outbox.due(0));
  assertEquals(again.map(({ n }) => n), [2, 3]);
  assertEquals(again.map(({ id }) => id), rows.slice(1).map(({ id }) => id));
  assertEquals(again.map(({ epoch }) => epoch), rows.slice(1).map(({ epoch }) => epoch));
});

Deno.test("Outbox.later() for busy waits longer each time, and sends from the first again", () => {
  const { outbox, rows } = makeOutbox("a", "b");
  const busy = (nowMs: number) => {
    later(outbox, rows[0]!, codes.busy, 0, nowMs);
    assertEquals(due(outbox, nowMs), [], "the second has no answer yet");
    const told = later(outbox, rows[1]!, codes.gap, 0, nowMs);
    assertEquals(told, [], "that it follows one that was not taken is no news");
  };
  assertEquals(due(outbox).length, 2);
  busy(1_000);
  assertEquals(outbox.dueMs, 1_250);
  assertEquals(due(outbox, 1_249), []);
  assertEquals(due(outbox, 1_250), [[1, "a"], [2, "b"]]);
  busy(1_300);
  assertEquals(outbox.dueMs, 1_800);
  assertEquals(due(outbox, 1_800).length, 2);
  outbox.accepted({ epoch: rows[0]!.epoch, n: 1, lsns: [7, 8] });
  const third = outbox.add(text("c"));
  due(outbox, 2_000);
  assertEquals(later(outbox, third, codes.unavailable, 2, 3_000), [{ kind: "delayed" }]);
  assertEquals(outbox.dueMs, 3_250, "an answer makes the pause short again");
});

Deno.test("Outbox.later() for busy never waits longer than 8 s", () => {
  const { outbox, rows } = makeOutbox("a");
  let nowMs = 0;
  for (let at = 0; at < 12; at++) {
    assertEquals(due(outbox, nowMs).length, 1);
    later(outbox, rows[0]!, codes.busy, 0, nowMs);
    assert(outbox.dueMs - nowMs <= 8_000);
    nowMs = outbox.dueMs;
  }
  assertEquals(due(outbox, nowMs).length, 1);
});

Deno.test("Outbox.later() for a gap sends from the first without an answer", () => {
  const { outbox, rows } = makeOutbox("a", "b", "c");
  due(outbox);
  outbox.accepted({ epoch: rows[0]!.epoch, n: 1, lsns: [7] });
  later(outbox, rows[1]!, codes.busy, 1);
  later(outbox, rows[2]!, codes.gap, 1);
  assertEquals(due(outbox, 250), [[2, "b"], [3, "c"]]);
});

Deno.test("Outbox.later() for a gap that can't be filled opens a new epoch", () => {
  const { outbox, rows } = makeOutbox("a", "b", "c");
  due(outbox);
  outbox.accepted({ epoch: rows[0]!.epoch, n: 1, lsns: [7, 8] });
  later(outbox, rows[2]!, codes.gap, 0);
  const [again] = submits(outbox.due(0));
  assertEquals([again!.n, again!.id], [1, rows[2]!.id]);
  assertNotEquals(again!.epoch, rows[0]!.epoch);
});

Deno.test("Outbox.later() for a conflict opens a new epoch for what was not taken, and nothing else", () => {
  const { outbox, rows } = makeOutbox("a", "b", "c", "d");
  const { epoch } = rows[0]!;
  due(outbox);
  later(outbox, rows[0]!, codes.conflict, 2);
  assertEquals(due(outbox), [], "what is in flight may still be taken under the old epoch");
  later(outbox, rows[1]!, codes.conflict, 2);
  outbox.accepted({ epoch, n: 3, lsns: [9] });
  outbox.accepted({ epoch, n: 4, lsns: [10] });
  assertEquals(due(outbox), [[1, "a"], [2, "b"]]);
  assertEquals(outbox.add(text("e")).n, 3);
  assertEquals(due(outbox), [[3, "e"]]);
});

Deno.test("Outbox settles under the old epoch again when the connection is lost during a conflict", () => {
  const { outbox, rows } = makeOutbox("a", "b");
  due(outbox);
  later(outbox, rows[0]!, codes.conflict, 1);
  outbox.disconnected();
  outbox.connected(welcome);
  const again = submits(outbox.due(0));
  assertEquals(again.map(({ n, epoch }) => [n, epoch]), [[1, rows[0]!.epoch], [2, rows[0]!.epoch]]);
});

Deno.test("Outbox.entry() of an own row answers it, and a later answer is no news", () => {
  const { outbox, rows } = makeOutbox("a", "b");
  due(outbox);
  const message = { kind: "message", text: "a", act: false } as const;
  const { row, answered } = outbox.entry(ownEntry(rows[0]!, 7, message));
  assertEquals([row, answered.length], [rows[0]!, 1]);
  assertEquals(answered[0]!.answer, { kind: "accepted", lsn: 7 });
  assertEquals(outbox.accepted({ epoch: rows[0]!.epoch, n: 1, lsns: [7] }), []);
  const refused = outbox.entry(ownEntry(rows[1]!, 8, { kind: "refused", code: codes.noRoom }));
  assertEquals(refused.answered[0]!.answer, { kind: "refused", lsn: 8, code: codes.noRoom });
});

Deno.test("Outbox.entry() frees no room in the window: the server counts until it has answered", () => {
  const { outbox, rows } = makeOutbox("a", "b");
  outbox.connected({ ...welcome, windowCountMax: 1, windowBytesMax: 65_536 });
  assertEquals(due(outbox), [[1, "a"]]);
  outbox.entry(ownEntry(rows[0]!, 7, { kind: "message", text: "a", act: false }));
  assertEquals(due(outbox), []);
  outbox.accepted({ epoch: rows[0]!.epoch, n: 1, lsns: [7] });
  assertEquals(due(outbox), [[2, "b"]]);
});

Deno.test("Outbox.entry() knows the row of a refusal, a join and a leave after their answers", () => {
  const { outbox, rows } = makeOutbox("a");
  const join = outbox.add({ action: "join", room: "dev" });
  const leave = outbox.add({ action: "leave", room: "ops" });
  const { epoch } = join;
  due(outbox);
  outbox.refused({ epoch, n: 1, lsn: 7, code: codes.notMember });
  outbox.accepted({ epoch, n: 2, lsns: [8, 9] });
  const refused = ownEntry(rows[0]!, 7, { kind: "refused", code: codes.notMember });
  assertEquals(outbox.entry(refused), { row: rows[0]!, answered: [] });
  assertEquals(outbox.entry(ownEntry(join, 8, { kind: "joined" })).row, join);
  assertEquals(outbox.entry(ownEntry(leave, 9, { kind: "left" })).row, leave);
});

Deno.test("Outbox.entry() knows a row by its id: another row had its number before the disk was restored", () => {
  const { outbox, rows } = makeOutbox("a");
  const message = { kind: "message", text: "b", act: false } as const;
  const other = ownEntry({ ...rows[0]!, id: new Uint8Array(16) }, 7, message);
  assertEquals(outbox.entry(other), { row: null, answered: [] });
  assertEquals(outbox.unanswered, 1);
  const moved = ownEntry({ ...rows[0]!, epoch: new Uint8Array(16), n: 9 }, 8, message);
  const answer = { kind: "accepted", lsn: 8 } as const;
  assertEquals(outbox.entry(moved).answered, [{ row: rows[0]!, answer }]);
});

Deno.test("Outbox.connected() settles what the server has taken before anything behind it goes out", () => {
  const { outbox, rows } = makeOutbox("a", "b", "c");
  const { epoch } = rows[0]!;
  outbox.connected({ ...welcome, epoch, n: 2 });
  assertEquals(due(outbox), [[1, "a"], [2, "b"]]);
  outbox.accepted({ epoch, n: 1, lsns: [5] });
  assertEquals(due(outbox), []);
  later(outbox, rows[1]!, codes.conflict, 2);
  assertEquals(due(outbox), [[1, "b"], [2, "c"]], "in a new epoch, in their order");
});

Deno.test("Outbox.due() gives one row at a time until the server has taken one of an epoch that it does not name", () => {
  const { outbox, rows } = makeOutbox("a", "b", "c", "d");
  const { epoch } = rows[0]!;
  outbox.connected({ ...welcome, epoch: new Uint8Array(16), n: 1, head: 9 });
  outbox.caughtUp();
  assertEquals([due(outbox), due(outbox)], [[[1, "a"]], []]);
  outbox.accepted({ epoch, n: 1, lsns: [7] });
  assertEquals([due(outbox), due(outbox)], [[[2, "b"]], []], "a repeat proves nothing");
  outbox.accepted({ epoch, n: 2, lsns: [10] });
  assertEquals(due(outbox), [[3, "c"], [4, "d"]]);
});

Deno.test("Outbox.due() gives everything in order under a new epoch when the first row is in conflict", () => {
  const { outbox, rows } = makeOutbox("a", "b", "c");
  outbox.connected({ ...welcome, epoch: new Uint8Array(16), n: 1, head: 9 });
  outbox.caughtUp();
  assertEquals(due(outbox), [[1, "a"]]);
  later(outbox, rows[0]!, codes.conflict, 1);
  assertEquals(due(outbox), [[1, "a"], [2, "b"], [3, "c"]]);
  assertNotEquals(outbox.add(text("d")).epoch, rows[0]!.epoch);
});

Deno.test("Outbox.connected() waits for what is to come when the server knows another epoch", () => {
  const { outbox, rows } = makeOutbox("a", "b");
  outbox.connected({ ...welcome, epoch: new Uint8Array(16), n: 1 });
  assertEquals([due(outbox), outbox.dueMs], [[], Infinity]);
  const moved = { ...rows[0]!, epoch: new Uint8Array(16) };
  outbox.entry(ownEntry(moved, 7, { kind: "message", text: "a", act: false }));
  outbox.caughtUp();
  assertEquals(due(outbox), [[2, "b"]]);
});

/** A server that takes n only as last+1, knows repeats, and loses and delays as chance wants. */
class Taker {
  readonly taken: string[] = [];
  readonly #random: SeededRandom;
  #last = new Map<string, number>();
  #byNumber = new Map<string, { id: string; lsn: number }>();

  constructor(random: SeededRandom) {
    this.#random = random;
  }

  answer(outbox: Outbox, { epoch, n, id, action }: Packet<"submit">, nowMs: number): void {
    const outboxKey = epoch.join();
    const last = this.#last.get(outboxKey) ?? 0;
    const known = this.#byNumber.get(`${outboxKey}/${n}`);
    if (n > last + 1) outbox.later({ epoch, n, code: codes.gap, last }, nowMs);
    else if (known && known.id !== id.join()) {
      outbox.later({ epoch, n, code: codes.conflict, last }, nowMs);
    } else if (!known && this.#random.below(4) === 0) {
      outbox.later({ epoch, n, code: codes.busy, last }, nowMs);
    } else {outbox.accepted({
        epoch,
        n,
        lsns: [known?.lsn ?? this.#take(outboxKey, n, id, action)],
      });}
  }

  /** Somebody else used this epoch's next number. */
  spoil(epoch: Uint8Array): void {
    const last = this.#last.get(epoch.join()) ?? 0;
    this.#last.set(epoch.join(), last + 1);
    this.#byNumber.set(`${epoch.join()}/${last + 1}`, { id: "other", lsn: 0 });
  }

  #take(outboxKey: string, n: number, id: Uint8Array, action: readonly unknown[]): number {
    this.#last.set(outboxKey, n);
    this.taken.push(String(action[2]));
    this.#byNumber.set(`${outboxKey}/${n}`, { id: id.join(), lsn: this.taken.length });
    return this.taken.length;
  }
}

Deno.test("Outbox: every row is taken exactly once, over lost connections, pauses and conflicts", () => {
  fc.assert(fc.property(fc.integer(), fc.boolean(), (seed, spoils) => {
    const random = new SeededRandom(seed);
    const server = new Taker(random);
    const outbox = memoryMailbox(random).outbox;
    outbox.connected({ ...welcome, windowCountMax: 5, windowBytesMax: 65_536 });
    const wanted: string[] = [];
    let nowMs = 0;
    for (let step = 0; step < 400 && (step < 60 || outbox.unanswered > 0); step++) {
      nowMs += random.below(500);
      if (step < 60 && random.below(2) === 0) {
        wanted.push(`m${step}`);
        const row = outbox.add(text(`m${step}`));
        if (spoils && random.below(10) === 0) server.spoil(row.epoch);
      }
      const frames = submits(outbox.due(nowMs));
      assert(frames.length <= 5);
      // The connection may end after the server took some, and before their answers came.
      const cut = random.below(6) === 0 ? random.below(frames.length + 1) : frames.length;
      const lost = random.below(6) === 0;
      const told = lost ? memoryMailbox(random).outbox : outbox;
      frames.slice(0, cut).forEach((frame) => server.answer(told, frame, nowMs));
      if (cut < frames.length || lost) {
        outbox.disconnected();
        outbox.connected({ ...welcome, windowCountMax: 5, windowBytesMax: 65_536 });
      }
    }
    assertEquals(outbox.unanswered, 0);
    if (spoils) assertEquals(server.taken.toSorted(), wanted.toSorted());
    else assertEquals(server.taken, wanted, "and in order");
  }));
});
