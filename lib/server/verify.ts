/**
 * `parleyd verify`: proves that the log is whole, also while the server runs.
 *
 * @module
 */

import { encodeHex } from "@std/encoding/hex";
import { openDatabase } from "../sqlite/database.ts";
import { readProjectionVersion } from "../store/project.ts";
import { projectionVersion } from "../store/schema.ts";
import { verifyLog } from "../store/verify.ts";
import { databasePath } from "./data_folder.ts";

/** What was found, for people. */
export interface Verdict {
  /** Whether every entry is what was committed. */
  readonly whole: boolean;
  /** One line that says so, or names the first damaged entry and why. */
  readonly line: string;
}

/**
 * Reads the whole log of a data folder, and changes nothing in it.
 *
 * @param data the data folder
 * @returns the verdict
 * @example
 * ```ts ignore
 * console.log(verifyData("parley-data").line);
 * ```
 * @see docs/PROTOCOL.md, section "Digest"
 */
export function verifyData(data: string): Verdict {
  try {
    const path = databasePath(data);
    // SQLite's own words for a file that is not there would not name it.
    Deno.statSync(path);
    const database = openDatabase(path, { readOnly: true });
    try {
      if (readProjectionVersion(database) !== projectionVersion) {
        const line = `parleyd: ${data} is of another version: start this parleyd on it once`;
        return { whole: false, line };
      }
      const { entries, digest } = verifyLog(database);
      return { whole: true, line: `${entries} entries whole, head digest ${encodeHex(digest)}` };
    } finally {
      database.close();
    }
  } catch (error) {
    return { whole: false, line: `parleyd: ${data}: ${(error as Error).message}` };
  }
}
