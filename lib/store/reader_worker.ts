/**
 * The Worker that reads: on its own connection, which never writes and never checkpoints.
 *
 * @module
 */

/// <reference lib="deno.worker" />

import type { HistoryRequest, PageRequest, SnapshotRequest, Standing } from "../log/log.ts";
import type { ReceiptAsk } from "../log/receipts.ts";
import { openDatabase } from "../sqlite/database.ts";
import { Auditor } from "./audit.ts";
import { Inspector } from "./inspect.ts";
import { packPage } from "./moved_page.ts";
import { StoreReader } from "./reader.ts";
import { ReceiptBook } from "./receipts.ts";
import { serveCalls } from "./worker_call.ts";

let reader: StoreReader;
let receipts: ReceiptBook;
let inspector: Inspector;
let auditor: Auditor;

const copied = (value: unknown) => ({ value, buffers: [] });
const moved = (page: { bytes: Uint8Array<ArrayBuffer> }) => ({
  value: page,
  buffers: [page.bytes.buffer],
});

serveCalls(self, {
  open(path: string) {
    const database = openDatabase(path, { readOnly: true });
    reader = new StoreReader(database);
    receipts = new ReceiptBook(database);
    inspector = new Inspector(database);
    auditor = new Auditor(database);
    return copied(null);
  },
  identify: (deviceKey: Uint8Array) => copied(reader.identify(deviceKey)),
  checkStanding: (standing: Standing) => copied(reader.checkStanding(standing)),
  page: (request: PageRequest) => packPage(reader.page(request)),
  snapshot: (request: SnapshotRequest) => packPage(reader.snapshot(request)),
  rooms: (user: number, after: string) => copied(reader.rooms(user, after)),
  members: (user: number, room: string, after: number) => copied(reader.members(user, room, after)),
  devices: (user: number, name: string) => copied(reader.devices(user, name)),
  receipts: (asks: readonly ReceiptAsk[]) => copied(receipts.receipts(asks)),
  info: (user: number, lsn: number) => copied(receipts.info(user, lsn)),
  trace: (lsn: number) => copied(inspector.trace(lsn)),
  lastBefore: (timeMs: number) => copied(inspector.lastBefore(timeMs)),
  audit: (after: number) => copied(auditor.page(after)),
  undelivered: (last: number, count: number) => copied(inspector.undelivered(last, count)),
  history: (request: HistoryRequest) => moved(reader.history(request)),
});
