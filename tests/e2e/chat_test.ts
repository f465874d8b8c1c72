/**
 * The two programs as their users run them: compiled where `PARLEY_DIST` says so, else from source.
 *
 * @module
 */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { type ClientProcess, startClientProcess } from "../support/client_process.ts";
import { Screen, whyNoScreen } from "../support/screen.ts";
import { programCommand } from "../support/server_process.ts";
import { permittedTest } from "../support/permitted.ts";
import { connection, e2e, runClient, withFolder } from "../support/e2e.ts";
import type { WireWorld } from "../support/with_server.ts";
import { makeDevice, WireClient } from "../support/wire_client.ts";

e2e("send exits 0 only when it is durable, tail shows it after kill -9", async (world, folder) => {
  const alice = connection(world.port, "alice", folder);
  assertEquals((await runClient(["send", ...alice, "lobby", "kept", "for", "good"])).code, 0);
  await world.restart("SIGKILL");
  const tail = startClientProcess(["tail", ...connection(world.port, "bob", folder), "--json"]);
  await tail.shows('"kept for good"');
  const shown = tail.printed.map((line) => JSON.parse(line)).find((one) =>
    one.text === "kept for good"
  );
  assertEquals([shown.kind, shown.room, shown.user], ["message", "lobby", "alice"]);
  tail.kill("SIGTERM");
  await tail.ended();
});

e2e("send - takes all of its input as one message", async ({ port }, folder) => {
  const alice = await WireClient.open(port, await makeDevice("alice"));
  const args = ["send", ...connection(port, "bob", folder), "@alice", "-"];
  assertEquals((await runClient(args, "first line\nsecond line")).code, 0);
  await alice.hears("first line\nsecond line");
  alice.close();
});

e2e("exit codes: 1 usage, 2 refused", async ({ port }, folder) => {
  const bob = connection(port, "bob", folder);
  assertEquals((await runClient(["send", ...bob, "nowhere", "x"])).code, 2);
  assertEquals((await runClient(["send", ...bob, "lobby"])).code, 1);
  assertEquals((await runClient(["send", ...bob, "lobby", "x".repeat(8193)])).code, 1);
  assertEquals((await runClient(["--wrong"])).code, 1);
  const thief = [...connection(port, "bob", folder).slice(0, 4), "--data", `${folder}/thief`];
  const taken = await runClient(["send", ...thief, "lobby", "x"]);
  assertEquals(taken.code, 2);
  assertStringIncludes(taken.lines.join("\n"), "belongs to another key");
});

permittedTest(
  "e2e: send exits 3 when there is no server",
  ["net", "read", "write", "run", "env"],
  () =>
    withFolder(async (folder) => {
      const args = ["send", "--timeout", "1s", ...connection(1, "bob", folder), "lobby", "x"];
      assertEquals((await runClient(args)).code, 3);
    }),
);

e2e(
  "lines of stdin are sent, entries are printed, the end waits for all",
  async ({ port }, folder) => {
    const listener = startClientProcess([...connection(port, "carol", folder)]);
    await listener.shows("carol is new here");
    const bob = await runClient(connection(port, "bob", folder), "one\n//two\n/me waves");
    assertEquals(bob.code, 0);
    for (const text of ["bob: one", "bob: /two", "* bob waves"]) await listener.shows(text);
    assertEquals(await listener.finish(), 0);
  },
);

e2e("another server on the same address is a hard stop", async (world, folder) => {
  const alice = connection(world.port, "alice", folder);
  assertEquals((await runClient(["send", ...alice, "lobby", "x"])).code, 0);
  const profiles = await Array.fromAsync(Deno.readDir(`${folder}/alice`), ({ name }) => name);
  assertEquals(profiles.length, 1);
  const path = `${folder}/alice/${profiles[0]}/server.fingerprint`;
  await Deno.writeTextFile(path, `${"0".repeat(64)}\n`);
  const stopped = await runClient(["send", ...alice, "lobby", "y"]);
  assertEquals(stopped.code, 3);
  assertStringIncludes(stopped.lines.join("\n"), world.server.fingerprint);
});

e2e("the server's end is told, and a line typed meanwhile arrives once", async (world, folder) => {
  const clients: ClientProcess[] = ["alice", "bob"].map((name) =>
    startClientProcess(connection(world.port, name, folder))
  );
  const [alice, bob] = clients as [ClientProcess, ClientProcess];
  for (const client of clients) await client.shows("bob is new here");
  await alice.say("before");
  await bob.shows("alice: before");
  world.server.kill("SIGKILL");
  await alice.shows("no connection");
  await alice.say("meanwhile");
  await world.restart("SIGKILL");
  await bob.shows("alice: meanwhile");
  await alice.say("after");
  for (const client of clients) await client.shows("alice: after");
  for (const client of clients) {
    const messages = client.lines.filter((line) => line.includes("alice: "));
    const texts = messages.map((line) => line.slice(line.indexOf("alice: ") + 7));
    assertEquals(texts, ["before", "meanwhile", "after"]);
    assertEquals(await client.finish(), 0);
  }
});

