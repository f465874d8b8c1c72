/**
 * `parley send`: one message, and an exit code that says what became of it.
 *
 * @module
 */

import { codes, explain } from "../errors.ts";
import { limits } from "../limits.ts";
import { snapshotReasons } from "../log/log.ts";
import { isName, isText } from "../protocol/names.ts";
import { joinSafe, safe, type SafeText, safeText } from "../safe_text.ts";
import { systemTimers } from "../seams.ts";
import { WriteError } from "../sqlite/batch.ts";
import { exitCodes } from "./endings.ts";
import type { ClientEvent } from "./events.ts";
import { firstContactText, lostText } from "./notices.ts";
import type { Answer, Answered, OutboxRow } from "./outbox_store.ts";
import type { Receipt } from "./receipt_store.ts";
import type { SharedLine } from "./shared_line.ts";
import { makeLine, onSignals, say, type Start } from "./start.ts";
import { typed } from "./view.ts";

/** How far a message can be waited for. */
export const waits = ["accepted", "delivered", "read"] as const;

/** Milliseconds that the first message of a new device may take longer, for its cursor. */
const settleMs = 2_000;

/** What is to be sent, and how long that may take. */
export interface Sending {
  /** A room's name, or `@` and a user's. */
  readonly to: string;
  /** The message, within the rules for texts. */
  readonly text: string;
  /** Milliseconds in which it must come as far. */
  readonly timeoutMs: number;
  /** How far it must come: durable at the server, on a disk of each recipient, or read by each. */
  readonly wait: (typeof waits)[number];
}

/**
 * Checks what is to be sent by the rules that the server has too.
 *
 * @param to a room's name, or `@` and a user's
 * @param text the message
 * @returns what is wrong, or null
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { whyUnsendable } from "./send.ts";
 * assertEquals(whyUnsendable("@al", "hi"), null);
 * assertEquals(String(whyUnsendable("no room", "hi")).slice(0, 13), "a room's name");
 * ```
 * @see docs/PROTOCOL.md, section "Names and texts"
 */
export function whyUnsendable(to: string, text: string): SafeText | null {
  const isUser = to.startsWith("@");
  const name = isUser ? to.slice(1) : to;
  if (!isName(name)) return safeText(explain(isUser ? codes.badName : codes.badRoomName));
  return isText(text) ? null : safeText(explain(codes.badText));
}

/**
 * Reads the whole of standard input as one message: without the newline at its end, and no further
 * than any message can be long.
 *
 * @param input bytes
 * @returns the text; too long to be sent, where there is more
 * @throws {TypeError} when it is not UTF-8
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { readMessage } from "./send.ts";
 * const input = ReadableStream.from([new TextEncoder().encode("a\nb\n")]);
 * assertEquals(await readMessage(input), "a\nb");
 * ```
 */
export async function readMessage(input: ReadableStream<Uint8Array>): Promise<string> {
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  let text = "";
  for await (const bytes of input) {
    text += decoder.decode(bytes, { stream: true });
    // A longer text stays too long without the newline at its end.
    if (text.length > limits.textBytesMax + 2) return text;
  }
  return (text + decoder.decode()).replace(/\r?\n$/, "");
}

/**
 * Sends a message and waits until it has come far enough.
 *
 * @param start who and where
 * @param sending what, and how far; it has been checked
 * @returns the exit code: 0 only when it is as far, 2 when it was refused, 3 when there is no answer
 * yet (then it is durable here, and goes out with the next connection), 4 when the server has it and
 * it came no further in time
 * @example
 * ```ts ignore
 * const sending = { to: "lobby", text: "hi", timeoutMs: 30_000, wait: "accepted" } as const;
 * Deno.exit(await runSend(start, sending));
 * ```
 * @see docs/ARCHITECTURE.md, section "client"
 */
export async function runSend(start: Start, sending: Sending): Promise<number> {
  return await new Sender(start, sending).run();
}

class Sender {
  readonly #finished = Promise.withResolvers<number>();
  readonly #caughtUp = Promise.withResolvers<void>();
  readonly #start: Start;
  readonly #sending: Sending;
  readonly #line: SharedLine;
  #place = 0;
  #lost: SafeText | null = null;
  /** The message's place in the log, once it has one. */
  #lsn: number | null = null;
  #receipt: Receipt | null = null;

  constructor(start: Start, sending: Sending) {
    this.#start = start;
    this.#sending = sending;
    this.#line = makeLine(start, null, (event) => this.#event(event));
  }

