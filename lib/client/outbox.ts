/**
 * The outbox: what this device asks for, numbered in order, until the server has answered each. It
 * is told what came and gives the frames that are to go; its rows are on the disk before they go.
 *
 * @module
 */

import { equals } from "@std/bytes/equals";
import { codes } from "../errors.ts";
import type { Entry } from "../log/entry.ts";
import { type Action, actionItem, encodePacket, type PacketFields } from "../protocol/codec.ts";
import type { Delayed } from "./events.ts";
import type { Answer, Answered, OutboxRow, OutboxStore } from "./outbox_store.ts";

/** What `welcome` tells an outbox: how much may be open at once, and what the server knows of it. */
export interface Window {
  /** The epoch of the device's latest outbox; null while it never had one. */
  readonly epoch: Uint8Array | null;
  /** The last number taken of that. */
  readonly n: number;
  /** The last lsn of the log. */
  readonly head: number;
  /** Submissions; at least 1. */
  readonly windowCountMax: number;
  /** Bytes of their frames. */
  readonly windowBytesMax: number;
}

/** Milliseconds of the first pause after a refusal for later; each further one is twice as long. */
const pauseFirstMs = 250;
const pauseMaxMs = 8_000;

/** Rows that are held in memory: more than the window of any server lets go at once. */
const rowsMax = 256;

/**
 * Numbers what is asked for, and sends each row until it has its answer.
 *
 * What holds: rows go out in the order of their numbers; of each connection no row is in flight
 * twice; a new epoch begins only when nothing is in flight, so that nothing taken under the old one
 * is asked for again. After a restored disk, too: what the server has taken already is settled
 * before anything behind it goes out, and nothing goes out behind a
 * number that may be taken by something else, so the order stays. Whoever starts on
 * the same store later goes on with what has no answer.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { limits } from "../limits.ts";
 * import { systemRandom } from "../seams.ts";
 * import { openMemoryMailbox } from "./mailbox_store.ts";
 * import { Outbox } from "./outbox.ts";
 * import { OutboxStore } from "./outbox_store.ts";
 * const { database, batch, close } = openMemoryMailbox();
 * const outbox = new Outbox(new OutboxStore(database, batch, systemRandom));
 * outbox.connected({ ...limits, epoch: null, n: 0, head: 0 });
 * const { epoch, n } = outbox.add({ action: "join", room: "dev" });
 * assertEquals([outbox.due(0).length, outbox.unanswered], [1, 1]);
 * outbox.accepted({ epoch, n, lsns: [7] });
 * assertEquals(outbox.unanswered, 0);
 * close();
 * ```
 * @see docs/PROTOCOL.md, section "Submitting"
 */
export class Outbox {
  readonly #store: OutboxStore;
  #epoch: Uint8Array;
  /** The first of those without an answer. */
  #rows: OutboxRow[] = [];
  #unanswered = 0;
  #lastPlace = 0;
  /** Whether there are rows on the disk that are not in memory. */
  #hasMore = true;
  #window: Window | null = null;
  /** Rows up to this number went out since the last new start. */
  #sentN = 0;
  readonly #flying = new Map<number, number>();
  #flyingBytes = 0;
  /** The server has taken numbers up to here: open rows up to here are repeats, or in conflict. */
  #knownN = 0;
  /** The server knows another outbox: open rows may have been taken under it. */
  #waits = false;
  /** How much of this epoch the server has taken is not known: one row at a time finds it out. */
  #isUnproved = false;
  /** What is above this was not in the log when the connection began. */
  #head = 0;
  #trouble: { retryAtMs: number | null; newEpoch: boolean } | null = null;
  #pauseMs = pauseFirstMs;

  /**
   * Takes up what has no answer yet.
   *
   * @param store where the rows are
   */
  constructor(store: OutboxStore) {
    this.#store = store;
    this.#epoch = store.epoch().epoch;
    this.refresh();
    this.#rewind();
  }

