/**
 * The mailbox on the disk: who this device is, its cursor, entries, and the names of users and
 * rooms. What belongs together is written in one transaction.
 *
 * @module
 */

import type { DatabaseSync } from "node:sqlite";
import { decodeEntry, type Entry, type EntryBytes } from "../log/entry.ts";
import { audienceKey, keyAudience } from "../protocol/audience.ts";
import { Batch } from "../sqlite/batch.ts";
import { openDatabase } from "../sqlite/database.ts";
import { migrate } from "../sqlite/migrate.ts";
import { prepareAll, type Statements } from "../sqlite/statements.ts";
import { Blocks } from "./blocks.ts";
import type { KnownRoom } from "./events.ts";
import { HeldPages } from "./held_pages.ts";
import { mailboxMigrations } from "./mailbox_schema.ts";
import { Resyncs } from "./resyncs.ts";

/** Who this device is on its server. */
export interface Own {
  /** The user's id. */
  readonly user: number;
  /** The device's own id. */
  readonly device: number;
  /** The user's name as the server writes it. */
  readonly name: string;
  /** The id of the log that these are of; 16 bytes. */
  readonly logId: Uint8Array;
}

/** Up to where this device holds everything meant for it. */
export interface Cursor {
  /** The id of the log that it counts in; 16 bytes. */
  readonly logId: Uint8Array;
  /** Its place. */
  readonly lsn: number;
  /** The log's digest there; 32 bytes. */
  readonly digest: Uint8Array;
}

/** An entry as it is held. */
export interface HeldEntry {
  /** Counts up with each entry that is stored, also over a resync. */
  readonly arrival: number;
  /** The entry. */
  readonly entry: Entry;
}

const held = "SELECT arrival, header, body FROM entries";
const sql = {
  own: "SELECT user, device, name, log_id AS logId FROM own",
  setOwn: `INSERT INTO own (one, user, device, name, log_id) VALUES (1, ?, ?, ?, ?)
    ON CONFLICT (one) DO UPDATE SET user = excluded.user, device = excluded.device,
      name = excluded.name, log_id = excluded.log_id`,
  cursor: "SELECT log_id AS logId, lsn, digest FROM cursor",
  setCursor: `INSERT INTO cursor (one, log_id, lsn, digest) VALUES (1, ?, ?, ?)
    ON CONFLICT (one) DO UPDATE SET log_id = excluded.log_id, lsn = excluded.lsn,
      digest = excluded.digest`,
  dropCursor: "DELETE FROM cursor",
  above: "SELECT lsn FROM entries WHERE lsn > ?",
  insert: `INSERT INTO entries (lsn, audience, live, header, body)
    VALUES (?, ?, ?, ?, ?) ON CONFLICT (lsn) DO NOTHING`,
  arrived: `${held} WHERE arrival > ? AND live = 1 ORDER BY arrival LIMIT ?`,
  lastArrival: "SELECT max(arrival) AS arrival FROM entries",
  before: `${held} WHERE audience = ? AND lsn < ? ORDER BY lsn DESC LIMIT ?`,
  // From key to key by the index: to group a large mailbox's entries takes seventy times as long.
  audiences: `WITH RECURSIVE held (audience) AS (
      SELECT min(audience) FROM entries
      UNION ALL
      SELECT (SELECT min(audience) FROM entries WHERE audience > held.audience) FROM held
        WHERE held.audience IS NOT NULL)
    SELECT audience FROM held WHERE audience IS NOT NULL
    ORDER BY (SELECT max(lsn) FROM entries e WHERE e.audience = held.audience) DESC LIMIT ?`,
  has: "SELECT 1 FROM entries WHERE lsn = ?",
  boundary: "SELECT kind FROM boundaries WHERE audience = ? AND lsn = ?",
  setBoundary: `INSERT INTO boundaries (audience, lsn, kind) VALUES (?, ?, ?)
    ON CONFLICT (audience, lsn) DO UPDATE SET kind = excluded.kind`,
  forgetBoundaries: "DELETE FROM boundaries WHERE audience = ? AND kind = ?",
  users: "SELECT id, name FROM users WHERE id > ?",
  setUser: `INSERT INTO users (id, name) VALUES (?, ?)
    ON CONFLICT (id) DO UPDATE SET name = excluded.name`,
  rooms: "SELECT audience, name, member FROM rooms",
  setRoom: `INSERT INTO rooms (audience, name, member) VALUES (?, ?, ?)
    ON CONFLICT (audience) DO UPDATE SET name = excluded.name, member = excluded.member`,
  dropRooms: "DELETE FROM rooms",
  version: "PRAGMA data_version",
} as const;

