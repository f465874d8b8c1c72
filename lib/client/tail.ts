/**
 * `parley tail`: prints entries as they come.
 *
 * @module
 */

import { nameKey } from "../protocol/names.ts";
import { safe, type SafeText, safeText } from "../safe_text.ts";
import { joinCommand } from "./advice.ts";
import type { ClientEvent } from "./events.ts";
import { LineMode } from "./line_mode.ts";
import { MailboxStore } from "./mailbox_store.ts";
import type { SharedLine } from "./shared_line.ts";
import { Since } from "./since.ts";
import { makeCodes, makeLine, onSignals, openOutput, say, type Start } from "./start.ts";
import type { View } from "./view.ts";
import { isWanted } from "./wanted.ts";

/** What is to be listed. */
export interface TailWish {
  /** A room's name, or `@` and a user's; absent for everything. */
  readonly from?: string;
  /** From when on; milliseconds since 1970-01-01 UTC. Absent: on from where one like it ended. */
  readonly sinceMs?: number;
}

/**
 * Prints entries until it is told to end: first those since a moment; or else the last ones of each
 * room, with all that came since a listing like this one ended.
 *
 * @param start who and where
 * @param view makes the lines
 * @param wish what is to be listed
 * @returns the exit code
 * @example
 * ```ts ignore
 * Deno.exit(await runTail(start, view, { from: "lobby" }));
 * ```
 * @see docs/ARCHITECTURE.md, section "client"
 */
export async function runTail(
  start: Start,
  view: View,
  { from: wanted, sinceMs }: TailWish,
): Promise<number> {
  const finished = Promise.withResolvers<number>();
  const output = openOutput(finished.resolve);
  const tell = (event: ClientEvent) => {
    if (event.kind !== "entry") mode.event(event);
    else if (isWanted(event.shown.place, wanted)) {
      if (since) since.entry(event.shown);
      else mode.event(event);
    }
    since?.event(event);
    if (event.kind === "caughtUp") hintAt(connection, wanted);
    if (event.kind === "ended") {
      say(event.ending.why);
      finished.resolve(event.ending.exitCode);
    }
  };
  // What is shown since a moment says nothing about up to where a listing like it has come.
  const reader = sinceMs === undefined ? tailReader(wanted) : null;
  const connection = makeLine(start, reader, tell, output);
  const mode = new LineMode({
    line: connection,
    view,
    party: start.party,
    codes: makeCodes(start),
    presence: false,
    print: (lines: readonly SafeText[]) => output.print(lines),
    note: say,
    quit: () => {},
  });
  const since = sinceMs === undefined ? null : new Since({
    line: connection,
    store: new MailboxStore(start.folder.mailbox),
    wanted,
    sinceMs,
    show: (shown) => mode.event({ kind: "entry", shown }),
    note: say,
  });
  onSignals(finished.resolve);
  connection.start();
  const exitCode = await finished.promise;
  await connection.stop();
  return exitCode;
}

/** Each listing goes on where one like it ended. */
function tailReader(wanted: string | undefined): string {
  return wanted === undefined ? "tail" : `tail ${nameKey(wanted)}`;
}

function hintAt({ mailbox }: SharedLine, wanted: string | undefined): void {
  if (wanted === undefined || wanted.startsWith("@") || mailbox.membership(wanted)) return;
  const room = safeText(wanted);
  say(
    safe`you are not a member of ${room}: nothing of it comes before you join it: ${
      joinCommand(wanted)
    }`,
  );
}
