import { assert, assertEquals } from "@std/assert";
import { FrameDecoder } from "../../lib/framing.ts";
import { entryFrame, itemsEntry } from "../../lib/log/entry.ts";
import type { Page, PageRequest } from "../../lib/log/log.ts";
import { decodePacket } from "../../lib/protocol/codec.ts";
import { mergeLsns, PageReader } from "../../lib/store/pages.ts";
import { StoredEntries } from "../../lib/store/stored.ts";
import { crowdedWorld } from "../support/crowd.ts";
import { Oracle } from "../support/hub_oracle.ts";
import { SeededRandom } from "../support/random.ts";
import { type LogLine, type Person, World } from "../support/world.ts";

/** What is in a page's bytes, as a client would read it. */
function readPage(page: Page) {
  const packets = new FrameDecoder(65_536).push(page.bytes).map((payload) => ({
    bytes: payload.length + 4,
    ...decodePacket(payload, "server"),
  }));
  const end = packets.pop();
  if (end?.packet !== "upto") throw new Error("a page ends with upto");
  const entries = packets.map((packet) => {
    if (packet.packet !== "entry") throw new Error(packet.packet);
    return { bytes: packet.bytes, entry: itemsEntry(packet.header, packet.body) };
  });
  return { entries, end };
}

/** Those lsns that are meant for a person: the whole log, entry by entry, with no table's help. */
function meantFor(log: readonly LogLine[], who: Person): number[] {
  const oracle = new Oracle();
  for (const line of log) oracle.add(entryFrame(line));
  return oracle.meantFor(who, 0, log.length);
}

/** Walks page by page and checks each against the log. */
function walk(
  reader: PageReader,
  log: readonly LogLine[],
  start: PageRequest,
  about: string,
): number[] {
  const lsns: number[] = [];
  for (let after = start.after;;) {
    const page = reader.page({ ...start, after });
    const { entries, end } = readPage(page);
    assertEquals(page.upto, end.lsn, about);
    assertEquals(end.digest, log[end.lsn - 1]!.digest, about);
    assertEquals(page.entries, entries.map(({ entry, bytes }) => [entry.lsn, bytes]), about);
    for (const { entry } of entries) assertEquals(entry, log[entry.lsn - 1]!.entry, about);
    checkBounds(page, start, about);
    lsns.push(...entries.map(({ entry }) => entry.lsn));
    if (end.lsn === start.head) return lsns;
    assert(end.lsn > after, `no progress: ${about}`);
    after = end.lsn;
  }
}

function checkBounds({ entries }: Page, { entriesMax, bytesMax }: PageRequest, about: string) {
  const bytes = entries.reduce((sum, [, bytes]) => sum + bytes, 0);
  assert(entries.length <= entriesMax, about);
  assert(entries.length === 1 || bytes <= bytesMax, about);
}

const seeds = [1, 2, 3, new SeededRandom(Date.now()).below(1_000_000)];

seeds.forEach((seed, at) => {
  const which = at < 3 ? `world ${seed}` : "a world that differs each time";

  Deno.test(`PageReader.page() gives exactly what is meant for each user: ${which}`, () => {
    const { world, people } = crowdedWorld(seed, 300);
    const random = new SeededRandom(seed);
    const log = world.log();
    const reader = new PageReader(world.store.database);
    for (const person of people) {
      const { user, device } = person;
      const expected = meantFor(log, person);
      for (let round = 0; round < 8; round++) {
        const head = random.below(3) ? log.length : 1 + random.below(log.length);
        const after = random.below(2) ? 0 : random.below(head);
        const entriesMax = 1 + random.below(random.pick([2, 20, 400]));
        const bytesMax = 1 + random.below(random.pick([10, 1_000, 100_000]));
        const request = { user, device, after, head, entriesMax, bytesMax };
        const about = `seed ${seed}: ${JSON.stringify(request)}`;
        const wanted = expected.filter((lsn) => lsn > after && lsn <= head);
        assertEquals(walk(reader, log, request, about), wanted, about);
      }
    }
    world.store.close();
  });
});

