/**
 * The statements that apply needs, by what they mean.
 *
 * @module
 */

import type { DatabaseSync } from "node:sqlite";
import { prepareAll, type Statements } from "../sqlite/statements.ts";
import { entryChecksum } from "./checksum.ts";
import { limits } from "../limits.ts";
import { DamagedEntry } from "../log/damage.ts";
import { LateIndex } from "./late_index.ts";
import { Memo } from "./memo.ts";
import { People } from "./people.ts";
import { Rules } from "./rules.ts";
import { Usage } from "./usage.ts";
import { StoredEntries } from "./stored.ts";

/** An entry's row in the log. */
export interface LogRow {
  /** Its place in the log: one above the row before it. */
  readonly lsn: number;
  /** Whom it is meant for, as `audienceKey` writes it. */
  readonly audience: string;
  /** The id of the outbox it came from; null where it came from none. */
  readonly outbox: number | null;
  /** Its number in that outbox, from 1; null where it came from none. */
  readonly n: number | null;
  /** The header's bytes, which are never changed again. */
  readonly header: Uint8Array;
  /** 16 random bytes, which go with the body when it is erased. */
  readonly salt: Uint8Array;
  /** The body's bytes, which are never changed again, only erased. */
  readonly body: Uint8Array;
  /** The digest chain's value after this entry; 32 bytes. */
  readonly digest: Uint8Array;
}

/** An outbox as the server knows it; `id` is the lsn of the first entry that came from it. */
export interface Outbox {
  /** What `LogRow.outbox` says for the entries that came from it. */
  readonly id: number;
  /** The last number taken of it; at least 1. */
  readonly last: number;
}

/** A stored entry, enough to answer a repeat. */
export interface Taken {
  /** Its place in the log, which is told again. */
  readonly lsn: number;
  /** The header's bytes: the row id in it is compared. */
  readonly header: Uint8Array;
  /** The body's bytes, which tell a refusal's code; null when erased. */
  readonly body: Uint8Array | null;
}

