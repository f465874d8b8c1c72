/**
 * Presence: who is connected, told once a second to those who have the room on their screen. Never
 * in the log, and the first thing dropped under load.
 *
 * @module
 */

import { limits } from "../limits.ts";
import { audienceKey, audienceKinds, type TalkAudience } from "../protocol/audience.ts";

/** What presence needs to know of the hub. */
export interface Attendance {
  /**
   * Tells whether a user is connected with any device.
   *
   * @param user the user's id
   * @returns whether that is so now
   */
  isPresent(user: number): boolean;
  /**
   * Hands over who came or went since the last time, and forgets it.
   *
   * @returns the users' ids, owned by the caller
   */
  takeFlips(): ReadonlySet<number>;
  /** Takes who joined or left which room while connected, since this was last asked. */
  takeMoves(): ReadonlyMap<string, ReadonlySet<number>>;
  /** Who is a member of which room now; `Rooms` says what each method gives. */
  readonly rooms: {
    has(key: string, user: number): boolean;
    members(key: string): Iterable<number>;
    count(key: string): number;
  };
}

/** Presence in one room, as it is told. */
export interface PresenceNews {
  /** The room or direct that is told of. */
  readonly room: TalkAudience;
  /** How many members are present now. */
  readonly present: number;
  /** Who is present and who is not, of those to be told of: at most `presenceMembersMax`. */
  readonly changes: readonly (readonly [user: number, present: boolean])[];
}

/** Somebody who looks at rooms. */
export interface Watcher {
  /** The user's id: only members of a room are told of it. */
  readonly user: number;
  /**
   * Passes news on, or drops them when too much waits already.
   *
   * @param news shared with other watchers: never to be changed
   * @returns false if they were dropped; everything is then told again at a later tick
   */
  tell(news: PresenceNews): boolean;
}

/** Who came or went since the last tick: everywhere, and by joining or leaving one room. */
interface Changed {
  readonly flips: ReadonlySet<number>;
  readonly moves: ReadonlyMap<string, ReadonlySet<number>>;
}

interface Watched {
  readonly room: TalkAudience;
  /** `first`: nothing told yet; `stale`: something was dropped, so all is told again. */
  state: "first" | "stale" | "current";
  /** Whether it had too many members for names when last looked at. */
  isLarge: boolean;
  /** How many were present when it was last told. */
  present: number;
}

/**
 * Tells watchers who came and went.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { Presence, type PresenceNews } from "./presence.ts";
 * const rooms = { has: () => true, members: () => [2, 3], count: () => 2 };
 * const attendance = { isPresent: (user: number) => user === 2, takeFlips: () => new Set([2]), takeMoves: () => new Map(), rooms };
 * const presence = new Presence(attendance);
 * const told: PresenceNews[] = [];
 * presence.watch({ user: 2, tell: (news) => told.push(news) > 0 }, [[0, 1]]);
 * presence.tick();
 * assertEquals(told, [{ room: [0, 1], present: 1, changes: [[2, true]] }]);
 * ```
 * @see docs/PROTOCOL.md, section "Lists and presence"
 */
export class Presence {
  readonly #attendance: Attendance;
  readonly #watched = new Map<Watcher, Watched[]>();

  /**
   * Starts with nobody who watches.
   *
   * @param attendance who is connected and a member
   */
  constructor(attendance: Attendance) {
    this.#attendance = attendance;
  }

  /**
   * Replaces the rooms that a watcher looks at; they are told at the next tick.
   *
   * @param watcher who looks
   * @param rooms all that it looks at, at most `watchRoomsMax`; empty for none
   */
  watch(watcher: Watcher, rooms: readonly TalkAudience[]): void {
    if (rooms.length === 0) this.#watched.delete(watcher);
    else {this.#watched.set(
        watcher,
        rooms.map((room) => ({ room, state: "first", isLarge: false, present: 0 })),
      );}
  }

  /**
   * Forgets a watcher; harmless for one that is not known.
   *
   * @param watcher who looks no more
   */
  forget(watcher: Watcher): void {
    this.#watched.delete(watcher);
  }

  /** Tells what changed since the last tick; its owner calls it every `tickMs`. */
  tick(): void {
    const changed = {
      flips: this.#attendance.takeFlips(),
      moves: this.#attendance.takeMoves(),
    };
    const cache = new Map<string, PresenceNews>();
    for (const [watcher, rooms] of this.#watched) {
      for (const watched of rooms) this.#tell(watcher, watched, changed, cache);
    }
  }

  #tell(
    watcher: Watcher,
    watched: Watched,
    changed: Changed,
    cache: Map<string, PresenceNews>,
  ): void {
    const { room } = watched;
    if (!this.#isMember(room, watcher.user)) {
      // Who comes back is told all again: what changed meanwhile was not told.
      watched.state = "stale";
      return;
    }
    const isLarge = this.#isLarge(room);
    if (watched.isLarge && !isLarge) watched.state = "stale";
    watched.isLarge = isLarge;
    const { state } = watched;
    if (state === "current" && changed.flips.size + changed.moves.size === 0) return;
    const key = audienceKey(room) + state;
    const news = cache.get(key) ?? this.#news(room, state, changed);
    cache.set(key, news);
    const isNews = news.changes.length > 0 || news.present !== watched.present;
    if (state === "current" && !isNews) return;
    watched.present = news.present;
    watched.state = watcher.tell(news) ? "current" : "stale";
  }

  #news(room: TalkAudience, state: Watched["state"], { flips, moves }: Changed): PresenceNews {
    const moved = moves.get(audienceKey(room));
    const members = [...this.#members(room)];
    const present = members.filter((user) => this.#attendance.isPresent(user));
    const named = this.#isLarge(room)
      ? []
      : state === "first"
      ? present
      : state === "stale"
      ? members
      : members.filter((user) => flips.has(user) || moved?.has(user));
    return {
      room,
      present: present.length,
      changes: named.map((user) => [user, this.#attendance.isPresent(user)]),
    };
  }

  #members(room: TalkAudience): Iterable<number> {
    return room[0] === audienceKinds.direct
      ? new Set([room[1], room[2]])
      : this.#attendance.rooms.members(audienceKey(room));
  }

  #isMember(room: TalkAudience, user: number): boolean {
    return room[0] === audienceKinds.direct
      ? room[1] === user || room[2] === user
      : this.#attendance.rooms.has(audienceKey(room), user);
  }

  #isLarge(room: TalkAudience): boolean {
    return room[0] === audienceKinds.room &&
      this.#attendance.rooms.count(audienceKey(room)) > limits.presenceMembersMax;
  }
}
