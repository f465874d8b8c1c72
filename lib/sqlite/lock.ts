/**
 * A lock on a file that the system lets go of however its holder ends: SQLite's own.
 *
 * @module
 */

import { DatabaseSync } from "node:sqlite";

/** SQLite's own words for SQLITE_BUSY: the runtime passes on no number. */
const busy = "database is locked";

/** Who only ends with the process never lets go: collected, the lock would be let go. */
const held = new Set<DatabaseSync>();

/**
 * A lock that can be tried for more than once; its file is opened at the start and no more after.
 *
 * @example
 * ```ts ignore
 * const lock = new FileLock("data/parley.lock");
 * if (lock.tryHold()) console.log("nobody else has it");
 * lock.close();
 * ```
 * @see https://www.sqlite.org/lockingv3.html
 */
export class FileLock {
  readonly #database: DatabaseSync;

  /**
   * Opens the lock's file; nothing is held yet.
   *
   * @param path the lock file, made if it is missing
   * @throws what SQLite throws when the file can't be opened
   */
  constructor(path: string) {
    this.#database = new DatabaseSync(path);
  }

  /**
   * Takes the lock, if nobody else holds it.
   *
   * @returns whether it is held now
   * @throws what SQLite throws when the file can't be read
   */
  tryHold(): boolean {
    if (held.has(this.#database)) return true;
    try {
      // Without a journal file the lock needs no room: it can be taken on a full disk too.
      this.#database.exec("PRAGMA busy_timeout = 0; PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE");
    } catch (error) {
      if ((error as Error).message === busy) return false;
      throw error;
    }
    held.add(this.#database);
    return true;
  }

  /** Lets go of the lock, if it is held, and closes its file. */
  close(): void {
    held.delete(this.#database);
    this.#database.close();
  }
}

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
  const lock = new FileLock(path);
  let isHeld = false;
  try {
    isHeld = lock.tryHold();
  } finally {
    if (!isHeld) lock.close();
  }
  return isHeld ? () => lock.close() : null;
}
