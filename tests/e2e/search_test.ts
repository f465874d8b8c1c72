/**
 * Search, with the two programs as they are run.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { startClientProcess } from "../support/client_process.ts";
import { connection, e2e, runClient } from "../support/e2e.ts";

e2e("what a device holds is found, online, beside a screen and without a server", async (
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
  await screen.shows("nothing found on this device");
  await screen.say("/search build from:bob");
  await screen.shows("1 found on this device");
  const beside = await runClient(["search", ...args, "--json", "build", "in:lobby"]);
  assertEquals(beside.code, 0);
  const [found] = beside.lines.filter((line) => line.startsWith("{"));
  assertEquals(JSON.parse(found!).text, "the build is done");
  assertEquals(await screen.finish(), 0);
  world.server.kill("SIGKILL");
  assertEquals((await runClient(["search", ...args, '"is done"'])).code, 0);
  assertEquals((await runClient(["search", ...args, '"done is"'])).code, 6);
  assertEquals((await runClient(["search", ...args, "before:tomorrow"])).code, 1);
  assertEquals((await runClient(["search", ...args, "--limit", "0", "x"])).code, 1);
});
