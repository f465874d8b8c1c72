/**
 * A lock on a file that the system lets go of however its holder ends: SQLite's own.
 *
 * @module
 */

import { DatabaseSync } from "node:sqlite";

/** SQLITE_BUSY: somebody else holds the lock. */
const busy = 5;

/**
 * Takes a lock and holds it.
 *
 * @param path the lock file, made if it is missing
 * @returns how to let go of it, or null when somebody else holds it
 * @throws what SQLite throws when the file can't be opened
 * @example
 * ```ts ignore
 * const release = holdLock("data/parleyd.lock");
 * release?.();
 * ```
 * @see https://www.sqlite.org/lockingv3.html
 */
export function holdLock(path: string): (() => void) | null {
  const lock = new DatabaseSync(path);
  try {
    lock.exec("BEGIN EXCLUSIVE");
    return () => lock.close();
  } catch (error) {
    lock.close();
    if ((error as { errcode?: number }).errcode === busy) return null;
    throw error;
  }
}