interface StoredEntry {
  readonly arrival: number;
  readonly header: Uint8Array;
  readonly body: Uint8Array | null;
}

/** An open mailbox and the way to close it. */
export interface OpenMailbox {
  /** The database, of the newest tables. */
  readonly database: DatabaseSync;
  /** The one batch of all who write to it. */
  readonly batch: Batch;
  /** Closes it. */
  readonly close: () => void;
}

/**
 * Opens a mailbox, and makes it at first use.
 *
 * @param path the file, in a folder that is its owner's alone
 * @returns the open mailbox, owned by the caller
 * @throws {DatabaseError} when it is of a later version, or SQLite is not what durability needs
 * @example
 * ```ts ignore
 * const { database, close } = openMailbox("data/mailbox.db");
 * close();
 * ```
 * @see docs/ARCHITECTURE.md, section "client"
 */
export function openMailbox(path: string): OpenMailbox {
  const database = openDatabase(path);
  migrate(database, mailboxMigrations);
  return { database, batch: new Batch(database), close: () => database.close() };
}

/**
 * Opens a mailbox that is gone when it is closed: for tests and examples.
 *
 * @returns the open mailbox, owned by the caller
 * @example
 * ```ts
 * import { openMemoryMailbox } from "./mailbox_store.ts";
 * openMemoryMailbox().close();
 * ```
 */
export function openMemoryMailbox(): OpenMailbox {
  return openMailbox(":memory:");
}

/**
 * Reads and writes the mailbox. What is written is durable after the batch that it is part of.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { MailboxStore, openMemoryMailbox } from "./mailbox_store.ts";
 * const mailbox = openMemoryMailbox();
 * const store = new MailboxStore(mailbox);
 * store.setUser(2, "al");
 * assertEquals([store.batch.isOpen, store.usersAfter(0)], [true, [{ id: 2, name: "al" }]]);
 * store.batch.commit();
 * mailbox.close();
 * ```
 */
export class MailboxStore {
  /** Commits what was written. */
  readonly batch: Batch;
  /** How often everything came anew. */
  readonly resyncs: Resyncs;
  /** Of whom nothing is shown. */
  readonly blocks: Blocks;
  /** All of it, for search. */
  readonly pages: HeldPages;
  readonly #database: DatabaseSync;
  readonly #statements: Statements<keyof typeof sql>;

  /**
   * Prepares the statements.
   *
   * @param mailbox stays the caller's
   */
  constructor({ database, batch }: Pick<OpenMailbox, "database" | "batch">) {
    this.#database = database;
    this.batch = batch;
    this.resyncs = new Resyncs(database, batch);
    this.blocks = new Blocks(database, batch);
    this.pages = new HeldPages(database);
    this.#statements = prepareAll(database, sql);
  }

