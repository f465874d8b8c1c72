/**
 * The log as the rest of the server knows it. Embedded, SQLite in Workers is behind it.
 *
 * @module
 */

import type { Committed, Submission } from "./submission.ts";

/** Where the log stands. */
export interface Head {
  /** The log's own id; 16 bytes, renewed when a server is restored from a backup. */
  readonly logId: Uint8Array;
  readonly lsn: number;
  readonly timeMs: number;
  readonly digest: Uint8Array;
}

/** The side of the log that takes submissions. */
export interface LogAppender {
  /**
   * Applies and commits submissions in one transaction.
   *
   * @param submissions in order; at most `batchCountMax` of them
   * @returns what became of each, once it is durable
   * @throws when the log can't go on; nothing of the batch was taken then
   */
  append(submissions: readonly Submission[]): Promise<Committed>;
}
