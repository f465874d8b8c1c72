/**
 * What devices and users said that they have and that is not written yet: joined, so that a write
 * once a second is enough.
 *
 * @module
 */

import { limits } from "../limits.ts";
import type { DeviceMark, MarkBatch, ReadMark, StoredMark } from "../log/receipts.ts";

/**
 * Marks that wait to be written. A plain object.
 *
 * What holds: of each device, and of each user in each room or direct, at most one mark waits; what
 * is beyond the bounds is dropped, which makes a receipt late and never early.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { Marks } from "./marks.ts";
 * const marks = new Marks();
 * marks.device({ device: 2, user: 2, start: null, cursor: 5, timeMs: 1 });
 * marks.device({ device: 2, user: 2, start: null, cursor: 9, timeMs: 2 });
 * assertEquals(marks.takeAll()[0]?.devices.map(({ cursor }) => cursor), [9]);
 * assertEquals(marks.takeAll(), []);
 * ```
 * @see docs/PROTOCOL.md, section "Receipts"
 */
export class Marks {
  #devices = new Map<number, DeviceMark>();
  #stored = new Map<number, StoredMark[]>();
  #reads = new Map<number, Map<string, ReadMark>>();
  #early: ReadMark[] = [];
  #sharing = new Map<number, boolean>();

  /** Whether nothing waits. */
  get empty(): boolean {
    return this.#devices.size + this.#stored.size + this.#reads.size + this.#early.length +
        this.#sharing.size === 0;
  }

  /**
   * Notes how far a device has come, or where it begins.
   *
   * @param mark newer than what was noted of the device before
   */
  device(mark: DeviceMark): void {
    if (mark.start?.kind === "anew") this.#stored.delete(mark.device);
    const older = this.#devices.get(mark.device);
    this.#devices.set(mark.device, older ? joined(older, mark) : mark);
  }

  /**
   * Notes what a device stored beyond its cursor's way.
   *
   * @param mark dropped when too many wait
   */
  stored(mark: StoredMark): void {
    const waiting = this.#stored.get(mark.device) ?? [];
    this.#stored.set(mark.device, waiting);
    const touching = waiting.findIndex((one) =>
      one.audience === mark.audience && one.from <= mark.to + 1 && mark.from <= one.to + 1
    );
    if (touching >= 0) {
      const { from, to } = waiting[touching]!;
      waiting[touching] = { ...mark, from: Math.min(from, mark.from), to: Math.max(to, mark.to) };
    } else if (waiting.length < limits.storedRangesMax) waiting.push(mark);
  }

  /**
   * Notes how far a user has seen a room or direct; nothing is taken of who just stopped sharing.
   *
   * @param mark dropped when too many wait
   */
  read(mark: ReadMark): void {
    if (this.#sharing.get(mark.user) === false) return;
    const marks = this.#reads.get(mark.user) ?? new Map<string, ReadMark>();
    this.#reads.set(mark.user, marks);
    const known = marks.get(mark.audience);
    if (known ? known.lsn < mark.lsn : marks.size < limits.marksOfOneMax) {
      marks.set(mark.audience, mark);
    }
  }

  /**
   * Notes whether a user shares what they read. What was read before counts by what was so before.
   *
   * @param user the user's id
   * @param on whether they do from now on
   */
  share(user: number, on: boolean): void {
    if (on && this.#sharing.get(user) === undefined) {
      this.#early.push(...this.#reads.get(user)?.values() ?? []);
    }
    if (!on || this.#sharing.get(user) === undefined) this.#reads.delete(user);
    if (!on) this.#early = this.#early.filter((mark) => mark.user !== user);
    this.#sharing.set(user, on);
  }

  /**
   * Takes all that waits.
   *
   * @returns batches to be written in this order, owned by the caller; empty for nothing
   */
  takeAll(): MarkBatch[] {
    const early = this.#early;
    const sharing = [...this.#sharing];
    const reads = [...this.#reads.values()].flatMap((marks) => [...marks.values()]);
    const devices = [...this.#devices.values()];
    const stored = [...this.#stored.values()].flat();
    this.#early = [];
    this.#sharing.clear();
    this.#reads.clear();
    this.#devices.clear();
    this.#stored.clear();
    const none = { early: [], sharing: [], reads: [], devices: [], stored: [] };
    return [
      ...chunks(early).map((part) => ({ ...none, early: part })),
      ...chunks(sharing).map((part) => ({ ...none, sharing: part })),
      ...chunks(reads).map((part) => ({ ...none, reads: part })),
      ...chunks(devices).map((part) => ({ ...none, devices: part })),
      ...chunks(stored).map((part) => ({ ...none, stored: part })),
    ];
  }

  /**
   * Takes back what could not be written, under what was noted since.
   *
   * @param batches as `takeAll` gave them, those that were written left out
   */
  giveBack(batches: readonly MarkBatch[]): void {
    const isAnew = ({ start }: DeviceMark) => start?.kind === "anew";
    const begun = new Set([...this.#devices.values()].filter(isAnew).map(({ device }) => device));
    for (const { early, sharing, reads, devices, stored } of batches) {
      this.#early.push(...early.filter(({ user }) => this.#sharing.get(user) !== false));
      for (const mark of reads) this.read(mark);
      for (const [user, on] of sharing) if (!this.#sharing.has(user)) this.#sharing.set(user, on);
      for (const older of devices) {
        const newer = this.#devices.get(older.device);
        this.#devices.set(older.device, newer ? joined(older, newer) : older);
      }
      for (const mark of stored) if (!begun.has(mark.device)) this.stored(mark);
    }
  }
}

/** Two marks of one device as one: who began anew holds nothing before, also after a reconnect. */
function joined(older: DeviceMark, newer: DeviceMark): DeviceMark {
  const { start } = newer;
  if (start?.kind === "anew") return newer;
  if (start === null) return { ...newer, start: older.start };
  if (older.start?.kind !== "anew") return newer;
  return { ...newer, start: older.start, cursor: Math.max(older.start.cursor, newer.cursor) };
}

function chunks<T>(all: readonly T[]): T[][] {
  const parts: T[][] = [];
  for (let at = 0; at < all.length; at += limits.marksBatchMax) {
    parts.push(all.slice(at, at + limits.marksBatchMax));
  }
  return parts;
}
