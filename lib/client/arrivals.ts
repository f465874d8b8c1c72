/**
 * What comes into the mailbox, handed on to whoever shows it: out of the mailbox, as fast as it is
 * shown, and by whichever program it came.
 *
 * @module
 */

import type { ShownEntry } from "./events.ts";
import type { Mailbox } from "./mailbox.ts";
import type { MailboxStore } from "./mailbox_store.ts";
import type { OutboxStore } from "./outbox_store.ts";
import type { Shown } from "./shown.ts";

/** What arrivals need. */
export interface ArrivalsPorts {
  /** Where entries arrive. */
  readonly store: MailboxStore;
  /** Knows what became of what this device asked for. */
  readonly outboxStore: OutboxStore;
  /** Puts names to entries. */
  readonly mailbox: Mailbox;
  /** What was shown before, and is now; null where nothing is shown. */
  readonly shown: Shown | null;
  /**
   * Shows an entry.
   *
   * @param shown the entry and its names
   */
  tell(shown: ShownEntry): void;
  /**
   * Tells whether what was shown waits to be written, and much of it.
   *
   * @returns true if nothing more is to be told for now
   */
  isBehind(): boolean;
  /**
   * Waits for what was shown.
   *
   * @returns when it is where it is to stay, or can't come there: true if it is there
   */
  settled(): Promise<boolean>;
}

/** Entries that are read at once. */
const pageEntries = 64;

/**
 * Tells each entry once, in the order in which they came. A reader who stops reading leaves the rest
 * in the mailbox, and keeps neither this program's memory nor the server waiting.
 *
 * @example
 * ```ts ignore
 * const arrivals = new Arrivals(ports);
 * arrivals.pull();
 * ```
 * @see docs/ARCHITECTURE.md, section "client"
 */
export class Arrivals {
  readonly #ports: ArrivalsPorts;
  #last = 0;
  #settling = 0;
  #toldLsn = 0;
  #waits = false;
  #isUncommitted = false;

  /**
   * Starts with nothing told.
   *
   * @param ports what they need
   */
  constructor(ports: ArrivalsPorts) {
    this.#ports = ports;
  }

  /**
   * Passes over what was shown before; over all that is there, where nothing is shown.
   *
   * @returns the last arrival that is not told
   */
  skip(): number {
    const { store, shown } = this.#ports;
    const { lastArrival } = store;
    return this.#last = shown?.begin(lastArrival) ?? lastArrival;
  }

  /** Notes what is shown by now; called again and again. */
  look(): void {
    if (this.#isUncommitted) this.pull();
    const { shown, settled } = this.#ports;
    if (!shown) return;
    shown.look();
    const arrival = this.#last;
    if (arrival === this.#settling) return;
    this.#settling = arrival;
    void settled().then((isThere) => isThere && shown.note(arrival));
  }

  /** Whether everything that came was told. */
  get isDrained(): boolean {
    return !this.#waits && !this.#isUncommitted;
  }

  /**
   * Tells what has come, unless this entry was told with those of its commit: one look for each of
   * them would take as long as all the rest.
   *
   * @param lsn the place of an entry that came
   */
  came(lsn: number): void {
    if (lsn > this.#toldLsn) this.pull();
  }

  /** Another log begins: what comes may stand before what was told. */
  restart(): void {
    this.#toldLsn = 0;
  }

  /** Tells what has come, now or as soon as it can be shown. */
  pull(): void {
    const { store, outboxStore, mailbox, tell, isBehind } = this.#ports;
    while (!this.#waits) {
      // What this program has taken and not committed may yet be lost, and would come again.
      this.#isUncommitted = store.batch.isOpen;
      if (this.#isUncommitted) return;
      if (isBehind()) return void this.#later();
      const page = store.arrivedAfter(this.#last, pageEntries);
      for (const { arrival, entry } of page) {
        this.#last = arrival;
        this.#toldLsn = entry.lsn;
        const isOwn = entry.device !== 0 && entry.device === mailbox.device;
        tell(mailbox.shown({ entry, row: isOwn && entry.id ? outboxStore.row(entry.id) : null }));
      }
      if (page.length < pageEntries) return;
    }
  }

  async #later(): Promise<void> {
    this.#waits = true;
    await this.#ports.settled();
    this.#waits = false;
    this.pull();
  }
}
