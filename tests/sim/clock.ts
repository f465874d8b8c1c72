/**
 * Virtual time: one queue of everything that will happen, and processes that live in it.
 *
 * @module
 */

import type { Clock, Timers } from "../../lib/seams.ts";

interface Event {
  readonly atMs: number;
  readonly order: number;
  run: (() => void) | null;
}

/** Runs what was put into it in order of time, and of what comes at the same time, first in first. */
export class EventQueue {
  /** Virtual milliseconds since the world began. */
  nowMs = 0;
  #heap: Event[] = [];
  #order = 0;

  /** @returns a function that cancels it */
  at(afterMs: number, run: () => void): () => void {
    const event: Event = { atMs: this.nowMs + Math.max(0, afterMs), order: this.#order++, run };
    this.#push(event);
    return () => (event.run = null);
  }

  /** Runs the next event; false when there is none before `untilMs`. */
  step(untilMs: number): boolean {
    for (;;) {
      const next = this.#heap[0];
      if (!next || next.atMs > untilMs) {
        this.nowMs = untilMs;
        return false;
      }
      this.#pop();
      if (!next.run) continue;
      this.nowMs = next.atMs;
      next.run();
      return true;
    }
  }

  #push(event: Event): void {
    const heap = this.#heap;
    let at = heap.length;
    while (at > 0) {
      const above = (at - 1) >> 1;
      if (!isBefore(event, heap[above]!)) break;
      heap[at] = heap[above]!;
      at = above;
    }
    heap[at] = event;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop()!;
    if (heap.length === 0) return;
    let at = 0;
    for (;;) {
      let below = 2 * at + 1;
      if (below >= heap.length) break;
      if (below + 1 < heap.length && isBefore(heap[below + 1]!, heap[below]!)) below++;
      if (!isBefore(heap[below]!, last)) break;
      heap[at] = heap[below]!;
      at = below;
    }
    heap[at] = last;
  }
}

function isBefore(a: Event, b: Event): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);
}

/** One running program: its timers stop when it is frozen, and never ring once it is dead. */
export class Process implements Clock, Timers {
  /** Whether it runs, or could go on. */
  alive = true;
  #frozen: (() => void)[] | null = null;

  /**
   * @param queue the world's time
   * @param wall its machine's clock, which may be set while it runs
   */
  constructor(readonly queue: EventQueue, readonly wall: { offsetMs: number }) {}

  /** @returns virtual time as this machine's clock shows it */
  wallMs(): number {
    return 1_700_000_000_000 + Math.floor(this.queue.nowMs) + this.wall.offsetMs;
  }

  /** @returns virtual time */
  monotonicMs(): number {
    return this.queue.nowMs;
  }

  /** Runs something later, unless the process is dead by then. */
  set(afterMs: number, run: () => void): () => void {
    return this.queue.at(afterMs, () => this.run(run));
  }

  /** Runs something now; when it thaws, if it is frozen; never, if it is dead. */
  run(run: () => void): void {
    if (!this.alive) return;
    if (this.#frozen) this.#frozen.push(run);
    else run();
  }

  /** Whether it stands still. */
  get isFrozen(): boolean {
    return this.#frozen !== null;
  }

  /** It does nothing until it thaws. */
  freeze(): void {
    this.#frozen ??= [];
  }

  /** It goes on with what it missed, in order. */
  thaw(): void {
    const missed = this.#frozen ?? [];
    this.#frozen = null;
    for (const run of missed) this.set(0, run);
  }
}

/** Lets promises run that wait for nothing but each other. */
export async function letRun(): Promise<void> {
  for (let turn = 0; turn < 16; turn++) await null;
}

/** @returns bytes as a key of a map: quick, and not for reading */
export function bytesKey(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes);
}

/** What happened, as one number: two runs of a seed are compared by it. */
export class Trace {
  #hash = 0x811c9dc5;
  /** How much was noted. */
  length = 0;

  /** @param values whole numbers */
  note(...values: number[]): void {
    this.length++;
    for (const value of values) {
      this.#hash = Math.imul(this.#hash ^ (value & 0xffff), 0x01000193);
      this.#hash = Math.imul(this.#hash ^ (value / 0x10000), 0x01000193);
    }
  }

  /** In 8 hex digits. */
  get hash(): string {
    return (this.#hash >>> 0).toString(16).padStart(8, "0");
  }
}
