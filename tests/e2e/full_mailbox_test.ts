/**
 * What a user sees of a full disk of their own.
 *
 * @module
 */

import { DatabaseSync } from "node:sqlite";
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { type ClientProcess, startClientProcess } from "../support/client_process.ts";
import { connection, runClient } from "../support/e2e.ts";
import { machineTest } from "../support/permitted.ts";
import { startServerProcess } from "../support/server_process.ts";
import { mounting, mountSmallDisk } from "../support/small_disk.ts";
import { makeDevice, WireClient } from "../support/wire_client.ts";

const needs = ["net", "read", "write", "run", "env"] as const;

/** A server on a roomy disk, and what a client needs whose disk is small. */
interface SmallWorld {
  readonly port: number;
  readonly disk: ReturnType<typeof mountSmallDisk>;
  readonly args: string[];
  readonly bob: WireClient;
}

/** The last entry in alice's mailbox. */
function lastKept(port: number, folder: string): number {
  const path = `${folder}/alice/alice@127.0.0.1_${port}/mailbox.db`;
  using database = new DatabaseSync(path, { readOnly: true });
  return (database.prepare("SELECT max(lsn) AS lsn FROM entries").get() as { lsn: number }).lsn;
}

/** How many have what bob wrote, as the server reckons it now. */
async function delivered(bob: WireClient, lsn: number): Promise<number> {
  await bob.send("receipts", { request: lsn, lsns: [lsn] });
  return (await bob.next("receiptList")).receipts[0]![2];
}

/** Waits until all that was acknowledged before is counted: what is acknowledged after it is. */
async function acksCounted(port: number, bob: WireClient): Promise<void> {
  const carol = await WireClient.open(port, await makeDevice("carol"));
  await carol.send("ack", { lsn: carol.entries.at(-1)!.lsn });
  const lsn = await bob.say("@carol", "mark");
  await carol.hears("mark");
  await carol.send("ack", { lsn });
  while (await delivered(bob, lsn) === 0) await new Promise((resolve) => setTimeout(resolve, 20));
  carol.close();
}

function fullTest(name: string, run: (world: SmallWorld) => Promise<void>): void {
  machineTest(`e2e: ${name}`, needs, mounting, async () => {
    const data = await Deno.makeTempDir({ prefix: "parley-e2e-" });
    {
      await using disk = mountSmallDisk(1024 * 1024);
      await using server = await startServerProcess(data);
      const bob = await WireClient.open(server.port, await makeDevice("bob"));
      const { port } = server;
      await run({ port, disk, args: connection(server.port, "alice", disk.folder), bob });
      bob.close();
    }
    await Deno.remove(data, { recursive: true });
  });
}

/** What is printed of somebody's messages, in order. */
function textsOf(client: Pick<ClientProcess, "lines">, user: string): string[] {
  return client.lines.filter((line) => line.startsWith("{"))
    .map((line) => JSON.parse(line) as { user?: string; text?: string })
    .flatMap((shown) => shown.user === user && shown.text ? [shown.text] : []);
}

fullTest("a message that a full disk does not take is not sent", async ({ disk, args, bob }) => {
  assertEquals((await runClient(["send", ...args, "lobby", "before"])).code, 0);
  disk.fill();
  // A page of the database or its WAL may have room; a long text needs more than that.
  const { code, lines } = await runClient(["send", ...args, "lobby", "lost ".repeat(1_600)]);
  assertStringIncludes(lines.join("\n"), "not sent: the mailbox can't be written: ");
  assertEquals(code, 1);
  disk.free();
  assertEquals((await runClient(["send", ...args, "lobby", "after"])).code, 0);
  await bob.hears("after");
  const heard = bob.entries.flatMap(({ content }) =>
    content?.kind === "message" ? [content.text] : []
  );
  assertEquals(heard, ["before", "after"]);
});

fullTest(
  "what comes to a full disk ends the client, and comes again when there is room",
  async ({ port, disk, args, bob }) => {
    const alice = startClientProcess(["--json", ...args]);
    await bob.until(
      "alice",
      () => bob.entries.some(({ content }) => content?.kind === "registered"),
    );
    const lsns = [await bob.say("lobby", "before")];
    await alice.shows("before");
    disk.fill();
    const said: string[] = ["before"];
    const ended = alice.ended();
    let isOver = false;
    void ended.then(() => isOver = true);
    while (!isOver) {
      said.push(`${said.length} ${"x".repeat(4_000)}`);
      lsns.push(await bob.say("lobby", said.at(-1)!));
      assert(said.length < 1_000, "the disk is full, and the client goes on");
    }
    assertEquals(await ended, 3);
    assertStringIncludes(alice.lines.at(-1)!, "can't be written: ");
    assertStringIncludes(alice.lines.at(-1)!, "what came and was not kept comes again");
    const shown = textsOf(alice, "bob");
    assertEquals(shown, said.slice(0, shown.length));
    assert(shown.length < said.length);
    await acksCounted(port, bob);
    assertEquals(await delivered(bob, lsns[shown.length]!), 0, "acknowledged and not kept");
    disk.free();
    assert(lastKept(port, disk.folder) >= lsns[shown.length - 1]!, "shown and not kept");
    const again = await runClient(["--json", ...args]);
    assertEquals(again.code, 0, again.lines.join("\n"));
    assertEquals(textsOf(again, "bob"), said);
  },
);
