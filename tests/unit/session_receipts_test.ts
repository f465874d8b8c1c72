import { assertEquals } from "@std/assert";
import { codes } from "../../lib/errors.ts";
import { limits } from "../../lib/limits.ts";
import type { MarkBatch, Receipt } from "../../lib/log/receipts.ts";
import { encodePacket } from "../../lib/protocol/codec.ts";
import type { Audience } from "../../lib/protocol/audience.ts";
import { batch, published } from "../support/published.ts";
import { Bench } from "../support/session_bench.ts";

const lobby = [
  { audience: "r1", user: 2, since: 1 },
  { audience: "r1", user: 3, since: 1 },
];

const receipt = (lsn: number, delivered: number, audience = "d2-3"): Receipt => ({
  ...{ user: 2, lsn, audience, recipients: 1, delivered, read: 0 },
});

/** What is to be written of one kind. */
function taken<K extends keyof MarkBatch>(bench: Bench, kind: K): MarkBatch[K][number][] {
  return bench.receipts.takeMarks().flatMap((one) => [...one[kind]]) as MarkBatch[K][number][];
}

/** An entry with a frame that the far end can read. */
function entry(lsn: number, audience: Audience = [0, 1], user = 0) {
  return published(lsn, audience, {
    user,
    frame: encodePacket("entry", { header: [lsn], body: null }),
  });
}

/** Publishes a direct from one user to another, and tells its receipts' keeper. */
function direct(bench: Bench, lsn: number, from: number, to: number): void {
  const one = entry(lsn, [1, Math.min(from, to), Math.max(from, to)], from);
  bench.hub.publish(batch(one));
  bench.receipts.published([one]);
}

Deno.test("Session marks what a device acknowledges, and nothing that was only sent", () => {
  const bench = new Bench(9, lobby);
  const far = bench.open(3);
  const start = { kind: "resumed", cursor: 9 } as const;
  assertEquals(taken(bench, "devices"), [{
    ...{ device: 3, user: 3, start, cursor: 9, timeMs: 1_234 },
  }]);
  bench.hub.publish(batch(entry(10), entry(11)));
  far.take();
  assertEquals(taken(bench, "devices"), []);
  far.send("ack", { lsn: 10 });
  assertEquals(taken(bench, "devices").map(({ cursor, start }) => [cursor, start]), [[10, null]]);
  far.send("ack", { lsn: 10 });
  assertEquals(taken(bench, "devices"), []);
  far.send("ack", { lsn: 12 });
  assertEquals([far.endCode(), taken(bench, "devices")], [codes.unexpected, []]);
});

Deno.test("Session gives no snapshot before it is durable that the device begins anew", () => {
  const bench = new Bench(9, lobby);
  for (const writable of [true, false]) {
    bench.writable = writable;
    const far = bench.connect();
    far.logIn({ user: 3, device: 3, name: "bob", epoch: null, n: 0 });
    far.send("resume", { logId: null, cursor: 0, digest: null });
    far.pending.checkStanding.shift()!.done(0);
    const start = { kind: "anew", cursor: 9 } as const;
    assertEquals(taken(bench, "devices").map((one) => one.start), [start]);
    assertEquals(
      far.take().at(-1),
      writable
        ? { packet: "snapshot", reason: 0, head: 9 }
        : { packet: "error", code: codes.unavailable, detail: "" },
    );
    assertEquals(bench.hub.serves(3), writable);
    far.session.ended();
  }
});

Deno.test("Session takes up what came before it is known where the device stands", () => {
  const bench = new Bench(9, lobby);
  const far = bench.connect();
  far.logIn({ user: 3, device: 3, name: "bob", epoch: null, n: 0 });
  far.send("resume", { logId: new Uint8Array(16), cursor: 9, digest: new Uint8Array(32) });
  far.send("stored", { room: [0, 1], from: 1, to: 5 });
  far.send("receipts", { request: 1, lsns: [7] });
  assertEquals([far.pending.receipts.length, bench.receipts.takeMarks()], [0, []]);
  far.pending.checkStanding.shift()!.done(null);
  assertEquals(far.pending.receipts.map(({ args }) => args), [[{ user: 3, lsn: 7 }]]);
  assertEquals(taken(bench, "stored").length, 1);
  const other = bench.connect();
  other.logIn({ user: 3, device: 4, name: "bob", epoch: null, n: 0 });
  other.send("resume", { logId: new Uint8Array(16), cursor: 9, digest: new Uint8Array(32) });
  for (let at = 0; at < limits.receiptsMax; at++) other.send("shareReads", { on: true });
  assertEquals(other.closed, false);
  other.send("shareReads", { on: true });
  assertEquals(other.endCode(), codes.unexpected);
});

