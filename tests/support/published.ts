/**
 * Entries as the hub is handed them, made by hand.
 *
 * @module
 */

import { concat } from "@std/bytes/concat";
import type { Committed, Published } from "../../lib/log/submission.ts";
import type { Audience } from "../../lib/protocol/audience.ts";

/**
 * An entry with a frame that begins with its lsn, so that it is known again in joined bytes.
 *
 * @param lsn 1 to 255
 */
export function published(
  lsn: number,
  audience: Audience = [0, 1],
  more: Partial<Published> & { readonly bytes?: number } = {},
): Published {
  const { bytes = 10, ...fields } = more;
  const frame = new Uint8Array(bytes);
  frame[0] = lsn;
  return { lsn, audience, frame, changes: [], user: 0, ...fields };
}

/** A batch that ends with the last of the entries. */
export function batch(...entries: readonly Published[]): Committed {
  const head = entries.at(-1)!.lsn;
  return { outcomes: [], published: entries, head, digest: digestOf(head) };
}

/** A digest that is known again. */
export function digestOf(lsn: number): Uint8Array {
  return new Uint8Array(32).fill(lsn);
}

/** Puts a batch's frames behind each other in one buffer, as the writer's Worker hands them over. */
export function inOnePiece(committed: Committed): Committed {
  const joined = concat(committed.published.map(({ frame }) => frame));
  let at = 0;
  const published = committed.published.map((entry) => {
    const frame = joined.subarray(at, at += entry.frame.length);
    return { ...entry, frame };
  });
  return { ...committed, published };
}