const sql = {
  head: "SELECT lsn, header, digest FROM log ORDER BY lsn DESC LIMIT 1",
  insertLog: `INSERT INTO log (lsn, audience, outbox, n, header, salt, body, digest, checksum)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  taken: "SELECT lsn, header, body FROM log WHERE lsn = ?",
  outbox: "SELECT id, last FROM counted WHERE device = ? AND epoch = ?",
  addOutbox: "INSERT INTO outboxes (id, device, epoch) VALUES (?, ?, ?)",
  last: "SELECT lsn FROM placed WHERE audience = ? ORDER BY lsn DESC LIMIT 1",
  userByKey: "SELECT id FROM users WHERE key = ?",
  roomByKey: "SELECT id FROM rooms WHERE key = ?",
  openSpan: "SELECT since FROM spans WHERE audience = ? AND user = ? AND until IS NULL",
  roomCount: `SELECT count(*) AS count FROM spans
    WHERE user = ? AND until IS NULL AND audience >= 'r' AND audience < 's'`,
  addRoom: "INSERT INTO rooms (id, name, key, members) VALUES (?, ?, ?, 0)",
  roomName: "SELECT name FROM rooms WHERE id = ?",
  addSpan: "INSERT INTO spans (audience, user, since, until) VALUES (?, ?, ?, NULL)",
  endSpan: "UPDATE spans SET until = ? WHERE audience = ? AND user = ? AND until IS NULL",
  countMember: "UPDATE rooms SET members = members + ? WHERE id = ?",
} as const;

/**
 * Reads and writes the store's tables inside the caller's transaction. What a batch adds to the log
 * is only noted, and written with `flush`: the same statement many times in a row takes half as long
 * as by turns with everything else.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { openMemoryStore } from "./sqlite_log.ts";
 * import { Tables } from "./tables.ts";
 * const store = openMemoryStore();
 * assertEquals(new Tables(store.database).roomByKey("lobby"), 1);
 * store.close();
 * ```
 * @see docs/ARCHITECTURE.md, section "store"
 */
export class Tables {
  /** Users and devices to be added, and invites: nothing of these is only noted. */
  readonly people: People;
  /** Who may do what in which room: nothing of these is only noted either. */
  readonly rules: Rules;
  /** How much of the log is whose. */
  readonly usage: Usage;
  readonly #statements: Statements<keyof typeof sql>;
  readonly #stored: StoredEntries;
  #entries: LogRow[] = [];
  readonly #index: LateIndex;
  readonly #outboxes = new Memo<Outbox>();
  readonly #lasts = new Memo<number>();
  /** Names are given once, and never to anybody else. */
  readonly #users = new Memo<number>();
  readonly #rooms = new Memo<number>();
  readonly #members = new Memo<boolean>();

  /**
   * Prepares the statements.
   *
   * @param database an open database of the newest schema; stays the caller's
   * @param indexLagMax entries that the log's index may be behind it; at least 1
   */
  constructor(database: DatabaseSync, indexLagMax: number = limits.indexLagMax) {
    this.people = new People(database);
    this.rules = new Rules(database);
    this.usage = new Usage(database);
    this.#stored = new StoredEntries(database);
    this.#index = new LateIndex(database, indexLagMax);
    this.#statements = prepareAll(database, sql);
  }

  /**
   * Reads where the log ends.
   *
   * @returns the log's last row, owned by the caller; null while it is empty
   */
  head(): { lsn: number; header: Uint8Array; digest: Uint8Array } | null {
    return row(this.#statements.head.get());
  }

  /**
   * Appends to the log: the row is written with those of its batch.
   *
   * @param entry the row after the last one; not changed after this
   */
  insertLog(entry: LogRow): void {
    this.#entries.push(entry);
    this.#index.add(entry);
  }

  /**
   * Finds the entry that a repeat is about.
   *
   * @param outbox the outbox's id
   * @param n the number that came again
   * @returns the entry taken under it, owned by the caller; null if there is none
   */
  taken(outbox: number, n: number): Taken | null {
    const lsn = this.#index.find(outbox, n);
    if (lsn === null) return null;
    this.#insertEntries();
    return row(this.#statements.taken.get(lsn));
  }

  /**
   * Finds how far an outbox has come.
   *
   * @param device the device's id
   * @param epoch 16 bytes
   * @returns the outbox of this epoch, or null if nothing was taken of it
   */
  outbox(device: number, epoch: Uint8Array): Outbox | null {
    return this.#outbox(outboxKey(device, epoch), device, epoch);
  }

  /**
   * Notes the last number taken of an outbox.
   *
   * @param id the lsn of the entry in hand; it becomes the outbox's id only when that is new
   * @param device the device's id
   * @param epoch 16 bytes
   * @param last the number taken
   */
  setOutbox(id: number, device: number, epoch: Uint8Array, last: number): void {
    const key = outboxKey(device, epoch);
    const known = this.#outbox(key, device, epoch);
    if (!known) this.#statements.addOutbox.run(id, device, epoch);
    this.#outboxes.keep(key, { id: known?.id ?? id, last });
  }

  #outbox(key: string, device: number, epoch: Uint8Array): Outbox | null {
    return this.#outboxes.get(key, () => row(this.#statements.outbox.get(device, epoch)));
  }

  /**
   * Writes what was only noted, once for a whole batch; before the commit.
   *
   * @throws what SQLite throws, such as for an outbox number that is taken
   */
  flush(): void {
    this.#insertEntries();
    this.#index.flush();
    for (const memo of this.#memos) memo.shrink();
  }

  /** The transaction was committed: what was noted in it is so. */
  committed(): void {
    if (this.#index.committed()) this.usage.written();
  }

  #insertEntries(): void {
    const { insertLog } = this.#statements;
    for (const { lsn, audience, outbox, n, header, salt, body, digest } of this.#entries) {
      const checksum = entryChecksum({
        lsn,
        audience,
        header,
        salt,
        body,
        body_digest: null,
        digest,
      });
      insertLog.run(lsn, audience, outbox, n, header, salt, body, digest, checksum);
    }
    this.#entries = [];
  }

  /** The transaction was rolled back: what was noted in it is not so. */
  forget(): void {
    this.#entries = [];
    this.#index.forget();
    this.people.shut.forget();
    this.usage.forget();
    for (const memo of this.#memos) memo.forget();
  }

  get #memos(): readonly { shrink(): void; forget(): void }[] {
    const own = [this.#outboxes, this.#lasts, this.#users, this.#rooms, this.#members];
    return [...own, this.rules];
  }

  /**
   * Finds an entry's `prev`.
   *
   * @param audience as `audienceKey` writes it
   * @returns the lsn of the audience's last entry, 0 if it has none
   */
  last(audience: string): number {
    const look = () => row<{ lsn: number }>(this.#statements.last.get(audience))?.lsn ?? null;
    return this.#lasts.get(audience, look) ?? 0;
  }

  /**
   * Notes an audience's last entry, which the next one names as its `prev`.
   *
   * @param audience as `audienceKey` writes it
   * @param lsn the entry's
   */
  setLast(audience: string, lsn: number): void {
    this.#lasts.keep(audience, lsn);
  }

  /**
   * Finds a user by name.
   *
   * @param key as `nameKey` writes it
   * @returns the user's id, or null if nobody has the name
   */
  userByKey(key: string): number | null {
    return this.#users.get(key, () => idOf(this.#statements.userByKey.get(key)));
  }

  /**
   * Tells whether an entry is what was committed.
   *
   * @param lsn the entry's
   * @returns whether it fits the digest chain
   * @throws what SQLite throws when it can't read the file
   */
  isWhole(lsn: number): boolean {
    try {
      this.#stored.read(lsn);
      return true;
    } catch (error) {
      if (error instanceof DamagedEntry) return false;
      throw error;
    }
  }

  /**
   * Finds a room by name.
   *
   * @param key as `nameKey` writes it
   * @returns the room's id, or null if no room has the name
   */
  roomByKey(key: string): number | null {
    return this.#rooms.get(key, () => idOf(this.#statements.roomByKey.get(key)));
  }

  /**
   * Tells whether a membership is open at this point of the log.
   *
   * @param audience a room or a direct, as `audienceKey` writes it
   * @param user the user's id
   * @returns whether the user is a member
   */
  isMember(audience: string, user: number): boolean {
    const look = () => this.#statements.openSpan.get(audience, user) !== undefined;
    return this.#members.get(memberKey(audience, user), look);
  }

  /**
   * Counts the rooms, directs left out, that a user is a member of.
   *
   * @param user a user's id
   * @returns how many there are
   */
  roomCount(user: number): number {
    return row<{ count: number }>(this.#statements.roomCount.get(user))!.count;
  }

  /**
   * Adds a room without members.
   *
   * @param id the lsn of the entry that made it
   * @param name as it was typed
   * @param key as `nameKey` writes it
   * @throws what SQLite throws when the key is taken
   */
  addRoom(id: number, name: string, key: string): void {
    this.#statements.addRoom.run(id, name, key);
  }

  /**
   * Tells how a room is written.
   *
   * @param id the room's; there is one
   * @returns its name as it was typed when it was made
   */
  roomName(id: number): string {
    return row<{ name: string }>(this.#statements.roomName.get(id))!.name;
  }

  /**
   * Begins a membership.
   *
   * @param audience a room or a direct, as `audienceKey` writes it
   * @param user whose
   * @param since the lsn of the entry that begins it, which the user sees
   */
  addSpan(audience: string, user: number, since: number): void {
    this.#statements.addSpan.run(audience, user, since);
    this.#members.keep(memberKey(audience, user), true);
  }

  /**
   * Ends the open membership.
   *
   * @param audience a room, as `audienceKey` writes it
   * @param user whose
   * @param until the lsn of the entry that ends it, which the user still sees
   */
  endSpan(audience: string, user: number, until: number): void {
    this.#statements.endSpan.run(until, audience, user);
    this.#members.keep(memberKey(audience, user), false);
  }

  /**
   * Adds to a room's count of members, which lists would otherwise have to count each time.
   *
   * @param room the room's id
   * @param change 1 for who comes, -1 for who goes
   */
  countMember(room: number, change: 1 | -1): void {
    this.#statements.countMember.run(change, room);
  }
}

function outboxKey(device: number, epoch: Uint8Array): string {
  return device + String.fromCharCode.apply(null, epoch as unknown as number[]);
}

function memberKey(audience: string, user: number): string {
  return `${user} ${audience}`;
}

function idOf(found: unknown): number | null {
  return row<{ id: number }>(found)?.id ?? null;
}

function row<T>(found: unknown): T | null {
  return (found as T | undefined) ?? null;
}
