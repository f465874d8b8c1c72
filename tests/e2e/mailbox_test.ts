/**
 * What the mailbox on the disk promises to its user, with the two programs as they are run.
 *
 * @module
 */

import { DatabaseSync } from "node:sqlite";
import { assertEquals, assertStringIncludes } from "@std/assert";
import { type ClientProcess, startClientProcess } from "../support/client_process.ts";
import { connection, e2e, runClient } from "../support/e2e.ts";
import { makeDevice, WireClient } from "../support/wire_client.ts";

/** Waits until alice's outbox on the disk has so many rows without an answer. */
async function unsent(port: number, folder: string, count: number): Promise<void> {
  const path = `${folder}/alice/alice@127.0.0.1_${port}/mailbox.db`;
  using database = new DatabaseSync(path, { readOnly: true });
  const open = database.prepare("SELECT count(*) AS count FROM outbox WHERE lsn IS NULL");
  while ((open.get() as { count: number }).count < count) await delay(20);
}

/** What the lines say that somebody wrote to the lobby, in their order. */
function texts(lines: readonly string[], by: string): string[] {
  return lines.filter((line) => line.includes(`lobby  ${by}: `))
    .map((line) => line.slice(line.indexOf(`${by}: `) + by.length + 2));
}

e2e("programs of one name share a connection, and one takes over", async (world, folder) => {
  const args = connection(world.port, "alice", folder);
  const first = startClientProcess(args);
  await first.shows("alice is new here");
  assertEquals((await runClient(["send", ...args, "lobby", "beside"])).code, 0);
  await first.shows("alice: beside");
  const second = startClientProcess(args);
  await second.shows("another parley on this machine has the connection");
  await second.shows("alice: beside");
  await second.say("through the first");
  for (const one of [first, second]) await one.shows("alice: through the first");
  const refused = await runClient(["send", ...args, "nowhere", "x"]);
  assertEquals(refused.code, 2);
  assertStringIncludes(refused.lines.join("\n"), "there is no such room");
  const bob = await WireClient.open(world.port, await makeDevice("bob"));
  first.kill("SIGKILL");
  await first.ended();
  await bob.say("lobby", "is anybody there");
  await second.shows("bob: is anybody there");
  await second.say("I am");
  await bob.hears("I am");
  await second.shows("alice: I am");
  assertEquals(texts(second.lines, "alice"), ["beside", "through the first", "I am"]);
  assertEquals(second.lines.filter((line) => line.includes("not sent")), []);
  assertEquals(await second.finish(), 0);
  bob.close();
});

e2e(
  "what was sent without a server goes out later, once, also after kill -9",
  async (world, folder) => {
    const args = connection(world.port, "alice", folder);
    assertEquals((await runClient(["send", ...args, "lobby", "first"])).code, 0);
    world.server.kill("SIGKILL");
    const patient = startClientProcess(["send", "--timeout", "5m", ...args, "lobby", "second"]);
    await patient.shows("no connection");
    patient.kill("SIGKILL");
    await patient.ended();
    const hasty = await runClient(["send", "--timeout", "300ms", ...args, "lobby", "third"]);
    assertEquals(hasty.code, 3);
    assertStringIncludes(hasty.lines.join("\n"), "The message is kept");
    await world.restart("SIGKILL");
    assertEquals((await runClient(["send", ...args, "lobby", "fourth"])).code, 0);
    const bob = await WireClient.open(world.port, await makeDevice("bob"));
    await bob.hears("fourth");
    const heard = bob.entries.flatMap(({ content }) =>
      content?.kind === "message" ? content.text : []
    );
    assertEquals(heard, ["first", "second", "third", "fourth"]);
    bob.close();
  },
);

e2e("lines piped while the server is away are kept", async (world, folder) => {
  const args = connection(world.port, "alice", folder);
  assertEquals((await runClient(args, "one")).code, 0);
  world.server.kill("SIGKILL");
  const offline = startClientProcess(args);
  await offline.shows("no connection");
  await offline.say("two");
  await offline.say("three");
  await unsent(world.port, folder, 2);
  offline.kill("SIGTERM");
  assertEquals(await offline.ended(), 143);
  assertStringIncludes(offline.lines.join("\n"), "2 not sent yet: kept");
  await world.restart("SIGKILL");
  const again = await runClient(args, "four");
  assertEquals(again.code, 0);
  assertEquals(texts(again.lines, "alice"), ["one", "two", "three", "four"]);
});

