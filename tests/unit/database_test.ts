import { DatabaseSync } from "node:sqlite";
import { assertEquals } from "@std/assert";
import { openDatabase } from "../../lib/sqlite/database.ts";
import { permittedTest } from "../support/permitted.ts";

/** Longer than it takes to fail at once; a slow machine makes the test weaker, never red. */
const heldMs = 300;

permittedTest("openDatabase() waits for a program that repairs what a killed one left", [
  "read",
  "write",
], async () => {
  const path = `${await Deno.makeTempDir()}/data.sqlite`;
  openDatabase(path).close();
  // Whoever repairs holds all others off, as this lock does.
  const repairing = new DatabaseSync(path);
  repairing.exec("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE");
  const worker = new Worker(new URL("../support/opening_worker.ts", import.meta.url), {
    type: "module",
  });
  try {
    const said: string[] = [];
    const opened = Promise.withResolvers<void>();
    worker.onmessage = ({ data }: MessageEvent<string>) => {
      said.push(data);
      if (data !== "opening") opened.resolve();
      else setTimeout(() => repairing.close(), heldMs);
    };
    worker.postMessage(path);
    await opened.promise;
    assertEquals(said, ["opening", "opened"]);
  } finally {
    worker.terminate();
  }
});
