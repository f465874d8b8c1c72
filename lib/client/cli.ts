/**
 * The client's command line: the one file that knows the command framework.
 *
 * @module
 */

import { Argument, Command, InvalidArgumentError, Option } from "@commander-js/extra-typings";
import { type Invite, parseInvite } from "../identity/invite.ts";
import { KeyFileError } from "../identity/key_file.ts";
import { type ClearText, isTooOpen, parseClearText, spellOut } from "../net/clear.ts";
import { type Address, defaultPort, formatAddress, parseAddress } from "../net/tcp.ts";
import { isName, nameKey } from "../protocol/names.ts";
import { safe, type SafeText, safeText } from "../safe_text.ts";
import { systemRandom, systemTimers } from "../seams.ts";
import { version } from "../version.ts";
import { nearest } from "./commands.ts";
import {
  DataFolderError,
  deviceKeyPath,
  openClientFolder,
  usualDataFolder,
} from "./data_folder.ts";
import { exitCodes, exitCodesText } from "./endings.ts";
import { keyActions, runKeyCommand } from "./key_command.ts";
import { passphraseFrom } from "./passphrase.ts";
import { runJoin } from "./join.ts";
import { readMessage, runSend, whyUnsendable } from "./send.ts";
import { waits } from "./sender.ts";
import { patienceMs, say, type Start } from "./start.ts";
import { readProfile, whoIsMeant, writeProfile } from "./profile.ts";
import { runTail } from "./tail.ts";
import { talk, viewOf } from "./talk.ts";

const examples = `
Examples:
  parley join 'parley://chat.example:7667/…#…'       come in by an invite, once
  parley                                             talk, where you joined last
  parley --server chat.example --name alice          talk there, as alice
  parley send lobby "the build is done"              one message, from a script
  make 2>&1 | tail -n 20 | parley send @bob -        standard input as one message
  parley tail --json lobby | jq -r '.text // empty'  what is written, as it comes
  echo "/join dev" | parley                          each line, commands too

Server and name are those given, or PARLEY_SERVER and PARLEY_NAME, or those joined last. A name
belongs to whom first uses it on a server: its key is in the data folder.

${exitCodesText}

What travels is encrypted (TLS 1.3). The server's fingerprint is kept at first contact, and a server
with another one is not talked to.`;

const joinExamples = `Examples:
  parley join 'parley://chat.example:7667/…#…'                asks for your name
  parley join 'parley://chat.example:7667/…#…' --name alice`;

const nameRule = "A name is 1 to 32 of letters, digits, '-', '_' and '.'.";

interface Common {
  readonly server?: Address;
  readonly name?: string;
  readonly data?: string;
  readonly json?: true;
  readonly passphraseFile?: string;
  readonly plaintext: ClearText | true;
}

/**
 * Reads the command line, does what it asks for, and ends the program.
 *
 * @param args the arguments after the program's name
 * @example
 * ```ts ignore
 * await runClientCommand(["send", "--server", "chat.example", "--name", "al", "lobby", "hi"]);
 * ```
 * @see docs/adr/0001-command-framework.md
 */
export async function runClientCommand(args: readonly string[]): Promise<void> {
  await makeCommand().parseAsync(spellOut(args), { from: "user" });
}

function makeProgram() {
  return new Command("parley")
    .description("Talk to people on a Parley server, from a terminal or a script.")
    .version(version)
    .addOption(
      new Option("--server <host:port>", "the server").env("PARLEY_SERVER").argParser(address),
    )
    .addOption(new Option("--name <name>", "your name on it").env("PARLEY_NAME").argParser(name))
    .option("--data <folder>", "where keys are kept, instead of this system's usual place", folder)
    .option("--json", "one JSON object a line, for programs")
    .option("--passphrase-file <file>", "opens a sealed key without asking", file)
    .option("--plain", "line by line instead of the full screen, as screen readers like it")
    .addOption(plaintextOption())
    .addHelpText("after", examples)
    .helpCommand(true)
    .showHelpAfterError("(parley --help tells more)")
    // Looking for colours would read the environment, which the executable may not.
    .configureOutput({ getOutHasColors: () => false, getErrHasColors: () => false })
    .configureHelp({ showGlobalOptions: true });
}

