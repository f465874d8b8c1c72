/**
 * Stored entries, checked against the digest chain whenever they are read to be given to somebody.
 *
 * @module
 */

import type { DatabaseSync, StatementSync } from "node:sqlite";
import { equals } from "@std/bytes/equals";
import { DamagedEntry } from "../log/damage.ts";
import { bodyDigest, chainDigest, firstDigest } from "../log/digest.ts";
import { readPlace } from "../log/place.ts";

/** What the chain says something about, of an entry's row. */
export interface StoredEntry {
  /** Its place in the log. */
  readonly lsn: number;
  /** The column by which it is found, as `audienceKey` writes it. */
  readonly audience: string;
  /** The header's bytes. */
  readonly header: Uint8Array;
  /** 16 bytes; null when the body was erased. */
  readonly salt: Uint8Array | null;
  /** The body's bytes; null when erased. */
  readonly body: Uint8Array | null;
  /** The body's digest where the body was erased. */
  readonly body_digest: Uint8Array | null;
  /** The digest chain's value after it. */
  readonly digest: Uint8Array;
}

/** The columns of a `StoredEntry`, of a table by the name of `e`. */
export const storedColumns = "e.lsn, e.audience, e.header, e.salt, e.body, e.body_digest, e.digest";

/**
 * Says what does not fit.
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
 * assertEquals(whyDamaged({ ...row, digest: none }, none), "its salt is missing");
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
  return audience === entry.audience ? null : "its header has another audience";
}

function innerDigest({ salt, body, body_digest }: StoredEntry): Uint8Array | string {
  if (body === null) return body_digest ?? "its body is gone, and its body's digest too";
  return salt ? bodyDigest(salt, body) : "its salt is missing";
}

/**
 * Reads entries one by one, each with its check.
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

  /**
   * Prepares the statements.
   *
   * @param database an open store; stays the caller's
   */
  constructor(database: DatabaseSync) {
    this.#entry = database.prepare(
      `SELECT ${storedColumns}, p.digest AS previous
       FROM log e LEFT JOIN log p ON p.lsn = e.lsn - 1 WHERE e.lsn = ?`,
    );
    this.#digest = database.prepare("SELECT digest FROM log WHERE lsn = ?");
  }

  /**
   * Reads an entry that must be there.
   *
   * @param lsn the entry's
   * @returns the row, owned by the caller: what was committed
   * @throws {DamagedEntry} when it is anything else
   */
  read(lsn: number): StoredEntry {
    const found = this.#entry.get(lsn) as
      | (StoredEntry & { previous: Uint8Array | null })
      | undefined;
    if (!found) throw new DamagedEntry(lsn, "it is missing");
    const reason = whyDamaged(found, lsn === 1 ? firstDigest : found.previous);
    if (reason !== null) throw new DamagedEntry(lsn, reason);
    return found;
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
