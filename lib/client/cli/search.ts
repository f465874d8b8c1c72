/**
 * The command that looks for messages.
 *
 * @module
 */

import { Command } from "@commander-js/extra-typings";
import { safe } from "../../safe_text.ts";
import { systemClock } from "../../seams.ts";
import { exitCodes, exitCodesText } from "../endings.ts";
import { inquire } from "../inquiry.ts";
import { SearchInquiry } from "../search_command.ts";
import { parseQuery } from "../search_query.ts";
import { say } from "../start.ts";
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
    .description("find messages, the latest last; without a connection those on this device")
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
      const { query, problem } = parseQuery(words.join(" "), systemClock.wallMs());
      if (!query) {
        say(safe`not searched: ${problem}`);
        return Deno.exit(exitCodes.usage);
      }
      const view = viewOf(host.opts(), false);
      const wish = { kind: "search", query, countMax: limit } as const;
      await end(inquire(await begin(host), (ports) => new SearchInquiry(ports, wish, view)));
    });
  adopt(host, command);
}
