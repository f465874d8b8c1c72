/**
 * The commands for scripts that ask once, print the answer and end.
 *
 * @module
 */

import { Command } from "@commander-js/extra-typings";
import { lobbyName } from "../../protocol/names.ts";
import { exitCodesText } from "../endings.ts";
import { HistoryInquiry } from "../history_command.ts";
import { inquire } from "../inquiry.ts";
import { RoomsInquiry, WhoInquiry } from "../lists.ts";
import { viewOf } from "../talk.ts";
import { before, count, moment, name, source } from "./arguments.ts";
import { adopt, type CliHost, end } from "./host.ts";
import { begin } from "./opening.ts";

const offlineText = `Without a connection it prints what this device's mailbox holds, says so on \
standard error, and
ends with exit code 3.

${exitCodesText}`;

/**
 * Adds `parley rooms`.
 *
 * @param host gets it
 * @example
 * ```ts ignore
 * addRoomsCommand(program);
 * ```
 */
export function addRoomsCommand(host: CliHost): void {
  const command = new Command("rooms")
    .description("list the rooms of the server, and which of them you are in")
    .addHelpText(
      "after",
      `
Examples:
  parley rooms
  parley rooms --json | jq -r 'select(.member).room'   those that you are in

${offlineText}`,
    )
    .action(async () => {
      const json = host.opts().json === true;
      await end(inquire(await begin(host), (ports) => new RoomsInquiry(ports, json)));
    });
  adopt(host, command);
}

/**
 * Adds `parley who`.
 *
 * @param host gets it
 * @example
 * ```ts ignore
 * addWhoCommand(program);
 * ```
 */
export function addWhoCommand(host: CliHost): void {
  const command = new Command("who")
    .description("list who is in a room, and who of them is connected")
    .argument("[room]", "without it the lobby, which is everybody", name)
    .addHelpText(
      "after",
      `
Examples:
  parley who
  parley who dev --json | jq -r 'select(.present).user'   who is there now

Only the server knows: without a connection nothing is printed, and the exit code is 3.

${exitCodesText}`,
    )
    .action(async (room = lobbyName) => {
      const json = host.opts().json === true;
      await end(inquire(await begin(host), (ports) => new WhoInquiry(ports, room, json)));
    });
  adopt(host, command);
}

/**
 * Adds `parley history`.
 *
 * @param host gets it
 * @example
 * ```ts ignore
 * addHistoryCommand(program);
 * ```
 */
export function addHistoryCommand(host: CliHost): void {
  const command = new Command("history")
    .description("print what was written in a room, and end")
    .argument("<from>", "a room, or @ and a user's name", source)
    .option("--limit <n>", "the last n entries", count, 50)
    .option("--before <moment or lsn>", "only what was before that", before)
    .option("--since <moment>", "only what was since then: 1h, 2026-11-20", moment)
    .addHelpText(
      "after",
      `
Examples:
  parley history lobby
  parley history dev --since 2026-11-20 --limit 1000
  parley history @bob --before 812 --json   what came before entry 812

${offlineText}`,
    )
    .action(async (from, { limit, before, since }) => {
      const wish = { from, countMax: limit, sinceMs: since, ...before };
      const view = viewOf(host.opts(), false);
      await end(inquire(await begin(host), (ports) => new HistoryInquiry(ports, wish, view)));
    });
  adopt(host, command);
}
