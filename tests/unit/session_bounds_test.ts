import { assert, assertEquals, assertFalse } from "@std/assert";
import { codes } from "../../lib/errors.ts";
import { headerBytes } from "../../lib/framing.ts";
import { limits } from "../../lib/limits.ts";
import type { Membership } from "../../lib/log/log.ts";
import type { Outcome } from "../../lib/log/submission.ts";
import { actionItem, encodePacket } from "../../lib/protocol/codec.ts";
import { batch, digestOf, published } from "../support/published.ts";
import { Bench, type FarEnd } from "../support/session_bench.ts";

const message = (text: string) => ({ action: "message", to: "dev", text, act: false }) as const;

/** Answers the oldest submission that is open. */
function answer(far: FarEnd, outcome: Outcome): void {
  far.pending.submit.shift()!.done(outcome);
}

Deno.test("Session.payload() accepts nothing before it is durable", () => {
  const far = new Bench().open(2);
  for (const n of [1, 2, 3]) far.submit(n);
  assertEquals(far.names(), []);
  assertEquals(far.pending.submit.map(({ args }) => args.by === "device" && args.n), [1, 2, 3]);
  answer(far, { outcome: "accepted", lsn: 10 });
  const epoch = new Uint8Array(16);
  assertEquals(far.take(), [{ packet: "accepted", epoch, n: 1, lsns: [10] }]);
  answer(far, { outcome: "refused", lsn: 11, code: codes.noRoom });
  answer(far, { outcome: "later", code: codes.gap, last: 2 });
  assertEquals(far.take(), [
    { packet: "refused", epoch, n: 2, lsn: 11, code: codes.noRoom },
    { packet: "later", epoch, n: 3, code: codes.gap, last: 2 },
  ]);
});

Deno.test("Session.payload() submits as who logged in, with what was sent", () => {
  const far = new Bench().open(2, 22);
  far.submit(5, message("hi"));
  const { args } = far.pending.submit[0]!;
  assert(args.by === "device");
  const { user, device, n, id, epoch, action, sizeBytes } = args;
  assertEquals([user, device, n], [2, 22, 5]);
  assertEquals([id, epoch], [new Uint8Array(16).fill(5), new Uint8Array(16)], "not views");
  assertEquals(action, message("hi"));
  const fields = { epoch, n, id, action: actionItem(message("hi")) };
  assertEquals(sizeBytes, encodePacket("submit", fields).length);
});

Deno.test("Session.payload() submits an action that it doesn't know as none", () => {
  const far = new Bench().open(2);
  const epoch = new Uint8Array(16);
  far.send("submit", { epoch, n: 1, id: epoch, action: [900, "what"] });
  const { args } = far.pending.submit[0]!;
  assertEquals(args.by === "device" && args.action, null);
});

Deno.test("Session.payload() ends when more submissions are open than the window allows", () => {
  const far = new Bench().open(2);
  const window = limits.windowCountMax;
  for (let n = 1; n <= window; n++) far.submit(n);
  answer(far, { outcome: "accepted", lsn: 10 });
  far.submit(window + 1);
  assertFalse(far.closed, "one was answered");
  far.submit(window + 2);
  assertEquals(far.endCode(), codes.unexpected);
  assertEquals(far.pending.submit.length, window, "the one too many is not submitted");
});

Deno.test("Session.payload() ends when more bytes are open than the window allows", () => {
  const far = new Bench().open(2);
  const half = "x".repeat(limits.windowBytesMax / 2 - 200);
  far.submit(1, message(half));
  far.submit(2, message(half));
  answer(far, { outcome: "accepted", lsn: 10 });
  far.submit(3, message(half));
  assertFalse(far.closed, "one was answered");
  far.submit(4, message("x".repeat(400)));
  assertEquals([far.endCode(), far.pending.submit.length], [codes.unexpected, 2]);
});

