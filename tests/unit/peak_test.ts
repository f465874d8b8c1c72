/**
 * What one connection makes the server hold when its other side does its worst.
 */

import { assert, assertEquals } from "@std/assert";
import { concat } from "@std/bytes/concat";
import { headerBytes } from "../../lib/framing.ts";
import { limits } from "../../lib/limits.ts";
import { Link } from "../../lib/net/link.ts";
import { actionItem, encodePacket } from "../../lib/protocol/codec.ts";
import { FakeSocket, ManualTimers, settled } from "../support/fake_socket.ts";
import { ManualClock } from "../support/random.ts";
import { digestOf } from "../support/published.ts";
import { Bench, type FarEnd } from "../support/session_bench.ts";

const kib = 1024;

/** Messages that fill a window and are not taken, and most of a frame that does not end. */
function worstInput(): Uint8Array {
  const text = "x".repeat(limits.textBytesMax);
  const action = actionItem({ action: "message", to: "lobby", text, act: false });
  const epoch = new Uint8Array(16);
  const id = new Uint8Array(16);
  const frames: Uint8Array[] = [];
  for (let n = 1, bytes = 0;; n++) {
    const frame = encodePacket("submit", { epoch, n, id, action });
    bytes += frame.length - headerBytes;
    if (bytes > limits.windowBytesMax) break;
    frames.push(frame);
  }
  const begun = new Uint8Array(headerBytes + limits.frameBytesMax - 1);
  new DataView(begun.buffer).setUint32(0, limits.frameBytesMax);
  return concat([...frames, begun]);
}

/** Asks for lists until no further one has room, and reads none. */
function askLists(far: FarEnd): number {
  const name = "x".repeat(limits.nameLengthMax);
  const row = [[0, 0xffff_ffff], name, 0xffff, true] as const;
  const rooms = Array.from({ length: limits.listPageMax }, () => row);
  const before = far.session.heldBytes;
  for (let listBytes = 0, bytes = 0; bytes + listBytes <= limits.answerBytesMax;) {
    far.send("listRooms", { request: 1, after: "" });
    far.pending.rooms.shift()!.done({ rooms, more: true });
    listBytes = far.session.heldBytes - before - bytes;
    bytes += listBytes;
  }
  return far.session.heldBytes - before;
}

Deno.test("a connection holds its credit, its answers twice, and what it sends, and no more", async () => {
  const bench = new Bench();
  const far = bench.connect();
  far.logIn({ user: 2, device: 2, name: "u2", epoch: null, n: 0 });
  far.send("resume", { logId: new Uint8Array(16), cursor: 1, digest: digestOf(1) });
  far.pending.checkStanding.shift()!.done(null);
  far.take();
  const [socket, clock] = [new FakeSocket(), new ManualClock(0)];
  const link = new Link(
    socket,
    {
      payload: (payload) => far.session.payload(payload),
      broken: (error) => far.session.broken(error),
      take: () => far.session.take(),
      ended: () => {},
    },
    { clock, timers: new ManualTimers() },
    limits.frameBytesMax,
  );
  link.start();
  for (let input = worstInput(); input.length > 0;) {
    const count = Math.min(input.length, socket.readSizes.at(-1)!);
    await socket.comes(input.subarray(0, count));
    input = input.subarray(count);
  }
  const sent = link.heldBytes(1_000) + far.session.heldBytes;

  const answers = askLists(far);
  const entries = [2, 3, 4, 5].map((lsn) => [lsn, limits.creditBytesMax / 4] as const);
  const bytes = new Uint8Array(limits.creditBytesMax);
  assertEquals(far.pending.read.length, 1);
  bench.hub.page(far.session, { bytes, entries, upto: 5 });
  link.wake();
  await settled();
  assertEquals(socket.writes.length, 1, "it does not read");
  const more = askLists(far);
  clock.nowMs += 1_000;

  const held = link.heldBytes(1_000) + far.session.heldBytes;
  assert(!far.closed, "all of this is allowed");
  assert(sent > 180 * kib && sent < 193 * kib, `${sent} bytes of what it sent`);
  assert(answers > 170 * kib && more > 170 * kib, `${answers} and ${more} bytes of answers`);
  assert(held <= limits.connectionPeakBytes, `${held} bytes`);
  // Who holds more than its credit and window and does not read, goes: see memory_test.ts.
  assert(held > 790 * kib, `${held} bytes: less than what is reckoned with`);
  link.abort();
});
