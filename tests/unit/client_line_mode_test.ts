import { assertEquals, assertStringIncludes } from "@std/assert";
import type { ClientEvent } from "../../lib/client/events.ts";
import { LineMode } from "../../lib/client/line_mode.ts";
import type { Line } from "../../lib/client/line_mode_ports.ts";
import { madeCodes } from "../support/codes.ts";
import type { OutboxRow } from "../../lib/client/outbox_store.ts";
import type { Query } from "../../lib/client/requests.ts";
import { TextView } from "../../lib/client/render.ts";
import type { Found } from "../../lib/client/search.ts";
import type { SharedLine } from "../../lib/client/shared_line.ts";
import { codes } from "../../lib/errors.ts";
import { type EntryHeader, itemsBytes, itemsEntry } from "../../lib/log/entry.ts";
import type { EntryContent } from "../../lib/log/entry_kinds.ts";
import type { TalkAudience } from "../../lib/protocol/audience.ts";
import type { Action } from "../../lib/protocol/codec.ts";
import { safe, type SafeText } from "../../lib/safe_text.ts";
import { memoryMailbox } from "../support/memory_mailbox.ts";
import { entryPacket, ownId, scriptedLogId } from "../support/scripted_server.ts";

const digest = new Uint8Array(32);

/** Line mode with everything around it written down. */
class World implements Line {
  readonly printed: string[] = [];
  readonly notes: string[] = [];
  readonly sent: Action[] = [];
  readonly asked: Query[] = [];
  readonly watched: (TalkAudience | null)[] = [];
  readonly mailbox = memoryMailbox().mailbox;
  isOpen = true;
  unsent = 0;
  readonly mode: LineMode;

  constructor(presence = true) {
    this.mailbox.welcome({ user: ownId, device: ownId, name: "alice", logId: scriptedLogId });
    this.mailbox.users({ users: [[ownId, "alice"], [3, "bob"], [4, "carol"]] });
    this.mailbox.room({ room: [0, 1], name: "lobby", since: 2 });
    this.mailbox.upto({ lsn: 9, digest });
    this.mode = new LineMode({
      line: this,
      view: new TextView({ color: false, timeZone: "UTC", nowMs: 0 }),
      party: { server: "chat:7667", name: "alice", folder: "/data" },
      codes: madeCodes(),
      presence,
      print: (lines: readonly SafeText[]) => {
        this.printed.push(...lines);
      },
      note: (line) => this.notes.push(line),
      quit: () => {},
    });
    this.mode.event({ kind: "caughtUp" });
  }

  submit(action: Action): OutboxRow {
    this.sent.push(action);
    return rowOf(action);
  }

  ask(query: Query): void {
    this.asked.push(query);
  }

  readonly search = (): Found => ({ shown: [], more: false });

  watch(room: TalkAudience | null): void {
    this.watched.push(room);
  }

  readonly reads: [TalkAudience, number][] = [];
  readonly shares: boolean[] = [];
  /** What the mailbox holds of before. */
  past: ReturnType<SharedLine["earlier"]> = { shown: [], before: 0 };

  read(room: TalkAudience, lsn: number): void {
    this.reads.push([room, lsn]);
  }

  share(on: boolean): void {
    this.shares.push(on);
  }

  readonly earlier = () => this.past;

  /** An entry comes. */
  entry(
    lsn: number,
    content: EntryContent,
    other: Partial<EntryHeader> = {},
    row: OutboxRow | null = null,
  ): void {
    const { header, body } = entryPacket(lsn, content, other);
    const entry = itemsEntry(header, body);
    for (const event of this.mailbox.entry(entry, itemsBytes(header, body), row)) {
      this.mode.event(event);
    }
  }

  presence(changes: readonly (readonly [number, boolean])[]): void {
    this.mode.event({ kind: "presence", room: [0, 1], present: changes.length, changes });
  }

  refuse(action: Action, code: number): void {
    const answer = { kind: "refused", lsn: 20, code } as const;
    this.mode.event({ kind: "answered", answered: { row: rowOf(action), answer } });
  }
}

function rowOf(action: Action): OutboxRow {
  return { place: 1, epoch: new Uint8Array(16), n: 1, id: new Uint8Array(16), action };
}

const hi = { kind: "message", text: "hi", act: false } as const;

Deno.test("LineMode shows what is typed only when it comes back as an entry", () => {
  const world = new World();
  world.mode.typed("hi");
  assertEquals([world.sent.length, world.printed], [1, []]);
  world.entry(10, hi, { user: ownId });
  assertEquals(world.printed, ["00:00  lobby  alice: hi"]);
});

