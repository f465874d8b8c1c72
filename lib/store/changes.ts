/**
 * What an entry changes in who is given what, for the hub, which reads no entries. Pure.
 *
 * @module
 */

import type { EntryHeader } from "../log/entry.ts";
import type { EntryContent } from "../log/entry_kinds.ts";
import type { Change } from "../log/submission.ts";
import { audienceKey } from "../protocol/audience.ts";

const none: readonly Change[] = [];

/**
 * Tells what an entry changes.
 *
 * @param header the entry's header
 * @param content what it says
 * @returns the changes in the order in which they happen; mostly none
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { changesOf } from "./changes.ts";
 * const header = {
 *   lsn: 9, prev: 3, timeMs: 5, audience: [0, 1], user: 2, device: 2, epoch: null, n: 0, id: null,
 * } as const;
 * assertEquals(changesOf(header, { kind: "joined" }), [{ what: "joins", audience: "r1", user: 2 }]);
 * ```
 * @see docs/ARCHITECTURE.md, section "hub"
 */
export function changesOf(
  { audience, user }: EntryHeader,
  content: EntryContent,
): readonly Change[] {
  switch (content.kind) {
    case "registered":
    case "created":
    case "joined":
      return user === 0 ? none : [{ what: "joins", audience: audienceKey(audience), user }];
    case "left":
      return [{ what: "leaves", audience: audienceKey(audience), user }];
    default:
      return none;
  }
}
