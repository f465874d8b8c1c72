import { assertEquals } from "@std/assert";
import { readBack, takePast } from "../../lib/client/history.ts";
import { HistoryInquiry } from "../../lib/client/history_command.ts";
import { asOf } from "../../lib/client/inquiry.ts";
import { LookBack, type LookBackPorts, type LookBackWish } from "../../lib/client/look_back.ts";
import type { MailboxStore } from "../../lib/client/mailbox_store.ts";
import { parseMoment } from "../../lib/client/moment.ts";
import { Since } from "../../lib/client/since.ts";
import { TextView } from "../../lib/client/render.ts";
import { codes } from "../../lib/errors.ts";
import { itemsBytes, itemsEntry } from "../../lib/log/entry.ts";
import { boundaries } from "../../lib/log/log.ts";
import type { TalkAudience } from "../../lib/protocol/audience.ts";
import { memoryMailbox } from "../support/memory_mailbox.ts";
import { messagePacket, ownId, scriptedLogId } from "../support/scripted_server.ts";

const lobby: TalkAudience = [0, 1];
/** Entries of a page, here and at the server. */
const pageEntries = 3;

/** A mailbox that holds some of the lobby's entries 10, 20 … 100, and a server that holds all. */
class World {
  readonly memory = memoryMailbox();
  readonly asked: number[] = [];
  readonly ports: LookBackPorts & { readonly store: MailboxStore };

  constructor(held: readonly number[], upto = 100) {
    const { mailbox, store } = this.memory;
    mailbox.welcome({ user: ownId, device: ownId, name: "alice", logId: scriptedLogId });
    mailbox.users({ users: [[3, "Bob"]] });
    mailbox.room({ room: lobby, name: "lobby", since: 1 });
    for (const lsn of held) this.come(lsn);
    mailbox.upto({ lsn: upto, digest: new Uint8Array(32) });
    const line = {
      mailbox,
      earlier: (room: TalkAudience, lsn: number, countMax: number) => {
        const { entries, before } = readBack(store, room, lsn, Math.min(countMax, pageEntries));
        return { shown: entries.map(({ entry }) => mailbox.shown({ entry, row: null })), before };
      },
      ask: (query: unknown) => void this.asked.push((query as { before: number }).before),
    };
    this.ports = { line, store };
  }

  packet(lsn: number, audience = lobby) {
    return messagePacket(lsn, `m${lsn}`, { prev: lsn - 10, timeMs: lsn * 1_000, audience });
  }

  come(lsn: number, audience = lobby) {
    const { header, body } = this.packet(lsn, audience);
    const bytes = itemsBytes(header, body);
    const [event] = this.memory.mailbox.entry(itemsEntry(header, body), bytes, null);
    if (event?.kind !== "entry") throw new Error("not new");
    return event.shown;
  }

  /** The server answers the last question. */
  answer(): void {
    const asked = this.asked.at(-1)!;
    const below = asked === 0 ? 110 : asked;
    const lsns = Array.from({ length: 10 }, (_, at) => (at + 1) * 10).filter((lsn) => lsn < below);
    const page = lsns.slice(-pageEntries);
    const entries = page.map((lsn) => {
      const { header, body } = this.packet(lsn);
      return [header, body] as const;
    });
    const boundary = page[0] === lsns[0] ? boundaries.start : boundaries.more;
    const { store, mailbox } = this.memory;
    takePast(store, mailbox.latest, lobby, asked, { request: 1, code: 0, entries, boundary });
  }

  look(wish: Omit<LookBackWish, "room">): LookBack {
    const back = new LookBack(this.ports, { room: lobby, ...wish });
    back.begin();
    for (let asked = -1; back.state === "asking" && asked < this.asked.length;) {
      asked = this.asked.length;
      this.answer();
      back.past(lobby, 0);
    }
    return back;
  }
}

const lsns = (back: LookBack) => back.entries.map(({ entry }) => entry.lsn);

Deno.test("LookBack gives the last entries, and asks for what the mailbox has not", () => {
  const world = new World([50, 100]);
  assertEquals(lsns(world.look({ countMax: 7 })), [40, 50, 60, 70, 80, 90, 100]);
  assertEquals(world.asked, [0, 80, 50], "not for what came with an answer");
  assertEquals(lsns(new World([]).look({ countMax: 99 })).length, 10, "up to the beginning");
});

Deno.test("LookBack ends at a place, a moment, and begins at one", () => {
  assertEquals(lsns(new World([100]).look({ countMax: 2, beforeLsn: 60 })), [40, 50]);
  assertEquals(lsns(new World([100]).look({ countMax: 9, beforeMs: 30_000 })), [10, 20]);
  const world = new World([100]);
  assertEquals(lsns(world.look({ countMax: 9, sinceMs: 70_000 })), [70, 80, 90, 100]);
  assertEquals(world.asked, [0, 80], "before what is too old nothing is asked for");
});

Deno.test("LookBack without a server gives what the mailbox holds, up to a hole", () => {
  const world = new World([60, 80, 90, 100]);
  const back = new LookBack(world.ports, { room: lobby, countMax: 9 });
  back.begin();
  back.giveUp();
  assertEquals([back.state, lsns(back)], ["done", [80, 90, 100]]);
  back.past(lobby, 0);
  assertEquals(world.asked, [0]);
});

