/**
 * Workloads (e) and (g): many who are only there, and many who have stopped reading.
 */

import { startServerProcess } from "../tests/support/server_process.ts";
import { makeCrowd } from "./crowd.ts";
import { type Figure, three } from "./figures.ts";
import { Load, type LoadResult, type LoadRun } from "./load.ts";
import { pin, rssKiB } from "./machine.ts";
import { cores } from "./talk.ts";

const idle = 10_000;
const heard = 5_000;
const talkers = 40;
const stopped = 1_000;
/** More than a device's credit. */
const fillMessages = 2_000;
/** Milliseconds in which a server comes to rest after many logins. */
const restMs = 5_000;

const saying: LoadRun = {
  ...{ stride: 1, partner: 0, textBytes: 100, to: "lobby", senders: 1, window: 1, rate: 0 },
  ...{ messages: 1, deliveries: heard },
};

function rest(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, restMs));
}

async function idleKb(): Promise<number> {
  await using crowd = await makeCrowd(idle);
  await using server = await startServerProcess(crowd.data);
  await pin(server.pid, cores.server);
  await using load = await Load.start(cores.load);
  const before = await rssKiB(server.pid);
  await load.open(server.port, crowd, 0, idle);
  await rest();
  return three((await rssKiB(server.pid) - before) * 1.024 / idle);
}

/** Milliseconds until the last of 5,000 has one message. */
async function lastMs(rounds: number): Promise<number[]> {
  await using crowd = await makeCrowd(heard);
  await using server = await startServerProcess(crowd.data);
  await pin(server.pid, cores.server);
  await using load = await Load.start(cores.load);
  await load.open(server.port, crowd, 0, heard);
  const values: number[] = [];
  for (let round = 0; round <= rounds; round++) {
    const { seconds } = await load.run(saying);
    if (round > 0) values.push(three(seconds * 1000));
  }
  return values;
}

interface Stopped {
  readonly before: LoadResult;
  readonly beside: LoadResult;
  readonly grewMb: number;
}

/** 40 who talk, without and with 1,000 who have stopped. */
async function besideStopped(): Promise<Stopped> {
  await using crowd = await makeCrowd(talkers + stopped);
  await using server = await startServerProcess(crowd.data);
  await pin(server.pid, cores.server);
  await using load = await Load.start(cores.load);
  await load.open(server.port, crowd, 0, talkers);
  const run = { ...saying, senders: talkers, window: 32, rate: 500, messages: 10_000 };
  const talk = { ...run, deliveries: run.messages * talkers };
  // The first run is to warm up: heaps and SQLite's cache grow by any traffic.
  await load.run({ ...talk, rate: 1_000 });
  const before = await load.run(talk);
  await load.open(server.port, crowd, talkers, stopped);
  for (let at = 0; at < stopped; at++) await load.stop(talkers + at);
  await rest();
  const rss = await rssKiB(server.pid);
  // Until their credit and the kernel's buffers are used up they are written to like anybody else.
  await load.run({ ...talk, messages: fillMessages, deliveries: fillMessages * talkers });
  const beside = await load.run(talk);
  return { before, beside, grewMb: three((await rssKiB(server.pid) - rss) * 1.024 / 1000) };
}

async function times<T>(rounds: number, run: () => Promise<T>): Promise<T[]> {
  const results: T[] = [];
  for (let round = 0; round < rounds; round++) results.push(await run());
  return results;
}

/** The workloads, by letter. */
export const capacity = {
  async e(rounds: number): Promise<Figure[]> {
    return [
      {
        workload: "e",
        name: "10,000 idle connections: memory each",
        unit: "kB",
        values: await times(rounds, idleKb),
        aim: { sign: "≤", value: 20 },
      },
      {
        workload: "e",
        name: "one message to 5,000: until the last has it",
        unit: "ms",
        values: await lastMs(rounds),
        aim: { sign: "≤", value: 1_000 },
      },
    ];
  },

  async g(rounds: number): Promise<Figure[]> {
    const all = await times(rounds, besideStopped);
    const ms = (us: number) => three(us / 1000);
    return [
      {
        workload: "g",
        name: "1,000 stopped readers: memory grew by",
        unit: "MB",
        values: all.map(({ grewMb }) => grewMb),
        aim: { sign: "≤", value: 64 },
      },
      {
        workload: "g",
        name: "40 others at 500/s, p99 without them",
        unit: "ms",
        values: all.map(({ before }) => ms(before.p99Us)),
      },
      {
        workload: "g",
        name: "40 others at 500/s, p99 beside them, as a multiple",
        unit: "×",
        values: all.map(({ before, beside }) => three(beside.p99Us / before.p99Us)),
        aim: { sign: "≤", value: 2 },
      },
    ];
  },
};
