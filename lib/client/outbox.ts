/**
 * The outbox: what this device asks for, numbered in order, until the server has answered each.
 * No IO: it is told what came and gives the frames that are to go.
 *
 * @module
 */

import { equals } from "@std/bytes/equals";
import { codes } from "../errors.ts";
import type { Entry } from "../log/entry.ts";
import { type Action, actionItem, encodePacket, type PacketFields } from "../protocol/codec.ts";
import { idBytes } from "../protocol/packets.ts";
import type { Random } from "../seams.ts";

/** One thing that was asked for. */
export interface OutboxRow {
  /** The outbox that it belongs to; 16 random bytes. */
  readonly epoch: Uint8Array;
  /** Its number there, from 1. */
  readonly n: number;
  /** 16 random bytes, by which the server knows a repeat. */
  readonly id: Uint8Array;
  /** What is asked for. */
  readonly action: Action;
}

/** What the server made of a row: both are final, and an entry of the log. */
export type Answer =
  | { readonly kind: "accepted"; readonly lsn: number }
  | { readonly kind: "refused"; readonly lsn: number; readonly code: number };

/** A row that has its answer. */
export interface Answered {
  /** The row, as it was sent. */
  readonly row: OutboxRow;
  /** What became of it. */
  readonly answer: Answer;
}

/** What `welcome` tells an outbox: how much may be open at once, and what the server knows of it. */
export interface Window {
  /** The epoch of the device's latest outbox; null while it never had one. */
  readonly epoch: Uint8Array | null;
  /** The last number taken of that. */
  readonly n: number;
  /** Submissions; at least 1. */
  readonly windowCountMax: number;
  /** Bytes of their frames. */
  readonly windowBytesMax: number;
}

/** Milliseconds of the first pause after a refusal for later; each further one is twice as long. */
const pauseFirstMs = 250;
const pauseMaxMs = 8_000;

/** Answered rows that are remembered until their entry comes. */
const settledMax = 256;

/**
 * Numbers what is asked for, and sends each row until it has its answer.
 *
 * What holds: rows go out in the order of their numbers; of each connection no row is in flight
 * twice; a new epoch begins only when nothing is in flight, so that nothing taken under the old one
 * is asked for again. After a restored disk, too: what the server has taken already is settled
 * before anything behind it goes out, so the order stays.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { limits } from "../limits.ts";
 * import { systemRandom } from "../seams.ts";
 * import { Outbox } from "./outbox.ts";
 * const outbox = new Outbox(systemRandom);
 * outbox.connected({ ...limits, epoch: null, n: 0 });
 * const { epoch, n } = outbox.add({ action: "join", room: "dev" });
 * assertEquals([outbox.due(0).length, outbox.unanswered], [1, 1]);
 * outbox.accepted({ epoch, n, lsns: [7] });
 * assertEquals(outbox.unanswered, 0);
 * ```
 * @see docs/PROTOCOL.md, section "Submitting"
 */
export class Outbox {
  readonly #random: Random;
  #epoch: Uint8Array;
  #nextN = 1;
  #rows: OutboxRow[] = [];
  #settled: OutboxRow[] = [];
  #window: Window | null = null;
  /** Rows up to this number went out since the last new start. */
  #sentN = 0;
  readonly #flying = new Map<number, number>();
  #flyingBytes = 0;
  /** The server has taken numbers up to here: open rows up to here are repeats, or in conflict. */
  #knownN = 0;
  /** The server knows another outbox: open rows may have been taken under it. */
  #waits = false;
  #trouble: { retryAtMs: number | null; newEpoch: boolean } | null = null;
  #pauseMs = pauseFirstMs;

  /**
   * Starts empty, with an epoch of its own.
   *
   * @param random gives epochs and row ids
   */
  constructor(random: Random) {
    this.#random = random;
    this.#epoch = random.bytes(idBytes);
  }

  /** Rows without an answer: what the screen calls unsent. */
  get unanswered(): number {
    return this.#rows.length;
  }