  /** Rows without an answer: what the screen calls unsent. */
  get unanswered(): number {
    return this.#unanswered;
  }

  /** Takes up rows that other programs have added. */
  refresh(): void {
    this.#unanswered = this.#store.unanswered;
    this.#hasMore = true;
    this.#fill();
  }

  /** When `due` has something without anything else happening; monotonic milliseconds. */
  get dueMs(): number {
    if (!this.#window || this.#waits || !this.#trouble || this.#flying.size > 0) return Infinity;
    return this.#trouble.retryAtMs ?? 0;
  }

  /**
   * Takes something to ask for, and makes it durable.
   *
   * @param action within the rules for names and texts
   * @returns its row
   * @throws {WriteError} such as for a full disk; it is not asked for then
   */
  add(action: Action): OutboxRow {
    const row = this.#store.insert(action);
    this.refresh();
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
    this.#isUnproved = this.#waits;
    this.#head = window.head;
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
      // Should this number be taken by something else, the next one may be the server's next.
      if (this.#isUnproved && this.#flying.size > 0) break;
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
   * @returns that the server can't take anything for now, where that is why; a number that does not
   * fit is set right without a word
   */
  later({ epoch, n, code, last }: PacketFields<"later">, nowMs: number): Delayed[] {
    if (!equals(epoch, this.#epoch)) return [];
    this.#landed(n);
    const first = this.#rows[0]?.n;
    if (first === undefined) return [];
    const trouble = this.#trouble ??= { retryAtMs: null, newEpoch: false };
    const isLost = code === codes.gap && last + 1 < first;
    if (code === codes.conflict || isLost) trouble.newEpoch = true;
    // A gap that can be filled is the consequence of what happened to an earlier row.
    else this.#pause(trouble, nowMs);
    return code === codes.unavailable ? [{ kind: "delayed" }] : [];
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
    const row = id === null ? null : this.#store.row(id);
    if (row === null) return { row, answered: [] };
    const answer: Answer = content?.kind === "refused"
      ? { kind: "refused", lsn, code: content.code }
      : { kind: "accepted", lsn };
    // What is in flight still gets its answer, which then is no news.
    return { row, answered: this.#settle(row, answer) };
  }

  #answered(n: number, answer: Answer): Answered[] {
    this.#landed(n);
    // No repeat: it was the next number, and those behind it follow.
    if (answer.lsn > this.#head) this.#isUnproved = false;
    const row = this.#rows.find((one) => one.n === n);
    return row ? this.#settle(row, answer) : [];
  }

  #settle({ place }: OutboxRow, answer: Answer): Answered[] {
    const [row] = this.#store.settle(place, answer);
    if (!row) return [];
    const at = this.#rows.findIndex((one) => one.place === place);
    if (at >= 0) this.#rows.splice(at, 1);
    this.#unanswered--;
    this.#pauseMs = pauseFirstMs;
    this.#fill();
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
    this.#store.beginEpoch();
    this.#knownN = 0;
    this.#isUnproved = false;
    this.#epoch = this.#store.epoch().epoch;
    this.#rows = [];
    this.#lastPlace = 0;
    this.#hasMore = true;
    this.#fill();
  }

  /** Keeps enough rows at hand for the window; those beyond stay on the disk. */
  #fill(): void {
    // Half of it at a time: one read for many answers.
    if (!this.#hasMore || this.#rows.length > rowsMax / 2) return;
    const countMax = rowsMax - this.#rows.length;
    const more = this.#store.openAfter(this.#lastPlace, countMax);
    this.#hasMore = more.length === countMax;
    this.#rows.push(...more);
    this.#lastPlace = more.at(-1)?.place ?? this.#lastPlace;
  }

  #rewind(): void {
    // Not up to the next number: another program may have added rows that are not read yet.
    this.#sentN = 0;
  }
}