/** Registers a test of the client in a pseudo-terminal. */
function screenTest(name: string, run: (world: WireWorld, screen: Screen) => Promise<void>): void {
  const reason = whyNoScreen();
  if (reason) {
    Deno.test({ name: `e2e: ${name} (${reason})`, ignore: true, fn: () => {} });
    return;
  }
  e2e(name, async (world) => {
    const program = [...programCommand("client"), "--plain"].map((part) => `'${part}'`).join(" ");
    await using screen = await Screen.open([60, 30], (folder) => {
      const args = connection(world.port, "alice", folder).join(" ");
      return `${program} ${args}; echo exit $?; stty -a; exec cat`;
    });
    await screen.until((lines) => lines.at(-1) === "lobby>");
    await run(world, screen);
  });
}

screenTest("what comes in does not tear the half-typed line", async ({ port }, screen) => {
  const bob = await WireClient.open(port, await makeDevice("bob"));
  await screen.keys("-l", "half a thou");
  for (let at = 0; at < 5; at++) await bob.say("lobby", `message ${at}`);
  const lines = await screen.until((lines) => lines.some((line) => line.includes("message 4")));
  assertEquals(lines.at(-1), "lobby> half a thou");
  await screen.enter("ght");
  await bob.hears("half a thought");
  const after = await screen.until((lines) =>
    lines.some((line) => line.includes("half a thought"))
  );
  assertEquals(after.filter((line) => line.includes("half a thou")).length, 1, "shown once");
  bob.close();
});

screenTest("text from others can't steer the terminal", async ({ port }, screen) => {
  const bob = await WireClient.open(port, await makeDevice("bob"));
  await bob.say("lobby", "left \u202egnp.exe \u{e0041}");
  const lines = await screen.until((lines) => lines.some((line) => line.includes("left")));
  assert(lines.some((line) => line.includes("U+202E")), lines.join("\n"));
  bob.close();
});

screenTest(
  "the prompt tells what is not sent, and Ctrl+D leaves the terminal whole",
  async (world, screen) => {
    world.server.kill("SIGKILL");
    await screen.until((lines) => lines.at(-1)?.includes("offline") ?? false);
    await screen.enter("kept for later");
    await screen.until((lines) => lines.at(-1)?.includes("1 unsent") ?? false);
    await world.restart("SIGKILL");
    await screen.until((lines) =>
      lines.at(-1) === "lobby>" && lines.some((line) => line.includes("alice: kept for later"))
    );
    await screen.keys("C-d");
    const lines = await screen.until((lines) => lines.join(" ").includes("echoke"));
    assert(lines.includes("exit 0"), lines.join("\n"));
    for (const mode of ["icanon", "echo"]) assert(lines.join(" ").split(/\s+/).includes(mode));
  },
);

e2e("a second server on the same data is told so", async (world) => {
  const server = await startServerAgain(world.server.data);
  assertEquals(server.code, 1);
  assertStringIncludes(server.text, "another parleyd");
});

async function startServerAgain(data: string) {
  const [command, ...args] = programCommand("server");
  const output = await new Deno.Command(command!, {
    args: [...args, "--listen", "127.0.0.1:0", "--data", data],
  }).output();
  return { code: output.code, text: new TextDecoder().decode(output.stderr) };
}

screenTest(
  "/history fetches what was before one joined, and /info who has what",
  async (world, screen) => {
    const bob = await WireClient.open(world.port, await makeDevice("bob"));
    await bob.submit({ action: "join", room: "dev" });
    await bob.next("accepted");
    for (let at = 1; at <= 60; at++) await bob.say("dev", `line ${at}`);
    await screen.enter("/join dev");
    await screen.until((lines) => lines.some((line) => line.includes("so far; /history")));
    for (const first of [21, 11, 1]) {
      await screen.enter("/history");
      await screen.until((lines) => lines.some((line) => line.endsWith(`bob: line ${first}`)));
    }
    const lines = await screen.until((lines) =>
      lines.some((line) => line.includes("where dev begins"))
    );
    const from = lines.findIndex((line) => line.endsWith("bob: line 1"));
    const shown = lines.slice(from, from + 10).map((line) => line.slice(line.indexOf("line ")));
    assertEquals(shown, Array.from({ length: 10 }, (_, at) => `line ${at + 1}`));
    await screen.enter("hello bob");
    await bob.hears("hello bob");
    await screen.until((lines) => lines.at(-1) === "dev (0 of 1 have it)>");
    await screen.enter("/info");
    await screen.until((lines) => lines.some((line) => line.includes("bob: does not have it yet")));
    bob.close();
  },
);
