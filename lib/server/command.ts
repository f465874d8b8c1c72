/**
 * The server's command line: the one file that knows the command framework.
 *
 * @module
 */

import {
  Command,
  type CommandUnknownOpts,
  InvalidArgumentError,
  Option,
} from "@commander-js/extra-typings";
import { ConfigError } from "../config_file.ts";
import { KeyFileError } from "../identity/key_file.ts";
import { CertificateFileError } from "../identity/own_certificate.ts";
import { registrations } from "../log/submission.ts";
import { type ClearText, isTooOpen, parseClearText, spellOut } from "../net/clear.ts";
import { type Address, defaultPort, formatAddress, ListenError, parseAddress } from "../net/tcp.ts";
import { safeText } from "../safe_text.ts";
import { systemClock } from "../seams.ts";
import { version } from "../version.ts";
import { AdminError, askServer, parseAge } from "./admin_client.ts";
import { type AdminLine, type AdminQuestion, safeJson } from "./admin_lines.ts";
import { answerText } from "./admin_tables.ts";
import { type Config, configText, readConfig } from "./config.ts";
import { DataFolderBusy } from "./data_folder.ts";
import { LineSink } from "./line_sink.ts";
import { makeJournal } from "./journal.ts";
import { addAuditCommand } from "./audit_command.ts";
import { addInviteCommand, addRecoverCommand, host } from "./invite_commands.ts";
import { ownerLines } from "./owner.ts";
import type { RunningServer, ServerOptions } from "./parleyd.ts";
import { defaultLimits } from "./settings.ts";

const defaultData = "parley-data";

/** Without being told otherwise the server is for its own machine: whoever can reach it may register. */
const usualAddress: Address = { hostname: "127.0.0.1", port: defaultPort };

const examples = `
Examples:
  parleyd                                  listen on this machine only, data in ./parley-data
  parleyd --listen 7700                    the same on another port
  parleyd --listen 0.0.0.0:7667 --data /var/lib/parley
  parleyd --listen [::]:7667               every address, IPv4 and IPv6
  parleyd --listen 0.0.0.0:7667 --host chat.example   invites lead to that name
  parleyd config > parleyd.toml            a file with all limits, to be changed
  parleyd --config parleyd.toml            run with what it says
  parleyd invite --data /var/lib/parley    a link for one more user, good for a day
  parleyd invite --role admin --expires 2h --host chat.example:7667
  parleyd trace 812 --data /var/lib/parley who has entry 812, and since when
  parleyd undelivered --older 1h           what somebody has on no device
  parleyd verify --data /var/lib/parley    prove that the log is whole

New users come in by invite. The first start prints the owner's on a terminal; anywhere else it is
parleyd invite --role owner that does. --registration open lets anybody have a name that is free,
and closed lets nobody new in.

What travels is encrypted (TLS 1.3), under a certificate that parleyd makes and renews by itself.
Clients know the server by its fingerprint, which is in every invite, and which it prints when it
starts.`;

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
  const command = serveCommand();
  const dataOf = async (own?: string) =>
    own ?? (await choose(command.opts(), (name) => isTyped(command, name))).data;
  addInviteCommand(command, dataOf, answered);
  addRecoverCommand(command, dataOf, answered);
  addAuditCommand(command, dataOf, tell);
  command.command("trace").argument("<lsn>", "the entry's number", lsnOf)
    .description("Asks the running server who has an entry, who has not, and since when.")
    .option("--data <folder>", "the running server's data folder")
    .option("--json", "JSON lines instead of a table")
    .addHelpText(
      "after",
      `\nExamples:\n  parleyd trace 812 --data /var/lib/parley\n  parleyd trace 812 --json`,
    )
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
    .addHelpText(
      "after",
      `\nExamples:\n  parleyd undelivered --data /var/lib/parley\n  parleyd undelivered --older 10m --json`,
    )
    .action(async ({ older, data, json }) =>
      await tell(await dataOf(data), { ask: "undelivered", olderMs: older }, json === true)
    );
  command.command("verify")
    .description("Prove that the log is whole; the server may be running.")
    .option("--data <folder>", "the server's data folder")
    .addHelpText("after", `\nExamples:\n  parleyd verify --data /var/lib/parley`)
    .action(async ({ data }) => await verify(await dataOf(data)));
  command.command("config")
    .description("Print a configuration file with every setting and its default.")
    .addHelpText(
      "after",
      `\nExamples:\n  parleyd config > parleyd.toml\n  parleyd --config parleyd.toml`,
    )
    .action(() => console.log(configText(usualAddress, defaultData).trimEnd()));
  await command.parseAsync(spellOut(args), { from: "user" });
}

