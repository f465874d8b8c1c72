/**
 * The operator's view: where an entry went, and what did not arrive.
 *
 * @module
 */

import type { DatabaseSync } from "node:sqlite";
import { decodeEntry, type Entry } from "../log/entry.ts";
import { entryKinds } from "../log/entry_kinds.ts";
import type {
  Trace,
  TracedDevice,
  TracedUser,
  Undelivered,
  UndeliveredPage,
} from "../log/receipts.ts";
import { audienceKey, audienceKinds } from "../protocol/audience.ts";
import { prepareAll, type Statements } from "../sqlite/statements.ts";
import { HoldingReader, holds, type Person, wasMember } from "./holdings.ts";
import { SinceReader } from "./since.ts";

const sql = {
  entry: "SELECT header FROM log WHERE lsn = ?",
  before: "SELECT header FROM log WHERE lsn <= ? ORDER BY lsn DESC LIMIT ?",
  head: "SELECT coalesce(max(lsn), 0) AS lsn FROM log",
  user: "SELECT name FROM users WHERE id = ?",
  room: "SELECT name FROM rooms WHERE id = ?",
  owner: "SELECT user FROM devices WHERE id = ?",
  devices: `SELECT d.id AS device, coalesce(c.cursor, 0) AS cursor, coalesce(c.timeMs, 0) AS timeMs
    FROM devices d LEFT JOIN cursors c ON c.device = d.id WHERE d.user = ? ORDER BY d.id`,
} as const;

/** What one answer tells at most, and how much one look into the log may take. */
const bounds = {
  /** Recipients of a traced entry. */
  tracedUsersMax: 500,
  /** Names of who is missing a message. */
  missingNamesMax: 10,
  /** Entries that one page of a search reads. */
  searchEntriesMax: 1_000,
  /** Members that one page of a search looks at, each time for each message. */
  searchChecksMax: 500_000,
} as const;

/**
 * Answers the operator's questions; each answer sees what is committed when it is asked.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { Inspector } from "./inspect.ts";
 * import { openMemoryStore } from "./sqlite_log.ts";
 * const store = openMemoryStore();
 * assertEquals(new Inspector(store.database).trace(1)?.audience, "lobby");
 * store.close();
 * ```
 * @see docs/ARCHITECTURE.md, section "store"
 */
export class Inspector {
  readonly #statements: Statements<keyof typeof sql>;
  readonly #holdings: HoldingReader;
  readonly #since: SinceReader;

  /**
   * Prepares the statements.
   *
   * @param database an open store, on a connection that may be read-only; stays the caller's
   */
  constructor(database: DatabaseSync) {
    this.#statements = prepareAll(database, sql);
    this.#holdings = new HoldingReader(database);
    this.#since = new SinceReader(database);
  }

