/**
 * The client's command line: which commands there are, and what may stand with any of them.
 *
 * @module
 */

import { Command, Option } from "@commander-js/extra-typings";
import { type ClearText, spellOut } from "../net/clear.ts";
import { safe, type SafeText, safeText } from "../safe_text.ts";
import { version } from "../version.ts";
import { address, clearText, file, folder, name, profileName } from "./cli/arguments.ts";
import { addCompletionCommands } from "./cli/completions.ts";
import { addConfigCommand, configOrStop } from "./cli/config.ts";
import { askFirst } from "./cli/first_run.ts";
import { end } from "./cli/host.ts";
import { addJoinCommand } from "./cli/join.ts";
import { addKeyCommand } from "./cli/key.ts";
import { begin, environment } from "./cli/opening.ts";
import { addHistoryCommand, addRoomsCommand, addWhoCommand } from "./cli/lists.ts";
import { addSearchCommand } from "./cli/search.ts";
import { addProfilesCommand } from "./cli/profiles.ts";
import { addSendCommand, addTailCommand } from "./cli/scripts.ts";
import { nearest } from "./commands.ts";
import { defaultConfig } from "./config.ts";
import { exitCodes, exitCodesText } from "./endings.ts";
import { defaultProfile } from "./profile.ts";
import { talk } from "./talk.ts";

const examples = `
Examples:
  parley                                             talk; the first time it asks for your invite
  parley join 'parley://chat.example:7667/…#…'       come in by an invite, without questions
  parley --profile work                              talk elsewhere, as somebody else
  parley --server chat.example --name alice          talk there, as alice
  parley send lobby "the build is done"              one message, from a script
  make 2>&1 | tail -n 20 | parley send @bob -        standard input as one message
  parley tail --json lobby | jq -r '.text // empty'  what is written, as it comes
  parley history dev --since 7d                      what was written, and then it ends
  parley config                                      colours, keys and keywords, and where they are set
  parley search from:alice build                     what alice wrote about it, to this device
  echo "/join dev" | parley                          each line, commands too

Server and name are those given, or PARLEY_SERVER and PARLEY_NAME, or those of the profile, which are
those joined last in it. A name belongs to whom first uses it on a server: its key is in the data
folder.

${exitCodesText}

What travels is encrypted (TLS 1.3). The server's fingerprint is kept at first contact, and a server
with another one is not talked to.`;

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
    .addOption(
      new Option("--profile <name>", "which of your profiles; parley profiles lists them")
        .env("PARLEY_PROFILE").argParser(profileName).default(defaultProfile),
    )
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
    // Files can be read until the folder is open.
    const config = Deno.stdout.isTerminal() ? await configOrStop() : defaultConfig;
    const exitCode = await askFirst(program);
    if (exitCode !== exitCodes.done) Deno.exit(exitCode);
    await end(talk(await begin(program), options, environment, config));
  });
  addJoinCommand(program);
  addSendCommand(program);
  addTailCommand(program);
  addHistoryCommand(program);
  addSearchCommand(program);
  addRoomsCommand(program);
  addWhoCommand(program);
  addProfilesCommand(program);
  addConfigCommand(program);
  addKeyCommand(program);
  addCompletionCommands(program);
  // Without a command it talks: what is left over is a command that there is not. Set last, since
  // the commands take it over.
  return program.allowExcessArguments();
}

function plaintextOption() {
  const says = "clear text instead of TLS, to this machine alone; with =anywhere to any server";
  return new Option("--plaintext [anywhere]", says)
    .argParser(clearText).default("no" as ClearText, "TLS");
}

function noCommand(typed: string, commands: readonly { name(): string }[]): SafeText {
  const near = nearest(typed, commands.map((command) => command.name()));
  const word = safeText(typed);
  return near === null
    ? safe`there is no command ${word}`
    : safe`there is no command ${word}; did you mean ${safeText(near)}?`;
}
