/**
 * Pages of entries for one device: what is meant for it, in log order, merged over its audiences.
 *
 * @module
 */

import type { DatabaseSync } from "node:sqlite";
import { type EntryBytes, entryFrameBytes, entryFrames } from "../log/entry.ts";
import type { Page, PageRequest } from "../log/log.ts";
import { audienceKey, audienceKinds } from "../protocol/audience.ts";
import { encodePacket } from "../protocol/codec.ts";
import { DamagedEntry } from "../log/damage.ts";
import { prepareAll, type Statements } from "../sqlite/statements.ts";
import { StoredEntries } from "./stored.ts";

interface Span {
  readonly audience: string;
  readonly after: number;
  readonly until: number;
}

const sql = {
  indexed: "SELECT lsn FROM reach WHERE name = 'indexed'",
  spans: `SELECT s.audience, max(s.since - 1, $after) AS after,
      min(coalesce(s.until, $until), $until) AS until
    FROM spans s
    WHERE s.user = $user AND s.since <= $until AND (s.until IS NULL OR s.until > $after)
      AND EXISTS (SELECT 1 FROM places p WHERE p.audience = s.audience AND p.lsn > $after)`,
  // In one value, since each that SQLite hands over costs more than the reading of it.
  lsns: `SELECT json_group_array(lsn) AS lsns FROM (SELECT lsn FROM places
    WHERE audience = ? AND lsn > ? AND lsn <= ? ORDER BY lsn LIMIT ?)`,
  late: `SELECT json_group_array(lsn) AS lsns FROM (SELECT lsn FROM log e
    WHERE lsn > $after AND lsn <= $head AND (audience IN ($ofUser, $ofDevice) OR EXISTS (
      SELECT 1 FROM spans s WHERE s.audience = e.audience AND s.user = $user
        AND s.since <= e.lsn AND (s.until IS NULL OR s.until >= e.lsn)))
    ORDER BY lsn LIMIT $count)`,
} as const;

/** Entries that fit, in order. */
export interface Run {
  /** What their frames are made of. */
  readonly stored: readonly EntryBytes[];
  /** For each entry its lsn and its frame's bytes. */
  readonly entries: readonly (readonly [lsn: number, bytes: number])[];
  /** Whether all that were asked for fitted. */
  readonly whole: boolean;
}

/** A source of ascending lsns, read in chunks. */
interface Source {
  next: number;
  fetch: () => number;
}

/**
 * Picks lsns in ascending order from sources that are ascending themselves.
 *
 * @param sources functions that give the next lsn, or null at the end
 * @param countMax how many at most
 * @returns the lowest lsns of all, ascending, each once
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { mergeLsns } from "./pages.ts";
 * const source = (lsns: number[]) => () => lsns.shift() ?? null;
 * assertEquals(mergeLsns([source([1, 4]), source([2, 3, 9])], 4), [1, 2, 3, 4]);
 * ```
 * @see docs/ARCHITECTURE.md, section "store"
 */
export function mergeLsns(sources: readonly (() => number | null)[], countMax: number): number[] {
  const live: Source[] = sources
    .map((source) => {
      const fetch = () => source() ?? Infinity;
      return { next: fetch(), fetch };
    })
    .filter((source) => source.next < Infinity);
  const lsns: number[] = [];
  while (lsns.length < countMax) {
    let lowest: Source | null = null;
    for (const source of live) {
      if (source.next < (lowest?.next ?? Infinity)) lowest = source;
    }
    if (!lowest) break;
    if (lsns.at(-1) !== lowest.next) lsns.push(lowest.next);
    lowest.next = lowest.fetch();
  }
  return lsns;
}

/**
 * Reads pages from a store, on a connection that may be read-only.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { PageReader } from "./pages.ts";
 * import { openMemoryStore } from "./sqlite_log.ts";
 * const store = openMemoryStore();
 * const page = new PageReader(store.database).page({
 *   user: 2, device: 2, after: 0, head: 1, entriesMax: 256, bytesMax: 262144,
 * });
 * assertEquals([page.entries.length, page.upto], [0, 1]);
 * store.close();
 * ```
 * @see docs/PROTOCOL.md, section "Delivery"
 */
export class PageReader {
  readonly #statements: Statements<keyof typeof sql>;
  readonly #stored: StoredEntries;

