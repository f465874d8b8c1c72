/**
 * Who may go on shaking hands when too many come. Without IO.
 *
 * @module
 */

import { chance, type Random } from "../seams.ts";
import { originOf } from "./origin.ts";

/** How many there may be. */
export interface HandshakeBounds {
  /** Connections that are shaking hands. */
  readonly tlsHandshakesMax: number;
  /** Connections whose handshake has not ended, those that were given up included. */
  readonly tlsUnshakenMax: number;
}

/**
 * Keeps those who shake hands, and says who is given up when another comes: one of the newcomer's
 * own origin if there is any, else any, by chance. So one origin crowds nobody out but itself, and
 * of many origins each handshake is as likely to go as any other, however long it takes.
 *
 * Who was given up counts on until its socket is gone: the runtime can't end one whose handshake
 * has not ended. While there are `tlsUnshakenMax`, `isFull` says to accept nobody.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { systemRandom } from "../seams.ts";
 * import { Handshakes } from "./handshakes.ts";
 * const handshakes = new Handshakes({ tlsHandshakesMax: 2, tlsUnshakenMax: 3 }, systemRandom);
 * handshakes.enter("other", "192.0.2.1");
 * handshakes.enter("first", "192.0.2.2");
 * assertEquals(handshakes.enter("second", "192.0.2.2"), "first");
 * assertEquals(handshakes.isFull, true);
 * handshakes.leave("first");
 * assertEquals(handshakes.isFull, false);
 * ```
 * @see docs/adr/0008-tls.md
 */
export class Handshakes<H> {
  readonly #bounds: HandshakeBounds;
  readonly #random: Random;
  /** By origin, so that who comes is compared with its neighbours alone. */
  readonly #shaking = new Map<string, Set<H>>();
  /** The origin of each whose socket is there. */
  readonly #origins = new Map<H, string>();
  #count = 0;

  /**
   * Starts with nobody.
   *
   * @param bounds how many there may be
   * @param random chooses who is given up
   */
  constructor(bounds: HandshakeBounds, random: Random) {
    this.#bounds = bounds;
    this.#random = random;
  }

  /** Whether there are so many sockets that nobody more may be accepted. */
  get isFull(): boolean {
    return this.#origins.size >= this.#bounds.tlsUnshakenMax;
  }

  /** All whose socket is there, given up or not. */
  get all(): Iterable<H> {
    return this.#origins.keys();
  }

  /**
   * Takes somebody who begins to shake hands.
   *
   * @param shaking who comes
   * @param remote its IP address
   * @returns who is given up for it; null for nobody
   */
  enter(shaking: H, remote: string): H | null {
    const origin = originOf(remote);
    const goes = this.#count < this.#bounds.tlsHandshakesMax ? null : this.#oneFor(origin);
    if (goes !== null) this.giveUp(goes);
    const neighbours = this.#shaking.get(origin) ?? new Set();
    this.#shaking.set(origin, neighbours.add(shaking));
    this.#origins.set(shaking, origin);
    this.#count++;
    return goes;
  }

  /**
   * Notes that somebody may shake hands no longer, while its socket is still there.
   *
   * @param shaking who came; harmless a second time
   */
  giveUp(shaking: H): void {
    const origin = this.#origins.get(shaking)!;
    const neighbours = this.#shaking.get(origin);
    if (!neighbours?.delete(shaking)) return;
    if (neighbours.size === 0) this.#shaking.delete(origin);
    this.#count--;
  }

  /**
   * Forgets somebody who has shaken hands, or whose socket is gone.
   *
   * @param shaking who came
   */
  leave(shaking: H): void {
    this.giveUp(shaking);
    this.#origins.delete(shaking);
  }

  #oneFor(origin: string): H {
    const neighbours = this.#shaking.get(origin);
    const some = neighbours
      ? [...neighbours]
      : [...this.#shaking.values()].flatMap((set) => [...set]);
    return some[Math.floor(chance(this.#random) * some.length)]!;
  }
}
