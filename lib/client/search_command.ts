/**
 * `parley search`: finds messages in the mailbox, with or without a server.
 *
 * @module
 */

import { systemClock } from "../seams.ts";
import { safe } from "../safe_text.ts";
import { exitCodes } from "./endings.ts";
import { Mailbox } from "./mailbox.ts";
import { MailboxStore } from "./mailbox_store.ts";
import { findHeld, tally } from "./search.ts";
import { parseQuery } from "./search_query.ts";
import { openOutput, say, type Start } from "./start.ts";
import type { View } from "./view.ts";

/** What is to be found. */
export interface SearchOrder {
  /** The query as typed. */
  readonly text: string;
  /** Messages at most; at least 1. */
  readonly limit: number;
}

/**
 * Prints what is found, the latest last.
 *
 * @param start whose mailbox; nothing is asked of the server
 * @param view makes the lines
 * @param order what is to be found
 * @returns the exit code
 * @example
 * ```ts ignore
 * Deno.exit(await runSearch(start, view, { text: "build from:alice", limit: 50 }));
 * ```
 * @see docs/USING.md
 */
export async function runSearch(
  { folder }: Pick<Start, "folder">,
  view: View,
  { text, limit }: SearchOrder,
): Promise<number> {
  const { query, problem } = parseQuery(text, systemClock.wallMs());
  if (!query) {
    say(safe`not searched: ${problem}`);
    return exitCodes.usage;
  }
  const left = Promise.withResolvers<number>();
  const output = openOutput(left.resolve);
  const store = new MailboxStore(folder.mailbox);
  const mailbox = new Mailbox(store);
  const entries = store.pages.backwards();
  const { shown, more } = findHeld(
    entries,
    (entry) => mailbox.shown({ entry, row: null }),
    query,
    limit,
  );
  output.print(view.found(shown));
  say(tally(shown.length, more));
  const exitCode = shown.length === 0 ? exitCodes.nothing : exitCodes.done;
  return await Promise.race([left.promise, output.settled().then(() => exitCode)]);
}
