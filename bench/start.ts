/**
 * Milliseconds from the start of `parleyd` to its line "is listening", with a long log:
 * `deno task compile && PARLEY_DIST=dist deno task bench:start [messages]`.
 */

import { startServerProcess } from "../tests/support/server_process.ts";
import { bigLog } from "./big_log.ts";
import { cpuMs, machineLoad, rssKiB } from "./machine.ts";

const messages = Number(Deno.args[0] ?? 1_000_000);

const log = await bigLog(messages);
for (let round = 1; round <= 5; round++) {
  const startMs = performance.now();
  const server = await startServerProcess(log.data);
  const listeningMs = Math.round(performance.now() - startMs);
  const serverCpuMs = await cpuMs(server.pid);
  const rssMiB = Math.round(await rssKiB(server.pid) / 1024);
  // As after a crash: what is not in the database yet is read from its WAL.
  server.kill("SIGKILL");
  await server.ended();
  console.log(
    JSON.stringify({ entries: messages, listeningMs, serverCpuMs, rssMiB, load: machineLoad() }),
  );
}
await log.remove();
Deno.exit(0);
