/**
 * Writes marks once a second and lets receipts be reckoned and told after each write.
 *
 * @module
 */

import type { Receipts } from "../hub/receipts.ts";
import { limits } from "../limits.ts";
import type { MarkWriter, Receipt, ReceiptAsk, ReceiptReader } from "../log/receipts.ts";
import type { Clock, Timers } from "../seams.ts";
import { isDiskFull } from "../sqlite/disk_full.ts";

/** What a keeper works with. */
export interface KeeperOptions {
  /** Writes marks. */
  readonly writer: MarkWriter;
  /** Reckons receipts from what is written. */
  readonly reader: ReceiptReader;
  /** Tells since when nothing was written. */
  readonly clock: Clock;
  /** Waits for the next write. */
  readonly timers: Timers;
  /** Is told once that the disk is full; the marks are kept, and tried again. */
  readonly refused: (error: Error) => void;
  /** Is told when the store can't go on. */
  readonly failed: (error: Error) => void;
}

/**
 * Asks for receipts page by page, so that others can ask in between.
 *
 * @param reader reckons them
 * @param asks at most `receiptsMax`
 * @returns receipts of own messages, owned by the caller
 * @throws {WorkerError} when the store can't be read
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import type { ReceiptReader } from "../log/receipts.ts";
 * import { askReceipts } from "./mark_keeper.ts";
 * const reader = { receipts: () => Promise.resolve({ receipts: [], rest: [] }) };
 * assertEquals(await askReceipts(reader as unknown as ReceiptReader, []), []);
 * ```
 * @see docs/PROTOCOL.md, section "Receipts"
 */
export async function askReceipts(
  reader: ReceiptReader,
  asks: readonly ReceiptAsk[],
): Promise<Receipt[]> {
  const all: Receipt[] = [];
  for (let rest = asks; rest.length > 0;) {
    const page = await reader.receipts(rest);
    all.push(...page.receipts);
    rest = page.rest;
  }
  return all;
}

/**
 * The shell around `Receipts`.
 *
 * What holds: one write is under way at most, and a second lies between two, but for devices that
 * begin anew; a receipt is reckoned only after the marks that made it stale are written.
 *
 * @example
 * ```ts ignore
 * const keeper = new MarkKeeper(options);
 * keeper.start(receipts);
 * keeper.wake();
 * await keeper.close();
 * ```
 * @see docs/ARCHITECTURE.md, section "server"
 */
export class MarkKeeper {
  readonly #options: KeeperOptions;
  #receipts: Receipts | null = null;
  #waiters: ((written: boolean) => void)[] = [];
  /** Each once, however slowly they are reckoned. */
  readonly #asks = new Map<number, ReceiptAsk>();
  #cancel: (() => void) | null = null;
  #writing: Promise<void> | null = null;
  #telling = false;
  #isRefused = false;
  #closed = false;
  #writtenMs = -Infinity;

  /**
   * Starts with nothing to write.
   *
   * @param options what it works with
   */
  constructor(options: KeeperOptions) {
    this.#options = options;
  }

  /**
   * Learns whose marks it writes; to be called before anything else.
   *
   * @param receipts the hub's
   */
  start(receipts: Receipts): void {
    this.#receipts = receipts;
  }

  /** Something is to be written: at the end of this turn if a second has passed, else after it. */
  wake(): void {
    if (this.#cancel || this.#writing || this.#closed) return;
    const { clock, timers } = this.#options;
    const waitMs = Math.max(0, this.#writtenMs + limits.marksMs - clock.monotonicMs());
    this.#cancel = timers.set(waitMs, () => this.#begin());
  }

  /**
   * Writes now, or right after the write that is under way.
   *
   * @param done is told whether all that waited is durable
   */
  writeNow(done: (written: boolean) => void): void {
    this.#waiters.push(done);
    if (!this.#writing) this.#begin();
  }

  /**
   * Writes what waits, for the last time.
   *
   * @returns when it is written
   */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#writing;
    this.#begin();
    await this.#writing;
  }

  #begin(): void {
    this.#cancel?.();
    this.#cancel = null;
    this.#writing = this.#write().then((again) => {
      this.#writing = null;
      this.#writtenMs = this.#options.clock.monotonicMs();
      if (this.#waiters.length > 0) this.#begin();
      else if (again) this.wake();
    });
  }

  /** @returns whether more is to be written later */
  async #write(): Promise<boolean> {
    const receipts = this.#receipts!;
    const waiters = this.#waiters.splice(0);
    const stale = receipts.takeStale();
    const batches = receipts.takeMarks();
    let written = 0;
    try {
      for (; written < batches.length; written++) {
        await this.#options.writer.note(batches[written]!);
      }
      this.#isRefused = false;
    } catch (error) {
      receipts.giveBack(batches.slice(written));
      this.#refused(error as Error);
    }
    for (const done of waiters) done(written === batches.length);
    this.#tell(stale);
    return written < batches.length || receipts.waiting;
  }

  #refused(error: Error): void {
    if (isDiskFull(error)) {
      if (!this.#isRefused) this.#options.refused(error);
      this.#isRefused = true;
    } else {
      // Nothing is tried again on a store in doubt.
      this.#closed = true;
      this.#options.failed(error);
    }
  }

  #tell(asks: readonly ReceiptAsk[]): void {
    for (const ask of asks) this.#asks.set(ask.lsn, ask);
    if (!this.#telling && this.#asks.size > 0) void this.#tellAll();
  }

  async #tellAll(): Promise<void> {
    this.#telling = true;
    try {
      while (this.#asks.size > 0 && !this.#closed) {
        const asks = [...this.#asks.values().take(limits.receiptsMax)];
        for (const { lsn } of asks) this.#asks.delete(lsn);
        this.#receipts!.tell(await askReceipts(this.#options.reader, asks));
      }
    } catch (error) {
      this.#options.failed(error as Error);
    }
    this.#telling = false;
    if (this.#receipts!.waiting) this.wake();
  }
}
