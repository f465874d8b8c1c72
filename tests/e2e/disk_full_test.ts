/**
 * What a user sees of a server's full disk: a message that goes out when there is room again.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import type { Entry } from "../../lib/log/entry.ts";
import { startClientProcess } from "../support/client_process.ts";
import { machineTest } from "../support/permitted.ts";
import { startServerProcess } from "../support/server_process.ts";
import { mounting, mountSmallDisk } from "../support/small_disk.ts";
import { makeDevice, WireClient } from "../support/wire_client.ts";

const needs = ["net", "read", "write", "run", "env"] as const;

machineTest(
  "e2e: what is sent to a server with a full disk arrives once there is room",
  needs,
  mounting,
  async () => {
    await using disk = mountSmallDisk(2 * 1024 * 1024);
    await using server = await startServerProcess(`${disk.folder}/data`);
    const { port } = server;
    const folder = await Deno.makeTempDir({ prefix: "parley-e2e-" });
    const send = (name: string, text: string) =>
      startClientProcess(
        ["send", "--server", `127.0.0.1:${port}`, "--name", name, "--data", `${folder}/${name}`]
          .concat(["lobby", text]),
      ).finish();
    const reader = await WireClient.open(port, await makeDevice("reader"));
    assertEquals(await send("alice", "before"), 0);
    disk.fill();
    // The WAL may have room that is its own already.
    while (!reader.received.some((packet) => packet.packet === "later")) {
      const answers = reader.received.length;
      await reader.submit({ action: "message", to: "lobby", text: "x".repeat(8_000), act: false });
      await reader.until("an answer", () => reader.received.length > answers);
    }
    // One who is known already, and one whose name can't be registered now.
    const sent = [send("alice", "from alice"), send("bob", "from bob")];
    while (!server.journal.some((line) => line.includes("code=unavailable"))) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    disk.free();
    assertEquals(await Promise.all(sent), [0, 0]);
    await reader.hears("from alice");
    await reader.hears("from bob");
    const from = ({ content }: Entry) => content?.kind === "message" && /from/.test(content.text);
    assertEquals(reader.entries.filter(from).length, 2);
    reader.close();
    await Deno.remove(folder, { recursive: true });
  },
);
