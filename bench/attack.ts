/**
 * A server with its default limits under attack: `deno task bench:attack [slow] [flooders] [honest]
 * [seconds] [clear|tls]`. Thousands who connect and never finish a frame or a handshake, each from
 * an address of its own, under TLS others that begin handshakes as fast as one process can, and
 * users who submit as much as they can, beside honest users: their p99, and the server's memory.
 * The server is on core 0, all others on core 1.
 */

import {
  clientHello,
  Flooder,
  openPatiently,
  SlowCrowd,
  TlsCrowd,
} from "../tests/support/attack.ts";
import { openArgs, startServerProcess, type Transport } from "../tests/support/server_process.ts";
import { openerOf } from "../tests/support/tls_client.ts";
import { makeDevice, type WireClient } from "../tests/support/wire_client.ts";
import { three } from "./figures.ts";
import { machineLoad, pin, rssKiB, yields } from "./machine.ts";
import { watchOwnLoop, watchThread } from "./scheduled.ts";

const [slow, flooders, honest, seconds] = [8_000, 50, 50, 20]
  .map((usual, at) => Number(Deno.args[at] ?? usual)) as [number, number, number, number];
const transport: Transport = Deno.args[4] === "tls" ? "tls" : "clear";
/** Who comes while the attack is on. */
const newcomers = 10;
/** Milliseconds until one of the crowd that was sent away comes again. */
const pauseMs = 1_000;
/** Handshakes that one process begins at a time. */
const handshakes = 64;
const triesMax = 100;

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

function quantile(values: readonly number[], part: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return three(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? NaN);
}

/** Each says something once a second, at a moment of its own; how long until it was durable. */
async function talk(clients: readonly WireClient[], forSeconds: number): Promise<number[]> {
  const tookMs: number[] = [];
  await Promise.all(clients.map(async (client, who) => {
    await pause(1_000 * who / clients.length);
    for (let at = 0; at < forSeconds; at++) {
      const startMs = performance.now();
      await client.say("lobby", `${who} says ${at}`);
      tookMs.push(performance.now() - startMs);
      await client.send("ack", { lsn: client.entries.at(-1)!.lsn });
      await pause(Math.max(0, 1_000 - (performance.now() - startMs)));
    }
  }));
  return tookMs;
}

const data = await Deno.makeTempDir();
await using server = await startServerProcess(data, 0, [], openArgs, transport, null);
await pin(server.pid, 0);
await pin(Deno.pid, 1);
const open = openerOf(server, transport);
const talkers: WireClient[] = [];
for (let at = 0; at < honest; at++) talkers.push(await open(await makeDevice(`honest${at}`)));

/** Talks and tells how it went, for the honest, for this program itself, and for the server. */
async function row(what: string, forSeconds: number): Promise<void> {
  const thread = await watchThread(server.pid);
  const ownLoop = watchOwnLoop();
  const tookMs = await talk(talkers, forSeconds);
  const { ran, waited } = await thread();
  const late = ownLoop();
  const all = (values: readonly number[]) =>
    `p50 ${quantile(values, 0.5)} ms, p99 ${quantile(values, 0.99)} ms, most ${
      quantile(values, 1)
    } ms`;
  const rss = Math.round(await rssKiB(server.pid) / 1_024);
  console.log(
    `${what}: durable after ${all(tookMs)} (this program itself is late by ${all(late)}); ` +
      `the server's network thread ran ${three(ran)} of the time and waited ${three(waited)} ` +
      `for its core; ${rss} MiB; load ${machineLoad()}`,
  );
}

/** The attackers: how many came within this time, and until when to wait for them. */
async function attack() {
  if (transport === "clear") {
    const crowd = new SlowCrowd(server.port, slow, pauseMs);
    return {
      ...{ crowd, isThere: () => crowd.state !== null && crowd.state.connects >= slow },
      count: () => crowd.state!.connects,
      how: () => `${crowd.state!.held} held, ${crowd.state!.full} told full`,
    };
  }
  const crowd = new TlsCrowd(server.port, slow, handshakes, await clientHello());
  return {
    ...{ crowd, isThere: () => crowd.state !== null && crowd.state.held >= slow },
    count: () => crowd.state!.attempts,
    how: () =>
      `${crowd.state!.held} slow ones held; of ${crowd.state!.attempts} handshakes ` +
      `${crowd.state!.answered} were answered`,
  };
}

await row(`${honest} honest by themselves`, 5);
const all: Flooder[] = [];
for (let at = 0; at < flooders; at++) all.push(await Flooder.start(open, `flooder${at}`));
await row(`beside ${flooders} flooders`, 5);

const attackers = await attack();
await pin(attackers.crowd.pid, 1);
await yields(attackers.crowd.pid);
const watching = (async () => {
  for (;;) await attackers.crowd.next();
})().catch(() => {});
while (!attackers.isThere()) await pause(100);
const [startCount, startMs] = [attackers.count(), performance.now()];
let rssMost = 0;
const sampling = setInterval(async () => {
  rssMost = Math.max(rssMost, await rssKiB(server.pid));
}, 200);
const comers = Array.from({ length: newcomers }, async (_, at) => {
  await pause(1_000 * at * seconds / newcomers / 2);
  const beganMs = performance.now();
  const { client, tries } = await openPatiently(open, await makeDevice(`newcomer${at}`), triesMax);
  client.close();
  return { tries, ms: performance.now() - beganMs };
});
await row(`beside ${slow} slow connections too`, seconds);
const came = await Promise.all(comers);
clearInterval(sampling);
const rate = Math.round(1_000 * (attackers.count() - startCount) / (performance.now() - startMs));
console.log(
  `the crowd: ${rate} connections/s, ${attackers.how()}; the server had ` +
    `${Math.round(rssMost / 1_024)} MiB at most`,
);
console.log(
  `${newcomers} newcomers: in after ${came.map(({ tries }) => tries).join(" ")} tries, ` +
    `${quantile(came.map(({ ms }) => ms), 1)} ms at most`,
);
const taken = all.map((flooder) => flooder.taken());
console.log(
  `flooders: ${
    quantile(taken.map(({ count, ms }) => count * 1_000 / ms), 1)
  } messages/s at most each`,
);
for (const client of talkers) {
  for (let who = 0; who < honest; who++) await client.hears(`${who} says ${seconds - 1}`);
}
console.log("every honest user heard every honest user");
for (const flooder of all) flooder.stop();
await attackers.crowd[Symbol.asyncDispose]();
await watching;
await server[Symbol.asyncDispose]();
await Deno.remove(data, { recursive: true });
Deno.exit(0);
