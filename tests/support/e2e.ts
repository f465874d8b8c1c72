/**
 * What all end-to-end tests begin with: a real server, a folder for the clients' data, and the
 * arguments with which they find both.
 *
 * @module
 */

import { startClientProcess } from "./client_process.ts";
import { serverTest, type WireWorld } from "./with_server.ts";

/** Registers a test with a real server and a folder of its own. */
export function e2e(
  name: string,
  run: (world: WireWorld, folder: string) => Promise<void>,
): void {
  serverTest(`e2e: ${name}`, (world) => withFolder((folder) => run(world, folder)));
}

/** Gives a folder that is gone afterwards. */
export async function withFolder(run: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "parley-e2e-" });
  try {
    await run(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** The arguments of a client: whom it talks to, as whom, and where its data is. */
export function connection(port: number, name: string, folder: string): string[] {
  return ["--server", `127.0.0.1:${port}`, "--name", name, "--data", `${folder}/${name}`];
}

/** Runs a client to its end and gives exit code and lines. */
export async function runClient(
  args: string[],
  input?: string,
): Promise<{ code: number; lines: readonly string[] }> {
  const client = startClientProcess(args);
  if (input !== undefined) await client.say(input);
  return { code: await client.finish(), lines: client.lines };
}
