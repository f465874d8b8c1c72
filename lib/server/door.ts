/**
 * Who may wait at the door: connections that have not logged in, and addresses whose logins fail.
 * Without IO.
 *
 * @module
 */

import { limits } from "../limits.ts";
import { originOf } from "../net/origin.ts";
import { chance, type Clock, type Random } from "../seams.ts";
import type { ServerLimits } from "./settings.ts";

/** Whoever comes to the door; looked at again whenever somebody else comes. */
export interface Guest {
  /** Whether it has logged in. */
  readonly isKnown: boolean;
  /** Whether it has said hello. */
  readonly hasGreeted: boolean;
}

/** The limits that the door keeps. */
export type DoorLimits = Pick<
  ServerLimits,
  "strangersMax" | "strangersDropFrom" | "strangersPerAddressMax" | "loginFailuresMax"
>;

interface Failures {
  /** When logins failed that still count, or when the last pause ends; never empty. */
  times: number[];
  pauses: number;
  untilMs: number;
}

/**
 * Holds those who have not logged in, and says who has to go when another comes.
 *
 * Who comes is always let in, and somebody who waits goes: of those who have not said hello by
 * chance, and only if there is none, of the others. To refuse who comes would be a lock: thousands
 * who connect and say nothing would fill each place that becomes free, since honest people are a
 * few of thousands who ask for it. So an honest client is in danger only between its connecting and
 * its hello, which it sends at once; that many may come in between as there are places before it
 * even becomes likely that it goes.
 *
 * What holds: at most `strangersMax` wait, and `strangersPerAddressMax` of one address; at most
 * `failedAddressesMax` addresses are kept.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { systemClock, systemRandom } from "../seams.ts";
 * import { Door } from "./door.ts";
 * import { defaultLimits } from "./settings.ts";
 * const bounds = { ...defaultLimits, strangersPerAddressMax: 1 };
 * const door = new Door(bounds, systemClock, systemRandom);
 * const [first, second] = [1, 2].map(() => ({ isKnown: false, hasGreeted: false }));
 * assertEquals(door.enter(first!, "192.0.2.1"), null);
 * assertEquals(door.enter(second!, "192.0.2.1"), first);
 * ```
 * @see docs/ARCHITECTURE.md, section "server"
 */
export class Door<G extends Guest> {
  readonly #limits: DoorLimits;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #strangers = new Map<G, string>();
  /** The address that failed least lately first. */
  readonly #failures = new Map<string, Failures>();

  /**
   * Starts with nobody waiting.
   *
   * @param bounds how many may wait
   * @param clock tells when a pause ends
   * @param random chooses who goes
   */
  constructor(bounds: DoorLimits, clock: Clock, random: Random) {
    this.#limits = bounds;
    this.#clock = clock;
    this.#random = random;
  }

  /** How many wait, some of whom may have logged in since somebody came last. */
  get waiting(): number {
    return this.#strangers.size;
  }

  /** How many addresses are kept for their failed logins. */
  get failing(): number {
    return this.#failures.size;
  }

  /**
   * Lets somebody in.
   *
   * @param guest who comes, not logged in
   * @param remote its IP address
   * @returns who has to go for it, and is forgotten; null for nobody
   */
  enter(guest: G, remote: string): G | null {
    const origin = originOf(remote);
    this.#forgetKnown();
    const neighbours = [...this.#strangers.keys()]
      .filter((other) => this.#strangers.get(other) === origin);
    let goes: G | null = null;
    if (neighbours.length >= this.#limits.strangersPerAddressMax) goes = this.#oneOf(neighbours);
    else if (chance(this.#random) < this.#crowding()) {
      goes = this.#oneOf([...this.#strangers.keys()]);
    }
    if (goes) this.#strangers.delete(goes);
    this.#strangers.set(guest, origin);
    return goes;
  }

  /**
   * Forgets who has gone; harmless for others.
   *
   * @param guest who came
   */
  leave(guest: G): void {
    this.#strangers.delete(guest);
  }

  /**
   * Counts a failed login. After a first pause each further failure costs the next one at once,
   * until there was none for as long as failures count.
   *
   * @param remote the IP address that it came from
   */
  failed(remote: string): void {
    const { loginFailuresMax: most } = this.#limits;
    if (most === 0) return;
    this.#forgetKnown();
    const origin = originOf(remote);
    const nowMs = this.#clock.monotonicMs();
    const before = this.#failures.get(origin);
    // What was let in before the pause began may fail during it, and makes it no longer.
    if (before && nowMs < before.untilMs) return;
    const isNew = !before || nowMs - Math.max(...before.times) >= limits.loginFailureMs;
    const known = isNew ? { times: [], pauses: 0, untilMs: 0 } : before;
    known.times = [...known.times, nowMs].filter((atMs) => nowMs - atMs < limits.loginFailureMs);
    if (known.pauses > 0 || known.times.length > most) {
      const pauseMs = limits.pauseFirstMs * 2 ** Math.min(known.pauses++, 20);
      known.untilMs = nowMs + Math.min(pauseMs, limits.pauseMsMax);
      known.times = [known.untilMs];
    }
    this.#failures.delete(origin);
    this.#failures.set(origin, known);
    if (this.#failures.size > limits.failedAddressesMax) {
      this.#failures.delete(this.#failures.keys().next().value!);
    }
  }

  /**
   * Tells how long an address has to wait until somebody who is not known may come in from it.
   *
   * @param remote an IP address
   * @returns milliseconds; 0 if they may
   */
  pauseMs(remote: string): number {
    const untilMs = this.#failures.get(originOf(remote))?.untilMs ?? 0;
    return Math.max(0, untilMs - this.#clock.monotonicMs());
  }

  /** A login that succeeds speaks for its address: others may be behind it. */
  #forgetKnown(): void {
    for (const [stranger, origin] of this.#strangers) {
      if (!stranger.isKnown) continue;
      this.#strangers.delete(stranger);
      this.#failures.delete(origin);
    }
  }

  /** From 0 below `strangersDropFrom` up to 1 where no place is left. */
  #crowding(): number {
    const { strangersMax, strangersDropFrom } = this.#limits;
    return (this.#strangers.size - strangersDropFrom + 1) / (strangersMax - strangersDropFrom + 1);
  }

  /** One of those who have not said hello, or of all. */
  #oneOf(strangers: readonly G[]): G {
    const silent = strangers.filter(({ hasGreeted }) => !hasGreeted);
    const some = silent.length > 0 ? silent : strangers;
    return some[Math.floor(chance(this.#random) * some.length)]!;
  }
}
