/**
 * Whether a disk has more room than is to be left free. Without IO.
 *
 * @module
 */

import { limits } from "../limits.ts";
import type { Clock } from "../seams.ts";

/** How a disk's room is found out. */
export interface RoomPorts {
  /**
   * Asks the system.
   *
   * @returns bytes that this user may still write on the disk
   */
  freeBytes(): number;
  /** Tells when to ask again. */
  readonly clock: Clock;
}

/**
 * Says whether something may be written, so that other programs, the operator and what is written
 * beside the log still have room when it no longer grows. It asks once in `roomLookMs`, not before
 * each write.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { DiskRoom } from "./room.ts";
 * const clock = { wallMs: () => 0, monotonicMs: () => 0 };
 * assertEquals(new DiskRoom(500, { freeBytes: () => 499, clock }).isThere(), false);
 * assertEquals(new DiskRoom(500, { freeBytes: () => 500, clock }).isThere(), true);
 * ```
 * @see docs/adr/0011-disk-reserve.md
 */
export class DiskRoom {
  readonly #reserveBytes: number;
  readonly #ports: RoomPorts;
  #lookedMs = -Infinity;
  #isThere = true;

  /**
   * Starts without a look.
   *
   * @param reserveBytes what is to be left free; 0 for nothing, and then nobody is asked
   * @param ports the system's answer, and the time
   */
  constructor(reserveBytes: number, ports: RoomPorts) {
    this.#reserveBytes = reserveBytes;
    this.#ports = ports;
  }

  /**
   * Tells whether there is room, as of at most `roomLookMs` ago.
   *
   * @returns whether something may be written
   * @throws what the system throws
   */
  isThere(): boolean {
    if (this.#reserveBytes === 0) return true;
    const nowMs = this.#ports.clock.monotonicMs();
    if (nowMs - this.#lookedMs >= limits.roomLookMs) {
      this.#isThere = this.#ports.freeBytes() >= this.#reserveBytes;
      this.#lookedMs = nowMs;
    }
    return this.#isThere;
  }
}
