/**
 * How often something may be done: what comes sooner waits for its time. Without IO.
 *
 * @module
 */

import type { Clock, Timers } from "../seams.ts";

/** How often: some at once, and then so many a second. */
export interface Rate {
  /** How many at once after a while of silence; at least 1. */
  readonly burst: number;
  /** How many a second after that; 0 for no bound. */
  readonly perSecond: number;
}

/**
 * A bucket of tokens that fills by itself; all it holds is the time at which it will be full.
 *
 * What holds: in any span of t seconds at most burst + t × perSecond tokens are taken.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { TokenBucket } from "./rate.ts";
 * const bucket = new TokenBucket({ burst: 2, perSecond: 5 });
 * bucket.take(1_000);
 * bucket.take(1_000);
 * assertEquals([bucket.waitMs(1_000), bucket.waitMs(1_200)], [200, 0]);
 * ```
 * @see https://en.wikipedia.org/wiki/Generic_cell_rate_algorithm
 */
export class TokenBucket {
  readonly #tokenMs: number;
  readonly #slackMs: number;
  #fullAtMs = -Infinity;

  /**
   * Starts full.
   *
   * @param rate its size, and how fast it fills; above 0
   */
  constructor({ burst, perSecond }: Rate) {
    this.#tokenMs = 1_000 / perSecond;
    this.#slackMs = (burst - 1) * this.#tokenMs;
  }

  /**
   * Tells when the next token may be taken.
   *
   * @param nowMs monotonic milliseconds
   * @returns milliseconds from now; 0 for at once
   */
  waitMs(nowMs: number): number {
    return Math.max(0, this.#fullAtMs - this.#slackMs - nowMs);
  }

  /**
   * Takes a token; only where there is nothing to wait for.
   *
   * @param nowMs monotonic milliseconds
   */
  take(nowMs: number): void {
    this.#fullAtMs = Math.max(this.#fullAtMs, nowMs) + this.#tokenMs;
  }

  /**
   * Tells whether it is as good as a new one.
   *
   * @param nowMs monotonic milliseconds
   * @returns whether it is full
   */
  isFull(nowMs: number): boolean {
    return this.#fullAtMs <= nowMs;
  }
}

/** Things that wait for their time, in order. */
export interface Lane {
  /**
   * Does something when its time has come, maybe at once.
   *
   * @param run what to do; must not throw
   */
  add(run: () => void): void;
  /** Drops what waits, and takes nothing more. */
  close(): void;
}

/** The lane of whoever may do as much as they like. */
const openLane: Lane = { add: (run) => run(), close: () => {} };

class PacedLane implements Lane {
  readonly waiting: (() => void)[] = [];
  readonly #added: (lane: PacedLane, run: () => void) => void;
  readonly #closed: (lane: PacedLane) => void;

  constructor(
    added: (lane: PacedLane, run: () => void) => void,
    closed: (lane: PacedLane) => void,
  ) {
    this.#added = added;
    this.#closed = closed;
  }

  add(run: () => void): void {
    this.#added(this, run);
  }

  close(): void {
    this.waiting.length = 0;
    this.#closed(this);
  }
}

/**
 * One bucket and the lanes that share it, who take turns: a device that has much to say does not
 * keep the user's other one waiting for all of it.
 *
 * What holds: what is in one lane is done in its order.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { systemClock, systemTimers } from "../seams.ts";
 * import { Pace } from "./rate.ts";
 * const pace = new Pace({ burst: 1, perSecond: 5 }, systemClock, systemTimers);
 * const lane = pace.lane();
 * const done: number[] = [];
 * for (const one of [1, 2]) lane.add(() => done.push(one));
 * assertEquals(done, [1]);
 * lane.close();
 * ```
 * @see docs/PROTOCOL.md, section "Submitting"
 */
export class Pace {
  readonly #bucket: TokenBucket;
  readonly #clock: Clock;
  readonly #timers: Timers;
  readonly #open = new Set<PacedLane>();
  #turns: PacedLane[] = [];
  #cancel: (() => void) | null = null;

  /**
   * Starts with a full bucket.
   *
   * @param rate how often; with a bound
   * @param clock tells whose time has come
   * @param timers wakes what waits
   */
  constructor(rate: Rate, clock: Clock, timers: Timers) {
    this.#bucket = new TokenBucket(rate);
    this.#clock = clock;
    this.#timers = timers;
  }

