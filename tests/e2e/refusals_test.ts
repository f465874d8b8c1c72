/**
 * A final refusal reaches somebody, once, whoever of the programs of a name has ended meanwhile.
 *
 * @module
 */

import { DatabaseSync } from "node:sqlite";
import { assertEquals } from "@std/assert";
import { startClientProcess } from "../support/client_process.ts";
import { connection, e2e, runClient } from "../support/e2e.ts";

const reason = "there is no such user";
const shares = "another parley on this machine has the connection";

/** How often it is told that something was not sent for that reason. */
function told(...clients: { readonly lines: readonly string[] }[]): number[] {
  return clients.map(({ lines }) =>
    lines.filter((line) => line.includes("not sent") && line.includes(reason)).length
  );
}

/** Waits until so many rows of alice's outbox are as the condition says. */
async function rows(port: number, folder: string, condition: string, count: number): Promise<void> {
  const path = `${folder}/alice/alice@127.0.0.1_${port}/mailbox.db`;
  using database = new DatabaseSync(path, { readOnly: true });
  const found = database.prepare(`SELECT count(*) AS count FROM outbox WHERE ${condition}`);
  const deadlineMs = performance.now() + 20_000;
  while ((found.get() as { count: number }).count < count) {
    if (performance.now() > deadlineMs) throw new Error(`no row of the outbox with ${condition}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

e2e("the refusal of a program that left is told by the one that sent it", async (world, folder) => {
  const args = connection(world.port, "alice", folder);
  const holder = startClientProcess(args);
  await holder.shows("alice is new here");
  world.server.kill("SIGKILL");
  await holder.shows("no connection");
  const gone = await runClient(["send", "--timeout", "300ms", ...args, "@nobody", "x"]);
  assertEquals(gone.code, 3);
  await world.restart("SIGKILL");
  await holder.shows(`! not sent: ${reason}: /msg nobody x`);
  const next = await runClient(args, "y");
  assertEquals(next.code, 0, next.lines.join("\n"));
  assertEquals(await holder.finish(), 2);
  const last = await runClient(args, "z");
  assertEquals([last.code, told(gone, holder, next, last)], [0, [0, 1, 0, 0]]);
});

e2e("the refusal of a killed program is told by who takes over", async (world, folder) => {
  const args = connection(world.port, "alice", folder);
  const holder = startClientProcess(args);
  await holder.shows("alice is new here");
  const follower = startClientProcess(args);
  const other = startClientProcess(args);
  for (const one of [follower, other]) await one.shows(shares);
  world.server.kill("SIGKILL");
  await holder.shows("no connection");
  await holder.say("/msg nobody x");
  await rows(world.port, folder, "lsn IS NULL", 1);
  holder.kill("SIGKILL");
  await holder.ended();
  await world.restart("SIGKILL");
  await rows(world.port, folder, "told = 1", 1);
  const codes = [await follower.finish(), await other.finish()];
  assertEquals(codes.toSorted(), [0, 2]);
  const last = await runClient(args, "z");
  assertEquals(told(follower, other).toSorted(), [0, 1]);
  assertEquals([last.code, told(holder, last)], [0, [0, 0]]);
});

e2e("a refusal is told though only short programs follow", async (world, folder) => {
  const args = connection(world.port, "alice", folder);
  assertEquals((await runClient(["send", ...args, "lobby", "first"])).code, 0);
  world.server.kill("SIGKILL");
  for (const text of ["x", "y"]) {
    const kept = await runClient(["send", "--timeout", "300ms", ...args, "@nobody", text]);
    assertEquals(kept.code, 3);
  }
  await world.restart("SIGKILL");
  const next = await runClient(["send", ...args, "lobby", "next"]);
  const last = await runClient(["send", ...args, "lobby", "last"]);
  assertEquals([next.code, last.code, told(next, last)], [0, 0, [2, 0]]);
});