  /**
   * Prepares the statements.
   *
   * @param database an open store; stays the caller's
   * @param stored reads and checks the entries
   */
  constructor(database: DatabaseSync, stored: StoredEntries = new StoredEntries(database)) {
    this.#stored = stored;
    this.#statements = prepareAll(database, sql);
  }

  /**
   * Reads the next page of what is meant for a device.
   *
   * @param request for whom, from where, how much
   * @returns the page, owned by the caller; `upto` is the head when nothing more is there
   */
  page(request: PageRequest): Page {
    const { entriesMax, head } = request;
    const indexed = (this.#statements.indexed.get() as { lsn: number }).lsn;
    const lsns = this.#indexed(request, Math.min(indexed, head));
    if (lsns.length < entriesMax) lsns.push(...this.#late(request, indexed, lsns.length));
    const run = this.run(lsns, request.bytesMax);
    const done = run.whole && lsns.length < entriesMax;
    return this.closed(run, done ? head : run.entries.at(-1)![0]);
  }

  /**
   * Reads entries, as many as fit.
   *
   * @param lsns ascending
   * @param bytesMax bytes of frames at most; the first always fits
   * @returns the entries, owned by the caller; none from a damaged one on
   * @throws {DamagedEntry} when the first of them is damaged
   */
  run(lsns: readonly number[], bytesMax: number): Run {
    const stored: EntryBytes[] = [];
    const entries: [number, number][] = [];
    let bytes = 0;
    try {
      for (const one of this.#stored.readEach(lsns)) {
        const frameBytes = entryFrameBytes(one);
        bytes += frameBytes;
        if (stored.length > 0 && bytes > bytesMax) return { stored, entries, whole: false };
        stored.push(one);
        entries.push([one.lsn, frameBytes]);
      }
      return { stored, entries, whole: true };
    } catch (error) {
      // What is whole before a damaged entry still goes out: that one is then the first it asks for.
      if (stored.length === 0 || !(error instanceof DamagedEntry)) throw error;
      return { stored, entries, whole: false };
    }
  }

  /**
   * Ends a run with `upto`.
   *
   * @param run entries in order
   * @param upto where nothing before is missing
   * @returns the page, owned by the caller
   * @throws {DamagedEntry} when the entry at `upto`, whose digest is told, is damaged
   */
  closed({ stored, entries }: Run, upto: number): Page {
    const end = encodePacket("upto", { lsn: upto, digest: this.#stored.read(upto).digest });
    return { bytes: entryFrames(stored, end), entries, upto };
  }

  /** What the index has of it: up to an lsn, where an audience's entries lie together. */
  #indexed({ user, device, after, entriesMax }: PageRequest, until: number): number[] {
    if (after >= until) return [];
    const spans = this.#statements.spans.all({ user, after, until }) as unknown as Span[];
    for (const audience of ownAudiences(user, device)) spans.push({ audience, after, until });
    const chunk = Math.ceil(entriesMax / spans.length) + 4;
    return mergeLsns(spans.map((span) => this.#source(span, chunk)), entriesMax);
  }

  /** What the index does not have yet: the newest of the log, looked through one by one. */
  #late(request: PageRequest, indexed: number, held: number): number[] {
    const { user, device, head, entriesMax } = request;
    const after = Math.max(request.after, indexed);
    if (after >= head) return [];
    const [ofUser, ofDevice] = ownAudiences(user, device);
    const asked = { user, ofUser, ofDevice, after, head, count: entriesMax - held };
    const found = this.#statements.late.get(asked) as unknown as { lsns: string };
    return JSON.parse(found.lsns);
  }

  #source({ audience, after, until }: Span, chunk: number): () => number | null {
    let held: number[] = [];
    let at = 0;
    let from = after;
    return () => {
      if (at === held.length && from < until) {
        const found = this.#statements.lsns.get(audience, from, until, chunk) as unknown as {
          lsns: string;
        };
        held = JSON.parse(found.lsns);
        at = 0;
        from = held.length < chunk ? until : held.at(-1)!;
      }
      return held[at++] ?? null;
    };
  }
}

/**
 * The audiences that a device has of its own, besides its rooms.
 *
 * @param user the user's id
 * @param device the device's id
 * @returns their keys
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { ownAudiences } from "./pages.ts";
 * assertEquals(ownAudiences(2, 9), ["u2", "v9"]);
 * ```
 * @see docs/PROTOCOL.md, section "Audiences"
 */
export function ownAudiences(user: number, device: number): [string, string] {
  return [audienceKey([audienceKinds.user, user]), audienceKey([audienceKinds.device, device])];
}
