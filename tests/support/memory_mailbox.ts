/**
 * Mailboxes in memory, gone with the test.
 *
 * @module
 */

import { Mailbox } from "../../lib/client/mailbox.ts";
import {
  MailboxStore,
  type OpenMailbox,
  openMemoryMailbox,
} from "../../lib/client/mailbox_store.ts";
import { Outbox } from "../../lib/client/outbox.ts";
import { OutboxStore } from "../../lib/client/outbox_store.ts";
import { ReceiptStore } from "../../lib/client/receipt_store.ts";
import { Receipts } from "../../lib/client/receipts.ts";
import type { Random } from "../../lib/seams.ts";
import type { Batch } from "../../lib/sqlite/batch.ts";
import { SeededRandom } from "./random.ts";

/** A mailbox and an outbox on one store. */
export interface MemoryMailbox {
  readonly mailbox: Mailbox;
  readonly outbox: Outbox;
  readonly store: MailboxStore;
  readonly outboxStore: OutboxStore;
  readonly receiptStore: ReceiptStore;
  readonly receipts: Receipts;
  readonly batch: Batch;
  /** What a program that starts on the same store now finds: only what is committed. */
  readonly again: () => MemoryMailbox;
}

export function memoryMailbox(random: Random = new SeededRandom(1)): MemoryMailbox {
  return on(openMemoryMailbox(), random);
}

function on(open: OpenMailbox, random: Random): MemoryMailbox {
  const store = new MailboxStore(open);
  const outboxStore = new OutboxStore(open.database, open.batch, random);
  const receiptStore = new ReceiptStore(open.database, open.batch);
  return {
    receiptStore,
    receipts: new Receipts(receiptStore, (lsn) => store.has(lsn)),
    mailbox: new Mailbox(store),
    outbox: new Outbox(outboxStore),
    store,
    outboxStore,
    batch: store.batch,
    again: () => {
      store.batch.drop();
      return on(open, random);
    },
  };
}