  /** When `due` has something without anything else happening; monotonic milliseconds. */
  get dueMs(): number {
    if (!this.#window || this.#waits || !this.#trouble || this.#flying.size > 0) return Infinity;
    return this.#trouble.retryAtMs ?? 0;
  }

  /**
   * Takes something to ask for.
   *
   * @param action within the rules for names and texts
   * @returns its row
   */
  add(action: Action): OutboxRow {
    const row = { epoch: this.#epoch, n: this.#nextN++, id: this.#random.bytes(idBytes), action };
    this.#rows.push(row);
    return row;
  }

  /**
   * A connection stands: everything without an answer goes out again, in order.
   *
   * @param window how much may be open, and what the server has taken
   */
  connected(window: Window): void {
    this.disconnected();
    this.#window = window;
    const isThis = window.epoch !== null && equals(window.epoch, this.#epoch);
    this.#knownN = isThis ? window.n : 0;
    this.#waits = window.epoch !== null && !isThis;
  }

  /** All entries of before this connection have come: they told what was taken of the open rows. */
  caughtUp(): void {
    this.#waits = false;
  }

  /** The connection is gone, and with it what was in flight. */
  disconnected(): void {
    this.#window = null;
    this.#trouble = null;
    this.#flying.clear();
    this.#flyingBytes = 0;
    this.#rewind();
  }

  /**
   * Gives what is to be sent now, and counts it as in flight.
   *
   * @param nowMs monotonic milliseconds
   * @returns frames of `submit`, in order, owned by the caller
   */
  due(nowMs: number): Uint8Array[] {
    if (!this.#window || this.#waits || !this.#overTrouble(nowMs)) return [];
    const frames: Uint8Array[] = [];
    for (const { epoch, n, id, action } of this.#rows) {
      if (n <= this.#sentN) continue;
      if (n > this.#knownN && this.#rows[0]!.n <= this.#knownN) break;
      const frame = encodePacket("submit", { epoch, n, id, action: actionItem(action) });
      if (!this.#fits(frame.length, this.#window)) break;
      this.#flying.set(n, frame.length);
      this.#flyingBytes += frame.length;
      this.#sentN = n;
      frames.push(frame);
    }
    return frames;
  }

  /**
   * Takes `accepted`: numbers from n on.
   *
   * @param packet its fields
   * @returns the rows for which that is news, in order
   */
  accepted({ epoch, n, lsns }: PacketFields<"accepted">): Answered[] {
    if (!equals(epoch, this.#epoch)) return [];
    return lsns.flatMap((lsn, at) => this.#answered(n + at, { kind: "accepted", lsn }));
  }

  /**
   * Takes `refused`: the number is taken, and the answer is final.
   *
   * @param packet its fields
   * @returns the row, if that is news
   */
  refused({ epoch, n, lsn, code }: PacketFields<"refused">): Answered[] {
    if (!equals(epoch, this.#epoch)) return [];
    return this.#answered(n, { kind: "refused", lsn, code });
  }

  /**
   * Takes `later`: the number was not taken. Nothing more is sent until all that is in flight has
   * its answer; then the first row without one goes out again, under a new epoch where the old one
   * is no longer of use.
   *
   * @param packet its fields
   * @param nowMs monotonic milliseconds
   */
  later({ epoch, n, code, last }: PacketFields<"later">, nowMs: number): void {
    if (!equals(epoch, this.#epoch)) return;
    this.#landed(n);
    const first = this.#rows[0]?.n;
    if (first === undefined) return;
    const trouble = this.#trouble ??= { retryAtMs: null, newEpoch: false };
    const isLost = code === codes.gap && last + 1 < first;
    if (code === codes.conflict || isLost) trouble.newEpoch = true;
    // A gap that can be filled is the consequence of what happened to an earlier row.
    else this.#pause(trouble, nowMs);
  }

  /**
   * Takes an entry of this device: it answers its row, if `accepted` or `refused` did not.
   *
   * @param entry an entry whose device is this one
   * @returns its row, where that is still known, and its answer, if it is news
   */
  entry({ lsn, id, content }: Entry): { row: OutboxRow | null; answered: Answered[] } {
    // By its id alone: after a restored disk a row's number may have been another row's before, and
    // a row may have been taken under an epoch that this disk does not know.
    const isThis = (row: OutboxRow) => id !== null && equals(row.id, id);
    const settled = this.#settled.find(isThis);
    this.#settled = this.#settled.filter((row) => row !== settled);
    const open = this.#rows.find(isThis);
    if (!open) return { row: settled ?? null, answered: [] };
    this.#rows = this.#rows.filter((row) => row !== open);
    const answer: Answer = content?.kind === "refused"
      ? { kind: "refused", lsn, code: content.code }
      : { kind: "accepted", lsn };
    return { row: open, answered: [{ row: open, answer }] };
  }

  #answered(n: number, answer: Answer): Answered[] {
    this.#landed(n);
    const at = this.#rows.findIndex((row) => row.n === n);
    if (at < 0) return [];
    const [row] = this.#rows.splice(at, 1) as [OutboxRow];
    this.#pauseMs = pauseFirstMs;
    // The entry of a joined room does not tell its name, that of a refusal not the text: the row does.
    const isWanted = answer.kind === "refused" || row.action.action !== "message";
    if (isWanted) this.#settled = [...this.#settled, row].slice(-settledMax);
    return [{ row, answer }];
  }

  #landed(n: number): void {
    this.#flyingBytes -= this.#flying.get(n) ?? 0;
    this.#flying.delete(n);
  }

  #fits(frameBytes: number, { windowCountMax, windowBytesMax }: Window): boolean {
    if (this.#flying.size === 0) return true;
    return this.#flying.size < windowCountMax && this.#flyingBytes + frameBytes <= windowBytesMax;
  }

  #pause(trouble: { retryAtMs: number | null }, nowMs: number): void {
    if (trouble.retryAtMs !== null) return;
    trouble.retryAtMs = nowMs + this.#pauseMs;
    this.#pauseMs = Math.min(2 * this.#pauseMs, pauseMaxMs);
  }

  #overTrouble(nowMs: number): boolean {
    if (!this.#trouble) return true;
    if (this.#flying.size > 0 || nowMs < (this.#trouble.retryAtMs ?? 0)) return false;
    if (this.#trouble.newEpoch) this.#beginEpoch();
    this.#trouble = null;
    this.#rewind();
    return true;
  }

  #beginEpoch(): void {
    const epoch = this.#epoch = this.#random.bytes(idBytes);
    this.#knownN = 0;
    this.#rows = this.#rows.map((row, at) => ({ ...row, epoch, n: at + 1 }));
    this.#nextN = this.#rows.length + 1;
  }

  #rewind(): void {
    this.#sentN = (this.#rows[0]?.n ?? this.#nextN) - 1;
  }
}
