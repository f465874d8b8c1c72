/**
 * The Worker that reads: on its own connection, which never writes and never checkpoints.
 *
 * @module
 */

/// <reference lib="deno.worker" />

import type { HistoryRequest, PageRequest, SnapshotRequest, Standing } from "../log/log.ts";
import { openDatabase } from "../sqlite/database.ts";
import { StoreReader } from "./reader.ts";
import { serveCalls } from "./worker_call.ts";

let reader: StoreReader;

const copied = (value: unknown) => ({ value, buffers: [] });
const moved = (page: { bytes: Uint8Array<ArrayBuffer> }) => ({
  value: page,
  buffers: [page.bytes.buffer],
});

serveCalls(self, {
  open(path: string) {
    reader = new StoreReader(openDatabase(path, { readOnly: true }));
    return copied(null);
  },
  identify: (deviceKey: Uint8Array) => copied(reader.identify(deviceKey)),
  checkStanding: (standing: Standing) => copied(reader.checkStanding(standing)),
  page: (request: PageRequest) => moved(reader.page(request)),
  snapshot: (request: SnapshotRequest) => moved(reader.snapshot(request)),
  rooms: (user: number, after: string) => copied(reader.rooms(user, after)),
  members: (user: number, room: string, after: number) => copied(reader.members(user, room, after)),
  history: (request: HistoryRequest) => moved(reader.history(request)),
});
