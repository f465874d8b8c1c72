/**
 * What all modes start with: who, where, and the way out.
 *
 * @module
 */

import type { Invite } from "../identity/invite.ts";
import { verifySignature } from "../identity/keys.ts";
import { type ClearText, dialClear } from "../net/clear.ts";
import type { Address } from "../net/tcp.ts";
import { TlsDialer } from "../net/tls_dial.ts";
import type { SafeText } from "../safe_text.ts";
import { systemClock, systemRandom, systemTimers } from "../seams.ts";
import { Codes } from "./codes.ts";
import { Connection } from "./connection.ts";
import type { ClientFolder } from "./data_folder.ts";
import type { Party } from "./endings.ts";
import type { ClientEvent } from "./events.ts";
import { MailboxStore } from "./mailbox_store.ts";
import { OutboxStore } from "./outbox_store.ts";
import { Output } from "./output.ts";
import { QuestionStore } from "./question_store.ts";
import { ReceiptStore } from "./receipt_store.ts";
import { SharedLine } from "./shared_line.ts";
import type { SharedLineOptions } from "./shared_line_ports.ts";
import { Shown } from "./shown.ts";

/** Who connects to whom. */
export interface Start {
  /** Whom it is about, for messages. */
  readonly party: Party;
  /** Where the server listens. */
  readonly address: Address;
  /** Whether to speak clear text instead of TLS. */
  readonly clear: ClearText;
  /** The device's key and mailbox, and what is known of the server. */
  readonly folder: Pick<ClientFolder, "key" | "pin" | "mailbox"> & Pick<SharedLineOptions, "lock">;
  /** What lets a new name in; null for a name that is in already. */
  readonly invite: Invite | null;
}

/** What is shown at once is never behind. */
const screen = { isBehind: false, settled: () => Promise.resolve(true) } as const;

/**
 * Makes what codes for devices and invites come from.
 *
 * @param start who connects to whom
 * @returns none made yet
 * @example
 * ```ts ignore
 * const { hash } = makeCodes(start).forDevice();
 * ```
 */
export function makeCodes({ address, party, folder: { pin } }: Start): Codes {
  const fingerprint = () => pin.held;
  return new Codes({ address, name: party.name, fingerprint, random: systemRandom });
}

/** How long script modes wait for a connection with something unsent. */
export const patienceMs = 30_000;

/**
 * Makes a line of the real world's sockets, clock and chance; it has not begun.
 *
 * @param start who and where
 * @param reader who looks at what it tells, such as the screen: each has its own mark of what it
 * has seen; null for who shows nothing
 * @param tell is told what comes, in order
 * @param output where it is shown; by default a screen, which shows at once
 * @returns the line, owned by the caller
 * @example
 * ```ts ignore
 * const line = makeLine(start, "screen", (event) => console.log(event.kind));
 * line.start();
 * ```
 * @see docs/ARCHITECTURE.md, section "client"
 */
export function makeLine(
  { address, party, folder, clear, invite }: Start,
  reader: string | null,
  tell: (event: ClientEvent) => void,
  output: Pick<Output, "isBehind" | "settled"> = screen,
): SharedLine {
  const { key, pin, mailbox, lock } = folder;
  const seams = { clock: systemClock, timers: systemTimers, random: systemRandom };
  const settled = () => output.settled();
  const dialer = new TlsDialer(address, systemClock);
  const dialServer = (signal: AbortSignal) =>
    clear === "no" ? dialer.dial(signal) : dialClear(address, signal);
  return new SharedLine({
    store: new MailboxStore(mailbox),
    outboxStore: new OutboxStore(mailbox.database, mailbox.batch, systemRandom),
    receiptStore: new ReceiptStore(mailbox.database, mailbox.batch),
    questionStore: new QuestionStore(mailbox.database, mailbox.batch),
    lock,
    timers: systemTimers,
    shown: reader === null ? null : new Shown(mailbox.database, mailbox.batch, reader),
    tell,
    settled,
    isBehind: () => output.isBehind,
    connect: (held, tellOn) => {
      const shell = { seams, dial: dialServer, tell: tellOn };
      return new Connection({
        ...held,
        party,
        key,
        pin,
        invite,
        verify: verifySignature,
        ...shell,
      });
    },
  });
}

/**
 * Says something on standard error, where it is in no script's way.
 *
 * @param line what to say
 * @example
 * ```ts
 * import { safe } from "../safe_text.ts";
 * import { say } from "./start.ts";
 * say(safe`connected`);
 * ```
 */
export function say(line: SafeText): void {
  console.error(`parley: ${line}`);
}

/**
 * Opens standard output for lines.
 *
 * @param leave is called with an exit code when nobody reads any more, which is no fault, or when
 * nothing can be written, which is one
 * @returns the output
 * @example
 * ```ts
 * import { openOutput } from "./start.ts";
 * await openOutput(() => {}).settled();
 * ```
 */
export function openOutput(leave: (exitCode: number) => void): Output {
  return new Output((bytes) => Deno.stdout.write(bytes), (error) => {
    if (error instanceof Deno.errors.BrokenPipe) return leave(0);
    console.error(`parley: standard output: ${error.message}`);
    leave(1);
  });
}

/** Numbers of the signals that ask a program to end; an exit code is 128 more. */
const numbers: Readonly<Partial<Record<Deno.Signal, number>>> = {
  SIGHUP: 1,
  SIGINT: 2,
  SIGTERM: 15,
  SIGBREAK: 21,
};

/**
 * Listens to the signals that ask the program to end.
 *
 * @param leave is called with the exit code that stands for the signal
 * @example
 * ```ts ignore
 * onSignals((exitCode) => Deno.exit(exitCode));
 * ```
 * @see signal(7)
 */
export function onSignals(leave: (exitCode: number) => void): void {
  const signals: readonly Deno.Signal[] = Deno.build.os === "windows"
    ? ["SIGINT", "SIGBREAK"]
    : ["SIGINT", "SIGTERM", "SIGHUP"];
  for (const signal of signals) {
    Deno.addSignalListener(signal, () => leave(128 + (numbers[signal] ?? 0)));
  }
}
