/**
 * One question of a script to the server or the mailbox, its answer on standard output, and an exit
 * code: what `parley rooms`, `who` and `history` have in common.
 *
 * @module
 */

import { safe, type SafeText, safeText } from "../safe_text.ts";
import { systemTimers } from "../seams.ts";
import { exitCodes } from "./endings.ts";
import type { ClientEvent } from "./events.ts";
import { MailboxStore } from "./mailbox_store.ts";
import { firstContactText } from "./notices.ts";
import type { SharedLine } from "./shared_line.ts";
import { makeLine, onSignals, openOutput, patienceMs, say, type Start } from "./start.ts";
import { dateOf } from "./view.ts";

/** What an inquiry works with. */
export interface InquiryPorts {
  /** Where to ask. */
  readonly line: Pick<SharedLine, "mailbox" | "ask" | "earlier" | "search">;
  /** The mailbox. */
  readonly store: MailboxStore;
  /**
   * Prints lines.
   *
   * @param lines any number
   */
  print(lines: readonly SafeText[]): void;
  /**
   * Says something that is in no script's way.
   *
   * @param line what to say
   */
  say(line: SafeText): void;
}

/** Asks and answers; each answer is an exit code, or null while there is more to wait for. */
export interface Inquiry {
  /** Whether the mailbox has something to say to it. */
  readonly isHeld: boolean;
  /**
   * Asks: everything up to a moment ago is in the mailbox.
   *
   * @returns the exit code where there is nothing to wait for
   */
  ask(): number | null;
  /**
   * Takes what came.
   *
   * @param event the next one
   * @returns the exit code with the last of it
   */
  event(event: ClientEvent): number | null;
  /** Prints what the mailbox holds: there is no connection, or no answer. */
  fromMailbox(): void;
}

/**
 * Says until when a mailbox is like the server's.
 *
 * @param store the mailbox
 * @returns such as `as of 2026-11-20T14:30Z`; null where nothing has come
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { asOf } from "./inquiry.ts";
 * import { MailboxStore, openMemoryMailbox } from "./mailbox_store.ts";
 * const memory = openMemoryMailbox();
 * assertEquals(asOf(new MailboxStore(memory)), null);
 * memory.close();
 * ```
 */
export function asOf(store: Pick<MailboxStore, "audiences" | "before">): SafeText | null {
  const [key] = store.audiences(1);
  const [newest] = key === undefined ? [] : store.before(key, Number.MAX_SAFE_INTEGER, 1);
  if (!newest) return null;
  const time = dateOf(newest.entry.timeMs).toISOString().slice(0, 16);
  return safe`as of ${safeText(time)}Z`;
}

/**
 * Asks, waits for the answer, and prints it. Where there is no connection it prints what the mailbox
 * holds, says so, and the exit code says so too.
 *
 * @param start who and where
 * @param make makes what asks
 * @returns the exit code
 * @example
 * ```ts ignore
 * Deno.exit(await inquire(start, (ports) => new RoomsInquiry(ports, false)));
 * ```
 * @see docs/USING.md, section "Scripts"
 */
export async function inquire(
  start: Start,
  make: (ports: InquiryPorts) => Inquiry,
): Promise<number> {
  const finished = Promise.withResolvers<number>();
  const output = openOutput(finished.resolve);
  const finish = (exitCode: number | null) => {
    if (exitCode !== null) finished.resolve(exitCode);
  };
  let isOver = false;
  const offline = (why: SafeText) => {
    if (isOver) return;
    isOver = true;
    const since = asOf(store);
    say(
      !inquiry.isHeld
        ? safe`${why}: only the server knows this. Try again later`
        : since === null
        ? safe`${why}, and nothing has come to this device yet. Try again later`
        : safe`${why}: what follows is from this device's mailbox, ${since}`,
    );
    inquiry.fromMailbox();
    finish(exitCodes.noConnection);
  };
  const line = makeLine(start, null, (event) => {
    if (event.kind === "caughtUp") finish(inquiry.ask());
    else if (event.kind === "lost") offline(event.why);
    else if (event.kind === "unanswered") offline(safe`the other parley has no connection`);
    else if (event.kind === "firstContact") say(firstContactText(event.fingerprint, start.party));
    else if (event.kind === "ended") {
      say(event.ending.why);
      finish(event.ending.exitCode);
    } else finish(inquiry.event(event));
  });
  const store = new MailboxStore(start.folder.mailbox);
  const print = (lines: readonly SafeText[]) => output.print(lines);
  const inquiry = make({ line, store, print, say });
  onSignals(finished.resolve);
  const cancel = systemTimers.set(patienceMs, () => {
    offline(safe`no answer for ${patienceMs / 1000} s`);
  });
  line.start();
  const exitCode = await finished.promise;
  cancel();
  await output.settled();
  await line.stop();
  return exitCode;
}
