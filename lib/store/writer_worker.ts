/**
 * The Worker of the one writer: a commit never stops the network loop.
 *
 * @module
 */

/// <reference lib="deno.worker" />

import { statfsSync } from "node:fs";
import type { MarkBatch } from "../log/receipts.ts";
import { systemClock, systemRandom } from "../seams.ts";
import { openDatabase } from "../sqlite/database.ts";
import { DiskRoom } from "../sqlite/room.ts";
import { limits } from "../limits.ts";
import { MarkTables } from "./marks.ts";
import { packCommitted, type PackedSubmissions, unpackSubmissions } from "./moved_batch.ts";
import { SqliteLog } from "./sqlite_log.ts";
import { serveCalls } from "./worker_call.ts";

/** A mark's row with its index entries, about. */
const markBytes = 100;

let log: SqliteLog;
let marks: MarkTables;

serveCalls(self, {
  open(path: string, folder: string, reserveBytes: number) {
    const freeBytes = () => {
      const { bavail, bsize } = statfsSync(folder);
      return bavail * bsize;
    };
    const room = new DiskRoom(reserveBytes, { freeBytes, clock: systemClock });
    const hasRoom = () => room.isThere();
    const database = openDatabase(path);
    log = new SqliteLog(database, systemClock, systemRandom, limits.indexLagMax, hasRoom);
    marks = new MarkTables(log.database);
    // Reading its folder is what asking for the room takes; what it writes is open by now.
    Deno.permissions.revokeSync({ name: "write" });
    return { value: null, buffers: [] };
  },
  append: (packed: PackedSubmissions) => packCommitted(log.append(unpackSubmissions(packed))),
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
