/**
 * The statements about who may do what in which room, and who takes nothing from whom.
 *
 * @module
 */

import type { DatabaseSync } from "node:sqlite";
import { prepareAll, type Statements } from "../sqlite/statements.ts";
import { Memo } from "./memo.ts";

const sql = {
  isPrivate: "SELECT privateSince FROM rooms WHERE id = ? AND privateSince IS NOT NULL",
  close: "UPDATE rooms SET privateSince = ? WHERE id = ?",
  isModerator: "SELECT 1 FROM moderators WHERE room = ? AND user = ?",
  addModerator: "INSERT INTO moderators (room, user) VALUES (?, ?)",
  endModerator: "DELETE FROM moderators WHERE room = ? AND user = ?",
  isBanned: "SELECT 1 FROM bans WHERE room = ? AND user = ?",
  addBan: "INSERT INTO bans (room, user) VALUES (?, ?)",
  endBan: "DELETE FROM bans WHERE room = ? AND user = ?",
  mutes: "SELECT room, user, untilMs FROM mutes",
  addMute: "INSERT OR REPLACE INTO mutes (room, user, untilMs) VALUES (?, ?, ?)",
  endMute: "DELETE FROM mutes WHERE room = ? AND user = ?",
  isAdmitted: "SELECT 1 FROM admissions WHERE room = ? AND user = ?",
  admit: "INSERT OR IGNORE INTO admissions (room, user) VALUES (?, ?)",
  endAdmission: "DELETE FROM admissions WHERE room = ? AND user = ?",
  hasBlocked: "SELECT 1 FROM blocks WHERE user = ? AND other = ?",
  blockCount: "SELECT count(*) AS count FROM blocks WHERE user = ?",
  block: "INSERT INTO blocks (user, other) VALUES (?, ?)",
  unblock: "DELETE FROM blocks WHERE user = ? AND other = ?",
  openRooms: `SELECT audience FROM spans
    WHERE user = ? AND until IS NULL AND audience NOT LIKE 'd%' ORDER BY audience`,
} as const;

/** What an endless mute is kept with. */
const forever = Number.MAX_SAFE_INTEGER;

/**
 * Reads and writes these tables inside the caller's transaction.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { Rules } from "./rules.ts";
 * import { openMemoryStore } from "./sqlite_log.ts";
 * const store = openMemoryStore();
 * assertEquals(new Rules(store.database).isMuted(1, 2, 0), false);
 * store.close();
 * ```
 * @see docs/ARCHITECTURE.md, section "store"
 */
export class Rules {
  readonly #statements: Statements<keyof typeof sql>;
  /** Asked for each direct. */
  readonly #blocks = new Memo<boolean>();
  /** Asked for each message; there are few. */
  #mutes: Map<string, number> | null = null;

  /**
   * Prepares the statements.
   *
   * @param database an open database of the newest schema; stays the caller's
   */
  constructor(database: DatabaseSync) {
    this.#statements = prepareAll(database, sql);
  }

  /**
   * Tells whether a room is private.
   *
   * @param room the room's id
   * @returns whether only who was invited may join it
   */
  isPrivate(room: number): boolean {
    return this.#statements.isPrivate.get(room) !== undefined;
  }

  /**
   * Makes a room private.
   *
   * @param room the room's id
   * @param lsn the entry from which on it is
   */
  close(room: number, lsn: number): void {
    this.#statements.close.run(lsn, room);
  }

  /**
   * Tells whether a user was made a room's moderator.
   *
   * @param room the room's id
   * @param user the user's
   * @returns whether it is so now
   */
  isModerator(room: number, user: number): boolean {
    return this.#statements.isModerator.get(room, user) !== undefined;
  }

  /**
   * Makes a user a room's moderator, or no longer.
   *
   * @param room the room's id
   * @param user the user's
   * @param on which of both
   */
  setModerator(room: number, user: number, on: boolean): void {
    const { addModerator, endModerator } = this.#statements;
    (on ? addModerator : endModerator).run(room, user);
  }

