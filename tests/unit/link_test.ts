import { assert, assertEquals } from "@std/assert";
import { concat } from "@std/bytes/concat";
import { codes, ProtocolError } from "../../lib/errors.ts";
import { encodeFrame } from "../../lib/framing.ts";
import { limits } from "../../lib/limits.ts";
import { Link, type LinkHandler } from "../../lib/net/link.ts";
import { FakeSocket, ManualTimers, settled } from "../support/fake_socket.ts";
import { ManualClock } from "../support/random.ts";

/** A handler that notes everything, and gives what the test has put there. */
class Notes implements LinkHandler {
  readonly payloads: number[][] = [];
  readonly errors: Error[] = [];
  readonly gives: Uint8Array[] = [];
  takes = 0;
  takeError: Error | null = null;
  ends = 0;
  /** What a payload does besides being noted. */
  onPayload: (payload: Uint8Array) => void = () => {};

  payload(payload: Uint8Array): void {
    this.#alive();
    this.payloads.push([...payload]);
    this.onPayload(payload);
  }

  broken(error: Error): void {
    this.#alive();
    this.errors.push(error);
  }

  take(): Uint8Array | null {
    this.#alive();
    this.takes++;
    if (this.takeError) throw this.takeError;
    return this.gives.shift() ?? null;
  }

  ended(): void {
    this.#alive();
    this.ends++;
  }

  /** Calls that came after the end: there must be none. */
  late = 0;

  #alive(): void {
    if (this.ends > 0) this.late++;
  }
}

/** A link that has begun to read, and all around it. */
function started(payloadBytesMax = 100) {
  const [socket, notes, timers] = [new FakeSocket(), new Notes(), new ManualTimers()];
  const clock = new ManualClock(1_000);
  const link = new Link(socket, notes, { clock, timers }, payloadBytesMax);
  link.start();
  return { socket, notes, timers, clock, link };
}

function frame(...bytes: number[]): Uint8Array {
  return encodeFrame(new Uint8Array(bytes));
}

function bytes(...values: number[]): Uint8Array {
  return new Uint8Array(values);
}

Deno.test("Link.wake() has one write under way, and asks for more when it is done", async () => {
  const { socket, notes, link } = started();
  notes.gives.push(bytes(1), bytes(2), bytes(3));
  link.wake();
  link.wake();
  assertEquals([socket.writes.length, notes.takes], [1, 1], "what waits stays the handler's");
  await socket.finishWrite();
  assertEquals([socket.writes.length, notes.takes], [1, 2]);
  link.wake();
  await settled();
  assertEquals([socket.writes.length, notes.takes], [1, 2]);
  await socket.finishWrite();
  await socket.finishWrite();
  assertEquals([socket.written, notes.takes], [[1, 2, 3], 4]);
  notes.gives.push(bytes(4));
  link.wake();
  await socket.finishWrite();
  assertEquals(socket.written, [1, 2, 3, 4], "and it wakes again");
});

Deno.test("Link.wake() writes the rest of a write that went out in part", async () => {
  const { socket, notes, link } = started();
  const given = bytes(1, 2, 3, 4, 5);
  notes.gives.push(given, bytes(6));
  link.wake();
  await socket.finishWrite(2);
  assertEquals([[...socket.writes[0]!.bytes], notes.takes], [[3, 4, 5], 1]);
  await socket.finishWrite(0);
  await socket.finishWrite(1);
  await socket.finishWrite();
  await socket.finishWrite();
  assertEquals(socket.written, [1, 2, 3, 4, 5, 6]);
  assertEquals([...given], [1, 2, 3, 4, 5], "it may be shared, and is not changed");
});

Deno.test("Link.writeSinceMs tells since when a write has made no progress", async () => {
  const { socket, notes, link, clock } = started();
  assertEquals(link.writeSinceMs, null);
  notes.gives.push(bytes(1, 2, 3));
  link.wake();
  assertEquals(link.writeSinceMs, 1_000);
  clock.nowMs = 2_000;
  assertEquals(link.writeSinceMs, 1_000);
  await socket.finishWrite(1);
  assertEquals(link.writeSinceMs, 2_000);
  clock.nowMs = 3_000;
  await socket.finishWrite();
  assertEquals(link.writeSinceMs, null);
});