  /** Who this device is; null before the first login. */
  get own(): Own | null {
    return (this.#statements.own.get() as unknown as Own | undefined) ?? null;
  }

  /** Where this device stands; null before the first `upto`. */
  get cursor(): Cursor | null {
    return (this.#statements.cursor.get() as unknown as Cursor | undefined) ?? null;
  }

  /** A number that changes when another program has committed something. */
  get version(): number {
    return (this.#statements.version.get() as { data_version: number }).data_version;
  }

  /** The last arrival; 0 while there is none. */
  get lastArrival(): number {
    return (this.#statements.lastArrival.get() as { arrival: number | null }).arrival ?? 0;
  }

  /**
   * Keeps who this device is.
   *
   * @param own fields of `welcome`
   */
  setOwn({ user, device, name, logId }: Own): void {
    this.batch.write(() => this.#statements.setOwn.run(user, device, name, logId));
  }

  /**
   * Moves the cursor.
   *
   * @param cursor where to; null drops it
   */
  setCursor(cursor: Cursor | null): void {
    this.batch.write(() => {
      if (cursor) this.#statements.setCursor.run(cursor.logId, cursor.lsn, cursor.digest);
      else this.#statements.dropCursor.run();
    });
  }

  /** Drops all that is of the log as it was. The outbox stays, and arrivals go on counting. */
  forget(): void {
    const tables = ["entries", "boundaries", "receipts", "users", "rooms", "cursor", "seen_rooms"];
    this.batch.write(() => {
      for (const table of tables) this.#database.exec(`DELETE FROM ${table}`);
    });
  }

  /**
   * Stores an entry, unless it is held already.
   *
   * @param entry the entry
   * @param bytes the same as it came; not kept
   * @param live whether it is to be shown as it comes: not what was fetched from before
   * @returns whether it is new
   */
  addEntry(entry: Entry, bytes: EntryBytes, live: boolean): boolean {
    const { changes } = this.batch.write(() =>
      this.#statements.insert.run(
        entry.lsn,
        audienceKey(entry.audience),
        live ? 1 : 0,
        bytes.header,
        bytes.body,
      )
    );
    return changes > 0;
  }

  /**
   * Reads the lsns of what is held above a place.
   *
   * @param lsn the place
   * @returns the lsns, in no order, owned by the caller
   */
  lsnsAbove(lsn: number): number[] {
    return (this.#statements.above.all(lsn) as { lsn: number }[]).map((row) => row.lsn);
  }

  /**
   * Tells whether an entry is held.
   *
   * @param lsn its place in the log
   * @returns true if it is
   */
  has(lsn: number): boolean {
    return this.#statements.has.get(lsn) !== undefined;
  }

  /**
   * Reads what came live since an arrival.
   *
   * @param arrival the last one known
   * @param countMax how many at most
   * @returns the entries in the order in which they came, owned by the caller
   */
  arrivedAfter(arrival: number, countMax: number): HeldEntry[] {
    return this.#held(this.#statements.arrived.all(arrival, countMax));
  }

  /**
   * Reads an audience backwards.
   *
   * @param audience its key
   * @param lsn reads what is below
   * @param countMax how many at most
   * @returns the entries, the latest first, owned by the caller
   */
  before(audience: string, lsn: number, countMax: number): HeldEntry[] {
    return this.#held(this.#statements.before.all(audience, lsn, countMax));
  }

  /**
   * Names audiences of which something is held.
   *
   * @param countMax how many at most
   * @returns their keys, that with the latest entry first, owned by the caller
   */
  audiences(countMax: number): string[] {
    return (this.#statements.audiences.all(countMax) as { audience: string }[])
      .map((row) => row.audience);
  }

  /**
   * Tells what is known to be before an entry.
   *
   * @param audience its audience's key
   * @param lsn the entry's place
   * @returns a boundary of `past`, or 0 if none is known
   */
  boundary(audience: string, lsn: number): number {
    const found = this.#statements.boundary.get(audience, lsn);
    return (found as { kind: number } | undefined)?.kind ?? 0;
  }

  /**
   * Keeps what is before an entry.
   *
   * @param audience its audience's key
   * @param lsn the entry's place
   * @param kind a boundary of `past`, other than 0
   */
  setBoundary(audience: string, lsn: number, kind: number): void {
    this.batch.write(() => this.#statements.setBoundary.run(audience, lsn, kind));
  }

  /**
   * Forgets what was before entries of an audience.
   *
   * @param audience its key
   * @param kind a boundary of `past`, other than 0
   */
  forgetBoundaries(audience: string, kind: number): void {
    this.batch.write(() => this.#statements.forgetBoundaries.run(audience, kind));
  }

  /**
   * Reads names of users.
   *
   * @param id the last one known
   * @returns the users with a higher id, owned by the caller
   */
  usersAfter(id: number): { readonly id: number; readonly name: string }[] {
    return (this.#statements.users.all(id) as { id: number; name: string }[])
      .map(({ id, name }) => ({ id, name }));
  }

  /**
   * Keeps a user's name.
   *
   * @param id the user's
   * @param name as the server writes it
   */
  setUser(id: number, name: string): void {
    this.batch.write(() => this.#statements.setUser.run(id, name));
  }

  /**
   * Reads all rooms.
   *
   * @returns the rooms, owned by the caller
   */
  rooms(): KnownRoom[] {
    const rows = this.#statements.rooms.all() as {
      audience: string;
      name: string | null;
      member: number;
    }[];
    return rows.map(({ audience, name, member }) => ({
      room: keyAudience(audience),
      name,
      member: member === 1,
    }));
  }

  /**
   * Keeps a room.
   *
   * @param known its name and whether this user is a member
   */
  setRoom({ room, name, member }: KnownRoom): void {
    this.batch.write(() => this.#statements.setRoom.run(audienceKey(room), name, member ? 1 : 0));
  }

  /** Drops all rooms: a snapshot tells them anew. */
  dropRooms(): void {
    this.batch.write(() => this.#statements.dropRooms.run());
  }

  #held(rows: unknown): HeldEntry[] {
    return (rows as StoredEntry[]).map(({ arrival, header, body }) => ({
      arrival,
      entry: decodeEntry({ header, body }),
    }));
  }
}