Deno.test("Session.payload() takes the largest frame that there is, as the only one open", () => {
  const epoch = new Uint8Array(16);
  const text = "x".repeat(limits.frameBytesMax - 1_024);
  const unknown = [900, "x".repeat(limits.frameBytesMax - 44)];
  const fields = { epoch, n: 1, id: epoch };
  assertEquals(
    encodePacket("submit", { ...fields, action: unknown }).length,
    limits.frameBytesMax + headerBytes,
  );
  for (const action of [unknown, actionItem(message(text))]) {
    const far = new Bench().open(2);
    far.send("submit", { ...fields, action });
    assertEquals([far.closed, far.pending.submit.length], [false, 1]);
  }
});

Deno.test("Session.payload() takes at most 8 requests at a time", () => {
  const far = new Bench().open(2);
  for (let request = 0; request < 8; request++) {
    if (request % 2) far.send("listRooms", { request, after: "" });
    else far.send("listMembers", { request, room: "lobby", after: 0 });
  }
  far.pending.rooms.shift()!.done({ rooms: [], more: false });
  far.pending.members.shift()!.done({ code: 0, members: [], more: false });
  assertEquals(far.names(), ["roomList", "memberList"]);
  for (const request of [8, 9]) far.send("listRooms", { request, after: "" });
  assertFalse(far.closed);
  far.send("listRooms", { request: 10, after: "" });
  assertEquals(far.endCode(), codes.unexpected);
});

Deno.test("Session.payload() answers lists for the user, and says who is present", () => {
  const bench = new Bench();
  const far = bench.open(2);
  bench.open(3);
  far.send("listRooms", { request: 6, after: "b" });
  far.send("listMembers", { request: 7, room: "dev", after: 1 });
  assertEquals(far.pending.rooms[0]!.args, [2, "b"]);
  assertEquals(far.pending.members[0]!.args, [2, "dev", 1]);
  far.pending.members[0]!.done({ code: 0, members: [[2, "a"], [3, "b"], [4, "c"]], more: true });
  far.pending.rooms[0]!.done({ rooms: [[[0, 1], "lobby", 2, true]], more: false });
  assertEquals(far.take(), [
    {
      packet: "memberList",
      request: 7,
      code: 0,
      members: [[2, "a", true], [3, "b", true], [4, "c", false]],
      more: true,
    },
    { packet: "roomList", request: 6, rooms: [[[0, 1], "lobby", 2, true]], more: false },
  ]);
});

Deno.test("Session.payload() ends the older connection of the same device", () => {
  const bench = new Bench();
  const older = bench.open(2);
  const newer = bench.open(2);
  assertEquals([older.endCode(), newer.closed], [codes.replaced, false]);
  older.session.ended();
  bench.hub.publish(batch(published(10, [3, 2], { frame: entryFrame })));
  assertEquals([older.names(), newer.names()], [[], ["entry"]]);
  assertEquals(bench.hub.connections(2), 1);
});

const entryFrame = new Uint8Array([0, 0, 0, 4, 0x83, 10, 0x80, 0xf6]);

/** A login of one of user 2's devices, up to its welcome. */
function loggedIn(bench: Bench, device: number): FarEnd {
  const far = bench.connect();
  far.logIn({ user: 2, device, name: "u2", epoch: null, n: 0 });
  return far;
}

Deno.test("Session.payload() lets so many devices of a user in, and those again", () => {
  const bench = new Bench();
  const most = limits.connectionsPerUserMax;
  for (let device = 1; device <= most; device++) bench.open(2, device);
  assertEquals(loggedIn(bench, most + 1).endCode(), codes.full);
  assertEquals(loggedIn(bench, most).names(), ["challenge", "welcome"]);
  assertFalse(bench.open(3, 33).closed, "other users have their own");
  assertFalse(bench.open(2, most).closed, "the same device takes over");
  assertEquals(bench.hub.connections(2), most);
});

Deno.test("Session.payload() lets no more devices of a user in that log in together", () => {
  const bench = new Bench();
  const most = limits.connectionsPerUserMax;
  const far = Array.from({ length: most + 2 }, (_, at) => loggedIn(bench, 1 + at));
  for (const one of far) {
    if (one.closed) continue;
    one.send("resume", { logId: null, cursor: 9, digest: null });
    one.pending.checkStanding.shift()!.done(null);
  }
  assertEquals(bench.hub.connections(2), most);
  assertEquals(far.filter((one) => one.endCode() === codes.full).length, 2);
});

