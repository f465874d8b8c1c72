/**
 * Since when a device has an entry, from the steps of its cursor and the ranges that it stored.
 *
 * @module
 */

import type { DatabaseSync } from "node:sqlite";
import { prepareAll, type Statements } from "../sqlite/statements.ts";

const sql = {
  devices: "SELECT device FROM cursors WHERE user = ?",
  holds: "SELECT 1 FROM cursors WHERE device = $device AND since <= $lsn AND cursor >= $lsn",
  step: `SELECT cursor, timeMs FROM steps WHERE device = $device AND cursor >= $lsn
    ORDER BY cursor LIMIT 1`,
  oldest: "SELECT min(cursor) AS cursor FROM steps WHERE device = ?",
  stored: `SELECT timeMs FROM stored
    WHERE audience = $audience AND device = $device AND first <= $lsn AND last >= $lsn`,
} as const;

/** A moment from which on somebody has an entry. */
export interface Since {
  /** Milliseconds since 1970-01-01 UTC. */
  readonly timeMs: number;
  /** Whether older steps were dropped: it is held since then, or since before. */
  readonly before: boolean;
}

/**
 * Reads since when entries are held.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { SinceReader } from "./since.ts";
 * import { openMemoryStore } from "./sqlite_log.ts";
 * const store = openMemoryStore();
 * assertEquals(new SinceReader(store.database).device(2, "r1", 1), null);
 * store.close();
 * ```
 * @see docs/ARCHITECTURE.md, section "store"
 */
export class SinceReader {
  readonly #statements: Statements<keyof typeof sql>;

  /**
   * Prepares the statements.
   *
   * @param database an open store, on a connection that may be read-only; stays the caller's
   */
  constructor(database: DatabaseSync) {
    this.#statements = prepareAll(database, sql);
  }

  /**
   * Tells since when any device of a user has an entry.
   *
   * @param user the user's id
   * @param audience the entry's, as `audienceKey` writes it
   * @param lsn the entry's
   * @returns the earliest moment that is known; null if no device has it
   */
  user(user: number, audience: string, lsn: number): Since | null {
    const devices = this.#statements.devices.all(user) as { device: number }[];
    return devices.map(({ device }) => this.device(device, audience, lsn))
      .reduce((a, b) => !a || (b && b.timeMs < a.timeMs) ? b : a, null);
  }

  /**
   * Tells since when a device has an entry.
   *
   * @param device the device's id
   * @param audience the entry's, as `audienceKey` writes it
   * @param lsn the entry's
   * @returns the moment; null if the device doesn't have it
   */
  device(device: number, audience: string, lsn: number): Since | null {
    const at = { device, lsn };
    if (this.#statements.holds.get(at)) {
      const step = this.#statements.step.get(at) as { cursor: number; timeMs: number } | undefined;
      const { cursor } = this.#statements.oldest.get(device) as { cursor: number | null };
      return { timeMs: step?.timeMs ?? 0, before: !step || step.cursor === cursor };
    }
    const stored = this.#statements.stored.get({ audience, device, lsn });
    return stored ? { timeMs: (stored as { timeMs: number }).timeMs, before: false } : null;
  }
}
