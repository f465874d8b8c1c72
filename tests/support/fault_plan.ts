/**
 * What a bad network does to the bytes of one connection, from a seed. No IO.
 *
 * @module
 */

import type { SeededRandom } from "./random.ts";

/** From the client to the server, or back. */
export type Direction = "up" | "down";

/** What is done with a piece: passed on after a pause, or the connection is cut. */
export type Step = { readonly waitMs: number; readonly bytes: Uint8Array } | "cut";

/** All that can be wrong with a connection. */
export const faults = [
  "none",
  "split",
  "delay",
  "trickle",
  "cut",
  "silenceUp",
  "silenceDown",
  "hang",
] as const;

/** One of them. */
export type Fault = typeof faults[number];

/** Bytes that pass before a connection is cut or falls silent: often within a frame. */
const budgetBytesMax = 60_000;
const trickleBytesMax = 64;
const delayMsMax = 40;

/** One connection's fate. */
export class FaultPlan {
  readonly fault: Fault;
  readonly #random: SeededRandom;
  #budget: number;

  constructor(random: SeededRandom, fault: Fault = random.pick(faults)) {
    this.#random = random;
    this.fault = fault;
    this.#budget = 1 + random.below(1 + random.below(budgetBytesMax));
  }

  /** @returns what to do with these bytes, in order; pieces are views of them */
  steps(direction: Direction, bytes: Uint8Array): Step[] {
    switch (this.fault) {
      case "none":
        return [{ waitMs: 0, bytes }];
      case "delay":
        return [{ waitMs: this.#random.below(delayMsMax), bytes }];
      case "split":
        return this.#pieces(bytes, 1 + this.#random.below(bytes.length), 0);
      case "trickle":
        return this.#trickle(bytes);
      case "cut": {
        const passed = this.#passed(bytes);
        return passed.length < bytes.length ? [{ waitMs: 0, bytes: passed }, "cut"] : [{
          waitMs: 0,
          bytes,
        }];
      }
      case "silenceUp":
      case "silenceDown":
      case "hang": {
        const isOpen = this.fault === (direction === "up" ? "silenceDown" : "silenceUp");
        return [{ waitMs: 0, bytes: isOpen ? bytes : this.#passed(bytes) }];
      }
    }
  }

  /** What still passes of these, and is gone from the budget. */
  #passed(bytes: Uint8Array): Uint8Array {
    const passed = bytes.subarray(0, this.#budget);
    this.#budget -= passed.length;
    return passed;
  }

  #trickle(bytes: Uint8Array): Step[] {
    const slow = this.#passed(bytes);
    const rest = bytes.subarray(slow.length);
    const steps = this.#pieces(slow, trickleBytesMax, 1);
    return rest.length > 0 ? [...steps, { waitMs: 0, bytes: rest }] : steps;
  }

  #pieces(bytes: Uint8Array, bytesMax: number, waitMs: number): Step[] {
    const steps: Step[] = [];
    for (let at = 0; at < bytes.length;) {
      const end = at + 1 + this.#random.below(bytesMax);
      steps.push({ waitMs, bytes: bytes.subarray(at, end) });
      at = end;
    }
    return steps;
  }
}
