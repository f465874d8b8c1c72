/**
 * `deno task sim`: more seeds than the tests run, or one again.
 *
 * @module
 */

import { parseArgs } from "@std/cli/parse-args";
import { runSeed } from "./run.ts";
import type { Happened } from "./world_parts.ts";

const args = parseArgs(Deno.args, { string: ["seed", "seeds", "from"] });
const from = Number(args.seed ?? args.from ?? 1);
const count = args.seed ? 1 : Number(args.seeds ?? 2_000);
if (!Number.isSafeInteger(from) || !Number.isSafeInteger(count)) {
  console.error("sim: --seeds COUNT, --from FIRST and --seed ONE take whole numbers");
  Deno.exit(1);
}
const happened: Happened = new Map();
const startMs = performance.now();
let failed = 0;
for (let seed = from; seed < from + count; seed++) {
  try {
    const hash = await runSeed(seed, happened);
    if (count === 1) console.log(`seed ${seed}: trace ${hash}`);
  } catch (error) {
    failed++;
    console.error(count === 1 ? error : (error as Error).message);
  }
}
const seconds = (performance.now() - startMs) / 1_000;
const pace = `${seconds.toFixed(1)} s, ${(count / seconds).toFixed(0)} seeds/s`;
console.log(`seeds ${from} to ${from + count - 1}: ${failed} failed; ${pace}`);
console.log([...happened].map(([what, times]) => `${what} ${times}`).join(", "));
if (failed > 0) Deno.exit(1);