Deno.test("Session.tick() ends a login that takes too long", () => {
  const steps: ((far: FarEnd) => void)[] = [
    () => {},
    (far) => far.greet(),
    (far) => far.claim("u2"),
    (far) => far.logIn({ user: 2, device: 2, name: "u2", epoch: null, n: 0 }),
  ];
  for (const step of steps) {
    const far = new Bench().connect(1_000);
    step(far);
    far.session.tick(1_000 + limits.loginMs, { lastReadMs: 6_000, frameSinceMs: null });
    assertFalse(far.closed);
    far.session.tick(1_001 + limits.loginMs, { lastReadMs: 6_000, frameSinceMs: null });
    assertEquals(far.endCode(), codes.noAnswer);
  }
});

Deno.test("Session.tick() ends a frame that is not made whole", () => {
  const far = new Bench().open(2);
  const nowMs = 100_000;
  const tick = (frameMs: number) =>
    far.session.tick(nowMs, { lastReadMs: nowMs, frameSinceMs: nowMs - frameMs });
  tick(limits.frameMs);
  assertFalse(far.closed);
  tick(limits.frameMs + 1);
  assertEquals(far.endCode(), codes.noAnswer);
});

Deno.test("Session.tick() pings once after a silence, and ends after a longer one", () => {
  const far = new Bench().open(2);
  const tick = (silentMs: number) =>
    far.session.tick(100_000 + silentMs, { lastReadMs: 100_000, frameSinceMs: null });
  tick(limits.pingAfterMs);
  assertEquals(far.names(), []);
  tick(limits.pingAfterMs + 1);
  assertEquals(far.names(), ["ping"]);
  tick(limits.deadAfterMs);
  assertEquals([far.names(), far.closed], [[], false]);
  tick(limits.deadAfterMs + 1);
  assertEquals(far.endCode(), codes.noAnswer);
  tick(limits.deadAfterMs * 2);
  assertEquals([far.names(), far.notes.length], [[], 1]);
});

Deno.test("Session.tick() pings again after the next silence", () => {
  const far = new Bench().open(2);
  const tick = (nowMs: number, lastReadMs: number) =>
    far.session.tick(nowMs, { lastReadMs, frameSinceMs: null });
  tick(30_000, 5_000);
  assertEquals(far.names(), ["ping"]);
  far.send("pong", { token: 0 });
  tick(40_000, 30_001);
  assertEquals(far.names(), []);
  tick(51_000, 30_001);
  assertEquals(far.names(), ["ping"]);
});

Deno.test("Session.tick() ends a device that doesn't acknowledge", () => {
  const bench = new Bench();
  const far = bench.open(2);
  const tick = (nowMs: number) =>
    far.session.tick(nowMs, { lastReadMs: nowMs, frameSinceMs: null });
  tick(1_000);
  for (const lsn of [10, 11]) {
    bench.hub.publish(batch(published(lsn, [2, 2], { frame: entryFrame })));
  }
  far.take();
  tick(1_000 + limits.stallMs);
  assertFalse(far.closed);
  far.send("ack", { lsn: 10 });
  tick(2_000 + limits.stallMs);
  tick(2_000 + 2 * limits.stallMs);
  assertFalse(far.closed, "it made progress");
  tick(2_001 + 2 * limits.stallMs);
  assertEquals(far.endCode(), codes.tooSlow);
});

Deno.test("Session.payload() ends who asks and doesn't read the answers", () => {
  const far = new Bench().open(2);
  let pings = 0;
  for (; !far.closed && pings < 100_000; pings++) far.send("ping", { token: 1 });
  const pongBytes = encodePacket("pong", { token: 1 }).length;
  assertEquals(pings, Math.floor(limits.answerBytesMax / pongBytes) + 1);
  assertEquals(far.endCode(), codes.tooSlow);
});

