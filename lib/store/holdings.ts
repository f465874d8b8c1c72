/**
 * Who an entry was meant for and who holds it, as the tables say.
 *
 * @module
 */

import type { DatabaseSync } from "node:sqlite";
import { prepareAll, type Statements } from "../sqlite/statements.ts";

const sql = {
  people: `SELECT s.user, s.since AS joined, s.until AS ended, c.since, c.cursor, r.lsn AS seen
    FROM spans s LEFT JOIN cursors c ON c.user = s.user
    LEFT JOIN reads r ON r.user = s.user AND r.audience = s.audience
    WHERE s.audience = $audience AND s.since <= $last
      AND (s.until IS NULL OR s.until >= $first)
    ORDER BY s.user`,
  stored: `SELECT user, first, last FROM stored
    WHERE audience = $audience AND first <= $last AND last >= $first ORDER BY user`,
} as const;

/** Lsns from the first to the last, both inclusive. */
export type LsnRange = readonly [first: number, last: number];

/** Somebody who is or was in a room or direct, and what of it is on a disk of theirs. */
export interface Person {
  /** The user's id. */
  readonly user: number;
  /** When they were a member, in lsns. */
  readonly spans: readonly LsnRange[];
  /** What their devices hold, in lsns; in no order. */
  readonly held: readonly LsnRange[];
  /** Up to where they have seen everything and say so; 0 for nothing. */
  readonly seen: number;
}

interface Row {
  readonly user: number;
  readonly joined: number;
  readonly ended: number | null;
  readonly since: number | null;
  readonly cursor: number | null;
  readonly seen: number | null;
}

/** A plain loop: receipts in a large room ask this for each member and message. */
function contain(ranges: readonly LsnRange[], lsn: number): boolean {
  for (const range of ranges) if (range[0] <= lsn && lsn <= range[1]) return true;
  return false;
}

/**
 * Tells whether somebody was a member, by the log and not by the present.
 *
 * @param person of the entry's room or direct
 * @param lsn the entry's
 * @returns whether the entry was meant for them
 * @example
 * ```ts
 * import { assert } from "@std/assert";
 * import { wasMember } from "./holdings.ts";
 * const person = { user: 2, spans: [[5, 9]], held: [], seen: 0 } as const;
 * assert(wasMember(person, 5) && !wasMember(person, 10));
 * ```
 * @see docs/PROTOCOL.md, section "Receipts"
 */
export function wasMember(person: Person, lsn: number): boolean {
  return contain(person.spans, lsn);
}

/**
 * Tells whether an entry is on the disk of a device of somebody.
 *
 * @param person of the entry's room or direct
 * @param lsn the entry's
 * @returns whether they said so
 * @example
 * ```ts
 * import { assert } from "@std/assert";
 * import { holds } from "./holdings.ts";
 * const person = { user: 2, spans: [], held: [[5, 9]], seen: 0 } as const;
 * assert(holds(person, 5) && !holds(person, 4) && !holds(person, 10));
 * ```
 * @see docs/PROTOCOL.md, section "Receipts"
 */
export function holds(person: Person, lsn: number): boolean {
  return contain(person.held, lsn);
}

/**
 * Reads who is in a room or direct and what they hold of it.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { HoldingReader } from "./holdings.ts";
 * import { openMemoryStore } from "./sqlite_log.ts";
 * const store = openMemoryStore();
 * assertEquals(new HoldingReader(store.database).people("r1", 1, 1), []);
 * store.close();
 * ```
 * @see docs/ARCHITECTURE.md, section "store"
 */
export class HoldingReader {
  readonly #statements: Statements<keyof typeof sql>;

  /**
   * Prepares the statements.
   *
   * @param database an open store, on a connection that may be read-only; stays the caller's
   */
  constructor(database: DatabaseSync) {
    this.#statements = prepareAll(database, sql);
  }

  /**
   * Reads all that were members anywhere in a part of the log.
   *
   * @param audience a room or a direct, as `audienceKey` writes it
   * @param first the first lsn of the part
   * @param last the last lsn of the part
   * @returns the people by user id, owned by the caller; those who hold nothing too
   */
  people(audience: string, first: number, last: number): Person[] {
    const part = { audience, first, last };
    const people = new Map<number, { spans: LsnRange[]; held: LsnRange[]; seen: number }>();
    for (const row of this.#statements.people.all(part) as unknown as Row[]) {
      const { user, joined, ended, since, cursor, seen } = row;
      const known = people.get(user) ?? { spans: [], held: [], seen: seen ?? 0 };
      people.set(user, known);
      if (!known.spans.some(([first]) => first === joined)) {
        known.spans.push([joined, ended ?? Infinity]);
      }
      if (since !== null && cursor !== null) known.held.push([since, cursor]);
    }
    const stored = this.#statements.stored.all(part) as {
      user: number;
      first: number;
      last: number;
    }[];
    for (const { user, first, last } of stored) people.get(user)?.held.push([first, last]);
    return [...people].map(([user, person]) => ({ user, ...person }));
  }
}
