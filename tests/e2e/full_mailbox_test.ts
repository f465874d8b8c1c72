/**
 * What a user sees of a full disk of their own.
 *
 * @module
 */

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
  readonly disk: ReturnType<typeof mountSmallDisk>;
  readonly args: string[];
  readonly bob: WireClient;
}

function fullTest(name: string, run: (world: SmallWorld) => Promise<void>): void {
  machineTest(`e2e: ${name}`, needs, mounting, async () => {
    const data = await Deno.makeTempDir({ prefix: "parley-e2e-" });
    {
      await using disk = mountSmallDisk(1024 * 1024);
      await using server = await startServerProcess(data);
      const bob = await WireClient.open(server.port, await makeDevice("bob"));
      await run({ disk, args: connection(server.port, "alice", disk.folder), bob });
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
  async ({ disk, args, bob }) => {
    const alice = startClientProcess(["--json", ...args]);
    await bob.until(
      "alice",
      () => bob.entries.some(({ content }) => content?.kind === "registered"),
    );
    await bob.say("lobby", "before");
    await alice.shows("before");
    disk.fill();
    const said: string[] = ["before"];
    const ended = alice.ended();
    let isOver = false;
    void ended.then(() => isOver = true);
    while (!isOver) {
      said.push(`${said.length} ${"x".repeat(4_000)}`);
      const lsn = await bob.say("lobby", said.at(-1)!);
      assert(lsn < 1_000, "the disk is full, and the client goes on");
    }
    assertEquals(await ended, 3);
    assertStringIncludes(alice.lines.at(-1)!, "can't be written: ");
    assertStringIncludes(alice.lines.at(-1)!, "what came and was not kept comes again");
    const shown = textsOf(alice, "bob");
    assertEquals(shown, said.slice(0, shown.length), "nothing is shown that is not kept");
    assert(shown.length < said.length);
    disk.free();
    const again = await runClient(["--json", ...args]);
    assertEquals(again.code, 0, again.lines.join("\n"));
    assertEquals(textsOf(again, "bob"), said);
  },
);