  /**
   * Tells whether a user is banned from a room.
   *
   * @param room the room's id
   * @param user the user's
   * @returns whether the user can't join it
   */
  isBanned(room: number, user: number): boolean {
    return this.#statements.isBanned.get(room, user) !== undefined;
  }

  /**
   * Bans a user from a room, or takes that back.
   *
   * @param room the room's id
   * @param user the user's
   * @param on which of both
   */
  setBanned(room: number, user: number, on: boolean): void {
    const { addBan, endBan } = this.#statements;
    (on ? addBan : endBan).run(room, user);
  }

  /**
   * Tells whether a user is muted.
   *
   * @param room the room's id
   * @param user the user's
   * @param timeMs now, milliseconds since 1970-01-01 UTC
   * @returns whether the user can't write to it
   */
  isMuted(room: number, user: number, timeMs: number): boolean {
    const mutes = this.#allMutes();
    return mutes.size > 0 && timeMs < (mutes.get(`${room} ${user}`) ?? 0);
  }

  /**
   * Mutes a user.
   *
   * @param room the room's id
   * @param user the user's
   * @param untilMs milliseconds since 1970-01-01 UTC; 0: until unmuted
   */
  mute(room: number, user: number, untilMs: number): void {
    const kept = untilMs === 0 ? forever : untilMs;
    this.#statements.addMute.run(room, user, kept);
    this.#allMutes().set(`${room} ${user}`, kept);
  }

  /**
   * Lets a user write again.
   *
   * @param room the room's id
   * @param user the user's
   */
  unmute(room: number, user: number): void {
    this.#statements.endMute.run(room, user);
    this.#allMutes().delete(`${room} ${user}`);
  }

  /**
   * Tells whether a user was invited to a private room.
   *
   * @param room the room's id
   * @param user the user's
   * @returns whether the user may join it
   */
  isAdmitted(room: number, user: number): boolean {
    return this.#statements.isAdmitted.get(room, user) !== undefined;
  }

  /**
   * Lets a user join a private room, once, or no longer.
   *
   * @param room the room's id
   * @param user the user's
   * @param on which of both
   */
  setAdmitted(room: number, user: number, on: boolean): void {
    const { admit, endAdmission } = this.#statements;
    (on ? admit : endAdmission).run(room, user);
  }

  /**
   * Tells whether a user takes nothing from another.
   *
   * @param user the id of who may have blocked
   * @param other of whom
   * @returns whether it is so
   */
  hasBlocked(user: number, other: number): boolean {
    const look = () => this.#statements.hasBlocked.get(user, other) !== undefined;
    return this.#blocks.get(`${user} ${other}`, look);
  }

  /**
   * Counts whom a user has blocked.
   *
   * @param user the user's id
   * @returns how many
   */
  blockCount(user: number): number {
    return (this.#statements.blockCount.get(user) as { count: number }).count;
  }

  /**
   * Blocks a user, or takes that back.
   *
   * @param user the id of who blocks
   * @param other whom
   * @param on which of both
   */
  setBlocked(user: number, other: number, on: boolean): void {
    const { block, unblock } = this.#statements;
    (on ? block : unblock).run(user, other);
    this.#blocks.keep(`${user} ${other}`, on);
  }

  /**
   * Lists where a user is a member, directs left out.
   *
   * @param user the user's id
   * @returns the audiences' keys, those of the admins too, in order; owned by the caller
   */
  openRooms(user: number): string[] {
    const rows = this.#statements.openRooms.all(user) as { audience: string }[];
    return rows.map(({ audience }) => audience);
  }

  /** Lets go of what is too much to keep. */
  shrink(): void {
    this.#blocks.shrink();
  }

  /** The transaction was rolled back: what was noted in it is not so. */
  forget(): void {
    this.#mutes = null;
    this.#blocks.forget();
  }

  #allMutes(): Map<string, number> {
    const rows = () =>
      this.#statements.mutes.all() as { room: number; user: number; untilMs: number }[];
    return this.#mutes ??= new Map(rows().map((one) => [`${one.room} ${one.user}`, one.untilMs]));
  }
}
