/**
 * What a user says too fast waits for its time; everything else goes on.
 */

import { assert, assertEquals, assertFalse } from "@std/assert";
import { codes } from "../../lib/errors.ts";
import { limits } from "../../lib/limits.ts";
import { boundaries } from "../../lib/log/log.ts";
import { Bench, type FarEnd } from "../support/session_bench.ts";

const rates = { messagesBurst: 3, messagesPerSecond: 5, historyPerSecond: 2 };
const past = { code: 0, bytes: new Uint8Array(), count: 0, boundary: boundaries.start };

function paced(): Bench {
  return new Bench(9, [], rates);
}

/** Lets the next thing's time come. */
function pass(bench: Bench, ms: number): void {
  bench.clock.nowMs += ms;
  bench.timers.run();
}

/** The numbers that were handed to the log. */
function handed(far: FarEnd): number[] {
  return far.pending.submit.map(({ args }) => args.by === "device" ? args.n : 0);
}

Deno.test("Session.payload() hands submissions on when their time has come, in order", () => {
  const bench = paced();
  const far = bench.open(2);
  for (let n = 1; n <= 6; n++) far.submit(n);
  assertEquals(handed(far), [1, 2, 3]);
  for (let n = 4; n <= 6; n++) {
    pass(bench, 199);
    assertEquals(handed(far).at(-1), n - 1);
    pass(bench, 1);
    assertEquals(handed(far).at(-1), n);
  }
  assertEquals([handed(far), far.take(), far.closed], [[1, 2, 3, 4, 5, 6], [], false]);
});

Deno.test("Session.payload() counts in the window what waits for its time", () => {
  const bench = paced();
  const far = bench.open(2);
  for (let n = 1; n <= limits.windowCountMax; n++) far.submit(n);
  assertEquals([handed(far).length, far.closed], [3, false]);
  assert(far.session.heldBytes > limits.windowCountMax * 40, "and holds it");
  far.submit(limits.windowCountMax + 1);
  assertEquals(far.endCode(), codes.unexpected);
});

Deno.test("Session.payload() reads pings and acknowledgements while submissions wait", () => {
  const far = paced().open(2);
  for (let n = 1; n <= 10; n++) far.submit(n);
  far.send("ping", { token: 7 });
  far.send("ack", { lsn: 9 });
  assertEquals(far.take(), [{ packet: "pong", token: 7 }]);
  assertFalse(far.closed);
});

Deno.test("Session.payload() shares a user's rate among the user's devices, by turns", () => {
  const bench = paced();
  const [one, other, stranger] = [bench.open(2, 21), bench.open(2, 22), bench.open(3, 31)];
  for (let n = 1; n <= 5; n++) one.submit(n);
  for (let n = 1; n <= 2; n++) other.submit(n);
  stranger.submit(1);
  assertEquals([one, other, stranger].map((far) => handed(far).length), [3, 0, 1]);
  const counts: number[][] = [];
  for (let at = 0; at < 4; at++) {
    pass(bench, 200);
    counts.push([handed(one).length, handed(other).length]);
  }
  assertEquals(counts, [[4, 0], [4, 1], [5, 1], [5, 2]]);
});

Deno.test("Session.payload() gives who connects anew no fresh burst", () => {
  const bench = paced();
  let all = 0;
  for (let round = 0; round < 5; round++) {
    const far = bench.open(2);
    for (let n = 1; n <= 4; n++) far.submit(n);
    all += handed(far).length;
    far.session.ended();
    bench.context.rates.tick();
  }
  assertEquals(all, 3);
});

Deno.test("Session.ended() hands nothing on afterwards: what waited is not taken", () => {
  const bench = paced();
  const far = bench.open(2);
  for (let n = 1; n <= 6; n++) far.submit(n);
  far.session.ended();
  pass(bench, 10_000);
  assertEquals([handed(far), bench.timers.waits], [[1, 2, 3], []]);
});

Deno.test("Session.payload() reads history when its time has come, and loses no question", () => {
  const bench = paced();
  const far = bench.open(2);
  const ask = (request: number) => far.send("history", { request, room: [0, 1], before: 0 });
  for (const request of [1, 2]) {
    ask(request);
    far.pending.history.shift()!.done(past);
  }
  ask(3);
  assertEquals([far.names(), far.pending.history.length], [["past", "past"], 0]);
  pass(bench, 500);
  far.pending.history.shift()!.done(past);
  assertEquals(far.names(), ["past"]);
  ask(4);
  ask(5);
  assertEquals(far.endCode(), codes.unexpected, "one at a time, as ever");
  pass(bench, 500);
  assertEquals(far.pending.history, [], "nobody is there to read it for");
});

Deno.test("Session.payload() lets connectionsMax devices in, and those again", () => {
  const bench = new Bench(9, [], rates, { connectionsMax: 3 });
  for (const user of [2, 3, 4]) bench.open(user);
  const far = bench.connect();
  far.logIn({ user: 5, device: 5, name: "u5", epoch: null, n: 0 });
  assertEquals(far.endCode(), codes.full);
  assertEquals([far.session.user, far.session.endCode], [0, codes.full]);
  assertFalse(bench.open(4).closed, "the same device takes over");
  assertEquals(bench.hub.size, 3);
});

Deno.test("Session.hasGreeted is true from hello on", () => {
  const far = new Bench().connect();
  assertFalse(far.session.hasGreeted);
  far.greet();
  assert(far.session.hasGreeted);
});

Deno.test("Session.tick() keeps the times that the server was told", () => {
  const bench = new Bench(9, [], rates, { loginMs: 2_000, frameMs: 3_000 });
  const far = bench.connect(1_000);
  far.session.tick(3_000, { lastReadMs: 3_000, frameSinceMs: null });
  assertFalse(far.closed);
  far.session.tick(3_001, { lastReadMs: 3_000, frameSinceMs: null });
  assertEquals(far.endCode(), codes.noAnswer);
  const open = bench.open(2);
  open.session.tick(9_001, { lastReadMs: 9_000, frameSinceMs: 6_000 });
  assertEquals(open.endCode(), codes.noAnswer);
});
