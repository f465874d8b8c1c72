import { assert, assertEquals, assertThrows } from "@std/assert";
import { concat } from "@std/bytes/concat";
import { codes } from "../../lib/errors.ts";
import { limits } from "../../lib/limits.ts";
import { DamagedEntry } from "../../lib/log/damage.ts";
import { entryFrame } from "../../lib/log/entry.ts";
import { boundaries } from "../../lib/log/log.ts";
import { pastItem, pastItemsBytesMax } from "../../lib/log/past.ts";
import { keyAudience, type TalkAudience } from "../../lib/protocol/audience.ts";
import { StoreReader } from "../../lib/store/reader.ts";
import { crowdedWorld } from "../support/crowd.ts";
import { eraseBody, flipBit, setColumn } from "../support/damage.ts";
import { type Past, readHistory } from "../support/history.ts";
import { Oracle } from "../support/hub_oracle.ts";
import { SeededRandom } from "../support/random.ts";
import { type Person, World } from "../support/world.ts";

const { more, start, notYours } = boundaries;
const dev = [0, 5] as const;
const direct = [1, 2, 3] as const;
const hi = { to: "dev", text: "hi", act: false } as const;

/**
 * Alice (2), bob (3) and carol (4); alice makes `dev` (5) and talks in it all the time (6, 8, 10,
 * 12, 14). Bob is there from 7 to 9 and from 11 to 13. Alice writes to bob at 15.
 */
function comingAndGoing() {
  const world = new World();
  const [alice, bob, carol] = ["alice", "bob", "carol"].map((name) => world.register(name)) as [
    Person,
    Person,
    Person,
  ];
  const say = (to: string) =>
    world.submit(alice, { action: "message", to, text: "hi", act: false });
  world.submit(alice, { action: "join", room: "dev" });
  say("dev");
  for (const action of ["join", "leave", "join", "leave"] as const) {
    world.submit(bob, { action, room: "dev" });
    say("dev");
  }
  say("@bob");
  const reader = new StoreReader(world.store.database);
  const ask = (
    { user }: Person,
    room: TalkAudience,
    before = 0,
    entriesMax = 50,
    bytesMax = pastItemsBytesMax,
  ) => readHistory(reader.history({ user, room, before, entriesMax, bytesMax }));
  return { world, alice, bob, carol, ask };
}

/** An answer in short: code, lsns, boundary. */
function short({ code, entries, boundary }: Past): [number, number[], number] {
  return [code, entries.map(({ lsn }) => lsn), boundary];
}

Deno.test("HistoryReader.page() gives a member the newest below, in pages, to the start", () => {
  const { world, alice, ask } = comingAndGoing();
  const all = [5, 6, 7, 8, 9, 10, 11, 12, 13, 14];
  assertEquals(short(ask(alice, dev)), [0, all, start]);
  assertEquals(short(ask(alice, dev, 0, 4)), [0, [11, 12, 13, 14], more]);
  assertEquals(short(ask(alice, dev, 11, 4)), [0, [7, 8, 9, 10], more]);
  assertEquals(short(ask(alice, dev, 7, 4)), [0, [5, 6], start]);
  assertEquals(short(ask(alice, dev, 7, 2)), [0, [5, 6], start]);
  assertEquals(short(ask(alice, dev, 5, 2)), [0, [], start]);
  assertEquals(short(ask(alice, dev, 1, 2)), [0, [], start]);
  assertEquals(short(ask(alice, dev, Number.MAX_SAFE_INTEGER)), [0, all, start]);
  world.store.close();
});

Deno.test("HistoryReader.page() gives a member what is from before joining too", () => {
  const { world, carol, ask } = comingAndGoing();
  assertEquals(short(ask(carol, dev)), [codes.notMember, [], start]);
  world.submit(carol, { action: "join", room: "dev" });
  assertEquals(short(ask(carol, dev))[1].slice(0, 2), [5, 6]);
  assertEquals(short(ask(carol, [0, 1])), [0, [1, 2, 3, 4], start], "lobby");
  world.store.close();
});

