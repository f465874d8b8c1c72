/**
 * Group commit without a timer: one transaction for all that queued while the last one committed.
 *
 * @module
 */

import type { Clock, Random } from "../seams.ts";
import { saltBytes } from "./digest.ts";
import type { Committed, Outcome, Request, Submission } from "./submission.ts";

/** Is told what became of a request. */
export type OutcomeListener = (outcome: Outcome) => void;

/** The most that one transaction takes. */
export interface BatchBounds {
  /** Submissions at most; at least 1. */
  readonly batchCountMax: number;
  /** Bytes of submissions at most, by their `sizeBytes`; a single longer one is a batch by itself. */
  readonly batchBytesMax: number;
  /** Bytes of submissions that may wait. */
  readonly queueBytesMax: number;
}

interface Waiting {
  readonly request: Request;
  readonly done: OutcomeListener;
}

/**
 * Gathers requests into batches, one batch at a time, in the order in which they came.
 *
 * What holds: what waits is at most `queueBytesMax`; what is beyond is not taken.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { limits } from "../limits.ts";
 * import { systemClock, systemRandom } from "../seams.ts";
 * import { LogWriter } from "./writer.ts";
 * const writer = new LogWriter(systemClock, systemRandom, limits, 0);
 * const asked = { by: "operator", role: 0, uses: 1, lifeMs: 60_000, sizeBytes: 99 } as const;
 * const request = { ...asked, hash: new Uint8Array(32) };
 * writer.add(request, () => {});
 * assertEquals(writer.nextBatch()?.length, 1);
 * assertEquals(writer.nextBatch(), null, "one batch at a time");
 * ```
 * @see docs/ARCHITECTURE.md, section "log"
 */
export class LogWriter {
  #queue: Waiting[] = [];
  #queueBytes = 0;
  #batch: Waiting[] | null = null;
  #lastTimeMs: number;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #bounds: BatchBounds;

  /**
   * Starts with nothing waiting.
   *
   * @param clock tells the time of entries
   * @param random gives the salts
   * @param bounds the most that one transaction takes
   * @param lastTimeMs the time of the log's last entry: time never decreases along the log
   */
  constructor(clock: Clock, random: Random, bounds: BatchBounds, lastTimeMs: number) {
    this.#clock = clock;
    this.#random = random;
    this.#bounds = bounds;
    this.#lastTimeMs = lastTimeMs;
  }

  /** Whether nothing waits and nothing is being committed. */
  get idle(): boolean {
    return this.#batch === null && this.#queue.length === 0;
  }

  /**
   * Queues a request, unless too much waits already.
   *
   * @param request what is asked
   * @param done is told the outcome, once it is durable
   * @returns false if it was not taken
   */
  add(request: Request, done: OutcomeListener): boolean {
    if (this.#queueBytes + request.sizeBytes > this.#bounds.queueBytesMax) return false;
    this.#queueBytes += request.sizeBytes;
    this.#queue.push({ request, done });
    return true;
  }

  /**
   * Takes the next batch, if none is being committed and something waits.
   *
   * @returns the submissions to commit, or null; the caller then tells `committed`
   */
  nextBatch(): Submission[] | null {
    if (this.#batch !== null || this.#queue.length === 0) return null;
    this.#batch = this.#queue.splice(0, this.#batchLength());
    for (const { request } of this.#batch) this.#queueBytes -= request.sizeBytes;
    this.#lastTimeMs = Math.max(this.#lastTimeMs, this.#clock.wallMs());
    const timeMs = this.#lastTimeMs;
    const salts = this.#random.bytes(saltBytes * this.#batch.length);
    return this.#batch.map(({ request }, at) => ({
      ...request,
      timeMs,
      salt: salts.subarray(at * saltBytes, (at + 1) * saltBytes),
    }));
  }

  /**
   * Tells everybody in the batch what became of it.
   *
   * @param result what the transaction did
   */
  committed(result: Committed): void {
    const batch = this.#batch ?? [];
    this.#batch = null;
    batch.forEach(({ done }, at) => done(result.outcomes[at]!));
  }

  #batchLength(): number {
    let bytes = 0;
    let count = 0;
    for (const { request } of this.#queue) {
      bytes += request.sizeBytes;
      if (
        count > 0 && (bytes > this.#bounds.batchBytesMax || count >= this.#bounds.batchCountMax)
      ) {
        break;
      }
      count++;
    }
    return count;
  }
}
