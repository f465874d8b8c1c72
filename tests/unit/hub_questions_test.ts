import { assertEquals, assertFalse } from "@std/assert";
import { codes } from "../../lib/errors.ts";
import { limits } from "../../lib/limits.ts";
import { encodeEntry } from "../../lib/log/entry.ts";
import { boundaries } from "../../lib/log/log.ts";
import { pastItem, pastItemsBytesMax } from "../../lib/log/past.ts";
import { pastOf } from "../support/history.ts";
import { Bench } from "../support/session_bench.ts";

const who = { user: 2, device: 2, epoch: null, n: 0, id: null } as const;
const header = { lsn: 7, prev: 3, timeMs: 5, audience: [0, 1], ...who } as const;
const empty = { code: 0, bytes: new Uint8Array(), count: 0, boundary: boundaries.start };

Deno.test("Questions.history() asks for the user, within the bounds of one answer", () => {
  const far = new Bench().open(2);
  far.send("history", { request: 6, room: [1, 2, 3], before: 40 });
  assertEquals(far.pending.history.map(({ args }) => args), [{
    user: 2,
    room: [1, 2, 3],
    before: 40,
    entriesMax: limits.historyEntriesMax,
    bytesMax: pastItemsBytesMax,
  }]);
});

Deno.test("Questions.history() answers with the entries as they are stored", () => {
  const far = new Bench().open(2);
  far.send("history", { request: 6, room: [0, 1], before: 0 });
  const item = pastItem(encodeEntry(header, { kind: "message", text: "hi", act: false }));
  const bytes = new Uint8Array([...item, ...item]);
  far.pending.history[0]!.done({ ...empty, bytes, count: 2, boundary: boundaries.notYours });
  const [past] = far.take();
  if (past?.packet !== "past") throw new Error(past?.packet);
  assertEquals(past.request, 6);
  const { code, entries, boundary } = pastOf(past);
  assertEquals([code, boundary], [0, boundaries.notYours]);
  assertEquals(entries.map(({ lsn, content }) => [lsn, content]), [
    [7, { kind: "message", text: "hi", act: false }],
    [7, { kind: "message", text: "hi", act: false }],
  ]);
});

Deno.test("Questions.history() tells why there is no answer", () => {
  const far = new Bench().open(2);
  far.send("history", { request: 6, room: [0, 9], before: 0 });
  far.pending.history[0]!.done({ ...empty, code: codes.noRoom });
  assertEquals(far.take(), [
    { packet: "past", request: 6, code: codes.noRoom, entries: [], boundary: boundaries.start },
  ]);
});

Deno.test("Questions.history() is asked one at a time", () => {
  const far = new Bench().open(2);
  for (let request = 0; request <= limits.listRequestsMax; request++) {
    far.send("history", { request, room: [0, 1], before: 0 });
    far.pending.history.shift()!.done(empty);
  }
  far.take();
  far.send("history", { request: 4, room: [0, 1], before: 0 });
  far.send("listRooms", { request: 5, after: "" });
  assertFalse(far.closed, "others may be open beside it");
  far.send("history", { request: 6, room: [0, 1], before: 0 });
  assertEquals(far.endCode(), codes.unexpected);
  assertEquals(far.pending.history.length, 1);
});

Deno.test("Questions.history() counts among the open requests", () => {
  const far = new Bench().open(2);
  for (let request = 1; request <= limits.listRequestsMax; request++) {
    far.send("listRooms", { request, after: "" });
  }
  far.pending.rooms.shift()!.done({ rooms: [], more: false });
  far.send("history", { request: 9, room: [0, 1], before: 0 });
  assertFalse(far.closed);
  far.send("listRooms", { request: 10, after: "" });
  assertEquals(far.endCode(), codes.unexpected);
});

Deno.test("Questions.history() says nothing to who has left meanwhile", () => {
  const far = new Bench().open(2);
  far.send("history", { request: 6, room: [0, 1], before: 0 });
  far.take();
  far.session.ended();
  far.pending.history[0]!.done(empty);
  assertEquals(far.take(), []);
});