Deno.test("Session takes no word of a connection that was replaced", () => {
  const bench = new Bench(9, lobby);
  const older = bench.open(3);
  bench.hub.publish(batch(entry(10)));
  const newer = bench.open(3);
  taken(bench, "devices");
  assertEquals(older.closed, true);
  older.send("ack", { lsn: 10 });
  assertEquals(taken(bench, "devices"), []);
  bench.hub.publish(batch(entry(11)));
  newer.send("ack", { lsn: 11 });
  assertEquals(taken(bench, "devices").map(({ cursor }) => cursor), [11]);
});

Deno.test("Receipts.acknowledge() believes the newer connection from its beginning on", () => {
  const { receipts } = new Bench(9, lobby);
  const who = { user: 3, device: 3 };
  const older = receipts.resume(who, 5);
  receipts.startAnew(who, 9, () => {});
  receipts.takeMarks();
  receipts.acknowledge(older, 12);
  receipts.stored(older, [0, 1], 1, 5);
  receipts.close(older);
  assertEquals(receipts.takeMarks(), [], "what it holds is on another disk");
});

Deno.test("Session tells an own direct's receipt when its recipient's cursor passes it", () => {
  const bench = new Bench(9, lobby);
  const [al, bo] = [bench.open(2), bench.open(3)];
  direct(bench, 10, 2, 3);
  assertEquals(bench.receipts.takeStale(), [], "nobody can have it yet");
  al.send("ack", { lsn: 10 });
  assertEquals(bench.receipts.takeStale(), []);
  bo.send("ack", { lsn: 10 });
  assertEquals(bench.receipts.takeStale(), [{ user: 2, lsn: 10 }]);
  al.take();
  bench.receipts.tell([receipt(10, 1)]);
  assertEquals(al.take(), [{ packet: "receipt", lsn: 10, recipients: 1, delivered: 1, read: 0 }]);
  bo.send("read", { room: [1, 2, 3], lsn: 10 });
  assertEquals(bench.receipts.takeStale(), [{ user: 2, lsn: 10 }]);
  assertEquals(taken(bench, "reads").map(({ audience, lsn }) => [audience, lsn]), [["d2-3", 10]]);
  direct(bench, 11, 2, 2);
  al.session.ended();
  direct(bench, 12, 2, 3);
  bench.open(3).send("read", { room: [1, 2, 3], lsn: 12 });
  assertEquals(bench.receipts.takeStale(), [], "who is gone follows nothing");
});

Deno.test("Session follows the last own directs, and no more", () => {
  const bench = new Bench(9, lobby);
  const al = bench.open(2);
  const bo = bench.open(3);
  const count = limits.ownDirectsMax + 1;
  for (let at = 0; at < count; at++) direct(bench, 10 + at, 2, 3);
  bo.send("read", { room: [1, 2, 3], lsn: 9 + count });
  const stale = bench.receipts.takeStale().map(({ lsn }) => lsn).sort((a, b) => a - b);
  assertEquals([stale.length, stale[0]], [limits.ownDirectsMax, 11]);
  al.session.ended();
});

