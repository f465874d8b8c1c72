/**
 * Line mode at a terminal.
 *
 * @module
 */

import { safe, safeText } from "../safe_text.ts";
import { exitCodes } from "./endings.ts";
import type { ClientEvent } from "./events.ts";
import { LineMode } from "./line_mode.ts";
import { openLineTerminal } from "./line_terminal.ts";
import { leavingText } from "./notices.ts";
import { makeCodes, makeLine, onSignals, say, type Start } from "./start.ts";
import type { View } from "./view.ts";

/**
 * Lets a person talk until they leave.
 *
 * Who leaves while something is unsent is told so: the program leaves by itself when it is sent, or
 * at once when asked again; what is unsent then goes out the next time.
 *
 * @param start who and where
 * @param view makes the lines
 * @returns the exit code; the terminal is as it was before
 * @example
 * ```ts ignore
 * Deno.exit(await runInteractive(start, view));
 * ```
 * @see docs/ARCHITECTURE.md, section "client"
 */
export async function runInteractive(start: Start, view: View): Promise<number> {
  const finished = Promise.withResolvers<number>();
  let isLeaving = false;
  const tell = (event: ClientEvent) => {
    mode.event(event);
    terminal.setPrompt(mode.prompt());
    if (event.kind === "ended") {
      terminal.close();
      say(event.ending.why);
      finished.resolve(event.ending.exitCode);
    } else if (isLeaving && connection.unsent === 0) finished.resolve(exitCodes.done);
  };
  const connection = makeLine(start, "screen", tell);
  const leave = () => {
    if (isLeaving || connection.unsent === 0) return finished.resolve(exitCodes.done);
    isLeaving = true;
    mode.note(leavingText(connection.unsent));
  };
  const mode = new LineMode({
    line: connection,
    view,
    party: start.party,
    codes: makeCodes(start),
    presence: true,
    print: (lines) => lines.forEach((line) => terminal.print(line)),
    note: (line) => view.note(line).forEach((shown) => terminal.print(shown)),
    quit: leave,
  });
  const terminal = openLineTerminal({
    line: (text) => {
      mode.typed(text);
      terminal.setPrompt(mode.prompt());
    },
    endOfInput: leave,
    interrupt: leave,
    complete: (text) => mode.complete(text),
  }, mode.prompt());
  onSignals((exitCode) => finished.resolve(exitCode));
  mode.note(safe`/help shows the commands; connecting to ${safeText(start.party.server)}`);
  connection.start();
  const seconds = setInterval(() => mode.secondPassed(), 1_000);
  const exitCode = await finished.promise;
  clearInterval(seconds);
  terminal.close();
  sayUnsent(connection.unsent);
  await connection.stop();
  return exitCode;
}

/**
 * Says on the way out what was not sent.
 *
 * @param count how much; nothing is said of nothing
 * @example
 * ```ts
 * import { sayUnsent } from "./interactive.ts";
 * sayUnsent(0);
 * ```
 */
export function sayUnsent(count: number): void {
  if (count > 0) say(safe`${count} not sent yet: kept, and sent the next time`);
}
