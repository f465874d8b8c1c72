/**
 * TLS beside clear text: what a delivery costs the server, how many connections a second shake
 * hands, and how late single messages come that follow each other in a few milliseconds:
 * `deno task bench:transport [receivers] [messages]`.
 */

import { Acks } from "../lib/client/acks.ts";
import { TlsDialer } from "../lib/net/tls_dial.ts";
import { dial } from "../lib/net/tcp.ts";
import { systemClock } from "../lib/seams.ts";
import { encodePacket } from "../lib/protocol/codec.ts";
import { openArgs, startServerProcess, type Transport } from "../tests/support/server_process.ts";
import { connectTls } from "../tests/support/tls_client.ts";
import { WireClient } from "../tests/support/wire_client.ts";
import { CountingClient } from "./counting_client.ts";
import { type Crowd, makeCrowd } from "./crowd.ts";
import { cpuMs, machineLoad, pin } from "./machine.ts";
import { cores } from "./talk.ts";

const receivers = Number(Deno.args[0] ?? 50);
const messages = Number(Deno.args[1] ?? 5_000);
const hostname = "127.0.0.1";
const rounds = 3;

/** One way of connecting to a server. */
type Connect = () => Promise<WireClient>;

async function enter(connect: Connect, crowd: Crowd, at: number): Promise<WireClient> {
  const client = await connect();
  await client.login(crowd.devices[at]!);
  const { logId, head: cursor, digest } = crowd;
  await client.send("resume", { logId, cursor, digest });
  await client.next("upto");
  return client;
}

/** Server CPU per delivery, and deliveries/s as far as this process takes them. */
async function deliver(pid: number, sender: WireClient, all: readonly WireClient[]) {
  const counting = all.map((wire) => new CountingClient(wire));
  let left = messages;
  const say = (count: number) => {
    for (let at = 0; at < count && left > 0; at++, left--) {
      void sender.submit({ action: "message", to: "lobby", text: "x".repeat(100), act: false });
    }
  };
  const own = new CountingClient(sender);
  own.accepted = say;
  const [startMs, startCpu] = [performance.now(), await cpuMs(pid)];
  say(32);
  const everybody = [...counting, own];
  for (const client of everybody) {
    while (client.entries < messages) {
      await new Promise<void>((resolve) => client.changed = resolve);
    }
  }
  const deliveries = messages * everybody.length;
  return {
    serverCpuUsPerDelivery: (await cpuMs(pid) - startCpu) * 1_000 / deliveries,
    deliveriesPerSecond: deliveries / (performance.now() - startMs) * 1_000,
  };
}

/**
 * Milliseconds from a message's sending to its coming, 3 ms apart; the receiver acknowledges as
 * a client does.
 */
async function single(sender: WireClient, receiver: WireClient, fewAtOnce: boolean) {
  const sentMs: number[] = [];
  const tookMs: number[] = [];
  let ackTimer: ReturnType<typeof setTimeout> | undefined;
  let entries = 0;
  const counting = new CountingClient(receiver);
  const acks = new Acks(fewAtOnce);
  const acknowledge = () => {
    const lsn = acks.due(performance.now());
    if (lsn !== null) void receiver.bytes(encodePacket("ack", { lsn }));
    clearTimeout(ackTimer);
    const leftMs = Math.max(0, acks.dueMs - performance.now());
    if (leftMs < Infinity) ackTimer = setTimeout(acknowledge, leftMs);
  };
  const came = new Promise<void>((resolve) => {
    counting.changed = () => {
      for (; entries < counting.entries; entries++) {
        tookMs.push(performance.now() - sentMs[entries]!);
      }
      acks.received(counting.lastLsn, 100);
      acks.stored(counting.lastLsn, performance.now());
      acknowledge();
      if (entries === 500) resolve();
    };
  });
  for (let at = 0; at < 500; at++) {
    sentMs.push(performance.now());
    await sender.submit({ action: "message", to: "lobby", text: "x".repeat(100), act: false });
    await new Promise((resolve) => setTimeout(resolve, 3));
  }
  await came;
  clearTimeout(ackTimer);
  tookMs.sort((a, b) => a - b);
  return { p50Ms: tookMs[250]!, p99Ms: tookMs[495]! };
}

/** Connections a second, eight at a time, each closed as soon as it is open. */
async function shakeHands(open: () => Promise<{ close(): void }>): Promise<number> {
  const total = 400;
  const startMs = performance.now();
  let begun = 0;
  await Promise.all(Array.from({ length: 8 }, async () => {
    while (begun++ < total) (await open()).close();
  }));
  return total / (performance.now() - startMs) * 1_000;
}

async function measure(transport: Transport): Promise<void> {
  await using crowd = await makeCrowd(receivers + 1);
  await using server = await startServerProcess(crowd.data, 0, [], openArgs, transport);
  await pin(server.pid, cores.server);
  const address = { hostname, port: server.port };
  const tls = new TlsDialer(address, systemClock);
  const never = new AbortController().signal;
  const isClear = transport === "clear";
  const connect = isClear ? () => WireClient.connect(server.port) : () => connectTls(server);
  const handshakes = await shakeHands(() => isClear ? dial(address, never) : tls.dial(never));
  const [sender, receiver] = [await enter(connect, crowd, 0), await enter(connect, crowd, 1)];
  const late = await single(sender, receiver, !isClear);
  for (const client of [sender, receiver]) client.close();
  const senders = await enter(connect, crowd, 0);
  const all: WireClient[] = [];
  for (let at = 1; at <= receivers; at++) all.push(await enter(connect, crowd, at));
  const delivered = await deliver(server.pid, senders, all);
  for (const client of [senders, ...all]) client.close();
  const figures = { transport, handshakesPerSecond: handshakes, ...late, ...delivered };
  console.log(JSON.stringify({ ...figures, load: machineLoad() }));
}

await pin(Deno.pid, cores.load);
for (let round = 0; round < rounds; round++) {
  for (const transport of ["clear", "tls"] as const) await measure(transport);
}
Deno.exit();
