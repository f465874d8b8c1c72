import { assert, assertEquals, assertMatch } from "@std/assert";
import type { Place, ShownEntry } from "../../lib/client/events.ts";
import { JsonView } from "../../lib/client/json_view.ts";
import { moderationCommands, type ModerationDesk } from "../../lib/client/moderation_commands.ts";
import { TextView } from "../../lib/client/render.ts";
import { typed } from "../../lib/client/view.ts";
import { type EntryHeader, itemsBytes, itemsEntry } from "../../lib/log/entry.ts";
import type { EntryContent } from "../../lib/log/entry_kinds.ts";
import type { Action } from "../../lib/protocol/codec.ts";
import { memoryMailbox } from "../support/memory_mailbox.ts";
import { entryPacket, ownId, scriptedLogId } from "../support/scripted_server.ts";

/** What a typed command asks for, or what it says is wrong. */
function asked(line: string): Action | string | null {
  const [, name, rest = ""] = /^\/(\S+)\s*([^]*)$/.exec(line)!;
  const sent: Action[] = [];
  const desk = deskOf(sent);
  const said = moderationCommands.find((one) => one.name === name)!.run(desk, rest);
  return said ?? sent[0] ?? null;
}

/** A desk of who is in dev alone, and where it was told to go. */
function deskOf(sent: Action[], went: string[] = []): ModerationDesk {
  return {
    current: "dev",
    membership: (room) => room === "dev" ? "dev" : null,
    goTo: (room) => void went.push(room),
    submit: (action) => void sent.push(action),
  };
}

Deno.test("/private goes to a new room, and stays where the room is there already", () => {
  const went: string[] = [];
  const run = moderationCommands.find(({ name }) => name === "private")!.run;
  run(deskOf([], went), "");
  run(deskOf([], went), "attic");
  assertEquals(went, ["attic"]);
});

const room = "dev";
const typedLines: readonly (readonly [string, Action])[] = [
  ["/kick bob", { action: "kick", room, user: "bob", reason: "" }],
  ["/kick @bob  too loud", { action: "kick", room, user: "bob", reason: "too loud" }],
  ["/ban bob spam", { action: "ban", room, user: "bob", device: 0, reason: "spam" }],
  ["/ban bob#17", { action: "ban", room, user: "bob", device: 17, reason: "" }],
  ["/unban bob#17", { action: "unban", room, user: "bob", device: 17 }],
  ["/mute bob", { action: "mute", room, user: "bob", forMs: 0, reason: "" }],
  ["/mute bob 30m", { action: "mute", room, user: "bob", forMs: 1_800_000, reason: "" }],
  ["/mute bob 2h loud", { action: "mute", room, user: "bob", forMs: 7_200_000, reason: "loud" }],
  ["/mute bob 2 many", { action: "mute", room, user: "bob", forMs: 0, reason: "2 many" }],
  ["/unmute bob", { action: "unmute", room, user: "bob" }],
  ["/moderator bob", { action: "moderate", room, user: "bob", on: true }],
  ["/moderator bob OFF", { action: "moderate", room, user: "bob", on: false }],
  ["/private", { action: "makePrivate", room }],
  ["/private attic", { action: "makePrivate", room: "attic" }],
  ["/invite bob", { action: "inviteTo", room, user: "bob" }],
  ["/invite bob attic", { action: "inviteTo", room: "attic", user: "bob" }],
  ["/block bob", { action: "block", user: "bob", on: true }],
  ["/unblock bob", { action: "block", user: "bob", on: false }],
  ["/role bob Admin", { action: "rank", user: "bob", role: 1 }],
  ["/remove bob forever", { action: "remove", user: "bob", reason: "" }],
  ["/remove bob forever left us", { action: "remove", user: "bob", reason: "left us" }],
];

for (const [line, action] of typedLines) {
  Deno.test(`${line} asks for what it says`, () => {
    assertEquals(asked(line), action);
    assert(typed(action).startsWith("/"), "a refusal names it as a command");
  });
}

