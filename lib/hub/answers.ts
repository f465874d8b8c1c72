/**
 * What a session has to say besides entries: bounded, and joined into one write.
 *
 * @module
 */

import { equals } from "@std/bytes/equals";
import { limits } from "../limits.ts";
import type { Outcome } from "../log/submission.ts";
import { encodePacket } from "../protocol/codec.ts";

interface Run {
  readonly epoch: Uint8Array;
  readonly n: number;
  readonly lsns: number[];
}

/**
 * Answers that wait for one connection; runs of `accepted` become one packet.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { Answers } from "./answers.ts";
 * const answers = new Answers();
 * const epoch = new Uint8Array(16);
 * answers.outcome(epoch, 1, { outcome: "accepted", lsn: 5 });
 * answers.outcome(epoch, 2, { outcome: "accepted", lsn: 9 });
 * assertEquals(answers.take().length, 1);
 * ```
 * @see docs/PROTOCOL.md, section "Submitting"
 */
export class Answers {
  #frames: Uint8Array[] = [];
  #bytes = 0;
  #run: Run | null = null;

  /** Bytes that wait, runs that are still open not counted. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Whether anything waits. */
  get empty(): boolean {
    return this.#frames.length === 0 && this.#run === null;
  }

  /**
   * Says a packet; a run of `accepted` that is open ends before it, so that the order is kept.
   *
   * @param frame a whole frame, said after what waits; not changed after this
   */
  add(frame: Uint8Array): void {
    this.#endRun();
    this.#frames.push(frame);
    this.#bytes += frame.length;
  }

  /**
   * Answers a submission.
   *
   * @param epoch of its outbox
   * @param n its number
   * @param outcome what became of it
   */
  outcome(epoch: Uint8Array, n: number, outcome: Outcome): void {
    switch (outcome.outcome) {
      case "accepted":
        this.#accepted(epoch, n, outcome.lsn);
        break;
      case "refused":
        this.add(encodePacket("refused", { epoch, n, lsn: outcome.lsn, code: outcome.code }));
        break;
      case "later":
        this.add(encodePacket("later", { epoch, n, code: outcome.code, last: outcome.last }));
        break;
    }
  }

  /**
   * Hands over all that waits, for one write.
   *
   * @returns the frames in order, which are the caller's now; empty for none
   */
  take(): Uint8Array[] {
    this.#endRun();
    const frames = this.#frames;
    if (frames.length > 0) this.#frames = [];
    this.#bytes = 0;
    return frames;
  }

  #accepted(epoch: Uint8Array, n: number, lsn: number): void {
    const run = this.#run;
    if (run && continues(run, epoch, n)) {
      run.lsns.push(lsn);
      return;
    }
    this.#endRun();
    this.#run = { epoch, n, lsns: [lsn] };
  }

  #endRun(): void {
    const run = this.#run;
    if (!run) return;
    this.#run = null;
    const frame = encodePacket("accepted", run);
    this.#frames.push(frame);
    this.#bytes += frame.length;
  }
}

function continues(run: Run, epoch: Uint8Array, n: number): boolean {
  return run.lsns.length < limits.windowCountMax && run.n + run.lsns.length === n &&
    equals(run.epoch, epoch);
}
