/**
 * Who is a member of which room, in memory, moved along by the log's entries.
 *
 * @module
 */

import type { Membership } from "../log/log.ts";

/** A membership that has ended; both ends inclusive. */
interface Ended {
  readonly user: number;
  readonly since: number;
  readonly until: number;
}

interface Room {
  readonly members: Map<number, number>;
  ended: Ended[];
}

/**
 * Memberships of all rooms as of the hub's head, and those that ended lately.
 *
 * @example
 * ```ts
 * import { assert } from "@std/assert";
 * import { Rooms } from "./rooms.ts";
 * const rooms = new Rooms([{ audience: "r1", user: 2, since: 5 }]);
 * rooms.leave("r1", 2, 9, 0);
 * assert(rooms.entitled("r1", 2, 5) && rooms.entitled("r1", 2, 9));
 * assert(!rooms.entitled("r1", 2, 4) && !rooms.entitled("r1", 2, 10));
 * ```
 * @see docs/ARCHITECTURE.md, section "hub"
 */
export class Rooms {
  readonly #rooms = new Map<string, Room>();
  readonly #byUser = new Map<number, Set<string>>();

  /**
   * Starts with what the store knows.
   *
   * @param memberships all that are open as of the hub's head
   */
  constructor(memberships: Iterable<Membership>) {
    for (const { audience, user, since } of memberships) this.join(audience, user, since);
  }

  /**
   * Begins a membership.
   *
   * @param key the room, as `audienceKey` writes it
   * @param user whose
   * @param since the lsn of the entry that says so, which the user sees
   */
  join(key: string, user: number, since: number): void {
    this.#room(key).members.set(user, since);
    const keys = this.#byUser.get(user);
    if (keys) keys.add(key);
    else this.#byUser.set(user, new Set([key]));
  }

  /**
   * Ends a membership with the entry at `until`.
   *
   * @param key the room
   * @param user whose
   * @param until the lsn of the entry, which the user still sees
   * @param oldest the lsn before the oldest entry that anybody asks about
   */
  leave(key: string, user: number, until: number, oldest: number): void {
    const room = this.#room(key);
    const since = room.members.get(user);
    if (since === undefined) return;
    room.members.delete(user);
    this.#byUser.get(user)?.delete(key);
    room.ended = room.ended.filter((one) => one.until > oldest);
    room.ended.push({ user, since, until });
  }

  /**
   * Tells where a user's feeds belong.
   *
   * @param user the user's id
   * @returns the keys of the rooms that the user is a member of now; not to be changed
   */
  of(user: number): ReadonlySet<string> {
    return this.#byUser.get(user) ?? new Set();
  }

  /**
   * Tells whether a user may see what goes on in a room.
   *
   * @param key the room
   * @param user the user's id
   * @returns whether the user is a member now
   */
  has(key: string, user: number): boolean {
    return this.#rooms.get(key)?.members.has(user) ?? false;
  }

  /**
   * Tells who is in a room, for presence.
   *
   * @param key the room
   * @returns the ids of its members now; to be read before the next entry moves them
   */
  members(key: string): Iterable<number> {
    return this.#rooms.get(key)?.members.keys() ?? [];
  }

  /**
   * Tells how large a room is, which decides whether presence names anybody.
   *
   * @param key the room
   * @returns how many members it has now; 0 for one that is not known
   */
  count(key: string): number {
    return this.#rooms.get(key)?.members.size ?? 0;
  }

  /**
   * Decides by the log and not by the present: a member of then is entitled, also after leaving.
   *
   * @param key the room
   * @param user the user's id
   * @param lsn the entry's; after what the ring has dropped
   * @returns whether an entry of the room at `lsn` was meant for the user
   */
  entitled(key: string, user: number, lsn: number): boolean {
    const room = this.#rooms.get(key);
    if (!room) return false;
    const since = room.members.get(user);
    if (since !== undefined && since <= lsn) return true;
    return room.ended.some((one) => one.user === user && one.since <= lsn && lsn <= one.until);
  }

  #room(key: string): Room {
    const known = this.#rooms.get(key);
    if (known) return known;
    const room: Room = { members: new Map(), ended: [] };
    this.#rooms.set(key, room);
    return room;
  }
}
