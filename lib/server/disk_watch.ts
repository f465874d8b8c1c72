/**
 * Tells the operator of a full disk, once, and of its end.
 *
 * @module
 */

import { codes } from "../errors.ts";
import type { LogAppender } from "../log/log.ts";
import type { Committed, Submission } from "../log/submission.ts";
import type { Journal } from "./journal.ts";

/**
 * A log that notes in the journal when it can't take anything, and when it can again.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { codes } from "../errors.ts";
 * import { DiskWatch } from "./disk_watch.ts";
 * const full = { outcome: "later", code: codes.unavailable, last: 0 } as const;
 * const committed = { outcomes: [full], published: [], head: 1, digest: new Uint8Array(32) };
 * const events: string[] = [];
 * const disk = { append: () => Promise.resolve(committed) };
 * const log = new DiskWatch(disk, (event) => events.push(event), 0);
 * await log.append([]);
 * await log.append([]);
 * assertEquals(events, ["diskFull"]);
 * ```
 * @see docs/ARCHITECTURE.md, section "server"
 */
export class DiskWatch implements LogAppender {
  readonly #log: LogAppender;
  readonly #journal: Journal;
  readonly #reserveBytes: number;
  #full = false;

  /**
   * Starts with a disk that has room.
   *
   * @param log commits
   * @param journal is told `diskFull` and `diskFree`
   * @param reserveBytes what is left free, and told, so that nobody looks for a disk without room
   */
  constructor(log: LogAppender, journal: Journal, reserveBytes: number) {
    this.#reserveBytes = reserveBytes;
    this.#log = log;
    this.#journal = journal;
  }

  /**
   * Commits a batch; see `LogAppender`.
   *
   * @param submissions in order
   * @returns what the log returned
   * @throws what the log threw
   */
  async append(submissions: readonly Submission[]): Promise<Committed> {
    const committed = await this.#log.append(submissions);
    const isRefused = committed.outcomes.some((outcome) =>
      outcome.outcome === "later" && outcome.code === codes.unavailable
    );
    // A batch of repeats alone writes nothing, and says nothing of the disk.
    if (!this.#full && isRefused) this.#note("diskFull");
    else if (this.#full && committed.published.length > 0) this.#note("diskFree");
    return committed;
  }

  #note(event: "diskFull" | "diskFree"): void {
    this.#full = event === "diskFull";
    this.#journal(event, this.#full ? { reserveBytes: this.#reserveBytes } : {});
  }
}
