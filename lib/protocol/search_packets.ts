/**
 * The packets of search.
 *
 * @module
 */

import { limits } from "../limits.ts";
import { array, flag, list, nullable, text, tuple, uint } from "./fields.ts";
import { nameBytesMaxOnWire } from "./names.ts";

/**
 * A question and its answer, in the table of all packets.
 *
 * @see docs/PROTOCOL.md, section "Search"
 */
export const searchPackets = {
  search: {
    kind: 40,
    from: "client",
    says:
      "Asks for messages: each of `terms` stands in it, its last word may go on; by `by`, in `place` (names; `@` before a user's; empty: any), from `since` on, before `until` (ms; 0: any), below `below` (0: from the newest).",
    fields: {
      request: uint(),
      terms: list(tuple(text(limits.searchTermBytesMax), flag()), 0, limits.searchTermsMax),
      by: text(nameBytesMaxOnWire),
      place: text(nameBytesMaxOnWire),
      since: uint(),
      until: uint(),
      below: uint(),
    },
  },
  found: {
    kind: 41,
    from: "server",
    says:
      "The answer: messages, descending; `next`: to be asked for as `below` to go on (0: no more); `behind`: the newest were not looked at yet.",
    fields: {
      request: uint(),
      entries: list(
        tuple(array("Entry header"), nullable(array("Entry bodies"))),
        0,
        limits.historyEntriesMax,
      ),
      next: uint(),
      behind: flag(),
    },
  },
} as const;
