/**
 * `deno task chaos`: kills a server under load as often as asked, and reports what everybody has in
 * the end. With `PARLEY_DIST=dist` it is the compiled one.
 */

import { parseArgs } from "@std/cli/parse-args";
import { runChaos } from "../tests/chaos/chaos.ts";
import { describeReport, replay } from "../tests/chaos/report.ts";
import { findings } from "../tests/chaos/verdict.ts";

const asked = parseArgs(Deno.args, {
  string: ["kills", "seed", "senders", "clients", "rate", "life"],
});
const options = {
  kills: Number(asked.kills ?? 30),
  seed: Number(asked.seed ?? Date.now() % 1_000_000),
  senders: Number(asked.senders ?? 8),
  clients: Number(asked.clients ?? 2),
  messagesPerSecond: Number(asked.rate ?? 2_000),
  lifeMsMax: Number(asked.life ?? 1_000),
};
console.log(replay(options));
const report = await runChaos(options);
console.log(describeReport(options, report));
Deno.exit(findings(report.verdict) === 0 ? 0 : 1);
