import { assert, assertEquals } from "@std/assert";
import { entryFrame } from "../../lib/log/entry.ts";
import { wordsOf } from "../../lib/protocol/words.ts";
import { openDatabase } from "../../lib/sqlite/database.ts";
import { type WordAsk, WordIndex } from "../../lib/store/word_index.ts";
import { crowdedWorld } from "../support/crowd.ts";
import { flipBit } from "../support/damage.ts";
import { Oracle } from "../support/hub_oracle.ts";
import { SeededRandom } from "../support/random.ts";
import { type Person, World } from "../support/world.ts";

const anything = { terms: [], from: "", in: "", below: 0, above: 0, countMax: 50 } as const;

/** A world of two, an index of it, and a way to ask. */
function talking() {
  const world = new World();
  const alice = world.register("alice");
  const bob = world.register("bob");
  const words = openDatabase(":memory:");
  const index = new WordIndex(world.store.database, words);
  const say = (who: Person, to: string, text: string) => {
    const outcome = world.submit(who, { action: "message", to, text, act: false });
    assert(outcome.outcome === "accepted");
    index.catchUp(100);
    return outcome.lsn;
  };
  const find = ({ user }: Person, text: string, other: Partial<WordAsk> = {}) => {
    const prefix = text.endsWith("*");
    const terms = text === "" ? [] : [{ words: wordsOf(text), prefix }];
    return index.find({ ...anything, ...other, user, terms }).lsns;
  };
  return { world, alice, bob, words, index, say, find };
}

Deno.test("WordIndex.find() finds words, phrases, beginnings, writers and places", () => {
  const { alice, bob, say, find } = talking();
  const first = say(alice, "lobby", "the Café is open");
  const second = say(bob, "lobby", "open the cafeteria");
  const third = say(bob, "@alice", "東京都へ行く, open");
  assertEquals(find(alice, "open"), [third, second, first]);
  assertEquals(find(alice, "open the"), [second]);
  assertEquals(find(alice, "cafe*"), [second, first]);
  assertEquals(find(alice, "cafe"), [first]);
  assertEquals(find(alice, "c*"), [], "one letter is no beginning");
  assertEquals(find(alice, "京都"), [third]);
  assertEquals(find(alice, "都京"), []);
  assertEquals(find(alice, "open", { from: "BOB" }), [third, second]);
  assertEquals(find(alice, "", { from: "bob", in: "Lobby" }), [second]);
  assertEquals(find(alice, "", { in: "@bob" }), [third]);
  assertEquals(find(bob, "", { in: "@alice" }), [third]);
  assertEquals(find(alice, "", { in: "@alice" }), []);
  assertEquals(find(alice, "open", { from: "nobody" }), []);
  assertEquals(find(alice, "open", { in: "nowhere" }), []);
  assertEquals(find(alice, "u2"), [], "who wrote it is no word of the text");
  assertEquals(find(alice, "", {}), []);
  assertEquals(find(alice, "open", { above: first, below: third }), [second]);
});

Deno.test("WordIndex.find() gives pages that lead through all of it", () => {
  const { alice, say, index } = talking();
  const said = Array.from({ length: 7 }, () => say(alice, "lobby", "again"));
  const terms = [{ words: ["again"], prefix: false }];
  const found: number[] = [];
  for (let below = 0;;) {
    const { lsns, next } = index.find({ ...anything, terms, user: alice.user, below, countMax: 3 });
    found.push(...lsns);
    if (next === 0) break;
    below = next;
  }
  assertEquals(found, said.reverse());
});

Deno.test("WordIndex.find() takes SQLite's own language for words", () => {
  const { alice, say, find } = talking();
  const lsn = say(alice, "lobby", "either NEAR or not");
  for (const text of ['"', "a OR b", "text:x", "^", "NEAR(a b)", "*", "- {}", "'; DROP", "\0"]) {
    assertEquals(find(alice, text), [], JSON.stringify(text));
  }
  assertEquals(find(alice, "near OR not"), [lsn]);
});

Deno.test("WordIndex goes on where it was left, and begins anew for another log", () => {
  const { world, alice, bob, words, index, say } = talking();
  say(alice, "lobby", "mine");
  const { reach } = index;
  assertEquals(new WordIndex(world.store.database, words).reach, reach);
  const other = new World(2);
  const another = new WordIndex(other.store.database, words);
  assertEquals(another.reach, 0);
  const terms = [{ words: ["mine"], prefix: false }];
  assertEquals(another.find({ ...anything, terms, user: bob.user }).lsns, []);
});

Deno.test("WordIndex begins anew where the log is not what it was read out of", () => {
  const { world, alice, words, index, say } = talking();
  say(alice, "lobby", "mine");
  flipBit(world.store.database, index.reach, "digest", 5);
  assertEquals(new WordIndex(world.store.database, words).reach, 0);
});

Deno.test("WordIndex.catchUp() goes in steps, and over what is damaged", () => {
  const { world, alice, index, find } = talking();
  index.catchUp(100);
  const before = index.reach;
  for (let left = 5; left > 0; left--) {
    world.submit(alice, { action: "message", to: "lobby", text: "step", act: false });
  }
  flipBit(world.store.database, before + 1, "header", 0);
  assertEquals(index.catchUp(2), true);
  assertEquals(index.reach, before + 2);
  assertEquals(find(alice, "step"), [before + 2]);
  while (index.catchUp(2));
  assertEquals(find(alice, "step"), [5, 4, 3, 2].map((at) => before + at));
});

for (const seed of [1, 2, 3, new SeededRandom(Date.now()).below(1_000_000)]) {
  Deno.test(`WordIndex.find() finds exactly what is theirs, for everybody: seed ${seed}`, () => {
    const { world, people } = crowdedWorld(seed, 400);
    const oracle = new Oracle();
    for (const line of world.log()) oracle.add(entryFrame(line));
    const index = new WordIndex(world.store.database, openDatabase(":memory:"));
    while (index.catchUp(64));
    const terms = [{ words: ["hello"], prefix: false }];
    let found = 0;
    let kept = 0;
    for (const { user } of people) {
      const { lsns } = index.find({ ...anything, user, terms, countMax: 1_000 });
      const theirs: number[] = [];
      for (let lsn = 1; lsn <= index.reach; lsn++) {
        const { content } = oracle.entry(lsn);
        if (content?.kind !== "message" || content.text !== "hello") continue;
        const seen = oracle.historyOf(user, oracle.audience(lsn)).find((one) => one.lsn === lsn);
        if (seen?.seen) theirs.unshift(lsn);
        else kept++;
      }
      assertEquals(lsns, theirs, `seed ${seed}, user ${user}`);
      found += lsns.length;
    }
    assert(found > 0 && kept > 0, `seed ${seed}: ${found} found, ${kept} kept from somebody`);
    world.store.close();
  });
}