Deno.test("LineMode.prompt() tells the room and what is not as it should be", () => {
  const world = new World();
  const prompt = () => String(world.mode.prompt());
  assertEquals(prompt(), "lobby> ");
  world.unsent = 2;
  assertEquals(prompt(), "lobby (2 unsent)> ");
  world.isOpen = false;
  assertEquals(prompt(), "lobby (offline, 2 unsent)> ");
  world.unsent = 0;
  assertEquals(prompt(), "lobby (offline)> ");
});

Deno.test("LineMode shows and counts what can't be sent", () => {
  const world = new World();
  world.mode.typed("/nonsense");
  assertEquals([world.mode.refusals, world.sent], [1, []]);
  assertStringIncludes(world.printed[0]!, "! not sent: there is no /nonsense");
});

Deno.test("LineMode goes to a room with /join, and leaves it only when told", () => {
  const world = new World();
  world.mode.typed("/join ops");
  world.mode.typed("hi");
  assertEquals(world.sent.at(-1), { action: "message", to: "ops", text: "hi", act: false });
  world.refuse({ action: "join", room: "other" }, codes.badRoomName);
  assertEquals(world.mode.current, "ops");
  world.refuse({ action: "join", room: "OPS" }, codes.badRoomName);
  assertEquals([world.mode.current, world.mode.refusals], ["ops", 2], "there may be half a line");
});

Deno.test("LineMode stays in a room that another device had joined, and learns of it", () => {
  const world = new World();
  world.mode.typed("/join ops");
  world.refuse({ action: "join", room: "ops" }, codes.alreadyMember);
  assertEquals([world.mode.current, world.mode.refusals], ["ops", 0]);
  assertEquals(world.asked, [{ kind: "rooms" }]);
  assertEquals(world.watched.at(-1), null);
  const rooms = [{ room: [0, 4], name: "ops", members: 1, member: true } as const];
  world.mailbox.learn(rooms);
  world.mode.event({ kind: "rooms", rooms });
  assertEquals(world.watched.at(-1), [0, 4]);
  assertEquals(world.printed, [], "nobody asked to see them");
});

Deno.test("LineMode watches the room at hand once it is a member", () => {
  const world = new World();
  assertEquals(world.watched, [[0, 1]]);
  const action = { action: "join", room: "ops" } as const;
  world.mode.typed("/join ops");
  assertEquals(world.watched.at(-1), null);
  world.entry(
    10,
    { kind: "created", name: "ops", private: false },
    { user: ownId, audience: [0, 10] },
    rowOf(action),
  );
  assertEquals(world.watched.at(-1), [0, 10]);
  world.mode.typed("/join lobby");
  assertEquals(world.watched.at(-1), [0, 1]);
  const inPipe = new World(false);
  assertEquals(inPipe.watched, []);
});

Deno.test("LineMode keeps the room at hand when it is left elsewhere: half a line stays in it", () => {
  const world = new World();
  world.mailbox.room({ room: [0, 5], name: "dev", since: 5 });
  world.mode.typed("/join dev");
  world.entry(10, { kind: "left" }, { user: 3, audience: [0, 5] });
  assertEquals(world.mode.current, "dev");
  world.entry(11, { kind: "left" }, { user: ownId, audience: [0, 5] });
  assertEquals(world.mode.current, "dev");
  assertStringIncludes(world.notes.join(), "no longer a member of dev");
});

Deno.test("LineMode stays where /part and /join led, when their entries come", () => {
  const world = new World();
  world.mailbox.room({ room: [0, 5], name: "dev", since: 5 });
  for (const line of ["/join dev", "/part", "/join dev"]) world.mode.typed(line);
  const part = rowOf({ action: "leave", room: "dev" });
  world.entry(10, { kind: "left" }, { user: ownId, audience: [0, 5] }, part);
  assertEquals(world.mode.current, "dev");
});

Deno.test("LineMode tells who is here, then who comes and goes, and never oneself", () => {
  const world = new World();
  world.presence([[ownId, true], [3, true]]);
  world.presence([[4, true]]);
  world.presence([[3, false], [ownId, false]]);
  assertEquals(world.notes, ["* here: bob", "* carol is here", "* bob is away"]);
  world.mode.event({ kind: "open" });
  world.notes.length = 0;
  world.presence([[ownId, true], [3, true]]);
  assertEquals(world.notes, ["* bob is here", "* carol is away"], "after a reconnect, the news");
});

