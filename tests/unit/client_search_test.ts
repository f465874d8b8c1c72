import { assert, assertEquals } from "@std/assert";
import { JsonView } from "../../lib/client/json_view.ts";
import { TextView } from "../../lib/client/render.ts";
import { findHeld, type Found, searchTyped } from "../../lib/client/search.ts";
import { parseQuery } from "../../lib/client/search_query.ts";
import { type Entry, itemsBytes, itemsEntry } from "../../lib/log/entry.ts";
import type { Audience } from "../../lib/protocol/audience.ts";
import { type MemoryMailbox, memoryMailbox } from "../support/memory_mailbox.ts";
import { messagePacket, ownId, scriptedLogId } from "../support/scripted_server.ts";

/** A mailbox of alice (2), who knows bob (3) and carol (4), the lobby and `dev`. */
function alices(): MemoryMailbox {
  const memory = memoryMailbox();
  const { mailbox } = memory;
  mailbox.welcome({ user: ownId, device: ownId, name: "alice", logId: scriptedLogId });
  mailbox.users({ users: [[ownId, "alice"], [3, "Bob"], [4, "carol"]] });
  mailbox.room({ room: [0, 1], name: "lobby", since: 2 });
  mailbox.room({ room: [0, 5], name: "Dev", since: 5 });
  mailbox.upto({ lsn: 1, digest: new Uint8Array(32) });
  return memory;
}

/** Adds a message; each is a minute after the one before. */
function add({ store }: MemoryMailbox, lsn: number, text: string, other: Other = {}): void {
  const { header, body } = messagePacket(lsn, text, { timeMs: lsn * 60_000, ...other });
  store.addEntry(itemsEntry(header, body), itemsBytes(header, body), true);
}

interface Other {
  readonly audience?: Audience;
  readonly user?: number;
}

function find({ store, mailbox }: MemoryMailbox, typed: string, countMax = 50): Found {
  const shownAs = (entry: Entry) => mailbox.shown({ entry, row: null });
  const { query, problem } = parseQuery(typed, 0);
  assert(query, `${problem}`);
  return findHeld(store.pages.backwards(), shownAs, query, countMax);
}

function lsns(memory: MemoryMailbox, typed: string): number[] {
  return find(memory, typed).shown.map(({ entry }) => entry.lsn);
}

Deno.test("findHeld() finds by words, writer, place and time, all together", () => {
  const memory = alices();
  add(memory, 10, "the build is done", { user: 3 });
  add(memory, 11, "done is the build", { user: 4, audience: [0, 5] });
  add(memory, 12, "builds", { user: 3, audience: [1, ownId, 3] });
  assertEquals(lsns(memory, "build done"), [10, 11]);
  assertEquals(lsns(memory, '"is done"'), [10]);
  assertEquals(lsns(memory, "build*"), [10, 11, 12]);
  assertEquals(lsns(memory, "from:BOB"), [10, 12]);
  assertEquals(lsns(memory, "build* in:dev"), [11]);
  assertEquals(lsns(memory, "in:@bob"), [12]);
  assertEquals(lsns(memory, "build from:bob in:dev"), []);
  assertEquals(lsns(memory, "build* after:1970-01-01T00:11Z"), [11, 12]);
  assertEquals(lsns(memory, "build* before:1970-01-01T00:11Z"), [10]);
  assertEquals(lsns(memory, "from:nobody"), []);
});

Deno.test("findHeld() gives the latest, and tells whether there are more", () => {
  const memory = alices();
  for (let lsn = 10; lsn < 1_000; lsn++) add(memory, lsn, lsn % 2 ? "odd" : "even");
  const { shown, more } = find(memory, "odd", 3);
  assertEquals([shown.map(({ entry }) => entry.lsn), more], [[995, 997, 999], true]);
  assertEquals(find(memory, "odd", 495).more, false);
  assertEquals(find(memory, "odd", 494).more, true);
});

Deno.test("findHeld() finds nothing of who is blocked", () => {
  const memory = alices();
  add(memory, 10, "spam", { user: 3 });
  memory.store.blocks.set(3, true);
  assertEquals(lsns(memory, "spam"), []);
  memory.store.blocks.set(3, false);
  assertEquals(lsns(memory, "spam"), [10]);
});

Deno.test("searchTyped() prints day, room and writer, and says where was looked", () => {
  const memory = alices();
  add(memory, 10, "hello\nthere", { user: 3 });
  const printed: string[] = [];
  const ports = {
    line: { search: () => find(memory, "hello") },
    print: (lines: readonly string[]) => void printed.push(...lines),
    note: (line: string) => void printed.push(line),
  };
  const view = new TextView({ color: false, timeZone: "UTC", nowMs: 0 });
  assertEquals(searchTyped({ ...ports, view }, "hello", 0), null);
  assertEquals(printed.splice(0), [
    "1970-01-01 00:10  lobby  Bob: hello",
    "         there",
    "1 found on this device",
  ]);
  assertEquals(searchTyped({ ...ports, view: new JsonView() }, "hello", 0), null);
  const { kind, room, user, text } = JSON.parse(printed[0]!);
  assertEquals([kind, room, user, text], ["message", "lobby", "Bob", "hello\nthere"]);
  assert(`${searchTyped({ ...ports, view }, "", 0)}`.startsWith("say what"));
});