const wrong: readonly (readonly [string, RegExp])[] = [
  ["/kick", /write it as \/kick <user> \[reason\]/],
  ["/kick b!b", /a name is/],
  ["/kick bob a\nb", /a reason is/],
  ["/unban bob please", /write it as/],
  ["/moderator bob on", /write it as/],
  ["/private lobby", /lobby/],
  ["/private two words", /a room's name is/],
  ["/invite bob two words", /write it as/],
  ["/role bob king", /write it as/],
  ["/remove bob", /write it as \/remove <user> forever/],
];

for (const [line, says] of wrong) {
  Deno.test(`${JSON.stringify(line)} asks for nothing and says why`, () => {
    const said = asked(line);
    assert(typeof said === "string");
    assertMatch(said, says);
  });
}

const timeMs = Date.UTC(2026, 0, 31, 12, 5);
const dev: Place = { kind: "room", name: "dev" };

function shown(content: EntryContent, other: Partial<ShownEntry> = {}): ShownEntry {
  const { header, body } = entryPacket(7, content, { timeMs });
  const entry = itemsEntry(header, body);
  const names = { user: "al", about: "bo", place: dev };
  return { entry, own: false, row: null, isHidden: false, ...names, ...other };
}

function line(content: EntryContent, other: Partial<ShownEntry> = {}): string {
  const view = new TextView({ color: false, timeZone: "UTC", nowMs: timeMs });
  return view.entry(shown(content, other)).map(String).join("\n").replace("12:05  ", "");
}

const inLobby = { place: { kind: "room", name: "lobby" } } as const;
const direct = { place: { kind: "direct", other: "bo" }, about: null } as const;
const told: readonly (readonly [EntryContent, Partial<ShownEntry>, string])[] = [
  [{ kind: "kicked", user: 3, reason: "loud" }, {}, "<-- al kicked bo from dev: loud"],
  [{ kind: "banned", user: 3, device: 0, reason: "" }, {}, "<-- al banned bo from dev"],
  [
    { kind: "banned", user: 3, device: 9, reason: "" },
    inLobby,
    "<-- al banned device 9 of bo from this server",
  ],
  [{ kind: "unbanned", user: 3, device: 0 }, inLobby, "--> al let bo into this server again"],
  [{ kind: "muted", user: 3, untilMs: 0, reason: "" }, {}, "--- al muted bo in dev"],
  [
    { kind: "muted", user: 3, untilMs: timeMs + 3_600_000, reason: "loud" },
    {},
    "--- al muted bo in dev until 13:05: loud",
  ],
  [{ kind: "unmuted", user: 3 }, {}, "--- al lets bo write in dev again"],
  [{ kind: "moderates", user: 3, on: true }, {}, "--- al made bo a moderator of dev"],
  [{ kind: "closed" }, {}, "--- al made dev private: from here on it is between its members"],
  [
    { kind: "created", name: "dev", private: true },
    {},
    "--> al made the private room dev",
  ],
  [
    { kind: "roomInvited", room: 4, name: "x" },
    { ...direct, own: true },
    "--- you invited bo to x",
  ],
  [{ kind: "roomInvited", room: 4, name: "x" }, direct, "--- al invites you to x (/join x)"],
  [{ kind: "blocked", user: 3, on: true }, {}, "--- you take nothing more from bo (/unblock bo)"],
  [{ kind: "ranked", user: 3, role: 1 }, inLobby, "--- al made bo an admin"],
  [
    { kind: "removed", user: 3, reason: "" },
    { ...inLobby, user: "bo" },
    "<-- bo removed their account",
  ],
];

for (const [content, other, says] of told) {
  Deno.test(`an entry is told as ${JSON.stringify(says)}`, () => {
    assertEquals(line(content, other), says);
  });
}

Deno.test("a reason that acts on a terminal is shown and not done", () => {
  assert(!line({ kind: "kicked", user: 3, reason: "\x1b[2J\u202e" }).includes("\x1b"));
});

Deno.test("what a blocked user writes is kept and not shown, and marked for scripts", () => {
  const message = { kind: "message", text: "hi", act: false } as const;
  assertEquals(line(message, { isHidden: true }), "");
  const json = JSON.parse(new JsonView().entry(shown(message, { isHidden: true }))[0]!);
  assertEquals([json.text, json.blocked], ["hi", true]);
});

Deno.test("JSON tells who did it, and whom it is about, by name", () => {
  const content = { kind: "banned", user: 3, device: 9, reason: "spam" } as const;
  const json = JSON.parse(new JsonView().entry(shown(content))[0]!);
  const { kind, user, about, device, reason, room } = json;
  assertEquals([kind, user, about, device, reason, room], ["banned", "al", "bo", 9, "spam", "dev"]);
});

function opened() {
  const { mailbox, store } = memoryMailbox();
  mailbox.welcome({ user: ownId, device: ownId, name: "alice", logId: scriptedLogId });
  const put = (lsn: number, content: EntryContent, other: Partial<EntryHeader> = {}) => {
    const { header, body } = entryPacket(lsn, content, other);
    const entry = itemsEntry(header, body);
    mailbox.entry(entry, itemsBytes(header, body), null);
    return mailbox.shown({ entry, row: null });
  };
  return { mailbox, store, put };
}

Deno.test("Mailbox.entry() follows being sent away and let in, in rooms and not in the lobby", () => {
  const { mailbox, put } = opened();
  const audience = [0, 9] as const;
  mailbox.room({ room: audience, name: "dev", since: 9 });
  mailbox.room({ room: [0, 1], name: "lobby", since: 2 });
  put(20, { kind: "kicked", user: ownId + 1, reason: "" }, { audience });
  assert(mailbox.membership("dev"), "it was another");
  put(21, { kind: "kicked", user: ownId, reason: "" }, { audience });
  assertEquals(mailbox.membership("dev"), null);
  put(22, { kind: "joined" }, { audience, user: ownId });
  assert(mailbox.membership("dev"));
  put(23, { kind: "banned", user: ownId, device: 0, reason: "" }, { audience });
  assertEquals(mailbox.membership("dev"), null);
  put(24, { kind: "banned", user: ownId, device: 0, reason: "" }, { audience: [0, 1] });
  assert(mailbox.membership("lobby"), "a ban from the server ends no membership");
});

Deno.test("Mailbox hides who is blocked, as the log and snapshots tell, also after a restart", () => {
  const { mailbox, store, put } = opened();
  const hi = { kind: "message", text: "hi", act: false } as const;
  const own = { audience: [2, ownId], user: ownId } as const;
  assertEquals(put(20, hi, { user: 5 }).isHidden, false);
  put(21, { kind: "blocked", user: 5, on: true }, own);
  assertEquals(put(22, hi, { user: 5 }).isHidden, true);
  put(23, { kind: "blocked", user: 5, on: false }, own);
  assertEquals(put(24, hi, { user: 5 }).isHidden, false);
  mailbox.blocks({ users: [5, 6] });
  assertEquals(put(25, hi, { user: 6 }).isHidden, true);
  store.blocks.reload();
  assertEquals([store.blocks.has(5), store.blocks.has(6)], [true, true]);
  mailbox.snapshot({ reason: 1, head: 30 });
  assertEquals(put(26, hi, { user: 6 }).isHidden, false, "the snapshot tells them anew");
});

Deno.test("Mailbox knows the name of a private room from its invitation", () => {
  const { put } = opened();
  const content = { kind: "roomInvited", room: 9, name: "Attic" } as const;
  put(20, content, { audience: [1, ownId, 5], user: 5 });
  const { place } = put(21, { kind: "joined" }, { audience: [0, 9], user: ownId });
  assertEquals(place, { kind: "room", name: "Attic" });
});
