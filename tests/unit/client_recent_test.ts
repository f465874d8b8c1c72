import { assertEquals } from "@std/assert";
import { recentEntries } from "../../lib/client/recent.ts";
import { itemsBytes, itemsEntry } from "../../lib/log/entry.ts";
import type { TalkAudience } from "../../lib/protocol/audience.ts";
import { type MemoryMailbox, memoryMailbox } from "../support/memory_mailbox.ts";
import { messagePacket } from "../support/scripted_server.ts";

/** Adds an entry of a room, directly behind another. */
function add({ store }: MemoryMailbox, lsn: number, room: number, prev: number): void {
  const audience: TalkAudience = [0, room];
  const { header, body } = messagePacket(lsn, `m${lsn}`, { prev, audience });
  store.addEntry(itemsEntry(header, body), itemsBytes(header, body), true);
}

function recent({ store }: MemoryMailbox, lastArrival: number): number[] {
  return recentEntries(store, lastArrival).map(({ entry }) => entry.lsn);
}

Deno.test("recentEntries() are of the rooms in which something was last", () => {
  const memory = memoryMailbox();
  for (let room = 1; room <= 30; room++) add(memory, room, room, 0);
  add(memory, 31, 1, 1);
  assertEquals(recent(memory, 31), [1, ...Array.from({ length: 20 }, (_, at) => at + 12)]);
});

Deno.test("recentEntries() end at a hole, and where what is new begins", () => {
  const memory = memoryMailbox();
  add(memory, 10, 1, 0);
  add(memory, 20, 1, 15);
  add(memory, 30, 1, 20);
  add(memory, 40, 1, 30);
  assertEquals(recent(memory, 4), [20, 30, 40]);
  assertEquals(recent(memory, 3), [20, 30]);
  assertEquals(recent(memory, 0), []);
});
