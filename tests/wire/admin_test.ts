import { assert, assertEquals, assertMatch } from "@std/assert";
import { programCommand } from "../support/server_process.ts";
import { makeDevice, WireClient } from "../support/wire_client.ts";
import { wireTest } from "../support/with_server.ts";

/** Runs the server's program and gives its exit code and what it wrote. */
async function parleyd(...args: string[]) {
  const [command, ...rest] = programCommand("server");
  const { code, stdout, stderr } = await new Deno.Command(command!, {
    args: [...rest, ...args],
    stdin: "null",
  }).output();
  const [out, err] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes).trimEnd());
  return { code, out: out!, err: err! };
}

/** Runs it again until it writes what is waited for. */
async function parleydUntil(test: (out: string) => boolean, ...args: string[]): Promise<string> {
  const deadline = performance.now() + 15_000;
  for (;;) {
    const { out } = await parleyd(...args);
    if (test(out)) return out;
    if (performance.now() > deadline) throw new Error(`did not come; the last was:\n${out}`);
  }
}

wireTest("trace tells who has an entry, since when, and who is connected", async (world) => {
  const { port, server } = world;
  const alice = await WireClient.open(port, await makeDevice("alice"));
  const bob = await WireClient.open(port, await makeDevice("bob"));
  const carol = await WireClient.open(port, await makeDevice("carol"));
  carol.close();
  const lsn = await alice.say("lobby", "hello");
  await bob.hears("hello");
  await bob.send("ack", { lsn });
  const args = ["trace", String(lsn), "--data", server.data];
  const out = await parleydUntil((text) => /bob +3 +since/.test(text), ...args);
  const lines = out.split("\n");
  assertMatch(lines[0]!, new RegExp(`^${lsn}: message in lobby from alice at \\d{4}-.*Z$`));
  assertMatch(lines[1]!, /^USER +DEVICE +HAS IT +NOW +CURSOR +LAST SAID$/);
  assertMatch(lines[2]!, new RegExp(`^bob +3 +since \\d{4}-\\S+Z +connected +${lsn} +\\d{4}-`));
  assertMatch(lines[3]!, /^carol +4 +no +away +4 +\d{4}-/);
  assertEquals(lines.length, 4, "alice is not among the recipients");
  const json = await parleyd(...args, "--json");
  const values = json.out.split("\n").map((line) => JSON.parse(line));
  assertEquals(values.map((value) => Object.keys(value)[0]), [
    "trace",
    "recipient",
    "recipient",
    "end",
  ]);
  assertEquals([values[1].recipient.name, values[1].recipient.devices[0].holds], ["bob", true]);
  const nothing = await parleyd("trace", "999", "--data", server.data);
  assertEquals([nothing.code, nothing.err], [1, "parleyd: there is no entry 999"]);
  for (const client of [alice, bob]) client.close();
});

wireTest("undelivered tells what somebody has on no device, newest first", async (world) => {
  const { port, server } = world;
  const alice = await WireClient.open(port, await makeDevice("alice"));
  const bob = await WireClient.open(port, await makeDevice("bob"));
  const first = await alice.say("@bob", "one");
  const second = await alice.say("@bob", "two");
  const third = await alice.say("lobby", "three");
  await bob.hears("three");
  await bob.send("ack", { lsn: first });
  const args = ["undelivered", "--data", server.data];
  const has = (text: string) => !new RegExp(`^${first} `, "m").test(text) && text !== "nothing";
  const out = await parleydUntil(has, ...args, "--older", "0s");
  const lines = out.split("\n");
  assertMatch(lines[0]!, /^LSN +TIME +WHERE +FROM +MISSING$/);
  assertMatch(lines[1]!, new RegExp(`^${third} +\\d{4}-\\S+Z +lobby +alice +bob$`));
  assertMatch(lines[2]!, new RegExp(`^${second} +\\d{4}-\\S+Z +@alice @bob +alice +bob$`));
  assertEquals(lines.length, 3);
  assertEquals((await parleyd(...args)).out, "nothing", "none is an hour old");
  await bob.send("ack", { lsn: third });
  await parleydUntil((text) => text === "nothing", ...args, "--older", "0s");
  for (const client of [alice, bob]) client.close();
});

wireTest("the operator's socket is the owner's alone", ({ server }) => {
  if (Deno.build.os !== "windows") {
    assertEquals(Deno.statSync(`${server.data}/admin.sock`).mode! & 0o777, 0o600);
  }
  return Promise.resolve();
});

wireTest("who asks a server that isn't there hears which socket was tried", async (world) => {
  const { server } = world;
  const path = `${server.data}/admin.sock`;
  await world.restart("SIGKILL");
  assertEquals((await parleyd("trace", "1", "--data", server.data)).code, 0, "it was replaced");
  world.server.kill("SIGKILL");
  await world.server.ended();
  const gone = await parleyd("trace", "1", "--data", server.data);
  assertEquals([gone.code, gone.out], [1, ""]);
  assert(gone.err.includes(path) && gone.err.includes("not running"), gone.err);
  const never = await parleyd("undelivered", "--data", `${server.data}/nowhere`);
  assert(never.code === 1 && never.err.includes("nowhere/admin.sock"), never.err);
  for (const args of [["trace", "x"], ["trace"], ["undelivered", "--older", "soon"]]) {
    assertEquals((await parleyd(...args)).code, 1);
  }
});
