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

/** Bob, who counts without a pause until he is told to stop. */
class Counter {
  said = 0;
  #going = false;
  #done = Promise.resolve();

  constructor(readonly bob: WireClient) {}

  start(): void {
    this.#going = true;
    this.#done = this.#count();
  }

  async stop(): Promise<void> {
    this.#going = false;
    await this.#done;
  }

  async #count(): Promise<void> {
    while (this.#going) {
      await this.bob.say("lobby", String(this.said++));
      if (this.said % 64 === 0) {
        await this.bob.send("ack", { lsn: this.bob.entries.at(-1)!.lsn });
      }
    }
  }
}

e2e("after ten takeovers each program has shown everything once", async (world, folder) => {
  const args = ["--json", ...connection(world.port, "alice", folder)];
  const bob = await WireClient.open(world.port, await makeDevice("bob"));
  const counter = new Counter(bob);
  let holder = startClientProcess(args);
  await holder.shows("registered");
  let next = startClientProcess(args);
  await next.shows(shares);
  for (let round = 0; round < takeovers; round++) {
    const begun = counter.said;
    counter.start();
    await next.shows(`"text":"${begun + 10}"`);
    holder.kill("SIGKILL");
    await next.say(`round ${round}`);
    await holder.ended();
    await next.shows(`"text":"round ${round}"`);
    // It has the connection now: whoever comes shares it, in the middle of what is written.
    const third = startClientProcess(args);
    await third.shows(shares);
    await counter.stop();
    for (const one of [next, third]) {
      await one.shows(`"text":"${counter.said - 1}"`);
      hasAllOnce(one, counter.said);
    }
    [holder, next] = [next, third];
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