Deno.test("Link.start() gives the payloads of frames, split and joined as they come", async () => {
  const { socket, notes } = started();
  const stream = concat([frame(1), frame(2, 2), frame(3)]);
  await socket.comes(stream.subarray(0, 3));
  await socket.comes(stream.subarray(3, 12));
  await socket.comes(stream.subarray(12));
  assertEquals([notes.payloads, notes.errors], [[[1], [2, 2], [3]], []]);
});

Deno.test("Link.payloadBytesMax holds from the next frame on, in the same chunk", async () => {
  const { socket, notes, link } = started(2);
  notes.onPayload = () => (link.payloadBytesMax = 4);
  await socket.comes(concat([frame(1, 1), frame(2, 2, 2, 2)]));
  assertEquals([notes.payloads, notes.errors], [[[1, 1], [2, 2, 2, 2]], []]);
});

Deno.test("Link.start() tells of a bad length once, after the frames before it", async () => {
  const { socket, notes } = started(2);
  await socket.comes(concat([frame(1), frame(9, 9, 9), frame(2)]));
  await socket.comes(frame(3));
  assertEquals([notes.payloads, notes.errors.length, notes.ends], [[[1]], 1, 0]);
  const [error] = notes.errors;
  assert(error instanceof ProtocolError && error.code === codes.badFrame);
});

Deno.test("Link.start() tells of a payload that can't be taken, and drops what follows", async () => {
  const { socket, notes } = started();
  const wrong = new ProtocolError(codes.unexpected, "no");
  notes.onPayload = ([first]) => {
    if (first === 2) throw wrong;
  };
  await socket.comes(concat([frame(1), frame(2), frame(3)]));
  await socket.comes(frame(4));
  assertEquals([notes.payloads, notes.errors], [[[1], [2]], [wrong]]);
});

Deno.test("Link.wake() tells of a handler that can't give, once, and ends nothing by itself", async () => {
  const { socket, notes, link } = started();
  notes.takeError = new Error("a mistake");
  link.wake();
  link.wake();
  await settled();
  assertEquals([notes.errors.map(({ message }) => message), notes.ends], [["a mistake"], 0]);
  notes.takeError = null;
  notes.gives.push(frame(7));
  link.close();
  await settled();
  assertEquals(socket.writes.length, 1, "the last word still goes out");
});

Deno.test("Link.frameSinceMs tells since when a frame is half here", async () => {
  const { socket, link, clock } = started();
  assertEquals(link.frameSinceMs, null);
  await socket.comes(frame(1));
  assertEquals(link.frameSinceMs, null);
  const long = frame(1, 2, 3, 4, 5, 6);
  for (const at of [0, 1, 2, 3, 4, 5, 6]) {
    clock.nowMs = 2_000 + at;
    await socket.comes(long.subarray(at, at + 1));
    assertEquals(link.frameSinceMs, 2_000, "trickling doesn't move it");
  }
  await socket.comes(long.subarray(7));
  assertEquals([link.frameSinceMs, link.lastReadMs], [null, 2_006]);
});

Deno.test("Link.frameSinceMs begins anew with each frame", async () => {
  const { socket, link, clock } = started();
  await socket.comes(bytes(0, 0));
  clock.nowMs = 2_000;
  await socket.comes(concat([bytes(0, 1, 7), bytes(0, 0, 0)]));
  assertEquals(link.frameSinceMs, 2_000, "the first is whole, the second has begun");
  clock.nowMs = 3_000;
  await socket.comes(concat([bytes(1, 7), frame(1), frame(2)]));
  assertEquals(link.frameSinceMs, null);
});

Deno.test("Link.lastReadMs tells when a byte last came", async () => {
  const { socket, link, clock } = started();
  assertEquals(link.lastReadMs, 1_000, "from the start");
  clock.nowMs = 5_000;
  await socket.comes(bytes(0));
  assertEquals(link.lastReadMs, 5_000);
});

Deno.test("Link.close() drains, half-closes, and ends with the other side", async () => {
  const { socket, notes, link, timers } = started();
  notes.gives.push(bytes(1), bytes(2));
  link.wake();
  link.close();
  link.close();
  assertEquals([socket.halfCloses, timers.waits], [0, [limits.lingerMs]]);
  await socket.finishWrite();
  assertEquals(socket.halfCloses, 0);
  await socket.finishWrite();
  assertEquals([socket.written, socket.halfCloses, socket.closes, notes.ends], [[1, 2], 1, 0, 0]);
  await socket.comes(frame(7));
  assertEquals([notes.payloads, notes.ends], [[], 0], "read to the end, and dropped");
  await socket.ends();
  assertEquals([notes.ends, socket.closes], [1, 1]);
  timers.run();
  assertEquals([notes.ends, socket.closes], [1, 1]);
});

