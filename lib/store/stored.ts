/**
 * Stored entries, checked whenever they are read to be given to somebody.
 *
 * @module
 */

import type { DatabaseSync, StatementSync } from "node:sqlite";
import { equals } from "@std/bytes/equals";
import { DamagedEntry } from "../log/damage.ts";
import { bodyDigest, chainDigest, firstDigest } from "../log/digest.ts";
import { readPlace } from "../log/place.ts";
import { digestBytes } from "../protocol/packets.ts";
import type { EntryBytes } from "../log/entry.ts";
import {
  type ChecksummedRow,
  entryChecksum,
  joinedChecksum,
  joinedColumn,
  placeColumn,
} from "./checksum.ts";

/** What is stored of an entry. */
export interface StoredEntry extends ChecksummedRow {
  /** What `entryChecksum` gave when it was written; null for what an earlier version wrote. */
  readonly checksum: number | null;
}

/** The columns of a `StoredEntry`, of a table by the name of `e`. */
export const storedColumns =
  "e.lsn, e.audience, e.header, e.salt, e.body, e.body_digest, e.digest, e.checksum";

/** What goes to others of an entry. */
export interface ReadEntry extends EntryBytes {
  /** Its place in the log. */
  readonly lsn: number;
}

/** Rows of one statement: so many that it costs little, so few that long ones are not much. */
const rowsAtOnce = 64;

/** One value for many rows: each value that SQLite hands over costs more than the reading of it. */
const joinedRows = `
  SELECT CAST(group_concat(bytes, '') AS BLOB) AS bytes, group_concat(place, ';') AS places
  FROM (SELECT ${joinedColumn} AS bytes, ${placeColumn} || ',' || e.checksum AS place
    FROM json_each(?) asked CROSS JOIN log e ON e.lsn = asked.value)`;

interface JoinedRows {
  /** The rows' bytes behind each other; null for no rows. */
  readonly bytes: Uint8Array | null;
  /** Each row's place and checksum, with a `;` between them. */
  readonly places: string | null;
}

/**
 * Says what does not fit into the digest chain.
 *
 * @param entry a row of the log
 * @param previous the digest before it, 32 bytes; null where that row is missing
 * @returns the reason in a few words; null if the entry is what was committed
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { whyDamaged } from "./stored.ts";
 * const none = new Uint8Array();
 * const row = { lsn: 7, audience: "r1", header: none, salt: null, body: none, body_digest: null };
 * const damaged = { ...row, digest: none, checksum: 0 };
 * assertEquals(whyDamaged(damaged, none), "its salt is missing");
 * ```
 * @see docs/PROTOCOL.md, section "Digest"
 */
export function whyDamaged(entry: StoredEntry, previous: Uint8Array | null): string | null {
  if (!previous) return "the entry before it is missing";
  const inner = innerDigest(entry);
  if (typeof inner === "string") return inner;
  if (!equals(chainDigest(previous, entry.header, inner), entry.digest)) {
    return "its bytes, or the digest before it, do not give its digest";
  }
  const { lsn, audience } = readPlace(entry.header);
  if (lsn !== entry.lsn) return "its header has another lsn";
  if (audience !== entry.audience) return "its header has another audience";
  const { checksum } = entry;
  return checksum === null || checksum === entryChecksum(entry) ? null : "it has another checksum";
}

function innerDigest({ salt, body, body_digest }: StoredEntry): Uint8Array | string {
  if (body === null) return body_digest ?? "its body is gone, and its body's digest too";
  return salt ? bodyDigest(salt, body) : "its salt is missing";
}

/**
 * Reads entries, each with its check.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { openMemoryStore } from "./sqlite_log.ts";
 * import { StoredEntries } from "./stored.ts";
 * const store = openMemoryStore();
 * assertEquals(new StoredEntries(store.database).read(1).audience, "r1");
 * store.close();
 * ```
 * @see docs/PROTOCOL.md, section "Digest"
 */
export class StoredEntries {
  readonly #entry: StatementSync;
  readonly #digest: StatementSync;
  readonly #joined: StatementSync;

  /**
   * Prepares the statements.
   *
   * @param database an open store; stays the caller's
   */
  constructor(database: DatabaseSync) {
    this.#entry = database.prepare(`SELECT ${storedColumns} FROM log e WHERE e.lsn = ?`);
    this.#digest = database.prepare("SELECT digest FROM log WHERE lsn = ?");
    this.#joined = database.prepare(joinedRows);
  }

  /**
   * Reads an entry that must be there.
   *
   * @param lsn the entry's
   * @returns the row, owned by the caller: what was committed
   * @throws {DamagedEntry} when it is anything else
   */
  read(lsn: number): StoredEntry {
    const found = this.#entry.get(lsn) as unknown as StoredEntry | undefined;
    if (!found) throw new DamagedEntry(lsn, "it is missing");
    if (entryChecksum(found) === found.checksum) return found;
    const previous = lsn === 1 ? firstDigest : this.digest(lsn - 1);
    const reason = whyDamaged(found, previous);
    if (reason !== null) throw new DamagedEntry(lsn, reason);
    return found;
  }

  /**
   * Reads entries that must be there, many with one statement.
   *
   * @param lsns which, in any order
   * @yields what was committed, in the order asked for, owned by the caller; may share a buffer
   * @throws {DamagedEntry} at the first that is anything else
   */
  *readEach(lsns: readonly number[]): Generator<ReadEntry, void> {
    for (let from = 0; from < lsns.length; from += rowsAtOnce) {
      yield* this.#readSome(lsns.slice(from, from + rowsAtOnce));
    }
  }

  *#readSome(lsns: readonly number[]): Generator<ReadEntry, void> {
    const { bytes, places } = this.#joined.get(JSON.stringify(lsns)) as unknown as JoinedRows;
    const rows = places?.split(";") ?? [];
    let at = 0;
    for (let index = 0; index < lsns.length; index++) {
      const lsn = lsns[index]!;
      const row = bytes && rowAt(bytes, at, rows[index] ?? "", lsn);
      // Read by itself it is damaged, or else whole, but not where it was looked for.
      yield row ?? this.read(lsn);
      at += row?.length ?? 0;
    }
  }

  /**
   * Tells the digest that stands at an lsn, unchecked: for comparing it.
   *
   * @param lsn an entry's, or any number that a device claims
   * @returns the log's digest there, owned by the caller; null where the log does not reach
   */
  digest(lsn: number): Uint8Array | null {
    return (this.#digest.get(lsn) as { digest: Uint8Array } | undefined)?.digest ?? null;
  }
}

/** The row that begins at a place of the joined ones; null unless it is the one, and whole. */
function rowAt(
  all: Uint8Array,
  at: number,
  row: string,
  lsn: number,
): (ReadEntry & { readonly length: number }) | null {
  const checksumAt = row.lastIndexOf(",");
  const place = row.slice(0, checksumAt);
  const [lsnText, , header, salt, body, inner] = place.split(",");
  const bodyAt = at + Number(header) + Number(salt);
  const end = bodyAt + Number(body) + Number(inner) + digestBytes;
  if (Number(lsnText) !== lsn || !(end <= all.length)) return null;
  const bytes = all.subarray(at, end);
  if (joinedChecksum(place, bytes) !== Number(row.slice(checksumAt + 1))) return null;
  return {
    lsn,
    length: bytes.length,
    header: all.subarray(at, at + Number(header)),
    body: body === "" ? null : all.subarray(bodyAt, bodyAt + Number(body)),
  };
}
