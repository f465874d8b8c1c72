import { assertEquals, assertThrows } from "@std/assert";
import { latestStretches, readBack, takePast } from "../../lib/client/history.ts";
import { boundaries } from "../../lib/log/log.ts";
import { ProtocolError } from "../../lib/errors.ts";
import { itemsBytes, itemsEntry } from "../../lib/log/entry.ts";
import type { TalkAudience } from "../../lib/protocol/audience.ts";
import type { PacketFields } from "../../lib/protocol/codec.ts";
import { type MemoryMailbox, memoryMailbox } from "../support/memory_mailbox.ts";
import { entryPacket, messagePacket, ownId, scriptedLogId } from "../support/scripted_server.ts";

const lobby: TalkAudience = [0, 1];
const digest = new Uint8Array(32);

/** A mailbox whose cursor is at 100, with these entries of the lobby: [lsn, prev]. */
function holding(...entries: (readonly [lsn: number, prev: number])[]): MemoryMailbox {
  const memory = memoryMailbox();
  const { mailbox } = memory;
  mailbox.welcome({ user: ownId, device: ownId, name: "alice", logId: scriptedLogId });
  for (const [lsn, prev] of entries) {
    const { header, body } = messagePacket(lsn, `m${lsn}`, { prev, audience: lobby });
    mailbox.entry(itemsEntry(header, body), itemsBytes(header, body), null);
  }
  mailbox.upto({ lsn: 100, digest });
  return memory;
}

/** A page of the lobby: [lsn, prev] of each entry. */
function page(
  boundary: number,
  ...entries: (readonly [lsn: number, prev: number])[]
): PacketFields<"past"> {
  const items = entries.map(([lsn, prev]) => {
    const { header, body } = messagePacket(lsn, `m${lsn}`, { prev, audience: lobby });
    return [header, body] as const;
  });
  return { request: 1, code: 0, entries: items, boundary };
}

function back(memory: MemoryMailbox, lsn: number, countMax = 50): [number[], number | null] {
  const { entries, before } = readBack(memory.store, lobby, lsn, countMax);
  return [entries.map(({ entry }) => entry.lsn), before];
}

Deno.test("readBack() goes from entry to entry, and stops at a hole", () => {
  const memory = holding([10, 5], [20, 10], [30, 25], [40, 30]);
  assertEquals(back(memory, 40), [[30], boundaries.more]);
  assertEquals(back(memory, 20), [[10], boundaries.more]);
  assertEquals(back(memory, 30), [[], boundaries.more]);
});

Deno.test("readBack() tells the beginning, and that the mailbox holds more", () => {
  const memory = holding([10, 0], [20, 10], [30, 20]);
  assertEquals(back(memory, 30), [[10, 20], boundaries.start]);
  assertEquals(back(memory, 30, 1), [[20], null]);
  assertEquals(back(memory, 10), [[], boundaries.start]);
});

Deno.test("takePast() fills a hole for good, and tells what is stored", () => {
  const memory = holding([30, 25], [40, 30]);
  assertEquals(takePast(memory.store, 100, lobby, 30, page(boundaries.more, [20, 15], [25, 20])), {
    room: lobby,
    from: 20,
    to: 29,
  });
  memory.batch.commit();
  const after = memory.again();
  assertEquals(back(after, 40), [[20, 25, 30], boundaries.more]);
  takePast(after.store, 100, lobby, 20, page(boundaries.start, [15, 0]));
  assertEquals(back(after, 40), [[15, 20, 25, 30], boundaries.start]);
});

Deno.test("takePast() keeps what is not for this user as a boundary to draw on", () => {
  const memory = holding([30, 25], [40, 30]);
  assertEquals(takePast(memory.store, 100, lobby, 30, page(boundaries.notYours)), null);
  memory.batch.commit();
  assertEquals(back(memory.again(), 40), [[30], boundaries.notYours]);
});

Deno.test("takePast() leaves what is above all that came to come in its turn", () => {
  const memory = holding([30, 25]);
  const stored = takePast(memory.store, 100, lobby, 0, page(boundaries.more, [30, 25], [110, 30]));
  assertEquals(stored, { room: lobby, from: 30, to: 30 });
  assertEquals(memory.store.has(110), false);
  // Of before one joined, and after the cursor: it does not come by itself.
  takePast(memory.store, 120, lobby, 0, page(boundaries.more, [110, 30]));
  assertEquals(memory.store.has(110), true);
});

Deno.test("takePast() refuses what was not asked for", () => {
  const { store } = holding([30, 25]);
  const refuse = (packet: PacketFields<"past">, room: TalkAudience = lobby) =>
    assertThrows(() => takePast(store, 100, room, 30, packet), ProtocolError);
  refuse(page(0, [20, 10], [20, 10]));
  refuse(page(0, [20, 10], [10, 5]));
  refuse(page(0, [30, 25]));
  refuse(page(0, [20, 10]), [0, 7]);
  assertEquals(takePast(store, 100, lobby, 30, { ...page(0, [20, 10]), code: 3 }), null);
  assertEquals(store.has(20), false, "nothing of it is kept");
});

Deno.test("latestStretches() claims no more than what is there without a hole", () => {
  const memory = holding([5, 0], [30, 25], [40, 30], [50, 40]);
  assertEquals(latestStretches(memory.store), [{ room: lobby, from: 30, to: 50 }]);
});

Deno.test("what was not for this user may be asked for again after joining", () => {
  const memory = holding([30, 25], [40, 30]);
  takePast(memory.store, 100, lobby, 30, page(boundaries.notYours));
  const { header, body } = entryPacket(110, { kind: "joined" }, { user: ownId, prev: 40 });
  const entry = itemsEntry(header, body);
  memory.mailbox.entry(entry, itemsBytes(header, body), null);
  assertEquals(back(memory, 40), [[30], boundaries.more]);
});
