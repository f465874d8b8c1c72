import { assert, assertEquals, assertThrows } from "@std/assert";
import { JsonView } from "../../lib/client/json_view.ts";
import { TextView } from "../../lib/client/render.ts";
import { Requests, type SearchWish } from "../../lib/client/requests.ts";
import { findHeld, type Found } from "../../lib/client/search.ts";
import { parseQuery } from "../../lib/client/search_query.ts";
import { Searches } from "../../lib/client/searches.ts";
import type { View } from "../../lib/client/view.ts";
import { ProtocolError } from "../../lib/errors.ts";
import { type Entry, itemsBytes, itemsEntry } from "../../lib/log/entry.ts";
import type { Audience } from "../../lib/protocol/audience.ts";
import { decodePacket, type Packet, type PacketFields } from "../../lib/protocol/codec.ts";
import { safe } from "../../lib/safe_text.ts";
import { type MemoryMailbox, memoryMailbox } from "../support/memory_mailbox.ts";
import { entryPacket, messagePacket, ownId, scriptedLogId } from "../support/scripted_server.ts";

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

const view = new TextView({ color: false, timeZone: "UTC", nowMs: 0 });

/** Searches in alice's mailbox, what they ask of the server, and what is on the screen. */
function typing(memory: MemoryMailbox, shownBy: View = view) {
  const [printed, asked]: [string[], SearchWish[]] = [[], []];
  const searches = new Searches({
    line: {
      mailbox: memory.mailbox,
      ask: (query) => void asked.push(query as SearchWish),
      search: ({ terms }, countMax) => find(memory, terms[0]!.words.join(" "), countMax),
    },
    view: shownBy,
    print: (lines) => void printed.push(...lines),
    note: (line) => void printed.push(line),
  });
  return { searches, printed, asked };
}

const alone = "no connection: looking on this device alone";

Deno.test("Searches without a server print day, room and writer, and say where was looked", () => {
  const memory = alices();
  add(memory, 10, "hello\nthere", { user: 3 });
  const { searches, printed, asked } = typing(memory);
  assertEquals(searches.typed("hello", 0, false), null);
  assertEquals(printed, [
    alone,
    "1970-01-01 00:10  lobby  Bob: hello",
    "         there",
    "1 found on this device",
  ]);
  const json = typing(memory, new JsonView());
  json.searches.typed("hello", 0, false);
  const { kind, room, user, text } = JSON.parse(json.printed[1]!);
  assertEquals([kind, room, user, text], ["message", "lobby", "Bob", "hello\nthere"]);
  assert(`${searches.typed("", 0, true)}`.startsWith("say what"));
  assertEquals(asked, []);
});

Deno.test("Searches print what the server found and what is here, in order and each once", () => {
  const memory = alices();
  for (const lsn of [10, 12]) add(memory, lsn, `hello ${lsn}`, { user: 3 });
  const { searches, printed, asked } = typing(memory);
  assertEquals([searches.typed("hello", 0, true), printed], [null, []]);
  const [wish] = asked;
  const found = [9, 10].map((lsn) => {
    const { header, body } = messagePacket(lsn, `hello ${lsn}`, { timeMs: lsn * 60_000, user: 4 });
    return itemsEntry(header, body);
  });
  const answer = { ...wish!, kind: "found", entries: found, more: false } as const;
  searches.event({ ...answer, countMax: 3 });
  assertEquals(printed, [], "that is another question's");
  for (let times = 0; times < 2; times++) searches.event(answer);
  assertEquals(printed, [
    "1970-01-01 00:09  lobby  carol: hello 9",
    "1970-01-01 00:10  lobby  Bob: hello 10",
    "1970-01-01 00:12  lobby  Bob: hello 12",
    "3 found",
  ]);
});

