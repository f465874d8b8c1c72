/**
 * `deno task fuzz`: more of what the tests run a little of, or one seed again.
 *
 * @module
 */

import { parseArgs } from "@std/cli/parse-args";
import { fuzzDecoder } from "./decoder.ts";
import { fuzzSessions } from "./sessions.ts";
import { fuzzTerminal } from "./terminal.ts";

/** How many are run between two lines of progress; of sessions, on one server. */
const chunks = { inputs: 1_000_000, sessions: 1_000, screens: 10_000 } as const;
const runs = { inputs: fuzzDecoder, sessions: fuzzSessions, screens: fuzzTerminal };
const usual = { inputs: 10_000_000, sessions: 100_000, screens: 100_000 };
type What = keyof typeof runs;

const names = Object.keys(runs) as What[];
const args = parseArgs(Deno.args, { string: [...names, "seed"] });
const asked = names.filter((name) => args[name] !== undefined);
const from = Number(args.seed ?? 1);
for (const name of asked.length > 0 ? asked : names) {
  // With a seed, one; a session's seed needs those before it on the same server.
  const count = Number(args[name] || (args.seed ? 1 : usual[name]));
  if (!Number.isSafeInteger(from) || !Number.isSafeInteger(count)) {
    console.error("fuzz: --inputs, --sessions, --screens COUNT and --seed FIRST: whole numbers");
    Deno.exit(1);
  }
  const startMs = performance.now();
  for (let done = 0; done < count; done += chunks[name]) {
    await runs[name](from + done, Math.min(chunks[name], count - done));
  }
  const seconds = ((performance.now() - startMs) / 1_000).toFixed(1);
  console.log(`${name}: seeds ${from} to ${from + count - 1} held, ${seconds} s`);
}
