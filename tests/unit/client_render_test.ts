import { assert, assertEquals, assertMatch } from "@std/assert";
import fc from "fast-check";
import type { Place, ShownEntry } from "../../lib/client/events.ts";
import { jsonLine, JsonView } from "../../lib/client/json_view.ts";
import { TextView } from "../../lib/client/render.ts";
import { codes } from "../../lib/errors.ts";
import { itemsEntry } from "../../lib/log/entry.ts";
import type { EntryContent } from "../../lib/log/entry_kinds.ts";
import type { Action } from "../../lib/protocol/codec.ts";
import { safe, safeText } from "../../lib/safe_text.ts";
import { entryPacket } from "../support/scripted_server.ts";

const lobby: Place = { kind: "room", name: "lobby" };
const bob: Place = { kind: "direct", other: "bob" };
const timeMs = Date.UTC(2026, 0, 31, 12, 5);

function shown(content: EntryContent, other: Partial<ShownEntry> = {}, at = timeMs): ShownEntry {
  const { header, body } = entryPacket(7, content, { timeMs: at });
  const entry = itemsEntry(header, body);
  return {
    entry,
    user: "alice",
    own: false,
    place: lobby,
    row: null,
    about: null,
    isHidden: false,
    ...other,
  };
}

function message(text: string, act = false): EntryContent {
  return { kind: "message", text, act };
}

function view(timeZone = "UTC", color = false): TextView {
  return new TextView({ color, timeZone, nowMs: timeMs });
}

function lines(content: EntryContent, other: Partial<ShownEntry> = {}): string[] {
  return view().entry(shown(content, other)).map(String);
}

function rowOf(action: Action) {
  return { place: 1, epoch: new Uint8Array(16), n: 1, id: new Uint8Array(16), action };
}

/** Texts that try to act on a terminal, or to hide. */
const hostile = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.string({ unit: "grapheme" }),
  fc.array(
    fc.constantFrom(
      "\x1b[2J",
      "\x9b",
      "\u202e",
      "\u2066",
      "\n",
      "\r",
      "\u{e0041}",
      "\u0301".repeat(9),
      "a",
    ),
    { maxLength: 30 },
  ).map((parts) => parts.join("")),
);

Deno.test("TextView.entry() shows messages of rooms", () => {
  assertEquals(lines(message("hi")), ["12:05  lobby  alice: hi"]);
  assertEquals(lines(message("waves", true)), ["12:05  lobby  * alice waves"]);
  assertEquals(lines(message("one\n\ttwo\n")), [
    "12:05  lobby  alice: one",
    "             two",
    "         ",
  ]);
});

/** The rows of a message in a terminal. */
function rowsOf(text: string, columns: number): string[] {
  const look = { color: false, timeZone: "UTC", nowMs: timeMs, columns: () => columns };
  return new TextView(look).entry(shown(message(text))).map(String);
}

Deno.test("TextView.entry() breaks a message into a terminal's rows, and into none for a pipe", () => {
  assertEquals(rowsOf("good morning\nto all of you", 28), [
    "12:05  lobby  alice: good",
    "         morning",
    "         to all of you",
  ]);
  assertEquals(lines(message("good morning ".repeat(99))).length, 1);
});

Deno.test("TextView.entry() shows so much of a message that it leaves room for others", () => {
  const endless = rowsOf("\n".repeat(8_192), 80);
  assertEquals([endless.length, endless.at(-1)], [40, "         … 8154 more lines"]);
  const long = rowsOf("word ".repeat(1_600), 20);
  const shown = long.slice(0, -1);
  assertEquals([long.length, shown.every((row) => row.length <= 20)], [40, true]);
  assert(/^ {9}… \d+ more lines$/.test(long.at(-1)!), long.at(-1));
  const fitting = Array.from({ length: 40 }, (_, at) => `${at}`).join("\n");
  assertEquals(rowsOf(fitting, 80).at(-1), "         39");
  assertEquals(rowsOf(`${fitting}\n40`, 80).at(-1), "         … 2 more lines");
  assertEquals(lines(message("\n".repeat(8_191))).length, 8_192, "a pipe gets all");
});

Deno.test("TextView.entry() shows directs with their way", () => {
  assertEquals(lines(message("hi"), { place: bob, user: "bob" }), ["12:05  bob → you: hi"]);
  assertEquals(lines(message("hi"), { place: bob, own: true }), ["12:05  you → bob: hi"]);
  assertEquals(lines(message("waves", true), { place: bob, user: "bob" }), [
    "12:05  bob → you  * bob waves",
  ]);
});

Deno.test("TextView.entry() shows who comes and goes", () => {
  assertEquals(lines({ kind: "joined" }), ["12:05  --> alice joined lobby"]);
  assertEquals(lines({ kind: "left" }), ["12:05  <-- alice left lobby"]);
  assertEquals(lines({ kind: "created", name: "lobby", private: false }), [
    "12:05  --> alice made lobby",
  ]);
  assertEquals(lines({ kind: "created", name: "lobby", private: false }, { user: "" }), []);
  const known = { name: "alice", deviceKey: new Uint8Array(32), role: 0, invite: 0 };
  const registered = { kind: "registered", ...known } as const;
  assertEquals(lines(registered), ["12:05  --> alice is new here"]);
});

Deno.test("TextView.entry() passes over what was told as an answer, and what it can't know", () => {
  const refused = { kind: "refused", code: codes.noRoom } as const;
  assertEquals(lines(refused, { row: rowOf({ action: "join", room: "x" }) }), []);
  const { entry } = shown(message("hi"));
  assertEquals(view().entry({ ...shown(message("")), entry: { ...entry, content: null } }), []);
});

