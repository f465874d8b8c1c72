/**
 * Memory of a server while many readers have stopped and one sender goes on:
 * `deno task bench:stopped [readers] [messages] [bytes of text]`.
 */

import { concat } from "@std/bytes/concat";
import { limits } from "../lib/limits.ts";
import { actionItem, encodePacket } from "../lib/protocol/codec.ts";
import { startServerProcess } from "../tests/support/server_process.ts";
import { makeDevice, type TestDevice, WireClient } from "../tests/support/wire_client.ts";
import { CountingClient } from "./counting_client.ts";
import { cpuMs, machineLoad, rssKiB, tcpKiB } from "./machine.ts";

const readers = Number(Deno.args[0] ?? 1_000);
const messages = Number(Deno.args[1] ?? 100_000);
const text = "x".repeat(Number(Deno.args[2] ?? 100));
const warmUp = 20_000;
const sampleMs = 200;

/** Logs in, takes and acknowledges the snapshot, and neither reads nor says anything after that. */
async function stop(port: number, device: TestDevice): Promise<WireClient> {
  const client = await WireClient.open(port, device);
  const { lsn } = client.received.findLast((packet) => packet.packet === "upto")!;
  client.divert(() => {}, () => {});
  client.pause();
  await client.send("ack", { lsn });
  return client;
}

let n = 0;

/** Says messages, `windowCountMax` in flight, and waits until the last has come back. */
async function talk(client: CountingClient, messages: number): Promise<void> {
  const before = client.entries;
  let left = messages;
  const send = async (count: number) => {
    const parts: Uint8Array[] = [];
    for (let at = 0; at < count && left > 0; at++, left--) {
      const id = crypto.getRandomValues(new Uint8Array(16));
      const action = actionItem({ action: "message", to: "lobby", text, act: false });
      parts.push(encodePacket("submit", { epoch: client.wire.epoch, n: ++n, id, action }));
    }
    if (parts.length > 0) await client.wire.bytes(concat(parts));
  };
  client.accepted = (count) => void send(count);
  const windowCount = Math.floor(limits.windowBytesMax / (text.length + 100));
  await send(Math.min(limits.windowCountMax, windowCount));
  while (client.entries - before < messages) {
    await new Promise<void>((resolve) => client.changed = resolve);
  }
}

const data = await Deno.makeTempDir();
const server = await startServerProcess(data);
const devices: TestDevice[] = [];
for (let at = 0; at < readers; at++) {
  const device = await makeDevice(`r${at}`);
  const client = await WireClient.connect(server.port);
  await client.login(device);
  client.close();
  devices.push(device);
}
const sender = new CountingClient(await WireClient.open(server.port, await makeDevice("sender")));
// What any traffic costs is no matter of those who stop: heaps and SQLite's cache have grown before.
await talk(sender, warmUp);
const stopped: WireClient[] = [];
for (const device of devices) stopped.push(await stop(server.port, device));

const [rss, tcp, cpu] = [await rssKiB(server.pid), await tcpKiB(), await cpuMs(server.pid)];
let rssMost = rss;
let tcpMost = tcp;
const sample = async () => {
  rssMost = Math.max(rssMost, await rssKiB(server.pid));
  tcpMost = Math.max(tcpMost, await tcpKiB());
};
const sampling = setInterval(() => void sample(), sampleMs);
const startMs = performance.now();
await talk(sender, messages);
const seconds = (performance.now() - startMs) / 1000;
clearInterval(sampling);
await sample();
const mib = (kib: number) => Math.round(kib / 102.4) / 10;
console.log(JSON.stringify({
  ...{ readers, messages, textBytes: text.length },
  rssBeforeMiB: mib(rss),
  rssGrewMiB: mib(await rssKiB(server.pid) - rss),
  rssGrewMostMiB: mib(rssMost - rss),
  kernelTcpGrewMostMiB: mib(tcpMost - tcp),
  messagesPerSecond: Math.round(messages / seconds),
  serverCpuUsPerMessage: Math.round((await cpuMs(server.pid) - cpu) * 1000 / messages),
  closed: server.journal.filter((line) => line.includes("closing")).length,
  load: machineLoad(),
}));
for (const client of stopped) client.close();
server.kill("SIGKILL");
await server.ended();
await Deno.remove(data, { recursive: true });
Deno.exit(0);
