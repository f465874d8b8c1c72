/**
 * `parley completions` on the command line, and what the shells ask then.
 *
 * @module
 */

import { Argument, Command, type CommandUnknownOpts } from "@commander-js/extra-typings";
import { parseAddress } from "../../net/tcp.ts";
import { isName } from "../../protocol/names.ts";
import {
  type CommandShape,
  complete,
  completionLines,
  type NamesOf,
  type OptionShape,
  type ValueKind,
  type ValueShape,
} from "../completion.ts";
import { folderName } from "../data_folder.ts";
import { Mailbox } from "../mailbox.ts";
import { MailboxStore, openMailbox } from "../mailbox_store.ts";
import {
  defaultProfile,
  isProfileName,
  listProfiles,
  profileFolder,
  readProfile,
  whoIsMeant,
} from "../profile.ts";
import { shells, shellScript } from "../shells.ts";
import { adopt, type CliHost } from "./host.ts";
import { dataFolder } from "./opening.ts";

const examples = `
Examples:
  parley completions bash > ~/.local/share/bash-completion/completions/parley
  parley completions zsh > ~/.zfunc/_parley      where fpath=(~/.zfunc $fpath) is in ~/.zshrc
  parley completions fish > ~/.config/fish/completions/parley.fish
  source <(parley completions bash)              for this shell alone

Rooms, users and profiles are completed, too: from the mailbox, so nothing is asked of a server.`;

/** What the value of an argument or option is, by what the help calls it. */
const kinds: Readonly<Record<string, ValueKind>> = {
  room: "room",
  to: "talk",
  from: "talk",
  user: "user",
  profile: "profile",
  file: "file",
  folder: "folder",
};

/** Options whose value is named as another one's is. */
const kindsByOption: Readonly<Record<string, ValueKind>> = { "--profile": "profile" };

/**
 * Adds the commands.
 *
 * @param host gets them
 * @example
 * ```ts ignore
 * addCompletionCommands(program);
 * ```
 */
export function addCompletionCommands(host: CliHost): void {
  const command = new Command("completions")
    .description("print what makes a shell complete commands, rooms and names")
    .addArgument(new Argument("<shell>", "which").choices(shells))
    .addHelpText("after", examples)
    .action((shell) => console.log(shellScript(shell).trimEnd()));
  adopt(host, command);
  const words = new Command("complete-words")
    .argument("[words...]")
    .addHelpText("after", "\nExamples:\n  parley complete-words -- send @   what a shell asks")
    .action((typed) => {
      const program = shapeOf(host as unknown as CommandUnknownOpts, []);
      const completion = complete(program, typed, namesFor(host));
      for (const line of completionLines(completion)) console.log(line);
    });
  (host as unknown as CommandUnknownOpts)
    .addCommand(words.copyInheritedSettings(host as unknown as CommandUnknownOpts), {
      hidden: true,
    });
}

/** All that a command takes, as the help tells it. */
function shapeOf(command: CommandUnknownOpts, above: readonly OptionShape[]): CommandShape {
  const help = command.createHelp();
  const own = help.visibleOptions(command).map((option): OptionShape => ({
    names: [option.long, option.short].filter((name) => name !== undefined),
    says: option.description,
    value: option.required ? valueOf(option.flags, option.argChoices, option.long) : null,
  }));
  const options = [...own, ...above];
  return {
    name: command.name(),
    says: command.description(),
    options,
    values: command.registeredArguments
      .map((argument) => valueOf(`<${argument.name()}>`, argument.argChoices)),
    commands: help.visibleCommands(command).filter((one) => one.parent !== null)
      .map((one) => shapeOf(one, own.filter(({ names }) => !names.includes("--version")))),
  };
}

function valueOf(flags: string, choices: readonly string[] = [], option = ""): ValueShape {
  const [, name = ""] = /<([^>.]+)/.exec(flags) ?? [];
  return { kind: kindsByOption[option] ?? kinds[name] ?? "other", choices };
}

/** Looks names up in the mailbox of who is meant by the options that stand there. */
function namesFor(host: CliHost): NamesOf {
  return (kind, given) => {
    try {
      const data = given.get("--data") ?? dataFolder(host);
      if (kind === "profile") return listProfiles(data).map(({ name }) => name);
      const names = mailboxNames(data, host, given);
      // What a server calls something else may be anything: a shell would act on it.
      return (kind === "room" ? names.rooms : names.users).filter(isName).sort();
    } catch {
      // In the middle of a command line nobody wants to hear what is wrong with a file.
      return [];
    }
  };
}

function mailboxNames(data: string, host: CliHost, given: ReadonlyMap<string, string>) {
  const options = host.opts();
  const profile = given.get("--profile") ?? options.profile;
  const base = profileFolder(data, isProfileName(profile) ? profile : defaultProfile);
  const typed = parseAddress(given.get("--server") ?? "", "127.0.0.1") ?? options.server;
  const who = { server: typed, name: given.get("--name") ?? options.name };
  const { server, name } = whoIsMeant(who, () => readProfile(base));
  if (!server || !name) return { rooms: [], users: [] };
  const path = `${base}/${folderName(name, server)}/mailbox.db`;
  // A look makes no mailbox where there is none.
  Deno.statSync(path);
  const mailbox = openMailbox(path);
  try {
    return new Mailbox(new MailboxStore(mailbox)).names();
  } finally {
    mailbox.close();
  }
}