  /** Whether nobody uses it and a new one would be the same. */
  get isIdle(): boolean {
    return this.#open.size === 0 && this.#bucket.isFull(this.#clock.monotonicMs());
  }

  /**
   * Opens a lane.
   *
   * @returns the lane, which its owner closes
   */
  lane(): Lane {
    const lane = new PacedLane((...added) => this.#add(...added), (one) => this.#close(one));
    this.#open.add(lane);
    return lane;
  }

  #add(lane: PacedLane, run: () => void): void {
    if (!this.#open.has(lane)) return;
    lane.waiting.push(run);
    if (lane.waiting.length === 1) this.#turns.push(lane);
    this.#go();
  }

  #close(lane: PacedLane): void {
    this.#open.delete(lane);
    this.#turns = this.#turns.filter((one) => one !== lane);
    if (this.#turns.length > 0) return;
    this.#cancel?.();
    this.#cancel = null;
  }

  #go(): void {
    const nowMs = this.#clock.monotonicMs();
    while (this.#turns.length > 0 && this.#bucket.waitMs(nowMs) === 0) {
      const lane = this.#turns.shift()!;
      const run = lane.waiting.shift()!;
      if (lane.waiting.length > 0) this.#turns.push(lane);
      this.#bucket.take(nowMs);
      run();
    }
    if (this.#turns.length === 0 || this.#cancel) return;
    this.#cancel = this.#timers.set(Math.ceil(this.#bucket.waitMs(nowMs)), () => {
      this.#cancel = null;
      this.#go();
    });
  }
}

/** The rates of a server. */
export interface RateLimits {
  /** Submissions of a user at once. */
  readonly messagesBurst: number;
  /** Submissions of a user a second; 0 for no bound. */
  readonly messagesPerSecond: number;
  /** Pages of history of a connection, at once and a second; 0 for no bound. */
  readonly historyPerSecond: number;
}

/**
 * The paces of all users. A pace outlives its connections for as long as its bucket is not full:
 * who connects anew is given no fresh burst.
 *
 * What holds: kept are the users who are connected, and those who said something just now.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { systemClock, systemTimers } from "../seams.ts";
 * import { Rates } from "./rate.ts";
 * const bounds = { messagesBurst: 20, messagesPerSecond: 5, historyPerSecond: 10 };
 * const rates = new Rates(bounds, systemClock, systemTimers);
 * const lane = rates.messages(7);
 * let said = 0;
 * lane.add(() => said++);
 * assertEquals([said, rates.size], [1, 1]);
 * ```
 * @see docs/ARCHITECTURE.md, section "hub"
 */
export class Rates {
  readonly #limits: RateLimits;
  readonly #clock: Clock;
  readonly #timers: Timers;
  readonly #users = new Map<number, Pace>();

  /**
   * Starts with nobody.
   *
   * @param bounds how often
   * @param clock tells whose time has come
   * @param timers wakes what waits
   */
  constructor(bounds: RateLimits, clock: Clock, timers: Timers) {
    this.#limits = bounds;
    this.#clock = clock;
    this.#timers = timers;
  }

  /** How many users are kept. */
  get size(): number {
    return this.#users.size;
  }

  /**
   * Opens a lane for what a user says on one connection.
   *
   * @param user the user's id
   * @returns the lane, which its owner closes
   */
  messages(user: number): Lane {
    const { messagesBurst: burst, messagesPerSecond: perSecond } = this.#limits;
    if (perSecond === 0) return openLane;
    const pace = this.#users.get(user) ?? this.#pace({ burst, perSecond });
    this.#users.set(user, pace);
    return pace.lane();
  }

  /**
   * Opens a lane for the pages of history that one connection asks for.
   *
   * @returns the lane, which its owner closes
   */
  history(): Lane {
    const { historyPerSecond: perSecond } = this.#limits;
    return perSecond === 0 ? openLane : this.#pace({ burst: perSecond, perSecond }).lane();
  }

  /** Forgets whom to know makes no difference; once a second is enough. */
  tick(): void {
    for (const [user, pace] of this.#users) if (pace.isIdle) this.#users.delete(user);
  }

  #pace(rate: Rate): Pace {
    return new Pace(rate, this.#clock, this.#timers);
  }
}