e2e(
  "a client killed while it reads shows all that followed, in order, once",
  async (world, folder) => {
    const args = connection(world.port, "alice", folder);
    const bob = await WireClient.open(world.port, await makeDevice("bob"));
    let alice: ClientProcess = startClientProcess(args);
    await alice.shows("alice is new here");
    const all: string[] = [];
    for (let round = 0; round < 4; round++) {
      for (let at = 0; at < 10; at++) {
        all.push(`m${all.length}`);
        await bob.say("lobby", all.at(-1)!);
        if (at === 3) alice.kill("SIGKILL");
      }
      await alice.ended();
      alice = startClientProcess(args);
      await alice.shows(`bob: ${all.at(-1)}`);
      assertEquals(texts(alice.lines, "bob"), all);
    }
    assertEquals(await alice.finish(), 0);
    bob.close();
  },
);

e2e("a pipe ends with what became of its lines, by whichever connection", async (world, folder) => {
  const args = connection(world.port, "alice", folder);
  const tail = startClientProcess(["tail", ...args]);
  await tail.shows("alice is new here");
  for (let round = 0; round < 5; round++) {
    const refused = await runClient(args, "/msg nobodyhere hi");
    assertEquals(refused.code, 2, refused.lines.join("\n"));
    assertEquals(refused.lines.filter((line) => line.includes("! not sent")).length, 1);
    const sent = await runClient(args, `round ${round}`);
    assertEquals(sent.code, 0, sent.lines.join("\n"));
    assertEquals(texts(sent.lines, "alice").at(-1), `round ${round}`);
  }
  assertEquals(tail.lines.filter((line) => line.includes("! not sent")), []);
  tail.kill("SIGTERM");
  await tail.ended();
});

e2e("send --wait ends when the other has it on the disk, and not before", async (world, folder) => {
  const alice = connection(world.port, "alice", folder);
  const bob = connection(world.port, "bob", folder);
  assertEquals((await runClient(["send", ...bob, "lobby", "I was here"])).code, 0);
  const wait = ["send", "--wait", "delivered", "--timeout"];
  const early = await runClient([...wait, "1s", ...alice, "@bob", "are you there"]);
  assertEquals(early.code, 4);
  assertStringIncludes(early.lines.join("\n"), "of 1, 0 have it");
  const patient = startClientProcess([...wait, "1m", ...alice, "@bob", "and now"]);
  const tail = startClientProcess(["tail", ...bob]);
  await tail.shows("and now");
  assertEquals(await patient.ended(), 0);
  const beside = startClientProcess(alice);
  await beside.shows("and now");
  const shared = await runClient([...wait, "1m", ...alice, "@bob", "through the other"]);
  assertEquals(shared.code, 0, "the receipt comes to who holds the connection");
  const read = await runClient([
    "send",
    "--wait",
    "read",
    "--timeout",
    "1s",
    ...alice,
    "@bob",
    "x",
  ]);
  assertEquals(read.code, 4, "nobody said that it was read");
  tail.kill("SIGTERM");
  await tail.ended();
  assertEquals(await beside.finish(), 0);
});

e2e("send tells what it can't follow, and what it could not let go of", async (world, folder) => {
  const args = connection(world.port, "alice", folder);
  assertEquals((await runClient(["send", ...args, "lobby", "first"])).code, 0);
  const path = `${folder}/alice/alice@127.0.0.1_${world.port}/mailbox.db`;
  const send = async (refusedBy: string) => {
    const database = new DatabaseSync(path);
    database.exec(`DROP TRIGGER IF EXISTS full; CREATE TRIGGER full BEFORE ${refusedBy} ON receipts
      BEGIN SELECT RAISE(ABORT, 'database or disk is full'); END`);
    database.close();
    return await runClient(["send", "--wait", "delivered", ...args, "lobby", "x"]);
  };
  const lost = await send("INSERT");
  assertEquals(lost.code, 4, lost.lines.join("\n"));
  assertStringIncludes(lost.lines.join("\n"), "the server has the message");
  assertStringIncludes(lost.lines.join("\n"), "database or disk is full");
  const held = await send("UPDATE OF wanted");
  assertEquals([held.code, held.lines], [0, []], "nobody else is there to have it");
});

e2e(
  "what is refused after a wait is told by the run that gets the answer",
  async (world, folder) => {
    const args = connection(world.port, "alice", folder);
    assertEquals((await runClient(["send", ...args, "lobby", "first"])).code, 0);
    world.server.kill("SIGKILL");
    const kept = await runClient([
      "send",
      "--timeout",
      "300ms",
      ...args,
      "@nobody",
      "goes nowhere",
    ]);
    assertEquals(kept.code, 3);
    await world.restart("SIGKILL");
    const next = await runClient(["send", ...args, "lobby", "next"]);
    assertEquals(next.code, 0);
    assertStringIncludes(
      next.lines.join("\n"),
      "of before, not sent: /msg nobody goes nowhere: there is no such user",
    );
  },
);

function delay(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