for (
  const event of [
    { kind: "lost", why: safe`gone`, pauseMs: 0 },
    { kind: "unanswered" },
    { kind: "snapshot", reason: 1 },
  ] as const
) {
  Deno.test(`Searches look on this device alone once the answer is ${event.kind}`, () => {
    const memory = alices();
    add(memory, 10, "hello", { user: 3 });
    const { searches, printed, asked } = typing(memory);
    searches.typed("hello", 0, true);
    searches.event({ kind: "snapshot", reason: 0 });
    assertEquals(printed, []);
    searches.event(event);
    searches.event({ ...asked[0]!, kind: "found", entries: [], more: false });
    assertEquals(printed, [
      alone,
      "1970-01-01 00:10  lobby  Bob: hello",
      "1 found on this device",
    ]);
  });
}

const wish = {
  kind: "search",
  query: { terms: [{ words: ["he"], prefix: true }], from: "bob", in: "", sinceMs: 1, untilMs: 0 },
  countMax: 3,
} as const;

function page(request: number, lsns: readonly number[], next: number): PacketFields<"found"> {
  const entries = lsns.map((lsn) => {
    const { header, body } = messagePacket(lsn, "hello");
    return [header, body] as const;
  });
  return { request, entries, next, behind: false };
}

function sent(requests: Requests): Packet[] {
  return requests.due().map((frame) => decodePacket(frame.subarray(4), "client"));
}

Deno.test("Requests search page by page until there are enough, and not beside history", () => {
  const requests = new Requests();
  requests.ask(wish);
  requests.ask({ kind: "history", room: [0, 1], before: 0 });
  const asks = { packet: "search", by: "bob", place: "", since: 1, until: 0 } as const;
  const terms = [["he", true]] as const;
  assertEquals(sent(requests), [{ ...asks, terms, request: 1, below: 0 }]);
  const shows = ({ lsn }: Entry) => lsn !== 8;
  assertEquals(requests.found(page(1, [], 10), shows), []);
  assertEquals(sent(requests), [{ ...asks, terms, request: 2, below: 10 }]);
  assertEquals(requests.found(page(2, [9, 8, 7], 7), shows), [], "one is not shown");
  requests.disconnected();
  assertEquals(sent(requests), [{ ...asks, terms, request: 3, below: 7 }], "from there on");
  const [event] = requests.found(page(3, [6, 5], 5), shows);
  assert(event?.kind === "found");
  assertEquals([event.entries.map(({ lsn }) => lsn), event.more], [[6, 7, 9], true]);
  assertEquals(sent(requests).map(({ packet }) => packet), ["history"]);
  assertEquals(JSON.parse(JSON.stringify(event)), event, "it passes through the mailbox");
});

Deno.test("Requests take no search's answer that leads in circles, or what was not asked for", () => {
  const shows = () => true;
  const asking = () => {
    const requests = new Requests();
    requests.ask(wish);
    requests.due();
    requests.found(page(1, [], 10), shows);
    requests.due();
    return requests;
  };
  for (const next of [0, 10, 11]) {
    const [event] = asking().found(page(2, [], next), shows);
    assertEquals(event, { ...wish, kind: "found", entries: [], more: false });
  }
  assertEquals(asking().found(page(7, [9], 0), shows), [], "nobody asked");
  for (const lsns of [[10], [5, 6]]) {
    assertThrows(() => asking().found(page(2, lsns, 0), shows), ProtocolError, "not asked for");
  }
  const { header, body } = entryPacket(9, { kind: "joined" });
  const joined = { request: 2, entries: [[header, body] as const], next: 0, behind: false };
  assertThrows(() => asking().found(joined, shows), ProtocolError, "not asked for");
});

Deno.test("Requests ask a server that leads on and on for so many pages and no more", () => {
  const requests = new Requests();
  requests.ask(wish);
  let pages = 0;
  for (let next = 1_000_000; requests.due().length > 0; next--) {
    requests.found(page(++pages, [], next), () => true);
    assert(pages < 1_000);
  }
  assertEquals(pages, 64);
});