interface Typed {
  readonly listen: Address;
  readonly data: string;
  readonly config?: string | undefined;
}

/** What was not typed is only a default, which the file wins over. */
function isTyped(command: CommandUnknownOpts, name: string): boolean {
  return command.getOptionValueSource(name) === "cli";
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

function serveCommand() {
  return new Command("parleyd")
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
      new Option("--registration <mode>", "who may come in as a new user")
        .choices(registrations).default("invite" as const),
    )
    .option("--host <name[:port]>", "how users reach this server, for invites", host)
    .addOption(
      new Option(
        "--plaintext [anywhere]",
        "clear text instead of TLS, on this machine alone; with =anywhere for any address",
      ).argParser(clearText).default("no" as ClearText, "TLS"),
    )
    .option("--config <file>", "a file of settings; what is given here wins over it", file)
    .addHelpText("after", examples)
    .showHelpAfterError("(parleyd --help tells more)")
    // Looking for colours would read the environment, which the executable may not.
    .configureOutput({ getOutHasColors: () => false, getErrHasColors: () => false })
    // What stands after a command's name is that command's.
    .enablePositionalOptions()
    .action(async ({ plaintext, registration, host = null, ...typed }, command) => {
      const chosen = await choose(typed, (name) => isTyped(command, name));
      const clear = plaintext === true ? "loopback" : plaintext;
      if (isTooOpen(clear, chosen.listen)) command.error(tooOpen(chosen.listen));
      await run({ registration, host, ...chosen, clear: clear !== "no" });
    });
}

function clearText(value: string): ClearText {
  const parsed = parseClearText(value);
  if (!parsed) throw new InvalidArgumentError("Write --plaintext or --plaintext=anywhere.");
  return parsed;
}

function tooOpen(listen: Address): string {
  return `error: on ${formatAddress(listen)} everybody on the way could read and change what is ` +
    "said in clear text. Leave out --plaintext; or, if that is what you want, write " +
    "--plaintext=anywhere";
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
async function tell(
  data: string,
  question: AdminQuestion,
  json: boolean,
  keep: (lines: readonly AdminLine[]) => readonly AdminLine[] = (lines) => lines,
): Promise<void> {
  await answered(async () => {
    const lines = keep(await askServer(data, question));
    for (const line of json ? lines.map(safeJson) : answerText(lines)) console.log(line);
  });
}

async function answered(ask: () => Promise<void>): Promise<never> {
  try {
    await ask();
    Deno.exit(0);
  } catch (error) {
    if (!(error instanceof AdminError)) throw error;
    console.error(`parleyd: ${safeText(error.message)}`);
    Deno.exit(1);
  }
}

async function run(
  options: Omit<ServerOptions, "journal" | "listening" | "failed">,
): Promise<void> {
  const { data } = options;
  const { startServer } = await import("./parleyd.ts");
  const errors = new LineSink(Deno.stderr);
  const journal = makeJournal(systemClock, (line) => errors.line(line));
  let server: RunningServer;
  try {
    server = await startServer({
      ...options,
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
  if (options.registration !== "invite") return;
  const isTerminal = Deno.stdout.isTerminal();
  for (const line of await ownerLines({ ...server.owner, isTerminal, data })) {
    console.log(line);
  }
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
  const saysAll = [DataFolderBusy, KeyFileError, CertificateFileError];
  if (saysAll.some((one) => error instanceof one)) return error.message;
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
