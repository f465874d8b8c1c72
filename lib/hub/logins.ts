/**
 * Which session speaks for which device: the one that proved its key last.
 *
 * @module
 */

import { type Code, codes } from "../errors.ts";

/** Whoever speaks for a device: a session. */
export interface Speaker {
  /**
   * Says why and ends the conversation.
   *
   * @param code what the other side is told
   * @param detail what exactly
   */
  fail(code: Code, detail: string): void;
}

/**
 * Ends the older session of a device before the newer one is told where its outbox stands. A device
 * whose link hung connects again while bytes of the dead link may still come in: what they submit
 * would be taken behind the back of the newer session, and in another order than it was written.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { Logins } from "./logins.ts";
 * const ended: string[] = [];
 * const logins = new Logins();
 * logins.take(3, { fail: () => ended.push("older") });
 * logins.take(3, { fail: () => ended.push("newer") });
 * assertEquals(ended, ["older"]);
 * ```
 * @see docs/PROTOCOL.md, section "Handshake"
 */
export class Logins {
  readonly #speakers = new Map<number, Speaker>();

  /**
   * Lets a session speak for a device, and ends the one that did.
   *
   * @param device the device's id
   * @param speaker has proved the device's key
   */
  take(device: number, speaker: Speaker): void {
    const older = this.#speakers.get(device);
    this.#speakers.set(device, speaker);
    if (older !== speaker) older?.fail(codes.replaced, "");
  }

  /**
   * Forgets a session that has ended; harmless when another one speaks for the device.
   *
   * @param device the device's id
   * @param speaker who spoke for it
   */
  leave(device: number, speaker: Speaker): void {
    if (this.#speakers.get(device) === speaker) this.#speakers.delete(device);
  }
}
