/**
 * The commands for scripts that send and print as it comes.
 *
 * @module
 */

import { Command, Option } from "@commander-js/extra-typings";
import { exitCodesText } from "../endings.ts";
import { readMessage, runSend, whyUnsendable } from "../send.ts";
import { waits } from "../sender.ts";
import { patienceMs } from "../start.ts";
import { runTail } from "../tail.ts";
import { viewOf } from "../talk.ts";
import { duration, moment, source } from "./arguments.ts";
import { adopt, type CliHost, end } from "./host.ts";
import { begin } from "./opening.ts";

const sendExamples = `
Examples:
  parley send lobby "the build is done"
  parley send --wait delivered @bob "look"      until it is on bob's disk
  make 2>&1 | tail -n 20 | parley send dev -    standard input as one message
  parley send dev -- --not-an-option

${exitCodesText}`;

const tailExamples = `
Examples:
  parley tail                                        all rooms, on from where the last tail ended
  parley tail dev --since 1h                         one room, the last hour first
  parley tail --json lobby | jq -r '.text // empty'  what is written, as it comes

${exitCodesText}`;

/**
 * Adds `parley send`.
 *
 * @param host gets it
 * @example
 * ```ts ignore
 * addSendCommand(program);
 * ```
 */
export function addSendCommand(host: CliHost): void {
  const command = new Command("send")
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
    .addHelpText("after", sendExamples)
    .action(async (to, words, options, command) => {
      const text = await textOf(words, (reason) => command.error(reason));
      const wrong = whyUnsendable(to, text);
      if (wrong !== null) command.error(`error: not sent: ${wrong}`);
      const start = await begin(host);
      await end(runSend(start, { to, text, timeoutMs: options.timeout, wait: options.wait }));
    });
  adopt(host, command);
}

/**
 * Adds `parley tail`.
 *
 * @param host gets it
 * @example
 * ```ts ignore
 * addTailCommand(program);
 * ```
 */
export function addTailCommand(host: CliHost): void {
  const command = new Command("tail")
    .description("print entries as they come, first the last ones of each room")
    .argument("[from]", "a room, or @ and a user's name; without it everything", source)
    .addHelpText("after", tailExamples)
    .option("--since <moment>", "first all since then: 1h, 2026-11-20, 2026-11-20T14:30", moment)
    .action(async (from, { since }) => {
      const start = await begin(host);
      await end(runTail(start, viewOf(host.opts(), false), { from, sinceMs: since }));
    });
  adopt(host, command);
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
