/**
 * What a real client's mailbox holds, read past all of the client's code that keeps it.
 *
 * @module
 */

import { encodeHex } from "@std/encoding/hex";
import { headerBytes } from "../../lib/framing.ts";
import { entryFrame } from "../../lib/log/entry.ts";
import { decodeItem } from "../../lib/protocol/cbor.ts";
import { type Action, itemAction } from "../../lib/protocol/codec.ts";
import type { Item } from "../../lib/protocol/fields.ts";
import { openDatabase } from "../../lib/sqlite/database.ts";
import { checksum } from "./checksum.ts";
import type { Held } from "./verdict.ts";

/** A row of the outbox. */
export interface DiskRow {
  readonly n: number;
  readonly action: Action;
}

/** What was answered. */
export interface DiskAnswer {
  readonly n: number;
  readonly lsn: number;
  readonly code: number | null;
}

/** Where a mailbox stands. */
export interface DiskState {
  readonly user: number;
  readonly cursor: number;
  readonly epoch: string;
  /** The rows above a number. */
  readonly rows: readonly DiskRow[];
  /** The answers to rows above another. */
  readonly answers: readonly DiskAnswer[];
}

/**
 * @param path of the mailbox
 * @param knownN the last row that is known
 * @param doneN the last row whose answer is known
 */
export function readState(path: string, knownN: number, doneN: number): DiskState {
  using database = openDatabase(path, { readOnly: true });
  // One transaction: all of it is of one moment.
  database.exec("BEGIN");
  const one = (sql: string) => (database.prepare(sql).get() ?? {}) as Record<string, unknown>;
  const all = (sql: string, n: number) => database.prepare(sql).all(n) as unknown[];
  const rows = all("SELECT n, action FROM outbox WHERE n > ? ORDER BY n", knownN);
  const answers = all(
    "SELECT n, lsn, code FROM outbox WHERE n > ? AND lsn IS NOT NULL ORDER BY n",
    doneN,
  );
  const state = {
    user: Number(one("SELECT user FROM own").user ?? 0),
    cursor: Number(one("SELECT lsn FROM cursor").lsn ?? 0),
    epoch: encodeHex((one("SELECT epoch FROM epoch").epoch ?? new Uint8Array()) as Uint8Array),
    rows: (rows as { n: number; action: Uint8Array }[]).map(({ n, action }) => ({
      n,
      action: itemAction(decodeItem(action) as Item[])!,
    })),
    answers: answers as DiskAnswer[],
  };
  database.exec("COMMIT");
  return state;
}

/** @returns the last entry that came live; 0 while there is none */
export function readLast(path: string): number {
  using database = openDatabase(path, { readOnly: true });
  const last = database.prepare("SELECT max(lsn) AS lsn FROM entries WHERE live = 1").get();
  return (last as { lsn: number | null }).lsn ?? 0;
}

/** @returns the entries after a place that came live, in the order in which they came */
export function readHeld(path: string, since: number): Held[] {
  using database = openDatabase(path, { readOnly: true });
  const rows = database.prepare(
    "SELECT lsn, header, body FROM entries WHERE live = 1 AND lsn > ? ORDER BY arrival",
  ).all(since) as { lsn: number; header: Uint8Array; body: Uint8Array }[];
  return rows.map(({ lsn, ...stored }) => ({
    lsn,
    sum: checksum(entryFrame(stored).subarray(headerBytes)),
  }));
}
