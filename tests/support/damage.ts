/**
 * What may happen to a stored entry on a disk that fails, or by somebody's hand.
 *
 * @module
 */

import type { DatabaseSync } from "node:sqlite";
import { type ChecksummedRow, entryChecksum } from "../../lib/store/checksum.ts";
import { bodyDigest } from "../../lib/log/digest.ts";

/** The columns that hold an entry's bytes. */
export type BytesColumn = "header" | "salt" | "body" | "digest";

/** Columns of bytes, all of them. */
export const bytesColumns: readonly BytesColumn[] = ["header", "salt", "body", "digest"];

/** @returns the bytes in a column of an entry's row */
export function bytesOf(database: DatabaseSync, lsn: number, column: BytesColumn): Uint8Array {
  const row = database.prepare(`SELECT ${column} AS bytes FROM log WHERE lsn = ?`).get(lsn);
  return (row as { bytes: Uint8Array }).bytes;
}

/** Flips one bit of an entry; flipping it again mends it. */
export function flipBit(
  database: DatabaseSync,
  lsn: number,
  column: BytesColumn,
  bit: number,
): void {
  const bytes = bytesOf(database, lsn, column);
  bytes[bit >> 3]! ^= 1 << (bit & 7);
  setColumn(database, lsn, column, bytes);
}

/** Writes any column of an entry's row. */
export function setColumn(
  database: DatabaseSync,
  lsn: number,
  column: string,
  value: Uint8Array | string | number | null,
): void {
  database.prepare(`UPDATE log SET ${column} = ? WHERE lsn = ?`).run(value, lsn);
}

/** Erases an entry's body as it is meant to be: the chain stays whole. */
export function eraseBody(database: DatabaseSync, lsn: number): void {
  const inner = bodyDigest(bytesOf(database, lsn, "salt"), bytesOf(database, lsn, "body"));
  database.prepare("UPDATE log SET salt = NULL, body = NULL, body_digest = ? WHERE lsn = ?")
    .run(inner, lsn);
  const row = database.prepare("SELECT * FROM log WHERE lsn = ?").get(lsn);
  setColumn(database, lsn, "checksum", entryChecksum(row as unknown as ChecksummedRow));
}