Deno.test("LineMode tells of nobody twice: who joins is here, who leaves is gone", () => {
  const world = new World();
  world.presence([[ownId, true]]);
  world.entry(10, { kind: "joined" }, { user: 3, audience: [0, 1] });
  world.presence([[3, true]]);
  world.entry(11, { kind: "left" }, { user: 3, audience: [0, 1] });
  world.presence([[3, false]]);
  world.entry(12, { kind: "joined" }, { user: 4, audience: [0, 9] });
  world.presence([[4, true]]);
  assertEquals(world.notes, ["* carol is here"], "she joined another room");
});

Deno.test("LineMode says that the connection is lost and is back, once each", () => {
  const world = new World();
  const lost: ClientEvent = { kind: "lost", why: safe`nobody listens`, pauseMs: 2_000 };
  world.mode.event({ kind: "open" });
  world.mode.event(lost);
  world.mode.event({ ...lost, pauseMs: 4_000 });
  world.mode.event({ ...lost, why: safe`no answer` });
  world.mode.event({ kind: "open" });
  assertEquals(world.notes, [
    "connected to chat:7667 as alice",
    "no connection: nobody listens; trying again in 2.0 s",
    "no connection: no answer; trying again in 2.0 s",
    "connected again",
  ]);
});

Deno.test("LineMode says why everything comes anew", () => {
  const world = new World();
  world.mode.event({ kind: "snapshot", reason: 0 });
  assertEquals(world.printed, []);
  for (const [reason, word] of [[1, "another log"], [2, "lacks"], [3, "altered"]] as const) {
    world.mode.event({ kind: "snapshot", reason });
    assertStringIncludes(world.printed.at(-1)!, word);
  }
});

Deno.test("LineMode prints lists that were asked for", () => {
  const world = new World();
  world.mode.typed("/rooms");
  const rooms = [{ room: [0, 1], name: "lobby", members: 1, member: true } as const];
  world.mode.event({ kind: "rooms", rooms });
  const members = [{ name: "bob", present: true }, { name: "al", present: false }];
  world.mode.event({ kind: "members", room: "lobby", code: 0, members });
  world.mode.event({ kind: "members", room: "x", code: codes.noRoom, members: [] });
  assertEquals(world.printed, [
    "  lobby: 1 member, you too",
    "  lobby: here: bob",
    "  lobby: away: al",
    "! x: there is no such room",
  ]);
});

Deno.test("LineMode shows a final refusal with what was asked for, once", () => {
  const world = new World();
  const action = { action: "message", to: "ops", text: "two\nlines", act: false } as const;
  world.refuse(action, codes.notMember);
  world.entry(20, { kind: "refused", code: codes.notMember }, {
    user: ownId,
    audience: [3, ownId],
  }, rowOf(action));
  assertEquals(world.printed, [
    "! not sent: you are not a member of this room (/join it first): two ⏎ lines",
  ]);
  assertEquals(world.mode.refusals, 1);
  world.entry(21, { kind: "refused", code: codes.noRoom }, { audience: [3, ownId] });
  assertEquals(world.printed.length, 1, "an answer tells it, or has told it");
});

Deno.test("LineMode: /history shows what the mailbox holds, and asks only for what it does not", () => {
  const world = new World();
  world.entry(20, { kind: "message", text: "now", act: false }, { prev: 10 });
  world.mode.typed("/history");
  assertEquals(world.asked, [{ kind: "history", room: [0, 1], before: 20 }]);
  assertEquals(world.notes, []);
  const { header, body } = entryPacket(10, { kind: "message", text: "then", act: false });
  world.past = {
    shown: [world.mailbox.shown({ entry: itemsEntry(header, body), row: null })],
    before: 1,
  };
  world.mode.event({ kind: "past", room: [0, 1], code: 0 });
  assertEquals(world.notes, ["-- before that, in lobby: --", "-- that is where lobby begins --"]);
  assertStringIncludes(world.printed.at(-1)!, "then");
  world.mode.event({ kind: "past", room: [0, 1], code: 0 });
  assertEquals(world.notes.length, 2, "nobody asked again");
});

