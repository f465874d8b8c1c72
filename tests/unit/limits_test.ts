import { assert, assertEquals } from "@std/assert";
import { headerBytes } from "../../lib/framing.ts";
import { limits } from "../../lib/limits.ts";
import { encodeEntry, entryFrame } from "../../lib/log/entry.ts";
import { encodeItem } from "../../lib/protocol/cbor.ts";
import { encodePacket } from "../../lib/protocol/codec.ts";
import { nameBytesMaxOnWire } from "../../lib/protocol/names.ts";
import { packets } from "../../lib/protocol/packets.ts";
import { shapeOf, within } from "../support/shapes.ts";

const frameMax = limits.frameBytesMax + headerBytes;
const uintMax = Number.MAX_SAFE_INTEGER;
const id = new Uint8Array(16);

/** The largest payload of a packet: every field at its upper bound; `free` fields are left out. */
function largestPayload(name: keyof typeof packets): number {
  const fields = Object.values(packets[name].fields).map(({ says }) => {
    const encoded = within(shapeOf(says)).map((value) => encodeItem(value).length);
    return Math.max(...encoded);
  });
  return fields.reduce((sum, length) => sum + length, 3);
}

Deno.test("limits hold every packet of bounded fields within a frame", () => {
  for (const name of Object.keys(packets) as (keyof typeof packets)[]) {
    assert(largestPayload(name) <= limits.frameBytesMax, name);
  }
});

Deno.test("limits hold what is said before login within its smaller frame", () => {
  for (const name of ["hello", "challenge", "login", "error", "ping", "pong"] as const) {
    assert(largestPayload(name) <= limits.frameBytesMaxBeforeLogin, name);
  }
});

/** The frame of the largest entry that apply can make. */
function largestEntry(): Uint8Array {
  const header = {
    lsn: uintMax,
    prev: uintMax,
    timeMs: uintMax,
    audience: [1, uintMax, uintMax],
    user: uintMax,
    device: uintMax,
    epoch: id,
    n: uintMax,
    id,
  } as const;
  const text = "x".repeat(limits.textBytesMax);
  return entryFrame(encodeEntry(header, { kind: "message", text, act: false }));
}

Deno.test("limits hold the largest message in a submission and in an entry", () => {
  assert(largestEntry().length <= frameMax);
  const to = `@${"x".repeat(limits.nameLengthMax)}`;
  assert(to.length <= nameBytesMaxOnWire);
  const action = [1, to, "x".repeat(limits.textBytesMax), false];
  const submit = encodePacket("submit", { epoch: id, n: uintMax, id, action });
  assert(submit.length <= limits.windowBytesMax, "a message always fits the window");
});

Deno.test("limits let a parked feed always go on", () => {
  // Parked means: the next frame did not fit. Ready means: half is free. Never both at once, or
  // nobody would serve the feed; and a page of half the credit always holds one entry.
  assert(2 * frameMax <= limits.creditBytesMax);
  assert(limits.creditEntriesMax >= 2);
});

Deno.test("limits let a device acknowledge long before its credit is used up", () => {
  assert(2 * limits.ackEntries <= limits.creditEntriesMax);
  assert(2 * limits.ackBytes + frameMax <= limits.creditBytesMax);
  assert(10 * limits.ackDelayMs <= limits.stallMs);
});

Deno.test("limits hold all outcomes that a device can be owed that keeps its window", () => {
  const refused = encodePacket("refused", { epoch: id, n: uintMax, lsn: uintMax, code: 0xffff });
  const later = encodePacket("later", { epoch: id, n: uintMax, code: 0xffff, last: uintMax });
  const outcomes = limits.windowCountMax * Math.max(refused.length, later.length);
  assert(4 * outcomes <= limits.answerBytesMax);
});

Deno.test("limits hold all answers that a device can be owed that keeps to 8 requests", () => {
  const name = "x".repeat(limits.nameLengthMax);
  // Ids and counts as large as they get in a log of four billion entries.
  const row = [[0, 0xffff_ffff], name, 0xffff, true] as const;
  const rooms = Array.from({ length: limits.listPageMax }, () => row);
  const list = encodePacket("roomList", { request: 0xffff, rooms, more: true }).length;
  const states = Array.from(
    { length: limits.listPageMax },
    () => [0xffff_ffff, name, 2, 2 ** 42] as const,
  );
  const info = encodePacket("infoList", { request: 0xffff, code: 0, states }).length;
  assert(8 * info <= limits.answerBytesMax, `${8 * info} bytes of who has messages`);
  const presence = limits.answerBytesMax / 2;
  assert(7 * list + frameMax <= limits.answerBytesMax, `${7 * list} bytes of lists, and a past`);
  assert(list + presence <= limits.answerBytesMax);
});

Deno.test("limits let one presence through while answers are half full", () => {
  const changes = Array.from({ length: limits.presenceMembersMax }, () => [uintMax, true] as const);
  const room = [1, uintMax, uintMax] as const;
  const presence = encodePacket("presence", { room, present: uintMax, changes });
  assert(2 * presence.length <= limits.answerBytesMax);
});

Deno.test("limits let a batch hold the largest submission, and a window", () => {
  assert(frameMax <= limits.batchBytesMax);
  assert(limits.windowCountMax <= limits.batchCountMax);
  assert(limits.windowBytesMax + headerBytes <= limits.batchBytesMax);
});

Deno.test("limits let the ring hold more than a credit", () => {
  assert(limits.ringEntriesMax >= 2 * limits.creditEntriesMax);
  assert(limits.ringBytesMax >= 2 * limits.creditBytesMax);
  assert(limits.ringBytesMax >= limits.batchBytesMax);
});

Deno.test("limits of time come one after the other", () => {
  const { tickMs, pingAfterMs, deadAfterMs, stallMs, loginMs, frameMs, lingerMs } = limits;
  assert(tickMs < loginMs && loginMs < pingAfterMs);
  assert(frameMs < pingAfterMs, "a trickled frame doesn't outlive a silence");
  assert(2 * pingAfterMs < deadAfterMs, "time for a ping, and a pong over a bad line");
  assert(deadAfterMs < stallMs);
  assert(lingerMs < loginMs);
});

Deno.test("limits of connections are a few per user and many in all", () => {
  assert(limits.connectionsPerUserMax < limits.connectionsMax);
  assertEquals(
    Object.values(limits).every((value) => Number.isSafeInteger(value) && value > 0),
    true,
  );
});

Deno.test("limits bound what one connection can make the server hold", () => {
  const parts = {
    read: limits.readBytesMax,
    frame: limits.frameBytesMax,
    window: limits.windowBytesMax + headerBytes,
    // What is on its way to a device is within its credit until it is acknowledged.
    entries: limits.creditBytesMax,
    // What goes beyond the bound ends the conversation; what was taken before is in one write.
    answers: limits.answerBytesMax + frameMax,
    write: limits.answerBytesMax,
  };
  const sum = Object.values(parts).reduce((bytes, part) => bytes + part, 0);
  assert(sum <= limits.connectionPeakBytes, `${sum} bytes`);
  assert(limits.connectionPeakBytes - sum < 1024, "and says no more than it has to");
  assert(
    limits.strangersMax * limits.connectionPeakBytes < limits.memoryBytesMax / 8,
    "those who have not logged in can't use it up",
  );
});
