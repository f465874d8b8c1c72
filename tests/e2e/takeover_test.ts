/**
 * Programs of one name that take over from each other, again and again, while others write.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { type ClientProcess, startClientProcess } from "../support/client_process.ts";
import { connection, e2e } from "../support/e2e.ts";
import { makeDevice, WireClient } from "../support/wire_client.ts";

const takeovers = 10;
const perTakeover = 20;

const shares = "another parley on this machine has the connection";

interface Shown {
  readonly lsn: number;
  readonly user?: string;
  readonly text?: string;
}

/** Nothing is printed twice, and of what bob counts nothing is left out since the first. */
function hasAllOnce(client: ClientProcess, said: number): void {
  const shown = client.printed.map((line) => JSON.parse(line) as Shown);
  assertEquals(new Set(shown.map(({ lsn }) => lsn)).size, shown.length, "printed twice");
  const counted = shown.flatMap(({ user, text }) => user === "bob" && text ? [Number(text)] : []);
  const first = counted[0]!;
  assertEquals(counted, Array.from({ length: said - first }, (_, at) => first + at));
}

e2e("after ten takeovers each program has shown everything once", async (world, folder) => {
  const args = ["--json", ...connection(world.port, "alice", folder)];
  const bob = await WireClient.open(world.port, await makeDevice("bob"));
  let said = 0;
  const write = async (count: number) => {
    for (let at = 0; at < count; at++) await bob.say("lobby", String(said++));
  };
  let holder = startClientProcess(args);
  await holder.shows("registered");
  let next = startClientProcess(args);
  await next.shows(shares);
  for (let round = 0; round < takeovers; round++) {
    const begun = said;
    const writing = write(perTakeover);
    await next.shows(`"text":"${begun + perTakeover / 4}"`);
    holder.kill("SIGKILL");
    await next.say(`round ${round}`);
    await Promise.all([writing, holder.ended()]);
    await next.shows(`"text":"${said - 1}"`);
    await next.shows(`"text":"round ${round}"`);
    hasAllOnce(next, said);
    // It has the connection now: whoever comes shares it, in the middle of what is written.
    const more = write(perTakeover);
    const third = startClientProcess(args);
    await Promise.all([more, third.shows(shares)]);
    for (const one of [next, third]) await one.shows(`"text":"${said - 1}"`);
    hasAllOnce(third, said);
    [holder, next] = [next, third];
    await bob.send("ack", { lsn: bob.entries.at(-1)!.lsn });
  }
  assertEquals(await next.finish(), 0);
  holder.kill("SIGKILL");
  await holder.ended();
  await bob.hears(`round ${takeovers - 1}`);
  const rounds = bob.entries.flatMap(({ content }) =>
    content?.kind === "message" && content.text.startsWith("round") ? [content.text] : []
  );
  assertEquals(rounds, Array.from({ length: takeovers }, (_, round) => `round ${round}`));
  bob.close();
});
