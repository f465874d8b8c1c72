/**
 * A lock between two processes: what the one holds, the other can't have.
 *
 * @module
 */

import { TextLineStream } from "@std/streams";
import { assertEquals } from "@std/assert";
import { permittedTest } from "../support/permitted.ts";

const lockModule = new URL("../../lib/sqlite/lock.ts", import.meta.url).href;

/** Takes the lock as both programs do, keeps no hand on it, has all collected that can be. */
const holder = `
import { holdLock } from "${lockModule}";
console.log((() => holdLock(Deno.args[0]) !== null)());
for (let at = 0; at < 20; at++) {
  gc();
  // What was collected lets go of its file in a later turn of the loop.
  await new Promise((resolve) => setTimeout(resolve));
}
console.log("collected");
await Deno.stdin.read(new Uint8Array(1));
`;

/** Says whether it got the lock. */
const other = `
import { holdLock } from "${lockModule}";
console.log(holdLock(Deno.args[0]) !== null);
`;

/** Starts a program that says something by lines, and ends when its input does. */
function start(program: string, lock: string) {
  const flags = ["--quiet", "--no-prompt", "--allow-read", "--allow-write"];
  const args = ["run", ...flags, "--v8-flags=--expose-gc", program, lock];
  const options = { args, stdin: "piped", stdout: "piped" } as const;
  const process = new Deno.Command(Deno.execPath(), options).spawn();
  const reader = process.stdout.pipeThrough(new TextDecoderStream())
    .pipeThrough(new TextLineStream()).getReader();
  return {
    line: async () => (await reader.read()).value,
    end: async () => {
      await process.stdin.close();
      await reader.cancel();
      await process.status;
    },
  };
}

permittedTest(
  "e2e: a lock is held to the end of its process, whatever is collected there",
  ["read", "write", "run"],
  async () => {
    const folder = await Deno.makeTempDir({ prefix: "parley-lock-" });
    const run = (program: string) => start(`${folder}/${program}.ts`, `${folder}/lock`);
    try {
      await Deno.writeTextFile(`${folder}/holder.ts`, holder);
      await Deno.writeTextFile(`${folder}/other.ts`, other);
      const first = run("holder");
      assertEquals([await first.line(), await first.line()], ["true", "collected"]);
      const second = run("other");
      assertEquals(await second.line(), "false");
      await second.end();
      await first.end();
      const third = run("other");
      assertEquals(await third.line(), "true");
      await third.end();
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
);
