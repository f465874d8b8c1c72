/**
 * The Worker that knows words: it reads the log on a connection that never writes, and keeps the
 * index beside it. What it does slows nobody down but who searches.
 *
 * @module
 */

/// <reference lib="deno.worker" />

import { statfsSync } from "node:fs";
import { limits } from "../limits.ts";
import type { SearchRequest } from "../log/search.ts";
import { systemClock } from "../seams.ts";
import { makeOwnerOnly, openDatabase, removeDatabase } from "../sqlite/database.ts";
import { DiskRoom } from "../sqlite/room.ts";
import { Searcher } from "./searcher.ts";
import { serveCalls } from "./worker_call.ts";

let searcher: Searcher;

serveCalls(self, {
  open(path: string, wordsPath: string, folder: string, reserveBytes: number) {
    const freeBytes = () => {
      const { bavail, bsize } = statfsSync(folder);
      return bavail * bsize;
    };
    // It stops long before the log has to: what is left is the log's.
    const room = new DiskRoom(2 * reserveBytes, { freeBytes, clock: systemClock });
    const file = {
      open: () => {
        makeOwnerOnly(wordsPath);
        return openDatabase(wordsPath);
      },
      remove: () => removeDatabase(wordsPath),
    };
    searcher = new Searcher(openDatabase(path, { readOnly: true }), file, () => room.isThere());
    readOn();
    return { value: null, buffers: [] };
  },
  search(request: SearchRequest) {
    const page = searcher.search(request);
    return { value: { page, failure: searcher.takeFailure() }, buffers: [page.bytes.buffer] };
  },
});

/** A little at a time, so that who asks waits for little; and then looks for more now and then. */
function readOn(): void {
  const more = searcher.readOn();
  setTimeout(readOn, more ? 0 : limits.wordsLookMs);
}