Deno.test("Link.close() writes what waits though nobody woke it", async () => {
  const { socket, notes, link } = started();
  notes.gives.push(bytes(1));
  link.close();
  await socket.finishWrite();
  assertEquals([socket.written, socket.halfCloses], [[1], 1]);
});

Deno.test("Link.close() ends when the other side takes or says nothing in time", async () => {
  for (const drained of [false, true]) {
    const { socket, notes, link, timers } = started();
    notes.gives.push(bytes(1));
    link.close();
    if (drained) await socket.finishWrite();
    timers.run();
    await settled();
    assertEquals([notes.ends, socket.closes], [1, 1]);
  }
});

Deno.test("Link.close() takes no more payloads, of the same chunk neither", async () => {
  const { socket, notes, link } = started();
  notes.onPayload = () => link.close();
  await socket.comes(concat([frame(1), frame(2)]));
  await socket.comes(concat([bytes(0xff, 0xff, 0xff, 0xff)]));
  assertEquals([notes.payloads, notes.errors], [[[1]], []]);
});

Deno.test("Link.start() ends with the stream, and with a reset", async () => {
  for (const error of [undefined, new Error("reset")]) {
    const { socket, notes } = started();
    await socket.ends(error);
    assertEquals([notes.ends, notes.errors, socket.closes], [1, [], 1]);
  }
});

Deno.test("Link.wake() ends when a write or the half-close fails", async () => {
  const first = started();
  first.notes.gives.push(bytes(1), bytes(2));
  first.link.wake();
  first.socket.writes[0]!.fail(new Error("broken pipe"));
  await settled();
  assertEquals([first.notes.ends, first.notes.takes, first.socket.closes], [1, 1, 1]);
  const second = started();
  second.socket.closeWriteError = new Error("not connected");
  second.link.close();
  await settled();
  assertEquals([second.notes.ends, second.socket.closes], [1, 1]);
});

Deno.test("Link.abort() ends at once, once, and nothing is called after it", async () => {
  const { socket, notes, link, timers } = started();
  link.close();
  link.abort();
  link.abort();
  timers.run();
  notes.gives.push(bytes(1));
  link.wake();
  await socket.comes(frame(7));
  assertEquals([notes.ends, notes.late, socket.closes, notes.payloads], [1, 0, 1, []]);
});

Deno.test("Link.abort() asks for nothing more when a write comes to its end after it", async () => {
  const { socket, notes, link } = started();
  notes.gives.push(bytes(1), bytes(2));
  link.wake();
  link.abort();
  await socket.finishWrite();
  assertEquals([notes.ends, notes.late, socket.writes.length], [1, 0, 0]);
});

Deno.test("Link.abort() within a payload gives no more of the chunk", async () => {
  const { socket, notes, link } = started(2);
  notes.onPayload = () => link.abort();
  await socket.comes(concat([frame(1), frame(2), frame(9, 9, 9)]));
  assertEquals([notes.payloads, notes.ends, notes.late], [[[1]], 1, 0]);
});

Deno.test("Link.start() reads into larger buffers while they are filled, up to 64 KiB", async () => {
  const { socket, notes, link } = started();
  link.close();
  await socket.fills(100);
  for (let more = 0; more < 6; more++) await socket.fills(socket.readSizes.at(-1)!);
  await socket.fills(10);
  const kib = socket.readSizes.map((size) => size / 1024);
  assertEquals([kib.slice(0, 4), notes.ends], [[2, 2, 8, 32], 0]);
  assertEquals([Math.max(...kib), kib.at(-1)], [64, 64]);
});

Deno.test("Link.heldBytes() counts the buffer, half a frame, and a write that is stuck", async () => {
  const { link, socket, notes, clock } = started(4_000);
  assertEquals(link.heldBytes(1_000), 2_048);
  await socket.comes(encodeFrame(new Uint8Array(1_000)).subarray(0, 100));
  assertEquals(link.heldBytes(1_000), 2_048 + 512);
  notes.gives.push(new Uint8Array(300));
  link.wake();
  clock.nowMs += 999;
  assertEquals(link.heldBytes(1_000), 2_048 + 512);
  clock.nowMs += 1;
  assertEquals(link.heldBytes(1_000), 2_048 + 512 + 300);
  await socket.finishWrite();
  assertEquals(link.heldBytes(1_000), 2_048 + 512);
});
