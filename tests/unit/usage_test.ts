import { assertEquals } from "@std/assert";
import { codes } from "../../lib/errors.ts";
import type { Outcome } from "../../lib/log/submission.ts";
import { rebuild } from "../../lib/store/project.ts";
import { type Person, World } from "../support/world.ts";

const text = "x".repeat(1_000);

function bytesOf(world: World, { user }: Person): number {
  const found = world.store.database.prepare("SELECT bytes FROM usage WHERE user = ?").get(user);
  return (found as { bytes: number }).bytes;
}

/** What a user's entries take, from the log itself. */
function counted(world: World, { user }: Person): number {
  return world.log().filter(({ entry }) => entry.user === user)
    .reduce((sum, { header, body }) => sum + header.length + body.length, 0);
}

function say(world: World, person: Person, userBytesMax: number): Outcome {
  const action = { action: "message", to: "lobby", text, act: false } as const;
  return world.submit(person, action, { userBytesMax });
}

Deno.test("what a user takes is counted by the byte, and the same after a rebuild", () => {
  using world = new World();
  const [alice, bob] = [world.register("alice"), world.register("bob")];
  for (let at = 0; at < 5; at++) say(world, alice, 0);
  world.submit(bob, null);
  for (const who of [alice, bob]) assertEquals(bytesOf(world, who), counted(world, who));
  rebuild(world.store.database);
  for (const who of [alice, bob]) assertEquals(bytesOf(world, who), counted(world, who));
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
