import { assertEquals } from "@std/assert";
import { codes } from "../../lib/errors.ts";
import type { Outcome } from "../../lib/log/submission.ts";
import { Usage } from "../../lib/store/usage.ts";
import { memoryIndexLag } from "../../lib/store/sqlite_log.ts";
import { rebuild } from "../../lib/store/project.ts";
import { type Person, World } from "../support/world.ts";

const text = "x".repeat(1_000);

function bytesOf(world: World, { user }: Person): number {
  return new Usage(world.store.database).of(user);
}

/** What a user has submitted, from the log itself. */
function counted(world: World, { user }: Person): number {
  return world.log().filter(({ entry }) => entry.user === user && entry.n > 0)
    .reduce((sum, { header, body }) => sum + header.length + body.length, 0);
}

function say(world: World, person: Person, userBytesMax: number): Outcome {
  const action = { action: "message", to: "lobby", text, act: false } as const;
  return world.submit(person, action, { userBytesMax });
}

Deno.test("what a user takes is counted by the byte, and the same after a rebuild", () => {
  using world = new World();
  const [alice, bob] = [world.register("alice"), world.register("bob")];
  // More than are counted before the sums are written, and some behind that.
  for (let at = 0; at < 2 * memoryIndexLag + 3; at++) say(world, alice, 0);
  world.submit(bob, null);
  for (const who of [alice, bob]) assertEquals(bytesOf(world, who), counted(world, who));
  rebuild(world.store.database);
  for (const who of [alice, bob]) assertEquals(bytesOf(world, who), counted(world, who));
});

Deno.test("what was counted late is not counted again once it is written", () => {
  using world = new World();
  const alice = world.register("alice");
  for (let at = 0; at < memoryIndexLag + 3; at++) say(world, alice, 0);
  assertEquals(say(world, alice, counted(world, alice) + 1).outcome, "accepted");
  assertEquals(say(world, alice, counted(world, alice)).outcome, "refused");
});

Deno.test("what was rolled back takes no space", () => {
  using world = new World();
  const alice = world.register("alice");
  say(world, alice, 0);
  const { database } = world.store;
  const { page_count } = database.prepare("PRAGMA page_count").get() as { page_count: number };
  const { user, device, epoch, n } = alice;
  const { timeMs, salt } = { timeMs: world.clock.nowMs, salt: world.random.bytes(16) };
  const big = { action: "message", to: "lobby", text: "x".repeat(8_000), act: false } as const;
  const batch = [1, 2, 3, 4].map((at) => {
    const from = { by: "device", user, device, epoch, n: n + at, action: big } as const;
    return { ...from, id: world.random.bytes(16), sizeBytes: 0, timeMs, salt };
  });
  database.exec(`PRAGMA max_page_count = ${page_count}`);
  assertEquals(world.store.append(batch).outcomes[0]!.outcome, "later", "the disk is full");
  database.exec("PRAGMA max_page_count = 1000000");
  assertEquals(say(world, alice, counted(world, alice) + 1).outcome, "accepted");
});

Deno.test("who has used up their space writes no more, and others do", () => {
  using world = new World();
  const [alice, bob] = [world.register("alice"), world.register("bob")];
  const max = counted(world, alice) + 1_500;
  const outcomes = [1, 2, 3].map(() => say(world, alice, max));
  assertEquals(outcomes.map(({ outcome }) => outcome), ["accepted", "accepted", "refused"]);
  assertEquals((outcomes[2] as { code: number }).code, codes.noSpace);
  assertEquals(say(world, bob, max).outcome, "accepted");
  const leave = world.submit(alice, { action: "join", room: "dev" }, { userBytesMax: max });
  assertEquals(leave.outcome, "accepted", "all but messages goes on");
  assertEquals(say(world, alice, max + 10_000).outcome, "accepted", "with more room");
});

Deno.test("no bound is none", () => {
  using world = new World();
  const alice = world.register("alice");
  assertEquals([say(world, alice, 0).outcome, say(world, alice, 0).outcome], [
    "accepted",
    "accepted",
  ]);
});
