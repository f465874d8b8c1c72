/**
 * One message on its way, from its row to as far as it must come. No IO.
 *
 * @module
 */

import { explain } from "../errors.ts";
import { snapshotReasons } from "../log/log.ts";
import { safe, type SafeText, safeText } from "../safe_text.ts";
import { WriteError } from "../sqlite/batch.ts";
import { advised } from "./advice.ts";
import { exitCodes, type Party } from "./endings.ts";
import type { ClientEvent } from "./events.ts";
import { firstContactText, lostText } from "./notices.ts";
import type { Answer, Answered } from "./outbox_store.ts";
import type { Receipt } from "./receipt_store.ts";
import type { SharedLine } from "./shared_line.ts";
import { typed } from "./view.ts";

/** How far a message can be waited for. */
export const waits = ["accepted", "delivered", "read"] as const;

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

/** What a sender needs of its shell. */
export interface SenderPorts {
  /** Where to ask and to wait. */
  readonly line: Pick<SharedLine, "submit" | "follow" | "unfollow">;
  /** Whom it is about, for messages. */
  readonly party: Party;
  /**
   * Says something to the person or the script.
   *
   * @param line what to say
   */
  say(line: SafeText): void;
  /**
   * Ends it; only the first call counts.
   *
   * @param exitCode what became of the message
   */
  finish(exitCode: number): void;
}

/**
 * Follows a message until it has come far enough, and says why where it does not.
 *
 * What holds: the exit code is never ahead of the fact.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { Sender, type SenderPorts } from "./sender.ts";
 * const codes: number[] = [];
 * const line = { submit: () => ({ place: 1 }) };
 * const ports = { line, finish: (code: number) => codes.push(code), say: () => {} };
 * const sending = { to: "lobby", text: "hi", timeoutMs: 9, wait: "accepted" } as const;
 * const sender = new Sender(ports as unknown as SenderPorts, sending);
 * sender.submit();
 * sender.tooLate();
 * assertEquals(codes, [3]);
 * ```
 */
export class Sender {
  readonly #ports: SenderPorts;
  readonly #sending: Sending;
  #place = 0;
  #lost: SafeText | null = null;
  /** The message's place in the log, once it has one. */
  #lsn: number | null = null;
  #receipt: Receipt | null = null;

  /**
   * Starts with nothing asked for.
   *
   * @param ports what it needs
   * @param sending what, and how far; it has been checked
   */
  constructor(ports: SenderPorts, sending: Sending) {
    this.#ports = ports;
    this.#sending = sending;
  }

  /**
   * Asks for the message; without a row it is at its end.
   *
   * @returns whether it is on the disk
   */
  submit(): boolean {
    const { to, text } = this.#sending;
    const { line, say, finish } = this.#ports;
    try {
      this.#place = line.submit({ action: "message", to, text, act: false }).place;
      return true;
    } catch (error) {
      say(safe`not sent: the mailbox can't be written: ${reasonOf(error)}`);
      finish(exitCodes.usage);
      return false;
    }
  }

  /**
   * Takes what came; what does not concern the message is passed over.
   *
   * @param event the next one
   */
  event(event: ClientEvent): void {
    const { say, finish, party } = this.#ports;
    switch (event.kind) {
      case "answered":
        return this.#told(event.answered);
      case "receipt":
        return this.#receipted(event.receipt);
      case "snapshot":
        return this.#begunAnew(event.reason);
      case "lost":
        if (event.why !== this.#lost) say(lostText(event.why, event.pauseMs));
        this.#lost = event.why;
        return;
      case "firstContact":
        return say(firstContactText(event.fingerprint, party));
      case "ended":
        say(event.ending.why);
        return finish(event.ending.exitCode);
    }
  }

  /** Its lsn means something else now: nothing that comes under it is about this message. */
  #begunAnew(reason: number): void {
    if (reason === snapshotReasons.asked || this.#lsn === null) return;
    this.#lsn = null;
    this.#ports.say(
      safe`the server had the message, and is not what it was since: whether it still \
has it, is not known`,
    );
    this.#ports.finish(exitCodes.notYet);
  }

  /** The time is up. */
  tooLate(): void {
    const { say, finish } = this.#ports;
    const seconds = safeText(String(this.#sending.timeoutMs / 1000));
    if (this.#lsn === null) {
      say(safe`no answer within ${seconds} s. The message is kept and goes out with the next \
connection: sending it again would send it twice`);
      return finish(exitCodes.noConnection);
    }
    const { recipients, delivered, read } = this.#receipt ??
      { recipients: 0, delivered: 0, read: 0 };
    const far = this.#receipt === null
      ? safe`nobody is known to have it`
      : safe`of ${recipients}, ${delivered} have it and ${read} have read it and tell so`;
    say(safe`the server has the message; ${far} after ${seconds} s`);
    finish(exitCodes.notYet);
  }

  /** Waits no longer for its receipts. */
  unfollow(): void {
    if (this.#lsn === null) return;
    try {
      this.#ports.line.unfollow(this.#lsn);
    } catch (error) {
      // What became of the message is known, and that it is followed for nothing changes none of it.
      if (!(error instanceof WriteError)) throw error;
    }
  }

  /** What an earlier run asked for is answered here too: nobody else tells of its refusal. */
  #told({ row, answer }: Answered): void {
    if (row.place === this.#place) this.#answered(answer);
    else if (answer.kind === "refused") {
      const reason = safeText(explain(answer.code));
      this.#ports.say(safe`of before, not sent: ${safeText(typed(row.action))}: ${reason}`);
    }
  }

  #answered(answer: Answer): void {
    const { say, finish, line } = this.#ports;
    const { to, wait } = this.#sending;
    if (answer.kind === "refused") {
      say(refusal(answer.code, to));
      return finish(exitCodes.refused);
    }
    if (wait === "accepted") return finish(exitCodes.done);
    this.#lsn = answer.lsn;
    try {
      line.follow(answer.lsn);
    } catch (error) {
      say(safe`the server has the message; how far it comes can't be followed: the mailbox can't \
be written: ${reasonOf(error)}`);
      finish(exitCodes.notYet);
    }
  }

  #receipted(receipt: Receipt): void {
    if (receipt.lsn !== this.#lsn) return;
    this.#receipt = receipt;
    const have = this.#sending.wait === "read" ? receipt.read : receipt.delivered;
    if (have >= receipt.recipients) this.#ports.finish(exitCodes.done);
  }
}

function refusal(code: number, to: string): SafeText {
  return safe`not sent to ${safeText(to)}: ${advised(code, to)}`;
}

/** Why the disk did not take it; a mistake of this program is thrown on. */
function reasonOf(error: unknown): SafeText {
  if (!(error instanceof WriteError)) throw error;
  return safeText(error.message);
}