Deno.test("LineMode: the prompt and /info tell how far own messages have come", () => {
  const world = new World();
  world.entry(20, { kind: "message", text: "mine", act: false }, { user: ownId, device: 9 });
  world.mode.secondPassed();
  assertEquals(world.asked, [{ kind: "receipts", lsns: [20] }]);
  const receipt = { lsn: 20, recipients: 2, delivered: 1, read: 0 };
  world.mode.event({ kind: "receipt", receipt });
  assertEquals(String(world.mode.prompt()), "lobby (1 of 2 have it)> ");
  world.mode.typed("/info");
  assertEquals(world.asked.at(-1), { kind: "info", lsn: 20 });
  world.mode.event({
    kind: "info",
    lsn: 20,
    code: 0,
    states: [{ name: "bob", state: "delivered", sinceMs: 0 }],
  });
  assertEquals(world.printed.slice(-2), ["  of “mine”:", "  bob: has it"]);
  world.unsent = 1;
  world.asked.length = 0;
  world.mode.typed("/info");
  assertEquals(world.asked, [], "the last one is not sent");
  assertStringIncludes(world.notes.at(-1)!, "not sent yet");
  world.mode.typed("/info 2");
  assertEquals(world.asked, [{ kind: "info", lsn: 20 }]);
  world.unsent = 0;
  world.mode.event({ kind: "snapshot", reason: 1 });
  assertEquals(String(world.mode.prompt()), "lobby> ");
});

Deno.test("LineMode tells what was shown of others as read, once a second", () => {
  const world = new World();
  world.entry(20, { kind: "message", text: "a", act: false });
  world.entry(21, { kind: "message", text: "b", act: false });
  world.entry(22, { kind: "message", text: "mine", act: false }, { user: ownId, device: 9 });
  world.mode.secondPassed();
  world.mode.secondPassed();
  assertEquals(world.reads, [[[0, 1], 21]]);
});

Deno.test("LineMode asks through the other program that has the connection", () => {
  const world = new World();
  world.isOpen = false;
  world.mode.event({ kind: "follows" });
  assertEquals(String(world.mode.prompt()), "lobby (shared)> ");
  world.notes.length = 0;
  for (const line of ["/who", "/rooms", "/reads on"]) world.mode.typed(line);
  world.mode.secondPassed();
  assertEquals(world.asked, [{ kind: "members", room: "lobby" }, { kind: "rooms" }]);
  assertEquals([world.shares, world.reads], [[], []]);
  world.mode.event({ kind: "unanswered" });
  assertEquals(world.notes.map((note) => note.slice(0, 11)), ["! the other", "! no answer"]);
});

Deno.test("LineMode shows what was missed in a room before what comes after it, once", () => {
  const world = new World();
  const said = (text: string) => ({ kind: "message", text, act: false } as const);
  world.entry(20, said("before"));
  world.entry(40, said("after"), { prev: 30 });
  assertEquals(world.asked, [{ kind: "history", room: [0, 1], before: 40 }]);
  const { header, body } = entryPacket(30, said("missed"));
  const missed = world.mailbox.shown({ entry: itemsEntry(header, body), row: null });
  world.past = { shown: [missed], before: null };
  world.mode.event({ kind: "past", room: [0, 1], code: 0 });
  const texts = () => world.printed.map((line) => line.slice(line.lastIndexOf(" ") + 1));
  assertEquals(texts(), ["before", "after", "missed"]);
  assertEquals(world.notes, ["-- meanwhile, in lobby: --", "-- and now: --"]);
  world.past = {
    shown: [world.mailbox.shown({ entry: itemsEntry(header, body), row: null })],
    before: null,
  };
  world.entry(50, said("on"), { prev: 40 });
  assertEquals(texts().length, 4, "no hole, nothing more");
});

Deno.test("LineMode in a pipe shows what comes, and looks back for nothing", () => {
  const world = new World(false);
  world.entry(20, { kind: "message", text: "a", act: false });
  world.entry(40, { kind: "message", text: "b", act: false }, { prev: 30 });
  assertEquals([world.asked, world.notes], [[], []]);
});

Deno.test("LineMode says where more was missed than it shows, and /history goes on there", () => {
  const world = new World();
  const said = (text: string) => ({ kind: "message", text, act: false } as const);
  world.entry(20, said("before"));
  const { header, body } = entryPacket(300, said("late"), { prev: 299 });
  world.past = {
    shown: [world.mailbox.shown({ entry: itemsEntry(header, body), row: null })],
    before: 0,
  };
  world.entry(400, said("after"), { prev: 300 });
  assertStringIncludes(world.notes.join(), "there is more before this");
  world.past = { shown: [], before: 0 };
  world.mode.typed("/history");
  assertEquals(world.asked.at(-1), { kind: "history", room: [0, 1], before: 300 });
});
