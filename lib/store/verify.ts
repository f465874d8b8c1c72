/**
 * Proves a log whole, or finds the first entry that is not what was committed.
 *
 * @module
 */

import type { DatabaseSync, StatementSync } from "node:sqlite";
import { equals } from "@std/bytes/equals";
import { DamagedEntry } from "../log/damage.ts";
import { firstDigest } from "../log/digest.ts";
import { decodeEntry, type Entry } from "../log/entry.ts";
import { storedColumns, type StoredEntry, whyDamaged } from "./stored.ts";

/** Rows read at once: a longer read would keep the writer's journal from being emptied. */
const pageEntries = 256;

/** Outboxes whose first entry is remembered. */
const outboxesMax = 1_024;

/** Whether an entry is found by its audience and, where it has one, by its number. */
const isIndexed = `(
  EXISTS (SELECT 1 FROM places p WHERE p.audience = e.audience AND p.lsn = e.lsn) AND (e.n IS NULL
  OR EXISTS (SELECT 1 FROM numbers n WHERE n.outbox = e.outbox AND n.n = e.n AND n.lsn = e.lsn)))`;

interface Row extends StoredEntry {
  readonly outbox: number | null;
  readonly n: number | null;
  readonly isIndexed: number;
}

type FromOutbox = Pick<Entry, "device" | "epoch">;

/** A log that was proved whole. */
export interface WholeLog {
  /** How many entries there are; also the last one's lsn. */
  readonly entries: number;
  /** The digest after the last; 32 bytes. It stands for all of them. */
  readonly digest: Uint8Array;
}

/**
 * Walks the whole log, in memory that does not grow with it. A server may go on writing meanwhile.
 *
 * @param database an open store, which may be read-only; stays the caller's
 * @returns what was proved
 * @throws {DamagedEntry} for the first entry that is missing, out of shape, or not what was committed
 * @throws what SQLite throws when it can't read the file
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { openMemoryStore } from "./sqlite_log.ts";
 * import { verifyLog } from "./verify.ts";
 * const store = openMemoryStore();
 * assertEquals(verifyLog(store.database), { entries: 1, digest: store.head().digest });
 * store.close();
 * ```
 * @see docs/PROTOCOL.md, section "Digest"
 */
export function verifyLog(database: DatabaseSync): WholeLog {
  const outboxes = new Outboxes(database);
  const rows = database.prepare(
    `SELECT ${storedColumns}, e.outbox, e.n, ${isIndexed} AS isIndexed
     FROM log e WHERE e.lsn > ? ORDER BY e.lsn LIMIT ?`,
  );
  // Read before the walk: what is committed later may be above what the walk sees.
  const least = Math.max(1, reach(database, "head"));
  const indexed = reach(database, "indexed");
  let whole: WholeLog = { entries: 0, digest: firstDigest };
  for (;;) {
    const page = rows.all(whole.entries, pageEntries) as unknown as Row[];
    for (const row of page) {
      const lsn = whole.entries + 1;
      const why = row.lsn !== lsn
        ? "it is missing"
        : whyWrong(row, whole.digest, outboxes) ?? whyNotFound(row, indexed);
      if (why !== null) throw new DamagedEntry(lsn, why);
      whole = { entries: lsn, digest: row.digest };
    }
    if (page.length < pageEntries) break;
  }
  if (whole.entries < least) throw new DamagedEntry(whole.entries + 1, "it is missing");
  return whole;
}

function reach(database: DatabaseSync, name: "head" | "indexed"): number {
  const found = database.prepare("SELECT lsn FROM reach WHERE name = ?").get(name);
  return (found as { lsn: number } | undefined)?.lsn ?? 0;
}

function whyNotFound({ lsn, isIndexed }: Row, indexed: number): string | null {
  return lsn <= indexed && isIndexed === 0 ? "the index does not have it" : null;
}

function whyWrong(row: Row, previous: Uint8Array, outboxes: Outboxes): string | null {
  const damage = whyDamaged(row, previous);
  if (damage !== null) return damage;
  let entry: Entry;
  try {
    entry = decodeEntry(row);
  } catch (error) {
    return `its bytes can't be read: ${(error as Error).message}`;
  }
  return outboxes.whyWrong(row, entry);
}

/** Compares the columns by which repeats are found with what the headers say. */
class Outboxes {
  readonly #header: StatementSync;
  /** By the lsn of an outbox's first entry. */
  readonly #known = new Map<number, FromOutbox>();

  constructor(database: DatabaseSync) {
    this.#header = database.prepare("SELECT header FROM log WHERE lsn = ?");
  }

  whyWrong({ outbox, n }: Row, entry: Entry): string | null {
    if (!entry.epoch) return outbox === null && n === null ? null : "it came from no outbox";
    if (n !== entry.n) return "its header has another number";
    if (outbox === entry.lsn) this.#remember(outbox, entry);
    const first = outbox === null || outbox > entry.lsn ? null : this.#first(outbox);
    if (!first?.epoch) return "it is not of the outbox that it is counted to";
    return first.device === entry.device && equals(first.epoch, entry.epoch)
      ? null
      : "it is not of the outbox that it is counted to";
  }

  #first(outbox: number): FromOutbox | null {
    const known = this.#known.get(outbox);
    if (known) return known;
    const found = this.#header.get(outbox) as { header: Uint8Array } | undefined;
    if (!found) return null;
    const first = decodeEntry({ header: found.header, body: null });
    this.#remember(outbox, first);
    return first;
  }

  #remember(outbox: number, { device, epoch }: FromOutbox): void {
    // Any may go: it is read again when it is met again.
    if (this.#known.size >= outboxesMax) this.#known.clear();
    this.#known.set(outbox, { device, epoch });
  }
}
