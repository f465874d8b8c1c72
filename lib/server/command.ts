/**
 * The server's command line: the one file that knows the command framework.
 *
 * @module
 */

import { Command, InvalidArgumentError, Option } from "@commander-js/extra-typings";
import { KeyFileError } from "../identity/key_file.ts";
import { type Address, defaultPort, formatAddress, ListenError, parseAddress } from "../net/tcp.ts";
import { safeText } from "../safe_text.ts";
import { systemClock } from "../seams.ts";
import { version } from "../version.ts";
import { AdminError, askServer, parseAge } from "./admin_client.ts";
import { type AdminQuestion, safeJson } from "./admin_lines.ts";
import { answerText } from "./admin_tables.ts";
import { type Config, ConfigError, configText, readConfig } from "./config.ts";
import { DataFolderBusy } from "./data_folder.ts";
import { LineSink } from "./line_sink.ts";
import { makeJournal } from "./journal.ts";
import type { RunningServer } from "./parleyd.ts";
import { defaultLimits } from "./settings.ts";

const defaultData = "parley-data";

/** Without being told otherwise the server is for its own machine: nothing is encrypted yet. */
const usualAddress: Address = { hostname: "127.0.0.1", port: defaultPort };

const examples = `
Examples:
  parleyd                                  listen on this machine only, data in ./parley-data
  parleyd --listen 7700                    the same on another port
  parleyd --listen 0.0.0.0:7667 --data /var/lib/parley
  parleyd --listen [::]:7667               every address, IPv4 and IPv6
  parleyd config > parleyd.toml            a file with all limits, to be changed
  parleyd --config parleyd.toml            run with what it says
  parleyd trace 812 --data /var/lib/parley who has entry 812, and since when
  parleyd undelivered --older 1h           what somebody has on no device
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
    .addOption(
      new Option("--listen <host:port>", "where to listen")
        .argParser(address).default(usualAddress, formatAddress(usualAddress)),
    )
    .addOption(
      new Option("--data <folder>", "where everything is kept; made if it is missing")
        .argParser(folder).default(defaultData),
    )
    .addOption(
      new Option("--config <file>", "a file of settings; what is given here wins over it")
        .argParser(file),
    )
    .addHelpText("after", examples)
    .showHelpAfterError("(parleyd --help tells more)")
    // Looking for colours would read the environment, which the executable may not.
    .configureOutput({ getOutHasColors: () => false, getErrHasColors: () => false })
    // What stands after a command's name is that command's.
    .enablePositionalOptions()
    .action(async () => await run(await chosen()));
  // What was not typed is only a default, which the file wins over.
  const isTyped = (name: string) => command.getOptionValueSource(name) === "cli";
  const chosen = () => choose(command.opts(), isTyped);
  const dataOf = async (own?: string) => own ?? (await chosen()).data;
  command.command("trace").argument("<lsn>", "the entry's number", lsnOf)
    .description("Asks the running server who has an entry, who has not, and since when.")
    .option("--data <folder>", "the running server's data folder")
    .option("--json", "JSON lines instead of a table")
    .action(async (lsn, { data, json }) =>
      await tell(await dataOf(data), { ask: "trace", lsn }, json === true)
    );
  command.command("undelivered")
    .description("Asks the running server which messages some recipient has on no device.")
    .addOption(
      new Option("--older <age>", "only messages older than this: 30s, 5m, 1h, 2d")
        .argParser(age).default(3_600_000, "1h"),
    )
    .option("--data <folder>", "the running server's data folder")
    .option("--json", "JSON lines instead of a table")
    .action(async ({ older, data, json }) =>
      await tell(await dataOf(data), { ask: "undelivered", olderMs: older }, json === true)
    );
  command.command("verify")
    .description("Prove that the log is whole; the server may be running.")
    .option("--data <folder>", "the server's data folder")
    .action(async ({ data }) => await verify(await dataOf(data)));
  command.command("config")
    .description("Print a configuration file with every setting and its default.")
    .action(() => console.log(configText(usualAddress, defaultData).trimEnd()));
  await command.parseAsync([...args], { from: "user" });
}

interface Typed {
  readonly listen: Address;
  readonly data: string;
  readonly config?: string | undefined;
}

/** Joins the command line and the file that it names. */
async function choose(
  { listen, data, config }: Typed,
  isTyped: (name: string) => boolean,
): Promise<Required<Config>> {
  if (config === undefined) return { listen, data, limits: defaultLimits };
  try {
    const read = await readConfig(config);
    return {
      listen: isTyped("listen") ? listen : read.listen ?? listen,
      data: isTyped("data") ? data : read.data ?? data,
      limits: read.limits,
    };
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    console.error(`parleyd: ${safeText(error.message)}`);
    Deno.exit(1);
  }
}

function address(text: string): Address {
  const parsed = parseAddress(text, usualAddress.hostname);
  if (!parsed) throw new InvalidArgumentError("Write host:port, such as 0.0.0.0:7667, or a port.");
  return parsed;
}

function folder(text: string): string {
  if (text === "") throw new InvalidArgumentError("Write a folder, such as /var/lib/parley.");
  return text;
}

function file(text: string): string {
  if (text === "") throw new InvalidArgumentError("Write a file, such as parleyd.toml.");
  return text;
}

function lsnOf(text: string): number {
  const lsn = /^\d{1,15}$/.test(text) ? Number(text) : 0;
  if (lsn === 0) throw new InvalidArgumentError("Write an entry's number, such as 812.");
  return lsn;
}

function age(text: string): number {
  const ageMs = parseAge(text);
  if (ageMs === null) throw new InvalidArgumentError("Write 30s, 5m, 1h or 2d.");
  return ageMs;
}

/** Asks the running server, and writes its answer. */
async function tell(data: string, question: AdminQuestion, json: boolean): Promise<void> {
  try {
    const lines = await askServer(data, question);
    for (const line of json ? lines.map(safeJson) : answerText(lines)) console.log(line);
    Deno.exit(0);
  } catch (error) {
    if (!(error instanceof AdminError)) throw error;
    console.error(`parleyd: ${safeText(error.message)}`);
    Deno.exit(1);
  }
}

async function run({ listen, data, limits }: Required<Config>): Promise<void> {
  const { startServer } = await import("./parleyd.ts");
  const errors = new LineSink(Deno.stderr);
  const journal = makeJournal(systemClock, (line) => errors.line(line));
  let server: RunningServer;
  try {
    server = await startServer({
      listen,
      data,
      limits,
      journal,
      listening: (address, fingerprint) => {
        console.log(`parleyd ${version} is listening on ${formatAddress(address)}`);
        console.log(`fingerprint ${fingerprint}`);
      },
      failed: () => void errors.drained().then(() => Deno.exit(1)),
    });
  } catch (error) {
    console.error(`parleyd: ${safeText(whyNot(error as Error, data))}`);
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

function whyNot(error: Error, data: string): string {
  if (error instanceof ListenError) return `${error.message}; ${whereElse(error.cause)}`;
  if (error instanceof DataFolderBusy || error instanceof KeyFileError) return error.message;
  return `the data folder ${data} can't be used: ${error.message}; it must be a folder in which ` +
    "parleyd's user may write, on a disk with room; choose another with --data";
}

function whereElse(cause: Error): string {
  if (cause instanceof Deno.errors.AddrInUse) {
    return "another program listens there: choose another port with --listen";
  }
  if (cause instanceof Deno.errors.AddrNotAvailable) {
    return "no interface of this machine has that address: give one that it has with --listen, " +
      "or 0.0.0.0 for all";
  }
  if (cause instanceof Deno.errors.PermissionDenied) {
    return "on most systems ports below 1024 are for root: choose a higher one with --listen";
  }
  return "give an address of this machine with --listen";
}