  /**
   * Tells where an entry went.
   *
   * @param lsn the entry's
   * @returns the entry, its recipients without its sender, and since when each device has it; null
   * if there is no such entry
   */
  trace(lsn: number): Trace | null {
    const entry = this.#entry(lsn);
    if (!entry) return null;
    const users = this.#recipients(entry);
    return {
      lsn,
      kind: kindName(entry.kindNumber),
      audience: this.#audienceName(entry),
      timeMs: entry.timeMs,
      sender: this.#userName(entry.user),
      recipients: users.slice(0, bounds.tracedUsersMax).map((user) => this.#traced(user, entry)),
      more: Math.max(0, users.length - bounds.tracedUsersMax),
    };
  }

  /**
   * Finds the last entry that is old enough, halving the log: times never decrease along it.
   *
   * @param timeMs milliseconds since 1970-01-01 UTC
   * @returns the lsn of the last entry at or before that time; 0 for none
   */
  lastBefore(timeMs: number): number {
    let low = 0;
    let high = (this.#statements.head.get() as { lsn: number }).lsn;
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if (this.#entry(middle)!.timeMs <= timeMs) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  /**
   * Searches a part of the log, backwards, for messages that a recipient has on no device.
   *
   * @param last the lsn to begin with
   * @param count how many to tell at most; others are counted
   * @returns what was found, newest first, and where to go on
   */
  undelivered(last: number, count: number): UndeliveredPage {
    const rows = this.#statements.before.all(last, bounds.searchEntriesMax) as {
      header: Uint8Array;
    }[];
    const entries = rows.map(({ header }) => decodeEntry({ header, body: null }));
    const first = entries.at(-1)?.lsn ?? 0;
    const peopleOf = new Map<string, Person[]>();
    const messages: Undelivered[] = [];
    let found = 0;
    let checks = 0;
    for (const entry of entries) {
      if (checks > bounds.searchChecksMax) return { messages, found, next: entry.lsn };
      if (entry.kindNumber !== entryKinds.message.kind) continue;
      const key = audienceKey(entry.audience);
      const people = peopleOf.get(key) ?? this.#holdings.people(key, first, last);
      peopleOf.set(key, people);
      checks += people.length;
      const missing = people.filter((person) => misses(person, entry));
      if (missing.length === 0) continue;
      found++;
      if (messages.length < count) messages.push(this.#undelivered(entry, missing));
    }
    return { messages, found, next: Math.max(0, first - 1) };
  }

  #undelivered(entry: Entry, missing: readonly Person[]): Undelivered {
    const named = missing.slice(0, bounds.missingNamesMax);
    return {
      lsn: entry.lsn,
      timeMs: entry.timeMs,
      audience: this.#audienceName(entry),
      sender: this.#userName(entry.user),
      missing: named.map(({ user }) => this.#userName(user)),
      more: missing.length - named.length,
    };
  }

  #recipients({ lsn, user, audience }: Entry): number[] {
    switch (audience[0]) {
      case audienceKinds.room:
      case audienceKinds.direct:
        return this.#holdings.people(audienceKey(audience), lsn, lsn)
          .filter((person) => person.user !== user && wasMember(person, lsn))
          .map((person) => person.user);
      case audienceKinds.user:
        return [audience[1]];
      case audienceKinds.device: {
        const owner = this.#statements.owner.get(audience[1]) as { user: number } | undefined;
        return owner ? [owner.user] : [];
      }
      case audienceKinds.admins:
        return [];
    }
  }

  #traced(user: number, { audience, lsn }: Entry): TracedUser {
    const rows = this.#statements.devices.all(user) as {
      device: number;
      cursor: number;
      timeMs: number;
    }[];
    const meant = rows.filter(({ device }) =>
      audience[0] !== audienceKinds.device || audience[1] === device
    );
    const devices = meant.map(({ device, cursor, timeMs }): TracedDevice => {
      const since = this.#since.device(device, audienceKey(audience), lsn);
      return {
        device,
        holds: since !== null,
        heldMs: since?.timeMs ?? null,
        before: since?.before ?? false,
        cursor,
        cursorMs: timeMs,
      };
    });
    return { user, name: this.#userName(user), devices };
  }

  #audienceName({ audience }: Entry): string {
    switch (audience[0]) {
      case audienceKinds.room:
        return nameOf(this.#statements.room.get(audience[1])) || audienceKey(audience);
      case audienceKinds.direct:
        return `@${this.#userName(audience[1])} @${this.#userName(audience[2])}`;
      case audienceKinds.user:
        return `@${this.#userName(audience[1])}`;
      case audienceKinds.admins:
        return "admins";
      default:
        return audienceKey(audience);
    }
  }

  #userName(user: number): string {
    return nameOf(this.#statements.user.get(user));
  }

  #entry(lsn: number): Entry | null {
    const row = this.#statements.entry.get(lsn) as { header: Uint8Array } | undefined;
    return row ? decodeEntry({ header: row.header, body: null }) : null;
  }
}

function misses(person: Person, { user, lsn }: Entry): boolean {
  return person.user !== user && wasMember(person, lsn) && !holds(person, lsn);
}

function nameOf(row: unknown): string {
  return (row as { name: string } | undefined)?.name ?? "";
}

function kindName(kindNumber: number): string {
  const found = Object.entries(entryKinds).find(([, { kind }]) => kind === kindNumber);
  return found?.[0] ?? `kind-${kindNumber}`;
}
