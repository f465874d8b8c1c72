/**
 * Ways in which a device that was away catches up.
 */

import { encodeHex } from "@std/encoding/hex";
import { systemRandom, systemTimers } from "../lib/seams.ts";
import { folderName, openClientFolder } from "../lib/client/data_folder.ts";
import { exitCodes } from "../lib/client/endings.ts";
import { MailboxStore } from "../lib/client/mailbox_store.ts";
import { makeLine } from "../lib/client/start.ts";
import { audienceKinds } from "../lib/protocol/audience.ts";
import { programCommand, type ServerProcess } from "../tests/support/server_process.ts";
import { WireClient } from "../tests/support/wire_client.ts";
import type { Absent } from "./big_log.ts";
import { CountingClient } from "./counting_client.ts";
import { cpuMs, pin } from "./machine.ts";

const hostname = "127.0.0.1";

/** Reads on until nothing is missing; gives the process that did it. */
export type Reader = (server: ServerProcess, absent: Absent) => Promise<{ cpuMs: number }>;

/** Counts entries and acknowledges them. */
export async function count({ port }: ServerProcess, absent: Absent): Promise<{ cpuMs: number }> {
  await pin(Deno.pid, 1);
  const wire = await WireClient.connect(port);
  await wire.login(absent);
  const start = await cpuMs(Deno.pid);
  const client = new CountingClient(wire);
  const { logId, cursor, digest } = absent;
  await wire.send("resume", { logId, cursor, digest });
  while (client.entries < absent.missed) {
    await new Promise<void>((resolve) => client.changed = resolve);
  }
  wire.close();
  return { cpuMs: await cpuMs(Deno.pid) - start };
}

/** Makes the folder of a client that was away since the log's beginning. */
async function prepare(base: string, server: ServerProcess, absent: Absent): Promise<string> {
  const address = { hostname, port: server.port };
  const path = `${base}/${folderName(absent.name, address)}`;
  await Deno.mkdir(path, { recursive: true, mode: 0o700 });
  await Deno.writeTextFile(`${path}/device.key`, `${encodeHex(absent.seed)}\n`, { mode: 0o600 });
  await Deno.writeTextFile(`${path}/server.fingerprint`, `${server.fingerprint}\n`);
  const seams = { random: systemRandom, timers: systemTimers, passphrase: () => null };
  const folder = await openClientFolder(base, absent.name, address, seams, () => {});
  const store = new MailboxStore(folder.mailbox);
  store.setOwn(absent);
  store.setCursor({ logId: absent.logId, lsn: absent.cursor, digest: absent.digest });
  store.setRoom({ room: [audienceKinds.room, 1], name: "lobby", member: true });
  store.batch.commit();
  folder.close();
  return path;
}

/** The client's own mailbox in this process, with nothing shown. */
async function mailbox(server: ServerProcess, absent: Absent): Promise<{ cpuMs: number }> {
  const base = await Deno.makeTempDir();
  const used = await fillMailbox(base, server, absent);
  await Deno.remove(base, { recursive: true });
  return used;
}

/** The same, in a folder that stays. */
export async function fillMailbox(
  base: string,
  server: ServerProcess,
  absent: Absent,
): Promise<{ cpuMs: number }> {
  await prepare(base, server, absent);
  await pin(Deno.pid, 1);
  const start = await cpuMs(Deno.pid);
  const address = { hostname, port: server.port };
  const seams = { random: systemRandom, timers: systemTimers, passphrase: () => null };
  const folder = await openClientFolder(base, absent.name, address, seams, () => {});
  let entries = 0;
  const party = { server: `${hostname}:${server.port}`, name: absent.name, folder: base };
  await new Promise<void>((resolve, reject) => {
    const who = { party, address, folder, clear: "loopback", invite: null } as const;
    const line = makeLine(who, null, (event) => {
      if (event.kind === "ended") reject(new Error(event.ending.why));
      if (event.kind !== "entry") return;
      if (++entries === absent.missed) resolve(line.stop());
    });
    line.start();
  });
  folder.close();
  return { cpuMs: await cpuMs(Deno.pid) - start };
}

/** `parley tail --json`, until its last line has come. */
async function tail(server: ServerProcess, absent: Absent): Promise<{ cpuMs: number }> {
  const base = await Deno.makeTempDir();
  await prepare(base, server, absent);
  const [command, ...before] = programCommand("client");
  const who = ["--data", base, "--name", absent.name, "--server", `${hostname}:${server.port}`];
  const process = new Deno.Command(command!, {
    args: [...before, "tail", "--json", ...who],
    stdin: "null",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  await pin(process.pid, 1);
  let lines = 0;
  for await (const chunk of process.stdout) {
    for (let at = chunk.indexOf(10); at >= 0; at = chunk.indexOf(10, at + 1)) lines++;
    if (lines >= absent.missed) break;
  }
  const cpu = await cpuMs(process.pid);
  process.kill("SIGTERM");
  const { code } = await process.status;
  if (code !== exitCodes.done && code !== 128 + 15) throw new Error(`tail ended with ${code}`);
  await Deno.remove(base, { recursive: true });
  return { cpuMs: cpu };
}

/** The ways, by name. */
export const readers: Readonly<Record<string, Reader>> = { count, mailbox, tail };
