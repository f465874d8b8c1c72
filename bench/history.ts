/**
 * Workloads (f), (h) and (i): long logs and large mailboxes.
 */

import { programCommand, startServerProcess } from "../tests/support/server_process.ts";
import { bigLog } from "./big_log.ts";
import { type Figure, three } from "./figures.ts";
import { pin } from "./machine.ts";
import { count, fillMailbox } from "./readers.ts";
import { cores } from "./talk.ts";

const logged = 1_000_000;
const stored = 100_000;

async function catchUp(): Promise<number> {
  const log = await bigLog(logged);
  const server = await startServerProcess(log.data);
  await pin(server.pid, cores.server);
  const startMs = performance.now();
  await count(server, log.absent);
  const perSecond = three(logged * 1000 / (performance.now() - startMs));
  server.kill("SIGTERM");
  await server.ended();
  await log.remove();
  return perSecond;
}

/** As after a crash: what is not in the database yet is read from its WAL. */
async function start(rounds: number): Promise<number[]> {
  const log = await bigLog(logged);
  const values: number[] = [];
  for (let round = 0; round <= rounds; round++) {
    const startMs = performance.now();
    const server = await startServerProcess(log.data);
    if (round > 0) values.push(Math.round(performance.now() - startMs));
    server.kill("SIGKILL");
    await server.ended();
  }
  await log.remove();
  return values;
}

/** On a terminal, without a server: until the newest message stands there. */
async function firstScreen(rounds: number): Promise<number[]> {
  const log = await bigLog(stored);
  const base = await Deno.makeTempDir();
  const server = await startServerProcess(log.data);
  await fillMailbox(base, server, log.absent);
  server.kill("SIGKILL");
  await server.ended();
  const who = ["--data", base, "--name", log.absent.name, "--server", `127.0.0.1:${server.port}`];
  const command = [...programCommand("client"), ...who].join(" ");
  const values: number[] = [];
  for (let round = 0; round <= rounds; round++) {
    const ms = await untilShown(command, `: ${stored - 1}`);
    if (round > 0) values.push(Math.round(ms));
  }
  await log.remove();
  await Deno.remove(base, { recursive: true });
  return values;
}

async function untilShown(command: string, text: string): Promise<number> {
  const startMs = performance.now();
  const process = new Deno.Command("script", {
    args: ["-qfc", `stty cols 100 rows 30; exec ${command}`, "/dev/null"],
    stdin: "piped",
    stdout: "piped",
    stderr: "null",
  }).spawn();
  let seen = "";
  for await (const part of process.stdout.pipeThrough(new TextDecoderStream())) {
    seen += part;
    if (seen.includes(text)) break;
  }
  const ms = performance.now() - startMs;
  if (!seen.includes(text)) throw new Error(`not shown: ${seen.slice(-500)}`);
  process.kill("SIGTERM");
  await process.stdin.close();
  await process.status;
  return ms;
}

/** The workloads, by letter. */
export const history = {
  async f(rounds: number): Promise<Figure[]> {
    const values: number[] = [];
    for (let round = 0; round < rounds; round++) values.push(await catchUp());
    const name = "catch-up of 1,000,000 entries by a client that counts";
    return [{ workload: "f", name, unit: "/s", values, aim: { sign: "≥", value: 100_000 } }];
  },

  async h(rounds: number): Promise<Figure[]> {
    const name = "server start with 1,000,000 entries";
    const values = await start(rounds);
    return [{ workload: "h", name, unit: "ms", values, aim: { sign: "≤", value: 1_000 } }];
  },

  async i(rounds: number): Promise<Figure[]> {
    const name = "client: first screen with 100,000 entries stored";
    const values = await firstScreen(rounds);
    return [{ workload: "i", name, unit: "ms", values, aim: { sign: "≤", value: 300 } }];
  },
};
