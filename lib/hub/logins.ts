/**
 * Which session speaks for which device: the latest that proved its key.
 *
 * @module
 */

import { type Code, codes } from "../errors.ts";
import type { Shuts } from "../log/submission.ts";

/** A device and its user, by their ids. */
export interface Who {
  /** The user. */
  readonly user: number;
  /** The device. */
  readonly device: number;
}

/** Whoever speaks for a device: a session. */
export interface Speaker {
  /** When its conversation began, by the count of `Logins.begin`. */
  readonly began: number;
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
 * The dead link may even hold its login: then it is the one that ends, though it proves the key last,
 * since the device gave it up before it began the newer one.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { Logins } from "./logins.ts";
 * const ended: string[] = [];
 * const logins = new Logins();
 * const who = { user: 2, device: 3 };
 * const speaker = (name: string) => ({ began: logins.begin(), fail: () => ended.push(name) });
 * const [first, second, third] = [speaker("first"), speaker("second"), speaker("third")];
 * logins.take(who, second);
 * logins.take(who, first);
 * logins.take(who, third);
 * assertEquals(ended, ["first", "second"]);
 * ```
 * @see docs/PROTOCOL.md, section "Handshake"
 */
export class Logins {
  readonly #speakers = new Map<number, { readonly user: number; readonly speaker: Speaker }>();

  #begun = 0;

  /**
   * Counts the conversations, as they begin.
   *
   * @returns the new one's number, above all before
   */
  begin(): number {
    return ++this.#begun;
  }

  /**
   * Lets a session speak for a device, and ends the one that did; or ends it, if that one began later.
   *
   * @param who the device and its user
   * @param speaker has proved the device's key
   */
  take({ user, device }: Who, speaker: Speaker): void {
    const other = this.#speakers.get(device)?.speaker;
    if (other && other.began > speaker.began) return speaker.fail(codes.replaced, "");
    this.#speakers.set(device, { user, speaker });
    if (other !== speaker) other?.fail(codes.replaced, "");
  }

  /**
   * Ends the sessions of who is let in no more, also of those that are not told `welcome` yet.
   *
   * @param change whose, and what they are told
   */
  shut({ user, device, code }: Shuts): void {
    const ended = [...this.#speakers].filter(([id, one]) =>
      one.user === user && (device === 0 || device === id)
    );
    for (const [, { speaker }] of ended) speaker.fail(code, "");
  }

  /**
   * Forgets a session that has ended; harmless when another one speaks for the device.
   *
   * @param device the device's id
   * @param speaker who spoke for it
   */
  leave(device: number, speaker: Speaker): void {
    if (this.#speakers.get(device)?.speaker === speaker) this.#speakers.delete(device);
  }
}
