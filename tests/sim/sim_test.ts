import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { moves } from "./plan.ts";
import { runSeed } from "./run.ts";
import { type Outcome, runShare, type Share } from "./seeds_worker.ts";

const seeds = 2_000;

const mayRead = Deno.permissions.querySync({ name: "read" }).state === "granted";

/** Runs a share on another core, where the code may be read again for that. */
function runBeside(share: Share): Promise<Outcome> {
  if (!mayRead) return runShare(share);
  const url = new URL("./seeds_worker.ts", import.meta.url);
  const worker = new Worker(url, { type: "module" });
  const { promise, resolve, reject } = Promise.withResolvers<Outcome>();
  worker.onmessage = ({ data }: MessageEvent<Outcome>) => resolve(data);
  worker.onerror = (event) => reject(new Error(event.message));
  worker.postMessage(share);
  return promise.finally(() => worker.terminate());
}

Deno.test(`sim: a whole world holds in the seeds 1 to ${seeds}`, async () => {
  const half = seeds / 2;
  const outcomes = await Promise.all([
    runBeside({ from: half + 1, count: half }),
    runShare({ from: 1, count: half }),
  ]);
  assertEquals(outcomes.map(({ failure }) => failure), [null, null]);
  const happened = new Map<string, number>();
  for (const [move, times] of outcomes.flatMap((outcome) => outcome.happened)) {
    happened.set(move, (happened.get(move) ?? 0) + times);
  }
  for (const move of [...Object.keys(moves), "refusedForLater"]) {
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
