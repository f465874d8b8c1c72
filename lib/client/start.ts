/**
 * What all modes start with: who, where, and the way out.
 *
 * @module
 */

import { type IdentityKey, verifySignature } from "../identity/keys.ts";
import { type Address, dial } from "../net/tcp.ts";
import type { SafeText } from "../safe_text.ts";
import { systemClock, systemRandom, systemTimers } from "../seams.ts";
import { Connection } from "./connection.ts";
import type { Party } from "./endings.ts";
import type { ClientEvent } from "./events.ts";
import type { ServerPin } from "./handshake.ts";
import { Mailbox } from "./mailbox.ts";
import { Outbox } from "./outbox.ts";
import { Output } from "./output.ts";

/** Who connects to whom. */
export interface Start {
  /** Whom it is about, for messages. */
  readonly party: Party;
  /** Where the server listens. */
  readonly address: Address;
  /** The device's key. */
  readonly key: IdentityKey;
  /** What is known of the server. */
  readonly pin: ServerPin;
}

/** How long script modes wait for a connection with something unsent. */
export const patienceMs = 30_000;

/**
 * Makes a connection of the real world's sockets, clock and chance; it has not begun.
 *
 * @param start who and where
 * @param tell is told what comes, in order
 * @param settled resolves when what was told is where it is to stay
 * @returns the connection, owned by the caller
 * @example
 * ```ts ignore
 * const connection = makeConnection(start, (event) => console.log(event.kind), async () => {});
 * connection.start();
 * ```
 * @see docs/ARCHITECTURE.md, section "client"
 */
export function makeConnection(
  { address, party, key, pin }: Start,
  tell: (event: ClientEvent) => void,
  settled: () => Promise<void>,
): Connection {
  const seams = { clock: systemClock, timers: systemTimers, random: systemRandom };
  const open = (signal: AbortSignal) => dial(address, signal);
  const kept = { mailbox: new Mailbox(), outbox: new Outbox(systemRandom) };
  const shell = { seams, dial: open, tell, settled };
  return new Connection({ party, key, pin, verify: verifySignature, ...kept, ...shell });
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