/** Bob is in `dev` from 5 to 7 and from 9 on; alice, who made it, speaks all the time. */
function comingAndGoing() {
  const world = new World();
  const [alice, bob] = [world.register("alice"), world.register("bob")];
  const say = () => world.submit(alice, { action: "message", to: "dev", text: "hi", act: false });
  world.submit(alice, { action: "join", room: "dev" });
  world.submit(bob, { action: "join", room: "dev" });
  say();
  world.submit(bob, { action: "leave", room: "dev" });
  say();
  world.submit(bob, { action: "join", room: "dev" });
  say();
  return { world, bob };
}

function lsnsOf(page: Page): number[] {
  return page.entries.map(([lsn]) => lsn);
}

Deno.test("PageReader.page() gives a room from joining to leaving, both inclusive", () => {
  const { world, bob } = comingAndGoing();
  const { user, device } = bob;
  const request = { user, device, after: 3, head: 10, entriesMax: 256, bytesMax: 9_999 };
  const reader = new PageReader(world.store.database);
  assertEquals(lsnsOf(reader.page(request)), [5, 6, 7, 9, 10]);
  assertEquals(lsnsOf(reader.page({ ...request, after: 6 })), [7, 9, 10]);
  assertEquals(lsnsOf(reader.page({ ...request, after: 7 })), [9, 10]);
  assertEquals(lsnsOf(reader.page({ ...request, head: 9 })), [5, 6, 7, 9]);
  assertEquals(lsnsOf(reader.page({ ...request, head: 6 })), [5, 6]);
  world.store.close();
});

Deno.test("PageReader.page() says upto the head only when nothing is left", () => {
  const { world, bob } = comingAndGoing();
  const { user, device } = bob;
  const reader = new PageReader(world.store.database);
  const page = (after: number, entriesMax: number, head = 10) =>
    reader.page({ user, device, after, head, entriesMax, bytesMax: 9_999 }).upto;
  assertEquals(page(3, 2), 6);
  assertEquals(page(3, 3, 8), 7, "full: what follows is not known");
  assertEquals(page(7, 1, 8), 8, "nothing for bob");
  assertEquals(page(10, 1), 10);
  world.store.close();
});

Deno.test("PageReader.page() always gives one entry, however large", () => {
  const { world, bob } = comingAndGoing();
  const { user, device } = bob;
  const reader = new PageReader(world.store.database);
  const page = reader.page({ user, device, after: 3, head: 10, entriesMax: 9, bytesMax: 1 });
  assertEquals([lsnsOf(page), page.upto], [[5], 5]);
  world.store.close();
});

Deno.test("StoredEntries.digest() knows the log and nothing beyond it", () => {
  using world = new World();
  const reader = new StoredEntries(world.store.database);
  assertEquals(reader.digest(1), world.log()[0]!.digest);
  assertEquals([reader.digest(0), reader.digest(2)], [null, null]);
});

function source(...lsns: number[]): () => number | null {
  return () => lsns.shift() ?? null;
}

Deno.test("mergeLsns() gives the lowest first, each once", () => {
  assertEquals(mergeLsns([], 5), []);
  assertEquals(mergeLsns([source(), source(2)], 5), [2]);
  assertEquals(mergeLsns([source(1, 5, 9), source(2, 5), source(5)], 9), [1, 2, 5, 9]);
  assertEquals(mergeLsns([source(1, 5, 9), source(2, 5), source(5)], 3), [1, 2, 5]);
});

Deno.test("mergeLsns() reads no further than it needs", () => {
  const left = [1, 4, 5, 6];
  mergeLsns([() => left.shift() ?? null, source(2, 3)], 2);
  assertEquals(left, [5, 6]);
});
