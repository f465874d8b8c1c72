/**
 * The server's command line: the one file that knows the command framework.
 *
 * @module
 */

import { Command, InvalidArgumentError } from "@commander-js/extra-typings";
import { type Address, formatAddress, parseAddress } from "../net/tcp.ts";
import { safeText } from "../safe_text.ts";
import { systemClock } from "../seams.ts";
import { version } from "../version.ts";
import { LineSink } from "./line_sink.ts";
import { makeJournal } from "./journal.ts";
import { WorkerWriter } from "../store/worker_log.ts";
import type { RunningServer } from "./parleyd.ts";

const examples = `
Examples:
  parleyd                                  listen on this machine only, data in ./parley-data
  parleyd --listen 0.0.0.0:7667 --data /var/lib/parley
  parleyd --listen [::]:7667               every address, IPv4 and IPv6
  parleyd verify --data /var/lib/parley    prove that the log is whole

What travels is not encrypted yet: use it on a network that you trust, or through a tunnel.`;

/**
 * Reads the command line and runs the server until it is told to stop.
 *
 * @param args the arguments after the program's name
 * @example
 * ```ts ignore
 * await runServerCommand(["--listen", "127.0.0.1:0", "--data", "data"]);
 * ```
 * @see docs/adr/0001-command-framework.md
 */
export async function runServerCommand(args: readonly string[]): Promise<void> {
  const command = new Command("parleyd")
    .description("The postman of Parley: takes every message and hands it to whom it is meant for.")
    .version(version)
    .option("--listen <host:port>", "where to listen", address, {
      hostname: "127.0.0.1",
      port: 7667,
    })
    .option("--data <folder>", "where everything is kept; made if it is missing", "parley-data")
    .addHelpText("after", examples)
    .showHelpAfterError("(parleyd --help tells more)")
    // Looking for colours would read the environment, which the executable may not.
    .configureOutput({ getOutHasColors: () => false, getErrHasColors: () => false })
    .action(async (options) => await run(options.listen, options.data));
  command.command("verify")
    .description("Prove that the log in --data is whole; the server may be running.")
    .configureHelp({ showGlobalOptions: true })
    .action(async () => await verify(command.opts().data));
  await command.parseAsync([...args], { from: "user" });
}

function address(text: string): Address {
  const parsed = parseAddress(text, "0.0.0.0");
  if (!parsed) throw new InvalidArgumentError("Write host:port, such as 0.0.0.0:7667.");
  return parsed;
}

async function run(listen: Address, data: string): Promise<void> {
  // The Worker loads beside the rest of the server: together they take half of the start.
  const writer = new WorkerWriter();
  const { startServer } = await import("./parleyd.ts");
  const errors = new LineSink(Deno.stderr);
  const journal = makeJournal(systemClock, (line) => errors.line(line));
  let server: RunningServer;
  try {
    server = await startServer({
      listen,
      data,
      writer,
      journal,
      listening: (address, fingerprint) => {
        console.log(`parleyd ${version} is listening on ${formatAddress(address)}`);
        console.log(`fingerprint ${fingerprint}`);
      },
      failed: () => void errors.drained().then(() => Deno.exit(1)),
    });
  } catch (error) {
    console.error(`parleyd: ${safeText(whyNot(error as Error, listen, data))}`);
    Deno.exit(1);
  }
  let stopping = false;
  const stop = async () => {
    // A second signal, such as Ctrl+C again, changes nothing: the first is being followed.
    if (stopping) return;
    stopping = true;
    journal("stopping");
    const exitCode = await server.stop().then(() => 0, (error: Error) => {
      journal("failure", { reason: error.message });
      return 1;
    });
    await errors.drained();
    Deno.exit(exitCode);
  };
  for (const signal of stopSignals()) Deno.addSignalListener(signal, () => void stop());
}

async function verify(data: string): Promise<void> {
  const { verifyData } = await import("./verify.ts");
  const { whole, line } = verifyData(data);
  if (whole) console.log(line);
  else console.error(safeText(line));
  Deno.exit(whole ? 0 : 1);
}

function stopSignals(): Deno.Signal[] {
  return Deno.build.os === "windows" ? ["SIGINT", "SIGBREAK"] : ["SIGINT", "SIGTERM"];
}

function whyNot(error: Error, listen: Address, data: string): string {
  if (error instanceof Deno.errors.AddrInUse) {
    return `${
      formatAddress(listen)
    } is taken: another program listens there; choose another with --listen`;
  }
  if (
    error instanceof Deno.errors.NotFound || error instanceof Deno.errors.PermissionDenied ||
    error instanceof Deno.errors.NotCapable
  ) {
    return `no access to ${data}: ${error.message}; choose another folder with --data`;
  }
  return error.message;
}
