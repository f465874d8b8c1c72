/**
 * The full screen at a terminal.
 *
 * @module
 */

import { safe, safeText } from "../../safe_text.ts";
import { systemClock } from "../../seams.ts";
import { DraftStore } from "../draft_store.ts";
import { exitCodes } from "../endings.ts";
import type { ClientEvent } from "../events.ts";
import { sayUnsent } from "../interactive.ts";
import { MailboxStore } from "../mailbox_store.ts";
import { leavingText } from "../notices.ts";
import { ReceiptStore } from "../receipt_store.ts";
import { SeenRooms } from "../seen_rooms.ts";
import { makeCodes, makeLine, onSignals, say, type Start } from "../start.ts";
import { FullMode } from "./full_mode.ts";
import { helpKey } from "./keys.ts";
import { Notifier } from "./notifier.ts";
import { FullScreen } from "./screen.ts";
import type { ScreenLook } from "./timeline.ts";

/**
 * Lets a person talk on the full screen until they leave.
 *
 * @param start who and where
 * @param look how it looks
 * @returns the exit code; the terminal is as it was before
 * @example
 * ```ts ignore
 * Deno.exit(await runFullScreen(start, { color: true, ascii: false }));
 * ```
 * @see docs/adr/0015-full-screen.md
 */
export async function runFullScreen(start: Start, look: ScreenLook): Promise<number> {
  const finished = Promise.withResolvers<number>();
  let isLeaving = false;
  const tell = (event: ClientEvent) => {
    mode.event(event);
    if (event.kind === "ended") {
      screen.close();
      say(event.ending.why);
      finished.resolve(event.ending.exitCode);
    } else if (isLeaving && line.unsent === 0) finished.resolve(exitCodes.done);
  };
  const line = makeLine(start, "screen", tell);
  const { mailbox } = start.folder;
  const leave = () => {
    if (isLeaving || line.unsent === 0) return finished.resolve(exitCodes.done);
    isLeaving = true;
    mode.note(leavingText(line.unsent));
  };
  const notifier = new Notifier(look.notify ?? "bell", (sequence) => screen.signal(sequence));
  const mode = new FullMode({
    line,
    store: new MailboxStore(mailbox),
    receiptStore: new ReceiptStore(mailbox.database, mailbox.batch),
    seen: new SeenRooms(mailbox.database, mailbox.batch),
    drafts: new DraftStore(mailbox.database, mailbox.batch),
    party: start.party,
    codes: makeCodes(start),
    look,
    nowMs: systemClock.wallMs(),
    changed: () => screen.drawSoon(),
    repaint: () => screen.repaint(),
    bell: () => screen.bell(),
    called: (notice) => notifier.called(notice),
    quit: leave,
  });
  const screen: FullScreen = new FullScreen({
    pressed: (key) => mode.pressed(key),
    ended: leave,
    frame: (size) => mode.frame(size),
  }, look.keys);
  onSignals((exitCode) => finished.resolve(exitCode));
  const help = safeText(helpKey(look.keys));
  mode.note(safe`${help} shows keys and commands; connecting to ${safeText(start.party.server)}`);
  screen.drawSoon();
  // The first frame is there before the first packet: it needs no connection.
  await new Promise((resolve) => setTimeout(resolve));
  line.start();
  const seconds = setInterval(() => {
    mode.secondPassed();
    notifier.secondPassed();
  }, 1_000);
  const exitCode = await finished.promise;
  clearInterval(seconds);
  screen.close();
  mode.secondPassed();
  sayUnsent(line.unsent);
  await line.stop();
  return exitCode;
}