function makeCommand() {
  const program = makeProgram();
  program.action(async (options) => {
    const [extra] = program.args;
    if (extra !== undefined) program.error(`error: ${noCommand(extra, program.commands)}`);
    const start = await begin(program, options);
    await end(talk(start, options, environment));
  });
  program.command("join")
    .description("come in by an invite; from then on parley alone is enough")
    .argument("<invite>", "the link that you were given: parley://…", invitation)
    .addHelpText("after", `\n${joinExamples}\n\n${exitCodesText}`)
    .action(async (invite) => await join(program, program.opts(), invite));
  program.command("send")
    .description("send one message; exit code 0 means that the server has it for good")
    .argument("<to>", "a room, or @ and a user's name")
    .argument("<text...>", "the message; - for standard input; -- before one that begins with -")
    .addOption(
      new Option("--timeout <time>", "how long to try, such as 500ms, 30s or 2m")
        .argParser(duration).default(patienceMs, "30s"),
    )
    .addOption(
      new Option(
        "--wait <how far>",
        "until the server has it, all recipients have it, or have read it and share that",
      )
        .choices(waits).default("accepted" as const),
    )
    .addHelpText("after", `\n${exitCodesText}`)
    .action(async (to, words, options, command) => {
      const text = await textOf(words, (reason) => command.error(reason));
      const wrong = whyUnsendable(to, text);
      if (wrong !== null) command.error(`error: not sent: ${wrong}`);
      const start = await begin(program, program.opts());
      await end(runSend(start, { to, text, timeoutMs: options.timeout, wait: options.wait }));
    });
  program.command("tail")
    .description("print entries as they come, first the last ones of each room")
    .argument("[from]", "a room, or @ and a user's name; without it everything", source)
    .action(async (from) => {
      const start = await begin(program, program.opts());
      await end(runTail(start, viewOf(program.opts(), false), from));
    });
  addKeyCommand(program);
  // Without a command it talks: what is left over is a command that there is not. Set last, since
  // the commands take it over.
  return program.allowExcessArguments();
}

function addKeyCommand(program: ReturnType<typeof makeProgram>): void {
  program.command("key")
    .description("seal this device's key with a passphrase, or unseal it")
    .addArgument(new Argument("<action>", "what to do").choices(keyActions))
    .option("--new-passphrase-file <file>", "what to seal it with, instead of asking", file)
    .action((action, { newPassphraseFile }) => {
      const { passphraseFile, ...given } = program.opts();
      const { base, server, name } = whoseFolder(program, given);
      const path = deviceKeyPath(base, name, server);
      const files = { passphraseFile, newPassphraseFile };
      const done = orStop(() => runKeyCommand(action, path, files, systemRandom)) ??
        program.error("error: not sealed: no passphrase, or not twice the same");
      console.log(safeText(done));
    });
}

/** How the same transport is asked for again. */
const clearOption: Readonly<Record<ClearText, string>> = {
  no: "",
  loopback: " --plaintext",
  anywhere: " --plaintext=anywhere",
};

async function join(
  program: { error(message: string): never },
  { data, plaintext, name: given, passphraseFile }: Common,
  invite: Invite,
): Promise<never> {
  if (given !== undefined && invite.name !== null && nameKey(given) !== invite.name) {
    program.error(`error: this link is for a device of ${invite.name}, and of nobody else`);
  }
  const name = given ?? invite.name ?? askName(invite) ??
    program.error("error: what is to be your name there? Give --name, or set PARLEY_NAME");
  const base = data ?? baseFolder();
  const start = await open(program, {
    ...{ base, server: invite, name, plaintext, invite },
    passphraseFile,
  });
  const command = `parley${clearOption[start.clear]}${data === undefined ? "" : ` --data ${data}`}`;
  const profile = { name, server: start.address };
  return await end(runJoin(start, command, () => writeProfile(base, profile)));
}

async function begin(
  program: { error(message: string): never },
  { plaintext, passphraseFile, ...given }: Common,
): Promise<Start> {
  const { base, server, name } = whoseFolder(program, given);
  return await open(program, { base, server, name, plaintext, passphraseFile, invite: null });
}

function whoseFolder(
  program: { error(message: string): never },
  { data, ...given }: Pick<Common, "data" | "server" | "name">,
): { readonly base: string; readonly server: Address; readonly name: string } {
  const base = data ?? baseFolder();
  const { server, name } = orStop(() => whoIsMeant(given, () => readProfile(base)));
  if (!server) {
    program.error(
      "error: which server? Come in by an invite: parley join INVITE; or give --server host:port, " +
        "or set PARLEY_SERVER",
    );
  }
  if (!name) program.error("error: who are you? Give --name, or set PARLEY_NAME");
  return { base, server, name };
}

interface Opening extends Pick<Common, "plaintext" | "passphraseFile"> {
  readonly base: string;
  readonly server: Address;
  readonly name: string;
  readonly invite: Invite | null;
}

async function open(
  program: { error(message: string): never },
  { base, server, name, plaintext, invite, passphraseFile }: Opening,
): Promise<Start> {
  const { hostname, port } = server;
  const address = { hostname, port };
  const clear = plaintext === true ? "loopback" : plaintext;
  if (isTooOpen(clear, address)) program.error(tooOpen(address));
  const passphrase = passphraseFrom(passphraseFile);
  const seams = { random: systemRandom, timers: systemTimers, passphrase };
  // Who joins has something left to write: who it was.
  const done = invite ? () => {} : giveUpFiles;
  try {
    const folder = await openClientFolder(base, name, address, seams, done);
    const party = { server: formatAddress(address), name, folder: folder.path };
    return { party, address, folder, clear, invite };
  } catch (error) {
    if (error instanceof DataFolderError) stop(error, exitCodes.usage);
    throw error;
  }
}

