/**
 * The statements that apply needs, by what they mean.
 *
 * @module
 */

import type { DatabaseSync, StatementSync } from "node:sqlite";

/** An entry's row in the log. */
export interface LogRow {
  readonly lsn: number;
  readonly audience: string;
  readonly outbox: number | null;
  readonly n: number | null;
  readonly header: Uint8Array;
  readonly salt: Uint8Array;
  readonly body: Uint8Array;
  readonly digest: Uint8Array;
}

/** An outbox as the server knows it; `id` is the lsn of the first entry that came from it. */
export interface Outbox {
  readonly id: number;
  readonly last: number;
}

/** A stored entry, enough to answer a repeat. */
export interface Taken {
  readonly lsn: number;
  readonly header: Uint8Array;
  readonly body: Uint8Array | null;
}

const sql = {
  head: "SELECT lsn, header, digest FROM log ORDER BY lsn DESC LIMIT 1",
  insertLog: `INSERT INTO log (lsn, audience, outbox, n, header, salt, body, digest)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
  taken: "SELECT lsn, header, body FROM log WHERE outbox = ? AND n = ?",
  outbox: "SELECT id, last FROM outboxes WHERE device = ? AND epoch = ?",
  setOutbox: `INSERT INTO outboxes (id, device, epoch, last) VALUES (?, ?, ?, ?)
    ON CONFLICT (device, epoch) DO UPDATE SET last = excluded.last`,
  last: "SELECT last FROM audiences WHERE key = ?",
  setLast: `INSERT INTO audiences (key, last) VALUES (?, ?)
    ON CONFLICT (key) DO UPDATE SET last = excluded.last`,
  userByKey: "SELECT id FROM users WHERE key = ?",
  roomByKey: "SELECT id FROM rooms WHERE key = ?",
  deviceByKey: "SELECT id, user FROM devices WHERE key = ?",
  openSpan: "SELECT since FROM spans WHERE audience = ? AND user = ? AND until IS NULL",
  addUser: "INSERT INTO users (id, name, key) VALUES (?, ?, ?)",
  addDevice: "INSERT INTO devices (id, user, key) VALUES (?, ?, ?)",
  addRoom: "INSERT INTO rooms (id, name, key, members) VALUES (?, ?, ?, 0)",
  addSpan: "INSERT INTO spans (audience, user, since, until) VALUES (?, ?, ?, NULL)",
  endSpan: "UPDATE spans SET until = ? WHERE audience = ? AND user = ? AND until IS NULL",
  countMember: "UPDATE rooms SET members = members + ? WHERE id = ?",
} as const;

/**
 * Reads and writes the store's tables, one statement a method, inside the caller's transaction.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { openDatabase } from "../sqlite/database.ts";
 * import { migrate } from "../sqlite/migrate.ts";
 * import { migrations } from "./schema.ts";
 * import { Tables } from "./tables.ts";
 * const database = openDatabase(":memory:");
 * migrate(database, migrations);
 * assertEquals(new Tables(database).roomByKey("lobby"), null);
 * database.close();
 * ```
 * @see docs/ARCHITECTURE.md, section "store"
 */
export class Tables {
  readonly #statements: Readonly<Record<keyof typeof sql, StatementSync>>;

  /** @param database an open database of the newest schema; stays the caller's */
  constructor(database: DatabaseSync) {
    this.#statements = Object.fromEntries(
      Object.entries(sql).map(([name, text]) => [name, database.prepare(text)]),
    ) as Record<keyof typeof sql, StatementSync>;
  }

  /** @returns the log's last row, or null while it is empty */
  head(): { lsn: number; header: Uint8Array; digest: Uint8Array } | null {
    return row(this.#statements.head.get());
  }

  /** @param entry the row to append */
  insertLog(entry: LogRow): void {
    const { lsn, audience, outbox, n, header, salt, body, digest } = entry;
    this.#statements.insertLog.run(lsn, audience, outbox, n, header, salt, body, digest);
  }

  /** @returns what was taken under an outbox's number, or null */
  taken(outbox: number, n: number): Taken | null {
    return row(this.#statements.taken.get(outbox, n));
  }

  /** @returns the outbox of a device's epoch, or null if nothing was taken of it */
  outbox(device: number, epoch: Uint8Array): Outbox | null {
    return row(this.#statements.outbox.get(device, epoch));
  }

  /** Notes the last number taken of an outbox; `id` counts only when it is new. */
  setOutbox(id: number, device: number, epoch: Uint8Array, last: number): void {
    this.#statements.setOutbox.run(id, device, epoch, last);
  }

  /** @returns the lsn of an audience's last entry, 0 if it has none */
  last(audience: string): number {
    return row<{ last: number }>(this.#statements.last.get(audience))?.last ?? 0;
  }

  /** Notes the lsn of an audience's last entry. */
  setLast(audience: string, lsn: number): void {
    this.#statements.setLast.run(audience, lsn);
  }

  /** @returns the id of the user with this name key, or null */
  userByKey(key: string): number | null {
    return row<{ id: number }>(this.#statements.userByKey.get(key))?.id ?? null;
  }

  /** @returns the id of the room with this name key, or null */
  roomByKey(key: string): number | null {
    return row<{ id: number }>(this.#statements.roomByKey.get(key))?.id ?? null;
  }

  /** @returns the device with this public key and its user, or null */
  deviceByKey(key: Uint8Array): { id: number; user: number } | null {
    return row(this.#statements.deviceByKey.get(key));
  }

  /** @returns whether the user is a member now */
  isMember(audience: string, user: number): boolean {
    return this.#statements.openSpan.get(audience, user) !== undefined;
  }

  /** Adds a user. */
  addUser(id: number, name: string, key: string): void {
    this.#statements.addUser.run(id, name, key);
  }

  /** Adds a device. */
  addDevice(id: number, user: number, key: Uint8Array): void {
    this.#statements.addDevice.run(id, user, key);
  }

  /** Adds a room without members. */
  addRoom(id: number, name: string, key: string): void {
    this.#statements.addRoom.run(id, name, key);
  }

  /** Begins a membership at `since`, inclusive. */
  addSpan(audience: string, user: number, since: number): void {
    this.#statements.addSpan.run(audience, user, since);
  }

  /** Ends the open membership after `until`, inclusive. */
  endSpan(audience: string, user: number, until: number): void {
    this.#statements.endSpan.run(until, audience, user);
  }

  /** Adds to a room's count of members. */
  countMember(room: number, change: 1 | -1): void {
    this.#statements.countMember.run(change, room);
  }
}

function row<T>(found: unknown): T | null {
  return (found as T | undefined) ?? null;
}
