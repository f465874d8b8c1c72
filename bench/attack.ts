/**
 * A server with its default limits under attack: `deno task bench:attack [slow] [flooders] [honest]
 * [seconds]`. Thousands who connect and never finish a frame, each from an address of its own, and
 * users who submit as much as they can, beside honest users: their p99, and the server's memory.
 */

import { Flooder, openPatiently, SlowCrowd } from "../tests/support/attack.ts";
import { openArgs, startServerProcess } from "../tests/support/server_process.ts";
import { makeDevice, WireClient } from "../tests/support/wire_client.ts";
import { three } from "./figures.ts";
import { cpuMs, machineLoad, rssKiB } from "./machine.ts";

const [slow, flooders, honest, seconds] = [8_000, 50, 50, 20]
  .map((usual, at) => Number(Deno.args[at] ?? usual)) as [number, number, number, number];
/** Who comes while the attack is on. */
const newcomers = 10;
/** Milliseconds until one of the crowd that was sent away comes again. */
const pauseMs = 1_000;
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
await using server = await startServerProcess(data, 0, [], openArgs, "clear", null);
const talkers: WireClient[] = [];
for (let at = 0; at < honest; at++) {
  talkers.push(await WireClient.open(server.port, await makeDevice(`honest${at}`)));
}
const row = async (what: string, tookMs: readonly number[]) => {
  const rss = Math.round(await rssKiB(server.pid) / 1_024);
  const [p50, p99, most] = [quantile(tookMs, 0.5), quantile(tookMs, 0.99), quantile(tookMs, 1)];
  console.log(`${what}: durable after p50 ${p50} ms, p99 ${p99} ms, most ${most} ms; ${rss} MiB`);
};
await row(`${honest} honest by themselves`, await talk(talkers, 5));

const all: Flooder[] = [];
for (let at = 0; at < flooders; at++) {
  all.push(await Flooder.start(server.port, `flooder${at}`));
}
await row(`beside ${flooders} flooders`, await talk(talkers, 5));

await using crowd = new SlowCrowd(server.port, slow, pauseMs);
const watching = (async () => {
  for (;;) await crowd.next();
})().catch(() => {});
while ((crowd.state?.connects ?? 0) < slow) await pause(100);
const [startConnects, startCpuMs, startMs] = [
  crowd.state!.connects,
  await cpuMs(server.pid),
  performance.now(),
];
let rssMost = 0;
const sampling = setInterval(async () => {
  rssMost = Math.max(rssMost, await rssKiB(server.pid));
}, 200);
const comers = Array.from({ length: newcomers }, async (_, at) => {
  await pause(1_000 * at * seconds / newcomers / 2);
  const beganMs = performance.now();
  const device = await makeDevice(`newcomer${at}`);
  const { client, tries } = await openPatiently(server.port, device, triesMax);
  client.close();
  return { tries, ms: performance.now() - beganMs };
});
const tookMs = await talk(talkers, seconds);
const came = await Promise.all(comers);
clearInterval(sampling);
const tookSeconds = (performance.now() - startMs) / 1_000;
await row(`beside ${slow} slow connections too`, tookMs);
const { connects, held, full, noAnswer } = crowd.state!;
console.log(
  `the crowd: ${Math.round((connects - startConnects) / tookSeconds)} connections/s, ` +
    `${held} held, ${full} told full, ${noAnswer} timed out; ` +
    `the server used ${
      three((await cpuMs(server.pid) - startCpuMs) / 1_000 / tookSeconds)
    } cores, ` +
    `and ${Math.round(rssMost / 1_024)} MiB at most`,
);
console.log(
  `${newcomers} newcomers: in after ${came.map(({ tries }) => tries).join(" ")} tries, ` +
    `${quantile(came.map(({ ms }) => ms), 1)} ms at most`,
);
const taken = all.map((flooder) => flooder.taken());
const rate = quantile(taken.map(({ count, ms }) => count * 1_000 / ms), 1);
console.log(`flooders: ${rate} messages/s at most each; machine load ${machineLoad()}`);
for (const client of talkers) {
  for (let who = 0; who < honest; who++) await client.hears(`${who} says ${seconds - 1}`);
}
console.log("every honest user heard every honest user");
for (const flooder of all) flooder.stop();
await crowd[Symbol.asyncDispose]();
await watching;
await server[Symbol.asyncDispose]();
await Deno.remove(data, { recursive: true });
Deno.exit(0);
