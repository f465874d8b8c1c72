/**
 * Wire tests: a real server process and raw sockets.
 */

import { permittedTest } from "./permitted.ts";
import { type ServerProcess, startServerProcess } from "./server_process.ts";

/** What a wire test is given. */
export interface WireWorld {
  /** The server that runs now. */
  readonly server: ServerProcess;
  readonly port: number;
  /** Ends the server with this signal and starts another on the same data and port. */
  restart(signal: Deno.Signal): Promise<void>;
}

/** Registers a test of raw sockets against a server of its own. */
export function wireTest(name: string, run: (world: WireWorld) => Promise<void>): void {
  serverTest(`wire: ${name}`, run);
}

/** Registers a test that has a server of its own. */
export function serverTest(name: string, run: (world: WireWorld) => Promise<void>): void {
  permittedTest(name, ["net", "read", "write", "run", "env"], async () => {
    const data = await Deno.makeTempDir({ prefix: "parley-wire-" });
    let server = await startServerProcess(data);
    try {
      const { port } = server;
      await run({
        get server() {
          return server;
        },
        port,
        async restart(signal) {
          server.kill(signal);
          await server.ended();
          server = await startServerProcess(data, port);
        },
      });
    } finally {
      await server[Symbol.asyncDispose]();
      await Deno.remove(data, { recursive: true });
    }
  });
}
