/**
 * Wire tests: a real server process and raw sockets.
 */

import { permittedTest } from "./permitted.ts";
import {
  openArgs,
  type ServerProcess,
  startServerProcess,
  type Transport,
} from "./server_process.ts";

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

/** Registers a test of raw sockets against a server with the limits that it has by default. */
export function boundedTest(name: string, run: (world: WireWorld) => Promise<void>): void {
  serverTest(`wire: ${name}`, run, null);
}

/** Registers a test of a server under TLS with the limits that it has by default. */
export function boundedTlsTest(name: string, run: (world: WireWorld) => Promise<void>): void {
  serverTest(`wire: TLS: ${name}`, run, null, "tls");
}

/** Registers a test that has a server of its own, with a configuration file if it is given one. */
export function serverTest(
  name: string,
  run: (world: WireWorld) => Promise<void>,
  config?: string | null,
  transport: Transport = "clear",
): void {
  permittedTest(name, ["net", "read", "write", "run", "env"], async () => {
    const data = await Deno.makeTempDir({ prefix: "parley-wire-" });
    let server = await startServerProcess(data, 0, [], openArgs, transport, config);
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
          server = await startServerProcess(data, port, [], openArgs, transport, config);
        },
      });
    } finally {
      await server[Symbol.asyncDispose]();
      await Deno.remove(data, { recursive: true });
    }
  });
}
