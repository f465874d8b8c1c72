/**
 * Random worlds: people who talk, come, go, repeat themselves and get things wrong.
 *
 * @module
 */

import type { Action } from "../../lib/protocol/codec.ts";
import { roles } from "../../lib/protocol/roles.ts";
import { anyModeration } from "./moderating.ts";
import type { SeededRandom } from "./random.ts";
import { type Person, World } from "./world.ts";

const names = ["alice", "Bob", "carol", "d.d", "Eve-5"];
const rooms = ["lobby", "dev", "Dev", "ops", "x_1", "LOBBY", "not a room", ""];
const tokens = Array.from({ length: 24 }, (_, at) => new Uint8Array(16).fill(at));
const texts = ["hello", "é\n\ttab", "a".repeat(300), "", "\x1b[2J"];

/**
 * Makes a world and lets people do things in it.
 *
 * @param seed gives everything
 * @param steps how many things happen
 * @returns the world and its people; the caller disposes of it
 */
export function crowdedWorld(seed: number, steps: number): { world: World; people: Person[] } {
  const world = new World(seed);
  const people = [theOwner(world)];
  for (let step = 0; step < steps; step++) {
    world.clock.nowMs += world.random.below(3);
    oneThing(world, people);
  }
  aQuarrel(world);
  return { world, people };
}

/** So that there is something of everything in every world. */
function aQuarrel(world: World): void {
  const [one, two, three] = ["quarrel-1", "quarrel-2", "quarrel-3"].map((name) =>
    world.register(name)
  );
  world.submit(one!, { action: "join", room: "yard" });
  world.submit(two!, { action: "join", room: "yard" });
  world.submit(one!, { action: "mute", room: "yard", user: "quarrel-2", forMs: 0, reason: "loud" });
  world.submit(one!, { action: "ban", room: "yard", user: "quarrel-3", device: 0, reason: "" });
  world.submit(one!, { action: "makePrivate", room: "attic" });
  world.submit(one!, { action: "inviteTo", room: "attic", user: "quarrel-2" });
  world.submit(one!, { action: "addDevice", hash: world.random.bytes(32), lifeMs: 60_000 });
  world.submit(three!, { action: "block", user: "quarrel-1", on: true });
}

/** The first is who may do everything: else little of it would ever happen. */
function theOwner(world: World): Person {
  const token = world.random.bytes(16);
  world.tryInvite(token, { role: roles.owner });
  const outcome = world.tryJoin("alice", token);
  if (outcome.outcome !== "accepted") throw new Error("there is no owner");
  const { lsn } = outcome;
  return { name: "alice", user: lsn, device: lsn, epoch: world.random.bytes(16), n: 0 };
}

function oneThing(world: World, people: Person[]): void {
  const { random } = world;
  // The owner acts more than others: they alone may do all of it.
  const person = random.below(4) ? random.pick(people) : people[0]!;
  switch (random.below(14)) {
    case 0: {
      const name = random.pick([...names, "bad name", "ALICE"]);
      const outcome = world.tryRegister(name);
      if (outcome.outcome !== "accepted") break;
      const { lsn } = outcome;
      people.push({ name, user: lsn, device: lsn, epoch: random.bytes(16), n: 0 });
      break;
    }
    case 1:
      Object.assign(person, { epoch: random.bytes(16), n: 0 });
      break;
    case 2:
      world.submit(person, anyAction(random), { n: random.below(person.n + 3) });
      break;
    case 3:
      repeatSomething(world);
      break;
    case 4: {
      const [role, uses] = [random.below(3), 1 + random.below(3)];
      world.tryInvite(random.pick(tokens), { role, uses, lifeMs: 1 + random.below(200) });
      break;
    }
    case 5: {
      const name = random.pick([...names, ...random.bytes(2)].map(String));
      const outcome = world.tryJoin(name, random.pick([...tokens, null]));
      if (outcome.outcome !== "accepted") break;
      const { lsn } = outcome;
      people.push({ name, user: lsn, device: lsn, epoch: random.bytes(16), n: 0 });
      break;
    }
    default:
      world.submit(person, anyAction(random));
  }
}

function repeatSomething(world: World): void {
  const earlier = world.random.pick(world.submissions);
  world.append({ ...earlier, timeMs: world.clock.nowMs, salt: world.random.bytes(16) });
}

function anyAction(random: SeededRandom): Action | null {
  const room = random.pick(rooms);
  switch (random.below(9)) {
    case 0:
      return null;
    case 7:
    case 8:
      return anyModeration(random, { users: [...names, "nobody"], rooms });
    case 1:
    case 2:
      return { action: "join", room };
    case 3:
      return { action: "leave", room };
    default: {
      const to = random.below(3) ? room : `@${random.pick([...names, "nobody"])}`;
      return { action: "message", to, text: random.pick(texts), act: random.below(2) === 0 };
    }
  }
}
