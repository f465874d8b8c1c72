/**
 * Messages whose receipts somebody wants to be told of: found when a cursor passes them, and
 * nothing is reckoned for any other.
 *
 * @module
 */

import type { Receipt, ReceiptAsk } from "../log/receipts.ts";
import { keyAudience } from "../protocol/audience.ts";

/** Somebody who wants to be told: a session. */
export interface Follower {
  /** The user's id, whose own messages they are. */
  readonly user: number;
  /**
   * Tells a receipt.
   *
   * @param receipt of an own message
   * @returns false if too much waits already; it is told later then
   */
  tell(receipt: Receipt): boolean;
}

interface Message {
  readonly sender: number;
  readonly audience: string;
  /** What each was told last; null for nothing yet. */
  readonly told: Map<Follower, string | null>;
}

/**
 * Keeps who follows what, and which of it has to be reckoned anew.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { Followed } from "./followed.ts";
 * const followed = new Followed();
 * followed.add({ user: 2, tell: () => true }, 7, "d2-3");
 * followed.takeStale();
 * followed.passed(3, 0, 6, []);
 * assertEquals(followed.takeStale(), []);
 * followed.passed(3, 6, 7, []);
 * assertEquals(followed.takeStale(), [{ user: 2, lsn: 7 }]);
 * ```
 * @see docs/PROTOCOL.md, section "Receipts"
 */
export class Followed {
  readonly #messages = new Map<number, Message>();
  /** The lsns followed in each room or direct, ascending. */
  readonly #lsns = new Map<string, number[]>();
  /** The directs of each user in which something is followed. */
  readonly #directs = new Map<number, Set<string>>();
  readonly #stale = new Set<number>();

  /** Whether something has to be reckoned anew. */
  get isStale(): boolean {
    return this.#stale.size > 0;
  }

  /**
   * Begins to follow a message; it is told at the next occasion, or when it changes.
   *
   * @param follower whose own message it is
   * @param lsn the message's
   * @param audience its room or direct, as `audienceKey` writes it
   * @param isNew whether it is a direct that was published just now: nobody can have it yet
   */
  add(follower: Follower, lsn: number, audience: string, isNew = false): void {
    const known = this.#messages.get(lsn);
    if (!known) this.#insert(audience, lsn);
    const message = known ?? { sender: follower.user, audience, told: new Map() };
    this.#messages.set(lsn, message);
    message.told.set(follower, isNew ? "1 0 0" : null);
    if (!isNew) this.#stale.add(lsn);
  }

  /**
   * Ends following a message; harmless where it was not followed.
   *
   * @param follower who followed it
   * @param lsn the message's
   */
  remove(follower: Follower, lsn: number): void {
    const message = this.#messages.get(lsn);
    if (!message?.told.delete(follower) || message.told.size > 0) return;
    this.#messages.delete(lsn);
    this.#stale.delete(lsn);
    const lsns = this.#lsns.get(message.audience)!;
    lsns.splice(firstFrom(lsns, lsn), 1);
    if (lsns.length === 0) this.#forget(message.audience);
  }

  /**
   * Notes that a device has more than before.
   *
   * @param user the id of its user
   * @param from it had everything up to here
   * @param to it has everything up to here
   * @param rooms the keys of the rooms that the user is in
   */
  passed(user: number, from: number, to: number, rooms: Iterable<string>): void {
    if (this.#messages.size === 0) return;
    for (const key of this.#directs.get(user) ?? []) this.touched(user, key, from, to);
    for (const key of rooms) this.touched(user, key, from, to);
  }

  /**
   * Notes that a user has or has seen more of one room or direct.
   *
   * @param user the user's id
   * @param audience the room or direct, as `audienceKey` writes it
   * @param from what is after this lsn
   * @param to and up to this one
   */
  touched(user: number, audience: string, from: number, to: number): void {
    const lsns = this.#lsns.get(audience);
    if (!lsns) return;
    for (let at = firstFrom(lsns, from + 1); at < lsns.length && lsns[at]! <= to; at++) {
      if (this.#messages.get(lsns[at]!)!.sender !== user) this.#stale.add(lsns[at]!);
    }
  }

  /**
   * Takes what has to be reckoned anew.
   *
   * @returns whose messages, and which; owned by the caller
   */
  takeStale(): ReceiptAsk[] {
    const asks = [...this.#stale].map((lsn) => ({ user: this.#messages.get(lsn)!.sender, lsn }));
    this.#stale.clear();
    return asks;
  }

  /**
   * Tells a receipt to those who follow, where it is news to them. What everybody has read is not
   * followed any longer: nothing more can come.
   *
   * @param receipt as it was reckoned
   */
  tell(receipt: Receipt): void {
    const { lsn, recipients, delivered, read } = receipt;
    const message = this.#messages.get(lsn);
    if (!message) return;
    const news = `${recipients} ${delivered} ${read}`;
    for (const [follower, told] of [...message.told]) {
      if (told !== news && !follower.tell(receipt)) this.#stale.add(lsn);
      else if (read === recipients) this.remove(follower, lsn);
      else message.told.set(follower, news);
    }
  }

  #insert(audience: string, lsn: number): void {
    const lsns = this.#lsns.get(audience) ?? [];
    this.#lsns.set(audience, lsns);
    lsns.splice(firstFrom(lsns, lsn), 0, lsn);
    for (const user of directUsers(audience)) {
      const keys = this.#directs.get(user) ?? new Set<string>();
      this.#directs.set(user, keys.add(audience));
    }
  }

  #forget(audience: string): void {
    this.#lsns.delete(audience);
    for (const user of directUsers(audience)) {
      const keys = this.#directs.get(user);
      if (keys?.delete(audience) && keys.size === 0) this.#directs.delete(user);
    }
  }
}

function directUsers(audience: string): readonly number[] {
  return audience.startsWith("d") ? keyAudience(audience).slice(1) : [];
}

/** @returns the place of the first that is at least `lsn`, in an ascending list */
function firstFrom(lsns: readonly number[], lsn: number): number {
  let low = 0;
  let high = lsns.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (lsns[middle]! < lsn) low = middle + 1;
    else high = middle;
  }
  return low;
}
