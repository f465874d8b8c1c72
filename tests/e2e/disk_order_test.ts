/**
 * What SIGKILL can't show, since it leaves the page cache: that the client's disk has what the
 * client says.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { startClientProcess } from "../support/client_process.ts";
import { ackRule, checkDiskOrder, submitRule } from "../support/disk_order.ts";
import { connection, withFolder } from "../support/e2e.ts";
import { machineTest } from "../support/permitted.ts";
import { startServerProcess } from "../support/server_process.ts";
import { finishedTrace, tracing, tracingOrder } from "../support/strace.ts";
import { readStrace } from "../support/strace_log.ts";
import { makeDevice, WireClient } from "../support/wire_client.ts";

const needs = ["net", "read", "write", "run", "env"] as const;
const own = 30;
const others = 200;

machineTest(
  "e2e: what a client acknowledges and submits is synced before, under strace",
  needs,
  tracing,
  () =>
    withFolder(async (folder) => {
      await using server = await startServerProcess(`${folder}/server`);
      const log = `${folder}/strace.log`;
      const bob = await WireClient.open(server.port, await makeDevice("bob"));
      const alice = startClientProcess(
        connection(server.port, "alice", folder),
        tracingOrder(log),
      );
      await alice.shows("alice is new here");
      for (let at = 0; at < own; at++) {
        await alice.say(`mine ${at}`);
        // Alone, and many at once: a batch of its own, and a part of others'.
        if (at % 3 === 0) await alice.shows(`alice: mine ${at}`);
      }
      for (let at = 0; at < others; at++) {
        await bob.submit({ action: "message", to: "lobby", text: `bob's ${at}`, act: false });
        if (at % 20 === 0) await alice.shows(`bob: bob's ${at}`);
      }
      await alice.shows(`bob: bob's ${others - 1}`);
      // An acknowledgement may wait for more; the last is on its way when the server knows of it.
      await delivered(bob, (await bob.hears(`bob's ${others - 1}`)).lsn);
      assertEquals(await alice.finish(), 0);
      bob.close();
      const happenings = readStrace(await finishedTrace(log, alice.pid));
      const wal = `${folder}/alice/alice@127.0.0.1_${server.port}/mailbox.db-wal`;
      const check = (rule: typeof ackRule) =>
        checkDiskOrder(happenings, rule, (path) => path === wal);
      assertEquals(check(submitRule), { promises: own, findings: [] });
      const { promises, findings } = check(ackRule);
      assertEquals(findings, []);
      assert(promises >= others, `${promises} entries are acknowledged`);
    }),
);

/** Asks until somebody else has a message on the disk. */
async function delivered(client: WireClient, lsn: number): Promise<void> {
  const deadline = performance.now() + 10_000;
  for (let request = 1; performance.now() < deadline; request++) {
    await client.send("receipts", { request, lsns: [lsn] });
    const [receipt] = (await client.next("receiptList")).receipts;
    if (receipt?.[2] === 1) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`nobody has ${lsn}`);
}