  async run(): Promise<number> {
    const { to, text, timeoutMs } = this.#sending;
    onSignals(this.#finished.resolve);
    const cancel = systemTimers.set(timeoutMs, () => this.#tooLate());
    try {
      this.#place = this.#line.submit({ action: "message", to, text, act: false }).place;
    } catch (error) {
      if (!(error instanceof WriteError)) throw error;
      say(safe`not sent: the mailbox can't be written: ${safeText(error.message)}`);
      return exitCodes.usage;
    }
    this.#line.start();
    const exitCode = await this.#finished.promise;
    cancel();
    if (this.#lsn !== null) this.#unfollow(this.#lsn);
    if (exitCode === exitCodes.done) await this.#settled();
    await this.#line.stop();
    return exitCode;
  }

  /** What became of the message is known: a disk that takes nothing now changes nothing of that. */
  #unfollow(lsn: number): void {
    try {
      this.#line.unfollow(lsn);
    } catch (error) {
      if (!(error instanceof WriteError)) throw error;
    }
  }

  /** With a cursor the next one need not be given everything anew. */
  async #settled(): Promise<void> {
    if (this.#line.mailbox.standing().logId !== null) return;
    const late = Promise.withResolvers<void>();
    const cancel = systemTimers.set(settleMs, late.resolve);
    await Promise.race([this.#caughtUp.promise, late.promise]);
    cancel();
  }

  #event(event: ClientEvent): void {
    switch (event.kind) {
      case "caughtUp":
        return this.#caughtUp.resolve();
      case "answered":
        return this.#told(event.answered);
      case "unclaimed":
        return sayOfBefore(event.row, event.code);
      case "receipt":
        return this.#receipted(event.receipt);
      case "snapshot":
        return this.#begunAnew(event.reason);
      case "lost":
        if (event.why !== this.#lost) say(lostText(event.why, event.pauseMs));
        this.#lost = event.why;
        return;
      case "firstContact":
        return say(firstContactText(event.fingerprint, this.#start.party));
      case "ended":
        say(event.ending.why);
        return this.#finished.resolve(event.ending.exitCode);
    }
  }

  /** What an earlier run asked for is answered here too: nobody else tells of its refusal. */
  #told({ row, answer }: Answered): void {
    if (row.place === this.#place) this.#answered(answer);
    else if (answer.kind === "refused") sayOfBefore(row, answer.code);
  }

  /** Its lsn means something else now: nothing that comes under it is about this message. */
  #begunAnew(reason: number): void {
    if (reason === snapshotReasons.asked || this.#lsn === null) return;
    this.#lsn = null;
    say(
      safe`the server had the message, and has begun anew since: whether it still has it, is not known`,
    );
    this.#finished.resolve(exitCodes.notYet);
  }

  #answered(answer: Answer): void {
    const { to, wait } = this.#sending;
    if (answer.kind === "refused" || wait === "accepted") {
      return this.#finished.resolve(outcome(answer, to));
    }
    this.#lsn = answer.lsn;
    try {
      this.#line.follow(answer.lsn);
    } catch (error) {
      if (!(error instanceof WriteError)) throw error;
      say(
        safe`the server has the message; how far it comes can't be told: ${
          safeText(error.message)
        }`,
      );
      this.#finished.resolve(exitCodes.notYet);
    }
  }

  #receipted(receipt: Receipt): void {
    if (receipt.lsn !== this.#lsn) return;
    this.#receipt = receipt;
    const have = this.#sending.wait === "read" ? receipt.read : receipt.delivered;
    if (have >= receipt.recipients) this.#finished.resolve(exitCodes.done);
  }

  #tooLate(): void {
    const seconds = safeText(String(this.#sending.timeoutMs / 1000));
    if (this.#lsn === null) {
      say(safe`no answer within ${seconds} s. The message is kept and goes out with the next \
connection: sending it again would send it twice`);
      return this.#finished.resolve(exitCodes.noConnection);
    }
    const { recipients, delivered, read } = this.#receipt ??
      { recipients: 0, delivered: 0, read: 0 };
    const far = this.#receipt === null
      ? safe`nobody is known to have it`
      : safe`of ${recipients}, ${delivered} have it and ${read} have read it and tell so`;
    say(safe`the server has the message; ${far} after ${seconds} s`);
    this.#finished.resolve(exitCodes.notYet);
  }
}

/** What an ended program asked for. */
function sayOfBefore(row: OutboxRow, code: number): void {
  const reason = safeText(explain(code));
  say(safe`of before, not sent: ${safeText(typed(row.action))}: ${reason}`);
}

function outcome(answer: Answer, to: string): number {
  if (answer.kind === "accepted") return exitCodes.done;
  const reason = safeText(explain(answer.code));
  const room = safeText(to);
  const hint = answer.code === codes.notMember
    ? [safe`join it first: echo "/join ${room}" | parley`]
    : [];
  say(safe`not sent to ${room}: ${joinSafe([reason, ...hint], "; ")}`);
  return exitCodes.refused;
}
