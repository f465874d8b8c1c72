/**
 * What a device owes an acknowledgement for, in few numbers however many entries it is.
 *
 * @module
 */

/** How far a feed may be ahead of what its device acknowledged. */
export interface Credit {
  /** Entries at most; at least 1. */
  readonly creditEntriesMax: number;
  /** Bytes of frames at most; at least one whole frame. */
  readonly creditBytesMax: number;
}

/** Shares of the credit that are told apart: of a thousand stopped devices, each entry would be many. */
const shares = 64;

/**
 * Counts entries that were handed over and not acknowledged.
 *
 * Entries are put together to shares of the credit, and a share counts as owed until its last entry
 * is acknowledged. So what is counted is what is owed or a little more, never less, and exactly
 * nothing when all is acknowledged.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { limits } from "../limits.ts";
 * import { Debt } from "./debt.ts";
 * const debt = new Debt(limits);
 * debt.add(7, 120);
 * debt.add(9, 80);
 * assertEquals([debt.entries, debt.bytes], [2, 200]);
 * debt.pay(9);
 * assertEquals([debt.entries, debt.bytes], [0, 0]);
 * ```
 * @see docs/PROTOCOL.md, section "Delivery"
 */
export class Debt {
  readonly #shareEntries: number;
  readonly #shareBytes: number;
  readonly #lasts: number[] = [];
  readonly #counts: number[] = [];
  readonly #sizes: number[] = [];
  #entries = 0;
  #bytes = 0;

  /**
   * Starts with nothing owed.
   *
   * @param credit the most that will be owed
   */
  constructor(credit: Credit) {
    this.#shareEntries = Math.max(1, Math.floor(credit.creditEntriesMax / shares));
    this.#shareBytes = Math.floor(credit.creditBytesMax / shares);
  }

  /** Entries that count as owed. */
  get entries(): number {
    return this.#entries;
  }

  /** Bytes of frames that count as owed. */
  get bytes(): number {
    return this.#bytes;
  }

  /**
   * Takes the next entry that was handed over.
   *
   * @param lsn its lsn, above all before
   * @param bytes its frame's bytes
   */
  add(lsn: number, bytes: number): void {
    this.#entries++;
    this.#bytes += bytes;
    const at = this.#lasts.length - 1;
    if (
      at >= 0 && this.#counts[at]! < this.#shareEntries &&
      this.#sizes[at]! + bytes <= this.#shareBytes
    ) {
      this.#lasts[at] = lsn;
      this.#counts[at]!++;
      this.#sizes[at]! += bytes;
      return;
    }
    this.#lasts.push(lsn);
    this.#counts.push(1);
    this.#sizes.push(bytes);
  }

  /**
   * Takes an acknowledgement.
   *
   * @param lsn everything up to here is stored by the device
   */
  pay(lsn: number): void {
    let paid = 0;
    while (paid < this.#lasts.length && this.#lasts[paid]! <= lsn) {
      this.#entries -= this.#counts[paid]!;
      this.#bytes -= this.#sizes[paid]!;
      paid++;
    }
    if (paid === 0) return;
    this.#lasts.splice(0, paid);
    this.#counts.splice(0, paid);
    this.#sizes.splice(0, paid);
  }
}
