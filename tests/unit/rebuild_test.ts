import { assertEquals, assertNotEquals } from "@std/assert";
import type { DatabaseSync } from "node:sqlite";
import { indexAll } from "../../lib/store/late_index.ts";
import { rebuild } from "../../lib/store/project.ts";
import { projectionNames } from "../../lib/store/schema.ts";
import { openMemoryStore } from "../../lib/store/sqlite_log.ts";
import { crowdedWorld } from "../support/crowd.ts";
import { ManualClock, SeededRandom } from "../support/random.ts";
import { startMs } from "../support/world.ts";

/** All rows of tables, in an order of their own, so that a difference shows as the row it is in. */
function rows(database: DatabaseSync, tables: readonly string[]): Record<string, string[]> {
  return Object.fromEntries(tables.map((table) => {
    const found = database.prepare(`SELECT * FROM ${table}`).all();
    return [table, found.map((row) => Deno.inspect(row, { iterableLimit: 10_000 })).sort()];
  }));
}

const seeds = [1, 2, 3, new SeededRandom(Date.now()).below(1_000_000)];

seeds.forEach((seed, at) => {
  const which = at < 3 ? `world ${seed}` : "a world that differs each time";

  Deno.test(`rebuild() makes every projection again, row by row: ${which}`, () => {
    const { world } = crowdedWorld(seed, 400);
    const { database } = world.store;
    indexAll(database, world.store.head().lsn);
    const before = rows(database, projectionNames);
    for (const name of projectionNames) {
      assertNotEquals(before[name]!.length, 0, `${name} is empty: seed ${seed}`);
    }
    assertEquals(rebuild(database), world.store.head().lsn, `seed ${seed}`);
    assertEquals(rows(database, projectionNames), before, `seed ${seed}`);
    world.store.close();
  });

  Deno.test(`apply() makes the same log of the same submissions: ${which}`, () => {
    const { world } = crowdedWorld(seed, 300);
    const other = openMemoryStore(new ManualClock(startMs), new SeededRandom(seed + 1));
    const outcomes = other.append(world.submissions).outcomes;
    assertEquals(outcomes.length, world.submissions.length);
    const all = ["log", "meta", ...projectionNames];
    for (const store of [world.store, other]) indexAll(store.database, store.head().lsn);
    assertEquals(rows(other.database, all), rows(world.store.database, all), `seed ${seed}`);
    other.close();
    world.store.close();
  });

  Deno.test(`apply() goes on after a rebuild as before: ${which}`, () => {
    const { world, people } = crowdedWorld(seed, 100);
    const { world: same, people: samePeople } = crowdedWorld(seed, 100);
    rebuild(same.store.database);
    const action = { action: "message", to: "lobby", text: "on", act: false } as const;
    people.forEach((person, index) => {
      const [a, b] = [world.submit(person, action), same.submit(samePeople[index]!, action)];
      assertEquals(a, b, `seed ${seed}`);
    });
    assertEquals(same.store.head(), world.store.head(), `seed ${seed}`);
    same.store.close();
    world.store.close();
  });
});
