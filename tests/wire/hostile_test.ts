import { assert, assertEquals } from "@std/assert";
import { limits } from "../../lib/limits.ts";
import { permittedTest } from "../support/permitted.ts";
import { openArgs, programCommand } from "../support/server_process.ts";
import { boundedTest, wireTest } from "../support/with_server.ts";
import { makeDevice, WireClient } from "../support/wire_client.ts";

boundedTest("silent connections lock nobody out", async ({ port }) => {
  const silent: Deno.TcpConn[] = [];
  for (let at = 0; at < limits.strangersMax + 50; at++) {
    silent.push(await Deno.connect({ hostname: "127.0.0.1", port }));
  }
  const alice = await WireClient.open(port, await makeDevice("alice"));
  await alice.say("lobby", "let in");
  alice.close();
  for (const socket of silent) socket.close();
});

wireTest(
  "many resumes of one device keep nobody else waiting for all of them",
  async ({ port }) => {
    const greedy = await makeDevice("greedy");
    const first = await WireClient.open(port, greedy);
    for (let at = 0; at < 100; at++) {
      await first.submit({ action: "join", room: `room-${at}` });
      await first.next("accepted");
    }
    const waiting = await Promise.all(Array.from({ length: 30 }, () => WireClient.connect(port)));
    for (const client of waiting) await client.login(greedy);
    for (const client of waiting) {
      await client.send("resume", { logId: null, cursor: 0, digest: null }).catch(() => {});
    }
    const alice = await WireClient.open(port, await makeDevice("alice"));
    await alice.say("lobby", "let in");
    alice.close();
    for (const client of [first, ...waiting]) client.close();
  },
);

wireTest("only its owner can read what the server keeps", async ({ server }) => {
  for await (const { name, isFile } of Deno.readDir(server.data)) {
    // The lock and its journal are empty.
    if (!isFile || name.startsWith("parleyd.lock")) continue;
    const { mode } = await Deno.stat(`${server.data}/${name}`);
    assertEquals(mode! & 0o077, 0, name);
  }
});

permittedTest("wire: a journal that nobody reads any more stops nothing", [
  "net",
  "read",
  "write",
  "run",
  "env",
], async () => {
  const data = await Deno.makeTempDir({ prefix: "parley-wire-" });
  const [command, ...args] = programCommand("server");
  const server = new Deno.Command(command!, {
    args: [...args, "--listen", "127.0.0.1:0", "--data", data, ...openArgs],
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  try {
    await server.stderr.cancel();
    const { value } = await server.stdout.getReader().read();
    const port = Number(/:(\d+)\n/.exec(new TextDecoder().decode(value))![1]);
    for (let at = 0; at < 3; at++) {
      const garbage = await WireClient.connect(port);
      await garbage.bytes(new Uint8Array([255, 255, 255, 255]));
      assert(await garbage.lastError());
    }
    const alice = await WireClient.open(port, await makeDevice("alice"));
    await alice.say("lobby", "still here");
    alice.close();
  } finally {
    server.kill("SIGKILL");
    await server.status;
    await Deno.remove(data, { recursive: true });
  }
});
