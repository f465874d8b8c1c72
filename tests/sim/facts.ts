/**
 * What was ever durable on the recipients' disks, and seen by them: no receipt may say more.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import type { Receipt } from "../../lib/client/receipt_store.ts";
import type { Oracle } from "../support/hub_oracle.ts";

/** The facts of one log. */
export class Facts {
  /** The lsns that any device of a user ever had, by user. */
  readonly #held = new Map<number, Set<number>>();
  /** Up to where a user has seen a room or direct, by user and audience. */
  readonly #seen = new Map<string, number>();

  /** Takes over what was true of a log that begins with the same entries. */
  inherit(before: Facts, head: number): void {
    for (const [user, lsns] of before.#held) {
      this.#held.set(user, new Set([...lsns].filter((lsn) => lsn <= head)));
    }
    for (const [key, lsn] of before.#seen) this.#seen.set(key, Math.min(lsn, head));
  }

  /** An entry is on a disk of a user's. */
  held(user: number, lsn: number): void {
    const lsns = this.#held.get(user);
    if (lsns) lsns.add(lsn);
    else this.#held.set(user, new Set([lsn]));
  }

  /** A user sees a room or direct up to an entry. */
  seen(user: number, audience: string, lsn: number): void {
    const key = `${user} ${audience}`;
    this.#seen.set(key, Math.max(lsn, this.#seen.get(key) ?? 0));
  }

  /** Whether a device of a user ever had an entry. */
  hasHeld(user: number, lsn: number): boolean {
    return this.#held.get(user)?.has(lsn) ?? false;
  }

  /**
   * Compares what a client is about to show.
   *
   * @throws when it is ahead of the facts
   */
  check(oracle: Oracle, user: number, { lsn, recipients, delivered, read }: Receipt): void {
    assert(lsn <= oracle.head, `receipt of ${lsn}, which is beyond its log`);
    assertEquals(oracle.entry(lsn).user, user, `receipt of ${lsn}, which is somebody else's`);
    const all = oracle.recipients(lsn);
    const key = oracle.audience(lsn);
    assertEquals(recipients, all.length, `receipt: recipients of ${lsn}`);
    const holders = all.filter((one) => this.hasHeld(one, lsn));
    const readers = holders.filter((one) => (this.#seen.get(`${one} ${key}`) ?? 0) >= lsn);
    assert(
      delivered <= holders.length,
      `receipt ahead of the fact: ${lsn} on ${delivered} disks, and it was on ${holders.length}`,
    );
    assert(
      read <= readers.length,
      `receipt ahead of the fact: ${lsn} read by ${read}, and it was by ${readers.length}`,
    );
  }
}
