/**
 * What SIGKILL can't show, since it leaves the page cache: that the disk has what is promised. And
 * what becomes of a server whose disk fails.
 *
 * @module
 */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { acceptedRule, checkDiskOrder } from "../support/disk_order.ts";
import { machineTest } from "../support/permitted.ts";
import { type ServerProcess, startServerProcess } from "../support/server_process.ts";
import { failingSyncs, finishedTrace, tracing, tracingOrder } from "../support/strace.ts";
import { readStrace } from "../support/strace_log.ts";
import { makeDevice, type TestDevice, WireClient } from "../support/wire_client.ts";

/** Registers a test that traces a server; it is given a data folder and a file for the log. */
function tracedTest(name: string, run: (data: string, log: string) => Promise<void>): void {
  const needs = ["net", "read", "write", "run", "env"] as const;
  machineTest(`wire: ${name}`, needs, tracing, async () => {
    const folder = await Deno.makeTempDir({ prefix: "parley-trace-" });
    try {
      await run(`${folder}/data`, `${folder}/strace.log`);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  });
}

tracedTest("a submission is synced before every `accepted`, under strace", async (data, log) => {
  const [alone, together] = [20, 4 * 25];
  let pid = 0;
  {
    await using server = await startServerProcess(data, 0, tracingOrder(log));
    pid = server.pid;
    const names = ["alice", "bob", "carol", "dave"];
    const clients = await Promise.all(
      names.map(async (name) => await WireClient.open(server.port, await makeDevice(name))),
    );
    for (let at = 0; at < alone; at++) await clients[0]!.say("lobby", `alone ${at}`);
    await Promise.all(clients.map(async (client) => {
      const texts = Array.from({ length: together / clients.length }, (_, at) => `together ${at}`);
      for (const text of texts) {
        await client.submit({ action: "message", to: "lobby", text, act: false });
      }
      await client.until("all of all", () => client.entries.length >= alone + together);
      // An own entry may come before its `accepted`, which must be in the trace.
      const own = texts.length + (client === clients[0] ? alone : 0);
      await client.until("all answers", () => answers(client) >= own);
    }));
    for (const client of clients) client.close();
    server.kill("SIGTERM");
    assertEquals(await server.ended(), 0);
  }
  const happenings = readStrace(await finishedTrace(log, pid));
  const report = checkDiskOrder(
    happenings,
    acceptedRule,
    (path) => path === `${data}/parley.db-wal`,
  );
  assertEquals(report, { promises: alone + together, findings: [] });
});

/** Rows of a client that were accepted. */
function answers({ received }: WireClient): number {
  return received.flatMap((packet) => packet.packet === "accepted" ? packet.lsns : []).length;
}

/** Says one thing after the other until the server ends. */
async function talkToTheEnd(client: WireClient): Promise<(readonly [lsn: number, text: string])[]> {
  const said: (readonly [number, string])[] = [];
  try {
    for (let at = 0; at < 1_000; at++) said.push([await client.say("lobby", `m${at}`), `m${at}`]);
  } catch {
    // The connection ended, which is what was waited for.
  }
  assert(client.ended, "the server goes on");
  return said;
}

/** A server whose disk fails ends and says why; the next one on the same data has what was accepted. */
async function endsAndComesBack(server: ServerProcess, device: TestDevice): Promise<void> {
  const client = await WireClient.open(server.port, device);
  const said = await talkToTheEnd(client);
  assert(said.length > 0);
  assertEquals(await server.ended(), 1);
  const failures = server.journal.filter((line) => line.includes(" failure "));
  assertEquals(failures.length, 1, server.journal.join("\n"));
  assertMatch(failures[0]!, /reason="append: disk I\/O error"$/);

  const { logId } = client.received.find((packet) => packet.packet === "welcome")!;
  const { lsn: cursor, digest } = client.received.find((packet) => packet.packet === "upto")!;
  await using next = await startServerProcess(server.data);
  const again = await WireClient.connect(next.port);
  await again.login(device);
  await again.send("resume", { logId, cursor, digest });
  await again.hears(said.at(-1)![1]);
  const held = again.entries.map(({ lsn, content }) =>
    [lsn, content?.kind === "message" ? content.text : ""] as const
  );
  assertEquals(held.slice(0, said.length), said);
  assert(held.length <= said.length + 1, "at most the one whose fate nobody was told");
  again.close();
}

tracedTest(
  "a sync that fails ends the server, and what was accepted is there",
  async (data, log) => {
    const device = await makeDevice("alice");
    // The first syncs of each thread are the start's.
    await using server = await startServerProcess(data, 0, failingSyncs(log, 30));
    await endsAndComesBack(server, device);
  },
);

tracedTest("a checkpoint that fails ends the server, and nothing is lost", async (data, log) => {
  const device = await makeDevice("alice");
  {
    await using first = await startServerProcess(data);
    (await WireClient.open(first.port, device)).close();
    first.kill("SIGTERM");
    await first.ended();
  }
  const database = `${data}/parley.db`;
  // The first checkpoint comes with the first commit.
  await using server = await startServerProcess(data, 0, failingSyncs(log, 2, database));
  await endsAndComesBack(server, device);
});
