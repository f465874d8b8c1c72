/**
 * What a shared line is made of, and what it makes a connection of.
 *
 * @module
 */

import type { Timers } from "../seams.ts";
import type { Batch } from "../sqlite/batch.ts";
import type { FileLock } from "../sqlite/lock.ts";
import type { Connection } from "./connection.ts";
import type { ClientEvent } from "./events.ts";
import type { Mailbox } from "./mailbox.ts";
import type { MailboxStore } from "./mailbox_store.ts";
import type { Outbox } from "./outbox.ts";
import type { OutboxStore } from "./outbox_store.ts";
import type { QuestionStore } from "./question_store.ts";
import type { ReceiptStore } from "./receipt_store.ts";
import type { Receipts } from "./receipts.ts";
import type { Shown } from "./shown.ts";

/** The mailbox as a connection writes it. */
export interface Held {
  /** What has come. */
  readonly mailbox: Mailbox;
  /** What is asked for. */
  readonly outbox: Outbox;
  /** Where pages of history go. */
  readonly store: MailboxStore;
  /** How far own messages have come. */
  readonly receipts: Receipts;
  /** Makes durable what all of these have written. */
  readonly batch: Batch;
}

/** What a shared line is made of. */
export interface SharedLineOptions {
  /** The mailbox. */
  readonly store: MailboxStore;
  /** The outbox in it. */
  readonly outboxStore: OutboxStore;
  /** The receipts in it. */
  readonly receiptStore: ReceiptStore;
  /** The questions in it. */
  readonly questionStore: QuestionStore;
  /** Whoever holds it, holds the connection. */
  readonly lock: Pick<FileLock, "tryHold">;
  /** Ring for the next look at what the others did. */
  readonly timers: Timers;
  /** Up to where what came was shown before; null for who shows nothing. */
  readonly shown: Shown | null;
  /** Is told what comes, in order, when it is durable. */
  readonly tell: (event: ClientEvent) => void;
  /** Resolves when what was told is where it is to stay, or can't come there: true if it is there. */
  readonly settled: () => Promise<boolean>;
  /** Whether much of what was told waits to be written: entries are told no faster. */
  readonly isBehind: () => boolean;
  /**
   * Makes the connection, which has not begun.
   *
   * @param held what it writes
   * @param tell is told what comes
   */
  readonly connect: (held: Held, tell: (event: ClientEvent) => void) => Connection;
}