Deno.test("HistoryReader.page() gives who has left only what was theirs, without a bridge", () => {
  const { world, bob, ask } = comingAndGoing();
  assertEquals(short(ask(bob, dev)), [0, [11, 12, 13], notYours]);
  assertEquals(short(ask(bob, dev, 0, 2)), [0, [12, 13], more]);
  assertEquals(short(ask(bob, dev, 12)), [0, [11], notYours]);
  assertEquals(short(ask(bob, dev, 11)), [0, [7, 8, 9], notYours]);
  assertEquals(short(ask(bob, dev, 10)), [0, [7, 8, 9], notYours]);
  assertEquals(short(ask(bob, dev, 8)), [0, [7], notYours]);
  assertEquals(short(ask(bob, dev, 7)), [0, [], notYours]);
  assertEquals(short(ask(bob, dev, 5)), [0, [], start]);
  world.submit(bob, { action: "join", room: "dev" });
  assertEquals(ask(bob, dev).entries.length, 11, "a member again: all of it");
  world.store.close();
});

Deno.test("HistoryReader.page() gives a direct to both, and to nobody else", () => {
  const { world, alice, bob, carol, ask } = comingAndGoing();
  assertEquals(short(ask(alice, direct)), [0, [15], start]);
  assertEquals(short(ask(bob, direct)), [0, [15], start]);
  assertEquals(short(ask(bob, direct, 15)), [0, [], start]);
  assertEquals(short(ask(carol, direct)), [codes.notMember, [], start]);
  assertEquals(short(ask(carol, [1, 2, 9_999])), [codes.notMember, [], start]);
  assertEquals(short(ask(carol, [1, 2, 4])), [0, [], start], "nothing said yet");
  assertEquals(short(ask(carol, [1, 4, 4])), [0, [], start], "nor to oneself");
  world.store.close();
});

Deno.test("HistoryReader.page() knows no room but rooms", () => {
  const { world, alice, ask } = comingAndGoing();
  for (const id of [0, 2, 6, 15, 99, Number.MAX_SAFE_INTEGER]) {
    assertEquals(short(ask(alice, [0, id])), [codes.noRoom, [], start], `${id}`);
  }
  world.store.close();
});

Deno.test("HistoryReader.page() gives header and body byte for byte as they are stored", () => {
  const { world } = comingAndGoing();
  eraseBody(world.store.database, 8);
  const reader = new StoreReader(world.store.database);
  const request = { user: 2, room: dev, before: 0, entriesMax: 50, bytesMax: 9_999 };
  const stored = world.log().slice(4, 14);
  assertEquals(reader.history(request).bytes, concat(stored.map(pastItem)));
  world.store.close();
});

Deno.test("HistoryReader.page() gives an erased body as null", () => {
  const { world, alice, ask } = comingAndGoing();
  eraseBody(world.store.database, 8);
  const { entries } = ask(alice, dev);
  assertEquals(entries.filter(({ erased }) => erased).map(({ lsn }) => lsn), [8]);
  world.store.close();
});

Deno.test("HistoryReader.page() gives what is above a damaged entry, and then nothing", () => {
  const { world, alice, ask } = comingAndGoing();
  flipBit(world.store.database, 8, "body", 5);
  assertEquals(short(ask(alice, dev)), [0, [9, 10, 11, 12, 13, 14], more]);
  assertEquals(assertThrows(() => ask(alice, dev, 9), DamagedEntry).lsn, 8);
  assertEquals(short(ask(alice, dev, 8)), [0, [5, 6, 7], start]);
  setColumn(world.store.database, 15, "audience", "r5");
  assertEquals(assertThrows(() => ask(alice, dev), DamagedEntry).lsn, 15, "a direct in a room");
  world.store.close();
});

Deno.test("HistoryReader.page() gives no more bytes than asked for, and one entry always", () => {
  const { world, alice, ask } = comingAndGoing();
  const sizes = world.log().slice(0, 14).map(({ header, body }) => 1 + header.length + body.length);
  const last = sizes[13]! + sizes[12]!;
  assertEquals(short(ask(alice, dev, 0, 50, last))[1], [13, 14]);
  assertEquals(short(ask(alice, dev, 0, 50, last - 1)), [0, [14], more]);
  assertEquals(short(ask(alice, dev, 0, 50, 1)), [0, [14], more]);
  world.store.close();
});

