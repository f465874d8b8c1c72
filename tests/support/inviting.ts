/**
 * Servers that let people in by invite, and their operator.
 *
 * @module
 */

import { type Invite, parseInvite } from "../../lib/identity/invite.ts";
import { withFolder } from "./e2e.ts";
import { permittedTest } from "./permitted.ts";
import { programCommand, type ServerProcess, startServerProcess } from "./server_process.ts";

/** How a command ended. */
export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** What a test with such a server is given. */
export interface InvitingWorld {
  /** The server that runs now. */
  readonly server: ServerProcess;
  /** A folder for everything else. */
  readonly folder: string;
  /** Ends the server with this signal and starts another on the same data and port. */
  restart(signal: Deno.Signal): Promise<void>;
  /** Runs `parleyd invite`. */
  invite(...args: string[]): Promise<Ran>;
  /** Makes an invite, which must come. */
  invited(...args: string[]): Promise<Invite>;
}

/** Registers a test of a server with the usual registration. */
export function invitingTest(name: string, run: (world: InvitingWorld) => Promise<void>): void {
  permittedTest(name, ["net", "read", "write", "run", "env"], () =>
    withFolder(async (folder) => {
      const start = (port = 0) => startServerProcess(`${folder}/server`, port, [], []);
      let server = await start();
      const invite = (...args: string[]) => operator(server.data, "invite", ...args);
      try {
        await run({
          get server() {
            return server;
          },
          folder,
          async restart(signal) {
            server.kill(signal);
            await server.ended();
            server = await start(server.port);
          },
          invite,
          async invited(...args) {
            const { code, out, err } = await invite(...args);
            const made = parseInvite(out, 1);
            if (code !== 0 || !made) throw new Error(`${code}: ${out}${err}`);
            return made;
          },
        });
      } finally {
        await server[Symbol.asyncDispose]();
      }
    }));
}

/** Runs a command of `parleyd` on a running server's data. */
export async function operator(data: string, ...args: string[]): Promise<Ran> {
  const [command, ...before] = programCommand("server");
  const all = [...before, ...args, "--data", data];
  const output = await new Deno.Command(command!, { args: all, stdin: "null" }).output();
  const [out, err] = [output.stdout, output.stderr].map((bytes) => new TextDecoder().decode(bytes));
  return { code: output.code, out: out!.trim(), err: err!.trim() };
}

/** Waits until the server has printed a line with this in it. */
export async function prints(server: ServerProcess, part: string): Promise<string> {
  const deadline = performance.now() + 20_000;
  for (;;) {
    const line = server.printed.find((one) => one.includes(part));
    if (line !== undefined) return line;
    if (performance.now() > deadline) {
      throw new Error(`"${part}" was not printed: ${server.printed.join("\n")}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** All bytes that a server keeps, and what its journal says, as text that can be searched. */
export async function allOf({ data, journal }: ServerProcess): Promise<string> {
  const parts: string[] = [journal.join("\n")];
  for await (const { name, isFile } of Deno.readDir(data)) {
    if (isFile) parts.push(latin1(await Deno.readFile(`${data}/${name}`)));
  }
  return parts.join("\n");
}

/** Bytes as text, one character each. */
export function latin1(bytes: Uint8Array): string {
  return new TextDecoder("latin1").decode(bytes);
}
