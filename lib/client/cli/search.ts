/**
 * The command that looks for messages.
 *
 * @module
 */

import { Command } from "@commander-js/extra-typings";
import { exitCodesText } from "../endings.ts";
import { runSearch } from "../search_command.ts";
import { viewOf } from "../talk.ts";
import { count } from "./arguments.ts";
import { adopt, type CliHost, end } from "./host.ts";
import { begin } from "./opening.ts";

/**
 * Adds `parley search`.
 *
 * @param host gets it
 * @example
 * ```ts ignore
 * addSearchCommand(program);
 * ```
 */
export function addSearchCommand(host: CliHost): void {
  const command = new Command("search")
    .description("find messages on this device, the latest last")
    .argument(
      "<query...>",
      "words, '\"a phrase\"', begin*, from:user, in:room, before:day, after:day",
    )
    .option("--limit <n>", "how many at most", count, 50)
    .addHelpText(
      "after",
      `
Examples:
  parley search from:alice build
  parley search '"is done" in:dev after:2026-11-01'   words directly behind each other

${exitCodesText}`,
    )
    .action(async (words, { limit }) => {
      const wish = { text: words.join(" "), limit };
      const view = viewOf(host.opts(), false);
      await end(runSearch(await begin(host), view, wish));
    });
  adopt(host, command);
}