Deno.test("Session.payload() ends who submits and doesn't read the outcomes", () => {
  const outcomes: Outcome[] = [
    { outcome: "later", code: codes.gap, last: 0 },
    { outcome: "refused", lsn: 9, code: codes.noRoom },
    { outcome: "accepted", lsn: 1_000_000 },
  ];
  for (const outcome of outcomes) {
    const far = new Bench().open(2);
    for (let n = 1; n <= limits.answerBytesMax && !far.closed; n++) {
      // The window is kept: each is answered before the next is sent.
      far.submit(n);
      answer(far, outcome);
    }
    assertEquals(far.endCode(), codes.tooSlow, outcome.outcome);
  }
});

Deno.test("Session.take() gives answers before entries, in one piece", () => {
  const bench = new Bench();
  const far = bench.open(2);
  bench.hub.publish(batch(published(10, [2, 2], { frame: entryFrame })));
  far.send("ping", { token: 1 });
  const pong = encodePacket("pong", { token: 1 });
  assertEquals(far.session.take(), new Uint8Array([...pong, ...entryFrame]));
  assertEquals(far.session.take(), null);
});

Deno.test("Session.take() leads a parked feed on", () => {
  const bench = new Bench();
  const far = bench.open(2);
  const frame = new Uint8Array(64 * 1024);
  for (const lsn of [10, 11, 12, 13, 14]) {
    bench.hub.publish(batch(published(lsn, [2, 2], { frame })));
  }
  assertFalse(far.session.feed.live);
  far.send("ack", { lsn: 13 });
  assertFalse(far.session.feed.live, "what waits is not taken yet");
  assertEquals(far.session.take()?.length, 4 * frame.length);
  assertEquals([far.session.feed.live, far.session.take()?.length], [true, frame.length]);
});

Deno.test("Session.payload() leads a parked feed on when it is acknowledged", () => {
  const bench = new Bench();
  const far = bench.open(2);
  for (let lsn = 10; lsn < 10 + limits.creditEntriesMax + 3; lsn++) {
    bench.hub.publish(batch(published(lsn, [2, 2], { frame: entryFrame })));
  }
  assertEquals([far.names().length, far.session.feed.live], [limits.creditEntriesMax, false]);
  far.send("ack", { lsn: 10 + limits.ackEntries });
  assertEquals(far.names(), [], "less than half is free");
  far.send("ack", { lsn: 10 + limits.creditEntriesMax / 2 });
  assertEquals([far.names(), far.session.feed.live], [["entry", "entry", "entry"], true]);
});

Deno.test("Session.tell() drops presence while much waits, and tells all of it later", () => {
  const members: Membership[] = [2, 3].map((user) => ({ audience: "r1", user, since: 1 }));
  const bench = new Bench(9, members);
  const far = bench.open(2);
  far.send("watch", { rooms: [[0, 1]] });
  bench.presence.tick();
  assertEquals(far.take(), [{
    packet: "presence",
    room: [0, 1],
    present: 1,
    changes: [[2, true]],
  }]);
  const pongs = Math.ceil(limits.answerBytesMax / 2 / 7) + 1;
  for (let sent = 0; sent < pongs; sent++) far.send("ping", { token: 1 });
  bench.open(3);
  bench.presence.tick();
  assertEquals(far.names().filter((name) => name !== "pong"), []);
  bench.presence.tick();
  assertEquals(far.take(), [
    { packet: "presence", room: [0, 1], present: 2, changes: [[2, true], [3, true]] },
  ]);
  far.session.ended();
  far.session.tell = () => {
    throw new Error("told after the end");
  };
  bench.open(3).session.ended();
  bench.presence.tick();
  assertEquals(far.names(), []);
});

Deno.test("Session.take() gives upto to a quiet device only now and then", () => {
  const bench = new Bench(9);
  const far = bench.open(2);
  bench.hub.tellUpto(true);
  assertEquals(far.names(), [], "it stands at the head");
  bench.hub.publish(batch(published(10, [2, 99])));
  bench.hub.tellUpto(false);
  assertEquals(far.names(), []);
  bench.hub.tellUpto(true);
  assertEquals(far.take(), [{ packet: "upto", lsn: 10, digest: digestOf(10) }]);
});
