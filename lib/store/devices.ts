/**
 * The statements about devices of users, and the codes by which further ones get in.
 *
 * @module
 */

import type { DatabaseSync } from "node:sqlite";
import { codes } from "../errors.ts";
import { prepareAll, type Statements } from "../sqlite/statements.ts";

/** A code as it stands at this point of the log. */
export interface StoredCode {
  /** The lsn of the entry that made it. */
  readonly id: number;
  /** The id of the user whose device gets in with it. */
  readonly user: number;
  /** The id of the device that made it; 0 for the operator. */
  readonly device: number;
  /** From when on it counts no more; milliseconds since 1970-01-01 UTC. */
  readonly expiresMs: number;
  /** Whether a device got in with it: 0 or 1. */
  readonly used: number;
}

const sql = {
  byKey: "SELECT id, user FROM devices WHERE key = ?",
  userOf: "SELECT user FROM devices WHERE id = ?",
  count: `SELECT count(*) AS count FROM devices WHERE user = ? AND shut <> ${codes.revoked}`,
  countOpen: "SELECT count(*) AS count FROM devices WHERE user = ? AND shut = 0",
  add: "INSERT INTO devices (id, user, key, addedMs) VALUES (?, ?, ?, ?)",
  codeByHash: "SELECT id, user, device, expiresMs, used FROM codes WHERE hash = ?",
  addCode: "INSERT INTO codes (id, user, device, hash, expiresMs, used) VALUES (?, ?, ?, ?, ?, 0)",
  useCode: "UPDATE codes SET used = 1 WHERE id = ?",
} as const;

/**
 * Reads and writes these tables inside the caller's transaction.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { Devices } from "./devices.ts";
 * import { openMemoryStore } from "./sqlite_log.ts";
 * const store = openMemoryStore();
 * assertEquals(new Devices(store.database).count(2), 0);
 * store.close();
 * ```
 * @see docs/ARCHITECTURE.md, section "store"
 */
export class Devices {
  readonly #statements: Statements<keyof typeof sql>;

  /**
   * Prepares the statements.
   *
   * @param database an open database of the newest schema; stays the caller's
   */
  constructor(database: DatabaseSync) {
    this.#statements = prepareAll(database, sql);
  }

  /**
   * Finds a device by its public key.
   *
   * @param key 32 bytes
   * @returns the device's id and its user's, also of one that is let in no more; null for a key that
   * is not known
   */
  byKey(key: Uint8Array): { id: number; user: number } | null {
    return row(this.#statements.byKey.get(key));
  }

  /**
   * Tells whose a device is.
   *
   * @param device the device's id
   * @returns the user's id; null where there is no such device
   */
  userOf(device: number): number | null {
    return row<{ user: number }>(this.#statements.userOf.get(device))?.user ?? null;
  }

  /**
   * Counts a user's devices.
   *
   * @param user the user's id
   * @returns how many there are that were not revoked
   */
  count(user: number): number {
    return row<{ count: number }>(this.#statements.count.get(user))!.count;
  }

  /**
   * Counts by how many devices a user gets in.
   *
   * @param user the user's id
   * @returns how many are let in by themselves, whatever is said of the user
   */
  countOpen(user: number): number {
    return row<{ count: number }>(this.#statements.countOpen.get(user))!.count;
  }

  /**
   * Adds a device.
   *
   * @param id the lsn of the entry that made it known
   * @param user its user's id
   * @param key its public key; 32 bytes
   * @param addedMs that entry's time
   * @throws what SQLite throws when the key is known already
   */
  add(id: number, user: number, key: Uint8Array, addedMs: number): void {
    this.#statements.add.run(id, user, key, addedMs);
  }

  /**
   * Finds a code by its hash.
   *
   * @param hash 32 bytes
   * @returns the code, used and expired ones too; null if there never was one
   */
  codeByHash(hash: Uint8Array): StoredCode | null {
    return row(this.#statements.codeByHash.get(hash));
  }

  /**
   * Adds a code.
   *
   * @param code its id, user, maker and end; not used yet
   * @param hash SHA-256 of it; 32 bytes
   * @throws what SQLite throws when there is one with this hash
   */
  addCode({ id, user, device, expiresMs }: Omit<StoredCode, "used">, hash: Uint8Array): void {
    this.#statements.addCode.run(id, user, device, hash, expiresMs);
  }

  /**
   * Uses a code up.
   *
   * @param id the code's
   */
  useCode(id: number): void {
    this.#statements.useCode.run(id);
  }
}

function row<T>(found: unknown): T | null {
  return (found as T | undefined) ?? null;
}
