/**
 * A lock on a file that the system lets go of however its holder ends: SQLite's own.
 *
 * @module
 */

import { DatabaseSync } from "node:sqlite";

/** SQLite's own words for SQLITE_BUSY: the runtime passes on no number. */
const busy = "database is locked";

/** Who only ends with the process never calls the release: collected, the lock would be let go. */
const held = new Set<DatabaseSync>();

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
    // Without a journal file the lock needs no room: a server starts on a full disk too.
    lock.exec("PRAGMA busy_timeout = 0; PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE");
    held.add(lock);
    return () => {
      held.delete(lock);
      lock.close();
    };
  } catch (error) {
    lock.close();
    if ((error as Error).message === busy) return null;
    throw error;
  }
}