function baseFolder(): string {
  return orStop(() => usualDataFolder(Deno.build.os, environment));
}

function orStop<T>(look: () => T): T {
  try {
    return look();
  } catch (error) {
    const isKnown = error instanceof DataFolderError || error instanceof KeyFileError ||
      error instanceof Deno.errors.NotFound;
    if (isKnown) stop(error, exitCodes.usage);
    throw error;
  }
}

/** Asks whoever sits at the terminal, until it is a name or they have had enough. */
function askName(invite: Invite): string | null {
  if (!Deno.stdin.isTerminal() || !Deno.stdout.isTerminal()) return null;
  for (;;) {
    const typed = prompt(`Your name on ${formatAddress(invite)}:`);
    if (typed === null || typed === "") return null;
    if (isName(typed)) return typed;
    console.error(nameRule);
  }
}

/** Ends the program for a reason that the help knows nothing about. */
function stop(error: Error, exitCode: number): never {
  say(safeText(error.message));
  Deno.exit(exitCode);
}

function plaintextOption() {
  const says = "clear text instead of TLS, to this machine alone; with =anywhere to any server";
  return new Option("--plaintext [anywhere]", says)
    .argParser(clearText).default("no" as ClearText, "TLS");
}

function clearText(value: string): ClearText {
  const parsed = parseClearText(value);
  if (!parsed) throw new InvalidArgumentError("Write --plaintext or --plaintext=anywhere.");
  return parsed;
}

function tooOpen(server: Address): string {
  return `error: everybody on the way to ${formatAddress(server)} could read and change what is ` +
    "said in clear text. Leave out --plaintext; or, if that is what you want, write " +
    "--plaintext=anywhere";
}

function noCommand(typed: string, commands: readonly { name(): string }[]): SafeText {
  const near = nearest(typed, commands.map((command) => command.name()));
  const word = safeText(typed);
  return near === null
    ? safe`there is no command ${word}`
    : safe`there is no command ${word}; did you mean ${safeText(near)}?`;
}

/** What speaks with the network has no more business with files. */
function giveUpFiles(): void {
  for (const name of ["read", "write"] as const) Deno.permissions.revokeSync({ name });
}

function environment(name: string): string | undefined {
  try {
    return Deno.env.get(name);
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) return undefined;
    throw error;
  }
}

/** Ends the program by itself: a terminal or a pipe that is still being read would keep it. */
async function end(running: Promise<number>): Promise<never> {
  Deno.exit(await running);
}

async function textOf(
  words: readonly string[],
  fail: (reason: string) => never,
): Promise<string> {
  if (words.length !== 1 || words[0] !== "-") return words.join(" ");
  try {
    return await readMessage(Deno.stdin.readable);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    return fail("error: not sent: standard input is not UTF-8");
  }
}

function address(text: string): Address {
  const parsed = parseAddress(text, "127.0.0.1");
  if (parsed && parsed.port > 0) return parsed;
  throw new InvalidArgumentError(
    "Write host:port, such as chat.example:7667, or a port of this machine.",
  );
}

function file(text: string): string {
  if (text !== "") return text;
  throw new InvalidArgumentError("Write a file, or leave it out.");
}

function folder(text: string): string {
  if (text !== "") return text;
  throw new InvalidArgumentError("Write a folder, or leave it out.");
}

function name(text: string): string {
  if (isName(text)) return text;
  throw new InvalidArgumentError(nameRule);
}

function invitation(text: string): Invite {
  const invite = parseInvite(text, defaultPort);
  if (invite) return invite;
  throw new InvalidArgumentError(
    "This is no invite, or not all of it. It looks like parley://chat.example:7667/, then 64 " +
      "letters and digits, a #, and 32 more; put it between single quotes.",
  );
}

function source(text: string): string {
  if (isName(text.replace(/^@/, ""))) return text;
  throw new InvalidArgumentError("Write a room's name, or @ and a user's.");
}

function duration(text: string): number {
  const [, count, unit] = /^(\d+(?:\.\d+)?)(ms|s|m)$/.exec(text) ?? [];
  const ms = Number(count) * { ms: 1, s: 1_000, m: 60_000 }[unit as "ms" | "s" | "m"];
  if (ms > 0 && ms <= 2 ** 31 - 1) return ms;
  throw new InvalidArgumentError(
    "Write a time with its unit (ms, s or m), such as 500ms, 30s or 2m.",
  );
}
