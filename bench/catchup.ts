/**
 * Entries per second to one device that missed many, from a server on one core:
 * `deno task bench:catchup [messages] [count|mailbox|tail]`.
 */

import { startServerProcess } from "../tests/support/server_process.ts";
import { bigLog } from "./big_log.ts";
import { cpuMs, machineLoad, pin } from "./machine.ts";
import { readers } from "./readers.ts";

const messages = Number(Deno.args[0] ?? 1_000_000);
const ways = Deno.args[1] ? [Deno.args[1]] : ["count", "mailbox", "tail"];
for (const way of ways) {
  const log = await bigLog(messages);
  const server = await startServerProcess(log.data);
  await pin(server.pid, 0);
  const startCpu = await cpuMs(server.pid);
  const startMs = performance.now();
  const client = await readers[way]!(server, log.absent);
  const seconds = (performance.now() - startMs) / 1000;
  const cpu = await cpuMs(server.pid) - startCpu;
  console.log(JSON.stringify({
    into: way,
    entries: messages,
    entriesPerSecond: Math.round(messages / seconds),
    serverCpuUsPerEntry: Number((cpu * 1000 / messages).toFixed(2)),
    clientCpuUsPerEntry: Number((client.cpuMs * 1000 / messages).toFixed(2)),
    serverCores: Number((cpu / 1000 / seconds).toFixed(2)),
    load: machineLoad(),
  }));
  server.kill("SIGTERM");
  await server.ended();
  await log.remove();
}
Deno.exit(0);
