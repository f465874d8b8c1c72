/**
 * A real server on a disk that has less room than is to be left free.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { codes } from "../../lib/errors.ts";
import { machineTest } from "../support/permitted.ts";
import { openArgs, startServerProcess } from "../support/server_process.ts";
import { mounting, mountSmallDisk } from "../support/small_disk.ts";
import { makeDevice, WireClient } from "../support/wire_client.ts";

const mib = 1024 * 1024;
const reserveBytes = 16 * mib;
const patienceMs = 20_000;

machineTest(
  "wire: nothing new is taken where the disk's reserve begins, and it comes back by itself",
  ["net", "read", "write", "run", "env"],
  mounting,
  async () => {
    await using disk = mountSmallDisk(24 * mib);
    const config = await Deno.makeTempFile({ suffix: ".toml" });
    const rates = "messagesPerSecond = 0\nloginFailuresMax = 0\n";
    await Deno.writeTextFile(config, `${rates}diskReserveBytes = ${reserveBytes}\n`);
    const data = `${disk.folder}/data`;
    await using server = await startServerProcess(data, 0, [], openArgs, "clear", config);
    const alice = await WireClient.open(server.port, await makeDevice("alice"));
    await alice.say("lobby", "before");

    const filler = `${disk.folder}/others`;
    await Deno.writeFile(filler, new Uint8Array(8 * mib));
    const refused = await until(() => newcomer(server.port));
    assertEquals(refused, codes.unavailable);
    await alice.submit({ action: "message", to: "lobby", text: "while full", act: false });
    assertEquals((await alice.next("later")).code, codes.unavailable);
    await alice.send("history", { request: 1, room: [0, 1], before: 0 });
    await alice.next("past");
    // The others still have most of the reserve.
    const more = `${disk.folder}/more`;
    await Deno.writeFile(more, new Uint8Array(12 * mib));

    for (const path of [filler, more]) await Deno.remove(path);
    await until(async () => await newcomer(server.port) === null);
    alice.close();
    server.kill("SIGTERM");
    assertEquals(await server.ended(), 0);
    // Only now is the journal whole: a line may come after the answer that it tells of.
    const told = server.journal.map((line) => line.split(" ").slice(1).join(" "))
      .filter((line) => line.startsWith("disk"));
    assertEquals(told, [`diskFull reserveBytes=${reserveBytes}`, "diskFree"]);
    await Deno.remove(config);
  },
);

/** Somebody new tries to register: null for who is let in, else the code. */
async function newcomer(port: number): Promise<number | null> {
  const name = `n${crypto.getRandomValues(new Uint32Array(1))[0]}`;
  const client = await WireClient.connect(port);
  await client.send("login", await client.prove(await makeDevice(name)));
  const answer = await client.until(
    "an answer",
    () => client.received.find(({ packet }) => packet === "welcome" || packet === "error"),
  );
  client.close();
  return answer.packet === "error" ? answer.code : null;
}

/** Tries until something comes of it: room is looked at once a second. */
async function until<T>(test: () => Promise<T | null | false>): Promise<T> {
  const deadline = performance.now() + patienceMs;
  for (;;) {
    const found = await test();
    if (found !== null && found !== false) return found;
    assert(performance.now() < deadline, "in vain");
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
