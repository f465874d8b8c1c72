import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { moves } from "./plan.ts";
import { runSeed } from "./run.ts";
import type { Happened } from "./world.ts";

const seeds = 2_000;

Deno.test(`sim: a whole world holds in the seeds 1 to ${seeds}`, async () => {
  const happened: Happened = new Map();
  for (let seed = 1; seed <= seeds; seed++) await runSeed(seed, happened);
  for (const move of Object.keys(moves)) {
    assert((happened.get(move) ?? 0) > seeds / 10, `${move} happened ${happened.get(move)} times`);
  }
});

Deno.test("sim: a seed is the same world each time", async () => {
  const hashes = new Set<string>();
  for (let seed = 1; seed <= 50; seed++) {
    const hash = await runSeed(seed);
    assertEquals(await runSeed(seed), hash, `the trace of seed ${seed}`);
    hashes.add(hash);
  }
  assertNotEquals(hashes.size, 1, "seeds differ");
});
