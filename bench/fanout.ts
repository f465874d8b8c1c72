/**
 * Deliveries per second into a room of 100 from one sender, server on one core, every message
 * durable before it is delivered: `deno task bench:fanout`.
 */

import { concat } from "@std/bytes/concat";
import { actionItem, encodePacket } from "../lib/protocol/codec.ts";
import { limits } from "../lib/limits.ts";
import { startServerProcess } from "../tests/support/server_process.ts";
import { makeDevice, WireClient } from "../tests/support/wire_client.ts";
import { CountingClient } from "./counting_client.ts";
import { cpuMs, pin } from "./machine.ts";

const members = 100;
const messages = Number(Deno.args[0] ?? 20_000);
const inFlight = Number(Deno.args[1] ?? limits.windowCountMax);
const text = "x".repeat(100);

async function openCounting(port: number, name: string): Promise<CountingClient> {
  const wire = await WireClient.open(port, await makeDevice(name));
  return new CountingClient(wire);
}

async function run(pid: number, sender: CountingClient, all: CountingClient[]) {
  const startEntries = all.map((client) => client.entries);
  const startRuns = sender.acceptedRuns;
  const startCpu = await cpuMs(pid);
  const startMs = performance.now();
  const epoch = crypto.getRandomValues(new Uint8Array(16));
  let sent = 0;
  const frames = (count: number) => {
    const parts: Uint8Array[] = [];
    for (let at = 0; at < count && sent < messages; at++) {
      const id = crypto.getRandomValues(new Uint8Array(16));
      const action = actionItem({ action: "message", to: "bench", text, act: false });
      parts.push(encodePacket("submit", { epoch, n: ++sent, id, action }));
    }
    return parts;
  };
  const send = async (count: number) => {
    const parts = frames(count);
    if (parts.length) await sender.wire.bytes(concat(parts));
  };
  sender.accepted = (count) => void send(count);
  await send(inFlight);
  for (let at = 0; at < all.length; at++) {
    const client = all[at]!;
    while (client.entries - startEntries[at]! < messages) {
      await new Promise<void>((resolve) => client.changed = resolve);
    }
  }
  const seconds = (performance.now() - startMs) / 1000;
  const cpu = await cpuMs(pid) - startCpu;
  const deliveries = messages * all.length;
  return {
    deliveriesPerSecond: Math.round(deliveries / seconds),
    messagesPerSecond: Math.round(messages / seconds),
    serverCpuUsPerDelivery: Number((cpu * 1000 / deliveries).toFixed(3)),
    serverCores: Number((cpu / 1000 / seconds).toFixed(2)),
    acceptedPerPacket: Number((messages / (sender.acceptedRuns - startRuns)).toFixed(1)),
  };
}

const data = await Deno.makeTempDir();
const server = await startServerProcess(data);
await pin(server.pid, 0);
await pin(Deno.pid, 1);
const clients: CountingClient[] = [];
for (let at = 0; at < members; at++) {
  const client = await openCounting(server.port, `m${at}`);
  await client.wire.send("submit", {
    epoch: client.wire.epoch,
    n: 1,
    id: new Uint8Array(16),
    action: actionItem({ action: "join", room: "bench" }),
  });
  while (client.acceptedRuns < 1) await new Promise<void>((resolve) => client.changed = resolve);
  clients.push(client);
}
console.log(
  `room of ${members}, ${messages} messages of ${text.length} bytes, ${inFlight} in flight`,
);
for (let round = 1; round <= 3; round++) {
  console.log(JSON.stringify(await run(server.pid, clients[0]!, clients)));
}
for (const client of clients) client.wire.close();
server.kill("SIGTERM");
await server.ended();
await Deno.remove(data, { recursive: true });
