import { assertEquals } from "@std/assert";
import { startServerProcess } from "../support/server_process.ts";
import { makeDevice, WireClient } from "../support/wire_client.ts";

Deno.test("wire: talk", async () => {
  const data = await Deno.makeTempDir();
  await using server = await startServerProcess(data);
  const a = await WireClient.open(server.port, await makeDevice("alice"));
  const b = await WireClient.open(server.port, await makeDevice("bob"));
  await a.say("lobby", "hello");
  const heard = await b.hears("hello");
  assertEquals(heard.lsn, 4);
  a.close();
  b.close();
  server.kill("SIGTERM");
  assertEquals(await server.ended(), 0);
});