Deno.test("TextView.entry() tells the local time, and the date where it changes", () => {
  const berlin = view("Europe/Berlin");
  const at = (...utc: [number, number, number, number, number]) =>
    berlin.entry(shown(message("x"), {}, Date.UTC(...utc))).map(String);
  assertEquals(at(2026, 0, 31, 22, 59), ["23:59  lobby  alice: x"]);
  assertEquals(at(2026, 0, 31, 23, 0), ["-- 2026-02-01 --", "00:00  lobby  alice: x"]);
  assertEquals(at(2026, 1, 1, 0, 0), ["01:00  lobby  alice: x"]);
  assertEquals(at(2025, 6, 1, 10, 0), ["-- 2025-07-01 --", "12:00  lobby  alice: x"]);
});

Deno.test("TextView.entry() and JsonView.entry() stand any time that fits a packet", () => {
  const late = shown(message("x"), {}, Number.MAX_SAFE_INTEGER);
  assert(view().entry(late).length > 0);
  assertMatch(JSON.parse(new JsonView().entry(late)[0]!).time, /^\+275760-/);
});

Deno.test("TextView: nothing that others wrote acts on a terminal, in any place", () => {
  fc.assert(fc.property(hostile, hostile, fc.boolean(), (text, name, act) => {
    const row = rowOf({ action: "message", to: name, text, act });
    const places: Place[] = [{ kind: "room", name }, { kind: "direct", other: name }];
    const all = places.flatMap((place) => [
      ...view().entry(shown(message(text, act), { place, user: name })),
      ...view().entry(shown({ kind: "joined" }, { place, user: name })),
      ...view().entry(shown({ kind: "refused", code: 64 }, { place, row })),
    ]);
    all.push(...view().members(name, 0, [{ name, present: true }, { name, present: false }]));
    all.push(...view().rooms([{ room: [0, 1], name, members: 2, member: false }]));
    all.push(...view().notSent(safe`no`, text));
    for (const line of all) assertEquals(safeText(line), line);
  }));
});

Deno.test("TextView: a further line of a message never begins like a line of its own", () => {
  fc.assert(fc.property(hostile, (text) => {
    const [, ...rest] = lines(message(`a\n${text}`));
    for (const line of rest) assert(line.startsWith("         "));
  }));
});

Deno.test("TextView styles only on demand", () => {
  const [plain] = view("UTC", false).entry(shown(message("hi")));
  const [colored] = view("UTC", true).entry(shown(message("hi")));
  assert(!plain!.includes("\x1b") && colored!.includes("\x1b[1malice\x1b[22m"));
});

Deno.test("jsonLine() reads back as it was, and holds nothing that acts", () => {
  fc.assert(fc.property(hostile, (text) => {
    const line = jsonLine({ text, list: [1, null, true] });
    assertEquals(JSON.parse(line), { text, list: [1, null, true] });
    assertEquals(safeText(line), line);
    assert(!/[\p{Cc}\p{Cf}\u2028\u2029]/u.test(line));
  }));
});

Deno.test("jsonLine() leaves what people write readable", () => {
  assertEquals(String(jsonLine("Grüße, 漢字 👍")), '"Grüße, 漢字 👍"');
});

Deno.test("JsonView.entry() has stable keys", () => {
  const json = new JsonView();
  const read = (content: EntryContent, other: Partial<ShownEntry> = {}) => {
    const [line, ...rest] = json.entry(shown(content, other));
    assertEquals(rest, []);
    return JSON.parse(line!);
  };
  const start = { lsn: 7, time: "2026-01-31T12:05:00.000Z", user: "alice", own: false };
  assertEquals(read(message("a\nb")), {
    ...start,
    kind: "message",
    room: "lobby",
    text: "a\nb",
    act: false,
  });
  assertEquals(read(message("x", true), { place: bob, own: true }), {
    ...start,
    kind: "message",
    with: "bob",
    own: true,
    text: "x",
    act: true,
  });
  assertEquals(read({ kind: "joined" }), { ...start, kind: "joined", room: "lobby" });
  const refused = { kind: "refused", code: codes.noRoom } as const;
  const told = { kind: "refused", epoch: null, n: 0, code: "noRoom" };
  const reason = "there is no such room";
  assertEquals(read(refused, { place: { kind: "own" } }), {
    ...start,
    ...told,
    reason,
    text: null,
  });
  const row = rowOf({ action: "leave", room: "x" });
  assertEquals(read(refused, { place: { kind: "own" }, row }).text, "/part x");
  const { entry } = shown(message("x"));
  const unknown = { ...shown(message("x")), entry: { ...entry, content: null, kindNumber: 99 } };
  assertEquals(JSON.parse(json.entry(unknown)[0]!).kind, "unknown");
});

Deno.test("JsonView tells lists and notes", () => {
  const json = new JsonView();
  const read = (lines: readonly string[]) => JSON.parse(lines[0]!);
  const rooms = [{ room: [0, 1], name: "lobby", members: 2, member: true } as const];
  assertEquals(read(json.rooms(rooms)), {
    kind: "rooms",
    rooms: [{ name: "lobby", members: 2, member: true }],
  });
  assertEquals(read(json.members("dev", 0, [{ name: "al", present: true }])), {
    kind: "members",
    room: "dev",
    members: [{ name: "al", present: true }],
  });
  assertEquals(read(json.members("dev", codes.noRoom, [])).code, "noRoom");
  assertEquals([read(json.resync(1)).kind, read(json.resync(1)).reason], ["resync", 1]);
  assertEquals(read(json.note(safe`hello`)), { kind: "note", text: "hello" });
});
