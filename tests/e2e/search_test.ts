/**
 * Search, with the two programs as they are run.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { startClientProcess } from "../support/client_process.ts";
import { connection, e2e, runClient } from "../support/e2e.ts";

e2e("what is said is found by line mode, beside it, and without a server", async (
  world,
  folder,
) => {
  const args = connection(world.port, "alice", folder);
  const bob = connection(world.port, "bob", folder);
  const screen = startClientProcess(args);
  await screen.shows("alice is new here");
  assertEquals((await runClient(["send", ...bob, "lobby", "the build is done"])).code, 0);
  await screen.shows("bob: the build is done");
  await screen.say("/search is:nothing");
  await screen.shows("nothing found");
  await screen.say("/search build from:bob");
  await screen.shows("1 found");
  const beside = await runClient(["search", ...args, "--json", "build", "in:lobby"]);
  assertEquals(beside.code, 0);
  const [found] = beside.lines.filter((line) => line.startsWith("{"));
  assertEquals(JSON.parse(found!).text, "the build is done");
  assertEquals(await screen.finish(), 0);
  world.server.kill("SIGKILL");
  const alone = await runClient(["search", ...args, "--json", '"is done"']);
  assertEquals(alone.code, 3, "there may be more on the server");
  assert(alone.lines.some((line) => line.includes("the build is done")));
  assertEquals((await runClient(["search", ...args, "before:tomorrow"])).code, 1);
  assertEquals((await runClient(["search", ...args, "--limit", "0", "x"])).code, 1);
});

e2e("what no mailbox holds is found by the server, also through another's connection", async (
  world,
  folder,
) => {
  const bob = connection(world.port, "bob", folder);
  const lines = ["the first words", ...Array.from({ length: 60 }, (_, n) => `row ${n}`)];
  assertEquals((await runClient(bob, lines.join("\n"))).code, 0);
  const args = connection(world.port, "alice", folder);
  const screen = startClientProcess(args);
  await screen.shows("bob: row 59");
  await screen.say("/search first words");
  await screen.shows("bob: the first words");
  await screen.shows("1 found");
  const beside = await runClient(["search", ...args, "first", "from:bob"]);
  assertEquals(beside.code, 0);
  assert(beside.lines.some((line) => line.endsWith("bob: the first words")));
  assertEquals(await screen.finish(), 0);
  assertEquals((await runClient(["search", ...args, "first"])).code, 0);
  assertEquals((await runClient(["search", ...args, "nobody said this"])).code, 6);
});
