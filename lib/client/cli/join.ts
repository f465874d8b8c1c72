/**
 * `parley join` on the command line.
 *
 * @module
 */

import { Command } from "@commander-js/extra-typings";
import type { Invite } from "../../identity/invite.ts";
import { formatAddress } from "../../net/tcp.ts";
import { isName, nameKey } from "../../protocol/names.ts";
import { exitCodesText } from "../endings.ts";
import { runJoin } from "../join.ts";
import { writeProfile } from "../profile.ts";
import { invitation, nameRule } from "./arguments.ts";
import { adopt, type CliHost, end } from "./host.ts";
import { againCommand, baseFolder, open } from "./opening.ts";

const examples = `
Examples:
  parley join 'parley://chat.example:7667/…#…'                asks for your name
  parley join 'parley://chat.example:7667/…#…' --name alice

${exitCodesText}`;

/**
 * Adds the command.
 *
 * @param host gets it
 * @example
 * ```ts ignore
 * addJoinCommand(program);
 * ```
 */
export function addJoinCommand(host: CliHost): void {
  const command = new Command("join")
    .description("come in by an invite; from then on parley alone is enough")
    .argument("<invite>", "the link that you were given: parley://…", invitation)
    .addHelpText("after", examples)
    .action(async (invite) => await join(host, invite));
  adopt(host, command);
}

async function join(host: CliHost, invite: Invite): Promise<never> {
  const { name: given } = host.opts();
  if (given !== undefined && invite.name !== null && nameKey(given) !== invite.name) {
    host.error(`error: this link is for a device of ${invite.name}, and of nobody else`);
  }
  const name = given ?? invite.name ?? askName(invite) ??
    host.error("error: what is to be your name there? Give --name, or set PARLEY_NAME");
  const base = baseFolder(host);
  const start = await open(host, { base, server: invite, name, invite });
  const profile = { name, server: start.address };
  return await end(runJoin(start, againCommand(host), () => writeProfile(base, profile)));
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
