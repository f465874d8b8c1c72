/**
 * The Worker of the one writer: a commit never stops the network loop.
 *
 * @module
 */

/// <reference lib="deno.worker" />

import { concat } from "@std/bytes/concat";
import type { MarkBatch } from "../log/receipts.ts";
import type { Committed, Submission } from "../log/submission.ts";
import { systemClock, systemRandom } from "../seams.ts";
import { openDatabase } from "../sqlite/database.ts";
import { MarkTables } from "./marks.ts";
import { SqliteLog } from "./sqlite_log.ts";
import { type Moved, serveCalls } from "./worker_call.ts";

/** A mark's row with its index entries, about. */
const markBytes = 100;

let log: SqliteLog;
let marks: MarkTables;

serveCalls(self, {
  open(path: string) {
    log = new SqliteLog(openDatabase(path), systemClock, systemRandom);
    marks = new MarkTables(log.database);
    return { value: null, buffers: [] };
  },
  append: (submissions: readonly Submission[]) => moved(log.append(submissions)),
  note(batch: MarkBatch) {
    const count = Object.values(batch).reduce((sum, all) => sum + all.length, 0);
    log.write(count * markBytes, () => marks.note(batch));
    return { value: null, buffers: [] };
  },
  close() {
    log.close();
    return { value: null, buffers: [] };
  },
});

/** Puts a batch's frames into one buffer, which moves over and lets runs be written as they lie. */
function moved(committed: Committed): Moved<Committed> {
  const joined = concat(committed.published.map(({ frame }) => frame));
  let at = 0;
  const published = committed.published.map((one) => {
    const frame = joined.subarray(at, at + one.frame.length);
    at += frame.length;
    return { ...one, frame };
  });
  return { value: { ...committed, published }, buffers: [joined.buffer] };
}