Deno.test("LookBack ends when an answer brings nothing new, and when it is refused", () => {
  const world = new World([100]);
  const back = new LookBack(world.ports, { room: lobby, countMax: 9 });
  back.begin();
  back.past([0, 2], 0);
  assertEquals(back.state, "asking", "that was another room");
  back.past(lobby, 0);
  back.past(lobby, 0);
  assertEquals([back.state, lsns(back), world.asked], ["done", [100], [0, 100]]);
  const other = new LookBack(world.ports, { room: lobby, countMax: 9 });
  other.begin();
  other.past(lobby, codes.notMember);
  assertEquals([other.state, other.code, lsns(other)], ["refused", codes.notMember, []]);
});

Deno.test("HistoryInquiry prints, or says why not and what to do", () => {
  const world = new World([100]);
  const [printed, said]: [string[], string[]] = [[], []];
  const ports = {
    ...{
      line: { ...world.ports.line, search: () => ({ shown: [], more: false }) },
      store: world.memory.store,
    },
    print: (lines: readonly string[]) => void printed.push(...lines),
    say: (line: string) => void said.push(line),
  };
  const view = new TextView({ color: false, timeZone: "UTC", nowMs: 0 });
  const inquiry = (from: string) => new HistoryInquiry(ports, { from, countMax: 2 }, view);
  const lobbys = inquiry("LOBBY");
  assertEquals(lobbys.ask(), null);
  world.answer();
  assertEquals(lobbys.event({ kind: "past", room: lobby, code: 0 }), 0);
  assertEquals(printed, ["00:01  lobby  Bob: m90", "00:01  lobby  Bob: m100"]);
  const refused = inquiry("@bob");
  assertEquals([refused.ask(), world.asked.at(-1)], [null, 0]);
  const { noRoom } = codes;
  assertEquals(refused.event({ kind: "past", room: [1, 2, 3], code: noRoom }), 2);
  assertEquals(said, [
    '@bob: there is no such room; parley rooms lists all, and echo "/join @bob" | parley makes this one',
  ]);
  assertEquals([inquiry("dev").ask(), inquiry("@zed").ask()], [2, 2]);
  assertEquals(said[1]?.startsWith("you are not a member of dev: "), true);
  assertEquals(said[2], "there is no user zed here: parley who lists all");
  printed.length = 0;
  inquiry("lobby").fromMailbox();
  assertEquals([printed.length, String(asOf(world.memory.store))], [2, "as of 1970-01-01T00:01Z"]);
});

/** Runs `Since` on a world, whose own answers come at once. */
function since(world: World, sinceMs: number, wanted?: string) {
  const [shown, notes]: [number[], string[]] = [[], []];
  const one = new Since({
    ...world.ports,
    ...{ wanted, sinceMs },
    show: ({ entry }) => void shown.push(entry.lsn),
    note: (line) => void notes.push(line),
  });
  return { one, shown, notes };
}

Deno.test("Since shows what was before, then what comes, each once and in order", () => {
  const world = new World([80, 90], 50);
  const { one, shown } = since(world, 70_000, "lobby");
  one.entry(world.come(60));
  const last = world.come(100);
  one.entry(last);
  assertEquals(shown, [], "not before all is known");
  one.event({ kind: "caughtUp" });
  while (shown.length === 0) {
    world.answer();
    one.event({ kind: "past", room: lobby, code: 0 });
  }
  assertEquals(shown, [70, 80, 90, 100]);
  assertEquals(world.asked, [80], "only for the hole");
  one.entry(last);
  one.entry(world.come(110));
  assertEquals(shown, [70, 80, 90, 100, 110]);
});

Deno.test("Since without a connection shows what there is, says so, and goes on", () => {
  const world = new World([80, 90, 100], 80);
  world.come(95, [0, 2]);
  const { one, shown, notes } = since(world, 90_000);
  one.event({ kind: "lost", why: "" as never, pauseMs: 1 });
  assertEquals([shown, notes.length], [[90, 95, 100], 1]);
  one.event({ kind: "lost", why: "" as never, pauseMs: 1 });
  one.entry(world.come(110));
  assertEquals([shown, notes.length], [[90, 95, 100, 110], 1]);
});

Deno.test("Since of a room that is not known shows what comes", () => {
  const world = new World([], 5);
  const { one, shown } = since(world, 0, "dev");
  one.event({ kind: "caughtUp" });
  one.entry(world.come(10));
  assertEquals([shown, world.asked], [[10], []]);
});

Deno.test("parseMoment() takes ages and dates, and nothing else", () => {
  const nowMs = Date.UTC(2026, 10, 24);
  assertEquals(parseMoment("7d", nowMs), Date.UTC(2026, 10, 17));
  assertEquals(parseMoment("90s", 90_000), 0);
  assertEquals(parseMoment("2026-11-20", nowMs), new Date(2026, 10, 20).getTime());
  assertEquals(parseMoment("2026-11-20 14:30", nowMs), new Date(2026, 10, 20, 14, 30).getTime());
  assertEquals(
    parseMoment("2026-11-20T14:30:05.5Z", nowMs),
    Date.UTC(2026, 10, 20, 14, 30, 5, 500),
  );
  for (
    const wrong of [
      "",
      "1",
      "1w",
      "-1h",
      "1.5h",
      "2026-13-01",
      "2026-11-32",
      "2026-02-29",
      "2026-11-20T24:00",
      "11-20",
      "now",
    ]
  ) {
    assertEquals(parseMoment(wrong, nowMs), null, wrong);
  }
});
