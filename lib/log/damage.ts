/**
 * Damage: a stored entry that is not what was committed.
 *
 * @module
 */

/**
 * A stored entry does not fit the digest chain: it is not what was committed, and must not be
 * given to anybody.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { DamagedEntry } from "./damage.ts";
 * assertEquals(new DamagedEntry(7, "it is missing").message, "entry 7 is damaged: it is missing");
 * ```
 * @see docs/PROTOCOL.md, section "Digest"
 */
export class DamagedEntry extends Error {
  /** The class's name, which stands before the message wherever the error is printed. */
  override name = "DamagedEntry";

  /**
   * Joins both to the message.
   *
   * @param lsn the entry's; where a whole digest is wrong, the one before it may be the damaged one
   * @param reason what does not fit, in a few words
   */
  constructor(readonly lsn: number, readonly reason: string) {
    super(`entry ${lsn} is damaged: ${reason}`);
  }
}
