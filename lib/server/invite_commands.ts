/**
 * `parleyd invite` and `parleyd recover`: the command lines of what lets somebody in.
 *
 * @module
 */

import {
  Command,
  type CommandUnknownOpts,
  InvalidArgumentError,
  Option,
} from "@commander-js/extra-typings";
import { limits } from "../limits.ts";
import { roleNames } from "../protocol/roles.ts";
import { parseAge } from "./admin_client.ts";
import type { CommandHost } from "./command_host.ts";
import { askInvite, askRecovery, parseHost } from "./invite_command.ts";
import type { Host } from "./invite_text.ts";

const recoverExamples = `
Examples:
  parleyd recover bob --data /var/lib/parley
  parleyd recover bob --expires 24h --host chat.example`;

const inviteExamples = `
Examples:
  parleyd invite                           a member, once, within 24 hours
  parleyd invite --uses 20 --expires 7d    for a team
  parleyd invite --role owner              only while there is no owner
  parleyd invite --host chat.example       where users reach the server from elsewhere

Into a pipe it writes the link alone. The server keeps its hash: a link that is lost can't be
printed again.`;

/** Asks a running server; tells its errors, and ends the program. */
export type Answered = (ask: () => Promise<void>) => Promise<void>;

/** Finds the running server's data folder. */
export type DataOf = (own?: string) => Promise<string>;

/**
 * Adds the command `invite`.
 *
 * @param program gets it
 * @param dataOf finds the running server's data folder
 * @param answered asks it
 * @example
 * ```ts ignore
 * addInviteCommand(program, dataOf, answered);
 * ```
 * @see docs/adr/0010-invites.md
 */
export function addInviteCommand(program: CommandHost, dataOf: DataOf, answered: Answered): void {
  const command = new Command("invite")
    .description("Asks the running server for an invite, and prints it as a link.")
    .addOption(
      new Option("--role <role>", "what who comes in with it becomes")
        .choices(roleNames).default("member" as const),
    )
    .addOption(
      new Option("--uses <count>", "how many may come in with it").argParser(uses).default(1),
    )
    .addOption(
      new Option("--expires <time>", "until when it counts: 30m, 24h, 7d")
        .argParser(life).default(86_400_000, "24h"),
    )
    .option("--host <name[:port]>", "where it leads, if not where the server says", host)
    .option("--data <folder>", "the running server's data folder")
    .addHelpText("after", inviteExamples)
    .action(async ({ role, uses, expires, host, data }) =>
      await answered(async () => {
        const ask = { role, uses, lifeMs: expires };
        print(await askInvite(await dataOf(data), ask, host ?? null, Deno.stdout.isTerminal()));
      })
    );
  add(program, command);
}

/**
 * Adds the command `recover`.
 *
 * @param program gets it
 * @param dataOf finds the running server's data folder
 * @param answered asks it
 * @example
 * ```ts ignore
 * addRecoverCommand(program, dataOf, answered);
 * ```
 * @see docs/adr/0013-devices.md
 */
export function addRecoverCommand(program: CommandHost, dataOf: DataOf, answered: Answered): void {
  const command = new Command("recover")
    .description("Asks the running server for a link by which a user gets in with a new device.")
    .argument("<name>", "the user who lost all devices")
    .addOption(
      new Option("--expires <time>", "until when it counts: 30m, 24h")
        .argParser(codeLife).default(3_600_000, "1h"),
    )
    .option("--host <name[:port]>", "where it leads, if not where the server says", host)
    .option("--data <folder>", "the running server's data folder")
    .addHelpText("after", recoverExamples)
    .action(async (name, { expires, host, data }) =>
      await answered(async () => {
        const ask = { name, lifeMs: expires };
        print(await askRecovery(await dataOf(data), ask, host ?? null, Deno.stdout.isTerminal()));
      })
    );
  add(program, command);
}

function add(program: CommandHost, command: CommandUnknownOpts): void {
  const host = program as unknown as CommandUnknownOpts;
  host.addCommand(command.copyInheritedSettings(host));
}

function life(text: string): number {
  const lifeMs = parseAge(text) ?? 0;
  if (lifeMs > 0 && lifeMs <= limits.inviteLifeMsMax) return lifeMs;
  throw new InvalidArgumentError("Write a time up to 366d, such as 30m, 24h or 7d.");
}

function codeLife(text: string): number {
  const lifeMs = parseAge(text) ?? 0;
  if (lifeMs > 0 && lifeMs <= limits.deviceCodeLifeMsMax) return lifeMs;
  throw new InvalidArgumentError("Write a time up to 24h, such as 30m or 2h.");
}

function uses(text: string): number {
  const count = /^\d{1,4}$/.test(text) ? Number(text) : 0;
  if (count > 0 && count <= limits.inviteUsesMax) return count;
  throw new InvalidArgumentError(`Write a number from 1 to ${limits.inviteUsesMax}.`);
}

/**
 * Reads where invites are to lead.
 *
 * @param text what was typed
 * @returns the host
 * @throws {InvalidArgumentError} where no link could hold it
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { host } from "./invite_commands.ts";
 * assertEquals(host("chat.example").hostname, "chat.example");
 * ```
 * @see docs/adr/0010-invites.md
 */
export function host(text: string): Host {
  const parsed = parseHost(text);
  if (!parsed) throw new InvalidArgumentError("Write a name, such as chat.example or a.b:7667.");
  return parsed;
}

function print(lines: readonly string[]): void {
  for (const line of lines) console.log(line);
}