Deno.test("Session answers what it asks the store, and follows what is its own", () => {
  const bench = new Bench(20, lobby);
  const far = bench.open(2);
  far.send("receipts", { request: 5, lsns: [10, 11, 10] });
  const asked = far.pending.receipts.shift()!;
  assertEquals(asked.args, [{ user: 2, lsn: 10 }, { user: 2, lsn: 11 }]);
  asked.done([receipt(10, 1)]);
  assertEquals(far.take(), [{ packet: "receiptList", request: 5, receipts: [[10, 1, 1, 0]] }]);
  far.send("follow", { lsns: [10, 11] });
  far.pending.receipts.shift()!.done([receipt(10, 0)]);
  assertEquals(far.take(), [{ packet: "receipt", lsn: 10, recipients: 1, delivered: 0, read: 0 }]);
  assertEquals(bench.receipts.takeStale(), [{ user: 2, lsn: 10 }], "it may have changed meanwhile");
  far.send("info", { request: 6, lsn: 10 });
  assertEquals(far.pending.info[0]!.args, [2, 10]);
  far.pending.info.shift()!.done({ code: codes.notOwn, states: [] });
  assertEquals(far.take(), [{
    ...{ packet: "infoList", request: 6, code: codes.notOwn, states: [] },
  }]);
});

Deno.test("Session follows the last messages that were asked for, and no more", () => {
  const bench = new Bench(200, lobby);
  const far = bench.open(2);
  const most = limits.receiptsMax;
  for (const first of [1, 1 + most]) {
    const lsns = Array.from({ length: most }, (_, at) => first + at);
    far.send("follow", { lsns });
    far.pending.receipts.shift()!.done(lsns.map((lsn) => receipt(lsn, 0, "r1")));
  }
  bench.receipts.takeStale();
  bench.open(3).send("read", { room: [0, 1], lsn: 200 });
  const stale = bench.receipts.takeStale().map(({ lsn }) => lsn);
  assertEquals([stale.length, Math.min(...stale)], [most, 1 + most]);
});

Deno.test("Session counts questions about receipts with those about rooms", () => {
  const far = new Bench().open(2);
  for (let request = 0; request < limits.listRequestsMax; request++) {
    if (request % 2) far.send("listRooms", { request, after: "" });
    else far.send("receipts", { request, lsns: [1] });
  }
  assertEquals(far.closed, false);
  far.send("info", { request: 8, lsn: 1 });
  assertEquals(far.endCode(), codes.unexpected);
});

Deno.test("Session looks at what a read mark passes, once", () => {
  const bench = new Bench(9, lobby);
  const al = bench.open(2);
  const bo = bench.open(3);
  for (const lsn of [10, 11, 12]) direct(bench, lsn, 2, 3);
  const stale = (lsn: number) => {
    bo.send("read", { room: [1, 2, 3], lsn });
    return bench.receipts.takeStale().map((one) => one.lsn);
  };
  assertEquals([stale(10), stale(12), stale(12), stale(11)], [[10], [11, 12], [], []]);
  taken(bench, "reads");
  bo.send("shareReads", { on: true });
  assertEquals(stale(11), [10, 11], "what was said before may have been dropped");
  assertEquals(taken(bench, "reads").map(({ lsn }) => lsn), [11]);
  al.session.ended();
});

Deno.test("Session takes marks of the user's own rooms and directs, up to the head", () => {
  const bench = new Bench(9, lobby);
  const far = bench.open(3);
  taken(bench, "devices");
  for (const room of [[0, 7], [1, 4, 5]] as const) {
    far.send("read", { room, lsn: 5 });
    far.send("stored", { room, from: 1, to: 5 });
  }
  assertEquals(bench.receipts.takeMarks(), []);
  far.send("stored", { room: [0, 1], from: 1, to: 9 });
  assertEquals(taken(bench, "stored").map(({ from, to }) => [from, to]), [[1, 9]]);
  far.send("shareReads", { on: true });
  assertEquals(taken(bench, "sharing"), [[3, true]]);
  far.send("read", { room: [0, 1], lsn: 10 });
  assertEquals(far.endCode(), codes.unexpected);
});

Deno.test("Session tells no receipt while answers are half full, and tells it later", () => {
  const bench = new Bench(9, lobby);
  const far = bench.open(2);
  direct(bench, 10, 2, 3);
  far.take();
  let token = 2 ** 40;
  for (let at = 0; at * 15 < limits.answerBytesMax / 2 + 99; at++) {
    far.send("ping", { token: token++ });
  }
  bench.receipts.tell([receipt(10, 1)]);
  assertEquals(far.names().includes("receipt"), false);
  assertEquals(bench.receipts.takeStale(), [{ user: 2, lsn: 10 }]);
  bench.receipts.tell([receipt(10, 1)]);
  assertEquals(far.names(), ["receipt"]);
});
