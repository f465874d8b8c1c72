/**
 * The workloads in which people talk: rooms, pairs, and what is only accepted.
 */

import { startServerProcess } from "../tests/support/server_process.ts";
import { makeCrowd } from "./crowd.ts";
import { Load, type LoadResult, type LoadRun } from "./load.ts";
import { cpuMs, pin } from "./machine.ts";

/** The cores of the server and of the load. */
export const cores = { server: 0, load: 1 } as const;

/** A run as it is measured: what the load saw, and what the server's process used. */
export interface Talked extends LoadResult {
  readonly serverCpuSeconds: number;
}

/** A workload of talk: how many are there, and what they say. */
export interface Talk {
  readonly connections: number;
  /** Connections that hear the same: what the ceiling needs to know. */
  readonly group: number;
  readonly run: LoadRun;
}

const common = { stride: 1, partner: 0, rate: 0, textBytes: 100 } as const;

/** A room of 200 and one sender. */
export function room(window: number, messages: number): Talk {
  const members = 200;
  const deliveries = messages * members;
  return {
    connections: members,
    group: members,
    run: { ...common, senders: 1, window, messages, deliveries, to: "lobby" },
  };
}

/** 200 pairs of which one talks to the other. */
export function pairs(messages: number): Talk {
  const deliveries = 2 * messages;
  const run = { ...common, senders: 200, stride: 2, partner: 1, window: 8, messages, deliveries };
  return { connections: 400, group: 2, run: { ...run, to: "@b%u" } };
}

/** 200 devices that note something for themselves: nobody else hears it. */
export function notes(messages: number, rate: number): Talk {
  const run = { ...common, senders: 200, window: 32, messages, deliveries: messages, rate };
  return { connections: 200, group: 1, run: { ...run, to: "@b%u" } };
}

/** Runs a workload against a server, `rounds` times after one to warm up. */
export async function talk({ connections, run }: Talk, rounds: number): Promise<Talked[]> {
  await using crowd = await makeCrowd(connections);
  await using server = await startServerProcess(crowd.data);
  await pin(server.pid, cores.server);
  await using load = await Load.start(cores.load);
  await load.open(server.port, crowd, 0, connections);
  return await measure(server.pid, load, run, rounds);
}

/** Runs the same against the ceiling. */
export async function talkBare(
  { connections, group, run }: Talk,
  rounds: number,
): Promise<Talked[]> {
  const script = new URL("ceiling.ts", import.meta.url).pathname;
  const process = new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--allow-net=127.0.0.1", script, `${group}`],
    stdin: "null",
    stdout: "piped",
  }).spawn();
  const reader = process.stdout.getReader();
  const port = Number(new TextDecoder().decode((await reader.read()).value));
  await pin(process.pid, cores.server);
  try {
    await using load = await Load.start(cores.load);
    await load.openRaw(port, connections);
    return await measure(process.pid, load, run, rounds);
  } finally {
    process.kill("SIGKILL");
    await reader.cancel();
    await process.status;
  }
}

async function measure(pid: number, load: Load, run: LoadRun, rounds: number): Promise<Talked[]> {
  const results: Talked[] = [];
  for (let round = 0; round <= rounds; round++) {
    const startMs = await cpuMs(pid);
    const result = await load.run(run);
    const serverCpuSeconds = (await cpuMs(pid) - startMs) / 1000;
    if (round > 0) results.push({ ...result, serverCpuSeconds });
  }
  return results;
}
