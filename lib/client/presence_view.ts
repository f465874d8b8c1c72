/**
 * Who is in the room on the screen, and what of it is news. Pure.
 *
 * @module
 */

import { audienceKey, type TalkAudience } from "../protocol/audience.ts";
import type { PacketFields } from "../protocol/codec.ts";

/** What changed. */
export interface PresenceNews {
  /** Nothing was known of this room before: everybody in it is in `here`. */
  readonly first: boolean;
  /** Users who are here now, and were not known to be. */
  readonly here: readonly number[];
  /** Users who were here, and are not now. */
  readonly away: readonly number[];
}

/**
 * Turns `presence` packets into news: of a list that comes again after a lost connection, only what
 * is different.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { PresenceView } from "./presence_view.ts";
 * const view = new PresenceView();
 * view.watch([0, 1]);
 * const told = view.presence({ room: [0, 1], present: 1, changes: [[7, true]] });
 * assertEquals(told, { first: true, here: [7], away: [] });
 * view.opened();
 * const again = view.presence({ room: [0, 1], present: 1, changes: [[8, true]] });
 * assertEquals(again, { first: false, here: [8], away: [7] });
 * ```
 * @see docs/PROTOCOL.md, section "Lists and presence"
 */
export class PresenceView {
  #key: string | null = null;
  #present: Set<number> | null = null;
  #whole = true;

  /**
   * Another room is on the screen.
   *
   * @param room a room or direct; null for none
   */
  watch(room: TalkAudience | null): void {
    const key = room && audienceKey(room);
    if (key === this.#key) return;
    this.#key = key;
    this.#present = null;
    this.#whole = true;
  }

  /** A new connection: the list comes again. */
  opened(): void {
    this.#whole = true;
  }

  /**
   * Somebody joined or left the room: that is shown as an entry, and no news when it is told again.
   *
   * @param room which
   * @param user who
   * @param present true for who joined, who is here to have done it
   */
  moved(room: TalkAudience, user: number, present: boolean): void {
    if (audienceKey(room) !== this.#key) return;
    if (present) this.#present?.add(user);
    else this.#present?.delete(user);
  }

  /**
   * Takes `presence`.
   *
   * @param packet its fields
   * @returns what of it is news
   */
  presence({ room, changes }: PacketFields<"presence">): PresenceNews {
    if (audienceKey(room) !== this.#key) return { first: false, here: [], away: [] };
    const before = this.#present ?? new Set();
    const now = new Set(this.#whole ? [] : before);
    for (const [user, present] of changes) {
      if (present) now.add(user);
      else now.delete(user);
    }
    const first = this.#present === null;
    this.#present = now;
    this.#whole = false;
    const here = [...now].filter((user) => !before.has(user));
    return { first, here, away: [...before].filter((user) => !now.has(user)) };
  }
}