Deno.test("pastItemsBytesMax lets the fullest answer fit in a frame", () => {
  const { world, alice, ask } = comingAndGoing();
  for (const length of [limits.textBytesMax, 1_250, 1_000]) {
    const text = "x".repeat(length);
    for (let left = 60; left > 0; left--) {
      world.submit(alice, { action: "message", to: "dev", text, act: false });
    }
    const { entries, boundary } = ask(alice, dev);
    assert(entries.length >= (length === 1_000 ? 50 : 7), `${entries.length} of ${length}`);
    assertEquals(boundary, more);
  }
  world.store.close();
});

Deno.test("HistoryReader.page() gives any number of entries up to the most", () => {
  const { world, alice, ask } = comingAndGoing();
  for (let left = 50; left > 0; left--) world.submit(alice, { action: "message", ...hi });
  for (let most = 1; most <= limits.historyEntriesMax; most++) {
    assertEquals(ask(alice, dev, 0, most).entries.length, most);
  }
  world.store.close();
});

/** Walks back from the newest, and checks each page against the oracle. */
function walk(oracle: Oracle, ask: (before: number) => Past, user: number, key: string): void {
  const all = oracle.historyOf(user, key);
  const seen: number[] = [];
  for (let before = 0;;) {
    const { code, entries, boundary } = ask(before);
    assertEquals(code, 0);
    const below = all.filter(({ lsn }) => before === 0 || lsn < before);
    const lsns = entries.map(({ lsn }) => lsn);
    const first = below.findIndex(({ lsn }) => lsn === lsns[0]);
    const run = below.slice(first, first + lsns.length);
    if (lsns.length > 0) {
      assertEquals(run.map(({ lsn }) => lsn), lsns, "without a hole");
      assert(below.slice(first + lsns.length).every((one) => !one.seen), "the newest");
    }
    const next = (lsns.length > 0 ? below.slice(0, first) : below).at(-1);
    assertEquals(boundary, !next ? start : next.seen ? more : notYours);
    if (lsns.length === 0) break;
    seen.unshift(...lsns);
    before = lsns[0]!;
  }
  assertEquals(seen, all.filter((one) => one.seen).map(({ lsn }) => lsn), "all that is theirs");
}

const seeds = [1, 2, 3, new SeededRandom(Date.now()).below(1_000_000)];

seeds.forEach((seed, at) => {
  const which = at < 3 ? `world ${seed}` : "a world that differs each time";

  Deno.test(`HistoryReader.page() gives everybody exactly what is theirs: ${which}`, () => {
    const { world, people } = crowdedWorld(seed, 400);
    const random = new SeededRandom(seed);
    const oracle = new Oracle();
    for (const line of world.log()) oracle.add(entryFrame(line));
    const reader = new StoreReader(world.store.database);
    const keys = new Set(
      world.store.database.prepare("SELECT audience FROM log").all()
        .map((row) => (row as { audience: string }).audience)
        .filter((key) => /^[rd]/.test(key)),
    );
    assert(keys.size > 5, `seed ${seed}`);
    let refused = 0;
    for (const { user } of people) {
      for (const key of keys) {
        const room = keyAudience(key);
        const ask = (before: number) => {
          const entriesMax = 1 + random.below(random.pick([2, 9, 50]));
          const bytesMax = 1 + random.below(random.pick([200, 60_000]));
          return readHistory(reader.history({ user, room, before, entriesMax, bytesMax }));
        };
        const theirs = oracle.historyOf(user, key).some(({ seen }) => seen);
        if (theirs) walk(oracle, ask, user, key);
        else {
          refused++;
          assertEquals(short(ask(0)), [codes.notMember, [], start], `seed ${seed}`);
        }
      }
    }
    assert(refused > 0, `seed ${seed}: others' rooms are asked for too`);
    world.store.close();
  });
});
