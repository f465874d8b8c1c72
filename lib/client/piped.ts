/**
 * Line mode in a pipe: each line of standard input is sent, each entry is printed.
 *
 * @module
 */

import { codes, explain } from "../errors.ts";
import { safe, type SafeText, safeText } from "../safe_text.ts";
import { systemClock, systemTimers } from "../seams.ts";
import { exitCodes } from "./endings.ts";
import type { ClientEvent } from "./events.ts";
import { type InputLine, InputLines } from "./input_lines.ts";
import { LineMode } from "./line_mode.ts";
import type { Output } from "./output.ts";
import type { SharedLine } from "./shared_line.ts";
import {
  makeCodes,
  makeLine,
  onSignals,
  openOutput,
  patienceMs,
  say,
  type Start,
} from "./start.ts";
import type { View } from "./view.ts";

/** Rows without an answer, from which on no further line is read. */
const unsentMax = 64;
/** Milliseconds between two looks at how long there has been no connection. */
const lookMs = 1_000;

/**
 * Sends standard input and prints what comes, until the input has ended and all of it is answered.
 *
 * @param start who and where
 * @param view makes the lines
 * @returns the exit code: 0 when everything was accepted, 2 when something was refused, 3 when there
 * was no connection for too long
 * @example
 * ```ts ignore
 * Deno.exit(await runPiped(start, view));
 * ```
 * @see docs/ARCHITECTURE.md, section "client"
 */
export async function runPiped(start: Start, view: View): Promise<number> {
  return await new Pipe(start, view).run();
}

class Pipe {
  readonly #finished = Promise.withResolvers<number>();
  readonly #connection: SharedLine;
  readonly #output: Output;
  readonly #mode: LineMode;
  #changed = Promise.withResolvers<void>();
  #isCaughtUp = false;
  #follows = false;
  #inputEnded = false;
  #lineWaits = false;
  #willLook = false;
  #lastLsn = 0;
  #offlineSinceMs: number | null = systemClock.monotonicMs();

  constructor(start: Start, view: View) {
    this.#output = openOutput((exitCode) => this.#brokenOutput(exitCode));
    const tell = (event: ClientEvent) => this.#event(event);
    this.#connection = makeLine(start, "pipe", tell, this.#output);
    this.#mode = new LineMode({
      line: this.#connection,
      view,
      party: start.party,
      codes: makeCodes(start),
      presence: false,
      print: (lines) => this.#output.print(lines),
      note: (line) => say(line),
      quit: () => this.#endInput(),
    });
  }

  async run(): Promise<number> {
    onSignals((exitCode) => this.#leave(exitCode));
    this.#connection.start();
    void this.#read();
    const looks = setInterval(() => this.#look(), lookMs);
    const exitCode = await this.#finished.promise;
    clearInterval(looks);
    await this.#connection.stop();
    return exitCode;
  }

  async #read(): Promise<void> {
    const lines = new InputLines();
    try {
      for await (const bytes of Deno.stdin.readable) {
        for (const line of lines.push(bytes)) await this.#take(line);
        if (this.#inputEnded) return;
      }
      for (const line of lines.end()) await this.#take(line);
    } catch (error) {
      this.#mode.refuse(safeText((error as Error).message), "");
    }
    this.#endInput();
  }

  /** Takes a line when the rooms are known, and not more lines than the server answers. */
  async #take(line: InputLine): Promise<void> {
    if (this.#inputEnded) return;
    this.#lineWaits = true;
    while (!this.#knowsRooms() || this.#isFull()) await this.#changed.promise;
    this.#lineWaits = false;
    if (line.kind === "line") this.#mode.typed(line.text);
    else this.#mode.refuse(reasonAgainst(line.kind), "");
  }

  /** Of an earlier run's, or of this one's. */
  #knowsRooms(): boolean {
    return this.#isCaughtUp || this.#connection.mailbox.user > 0;
  }

  #isFull(): boolean {
    // A question is answered before the next line, so that the answer is of that moment.
    return this.#connection.unsent >= unsentMax || this.#connection.unasked > 0;
  }

  #endInput(): void {
    this.#inputEnded = true;
    this.#lookSoon();
  }

  #event(event: ClientEvent): void {
    this.#mode.event(event);
    if (event.kind === "caughtUp") this.#isCaughtUp = true;
    // Another log: the lsns of the one before say nothing about it.
    if (event.kind === "snapshot" && event.reason !== 0) this.#lastLsn = 0;
    if (event.kind === "answered") {
      this.#lastLsn = Math.max(this.#lastLsn, event.answered.answer.lsn);
      // Another program's connection is seen by its answers only.
      if (this.#follows) this.#offlineSinceMs = systemClock.monotonicMs();
    }
    if (event.kind === "follows") this.#follows = true;
    if (event.kind === "open") {
      this.#follows = false;
      this.#offlineSinceMs = null;
    }
    if (event.kind === "lost") this.#offlineSinceMs ??= systemClock.monotonicMs();
    if (event.kind === "ended") {
      say(event.ending.why);
      this.#leave(event.ending.exitCode);
    }
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
    this.#lookSoon();
  }

  /** When all of one turn is told: what is at hand before that is known only in part. */
  #lookSoon(): void {
    if (this.#willLook) return;
    this.#willLook = true;
    systemTimers.set(0, () => {
      this.#willLook = false;
      this.#look();
    });
  }

  #look(): void {
    const { unsent, unasked, untold, mailbox, isDrained } = this.#connection;
    const isAnswered = unsent + unasked + untold === 0 && mailbox.latest >= this.#lastLsn &&
      isDrained;
    if (this.#inputEnded && this.#isCaughtUp && isAnswered) {
      void this.#output.settled().then(() => this.#finish());
      return;
    }
    const offlineMs = systemClock.monotonicMs() - (this.#offlineSinceMs ?? Infinity);
    if (offlineMs < patienceMs) return;
    if (unsent > 0 || this.#lineWaits || this.#inputEnded) {
      say(safe`no answer for ${patienceMs / 1000} s`);
      this.#leave(exitCodes.noConnection);
    }
  }

  #finish(): void {
    this.#finished.resolve(this.#mode.refusals > 0 ? exitCodes.refused : exitCodes.done);
  }

  /** Nobody reads what comes: that is no fault, if everything was sent. */
  #brokenOutput(exitCode: number): void {
    if (exitCode !== exitCodes.done || this.#connection.unsent === 0) {
      this.#finished.resolve(exitCode);
    } else this.#leave(exitCodes.noConnection);
  }

  #leave(exitCode: number): void {
    const { unsent } = this.#connection;
    if (unsent > 0) say(safe`${unsent} not sent yet: kept, and sent the next time`);
    this.#finished.resolve(exitCode);
  }
}

function reasonAgainst(kind: "tooLong" | "notUtf8"): SafeText {
  return kind === "tooLong" ? safeText(explain(codes.badText)) : safe`a line is not UTF-8`;
}
