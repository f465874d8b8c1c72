/**
 * The short form of the chaos run; `deno task chaos --kills 1000` is the long one.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { permittedTest } from "../support/permitted.ts";
import { type ChaosOptions, runChaos } from "./chaos.ts";
import { describeReport, replay } from "./report.ts";
import { findings } from "./verdict.ts";

permittedTest("chaos: after 30 kills everybody has everything, once and in order", [
  "net",
  "read",
  "write",
  "run",
  "env",
], async () => {
  const seed = Date.now() % 1_000_000;
  const options: ChaosOptions = {
    kills: 30,
    seed,
    senders: 8,
    clients: 2,
    messagesPerSecond: 2_000,
    lifeMsMax: 400,
  };
  console.log(`chaos: ${replay(options)}`);
  const report = await runChaos(options);
  console.log(describeReport(options, report));
  assertEquals([report.kills, findings(report.verdict)], [options.kills, 0]);
});
