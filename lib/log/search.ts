/**
 * Search in the log: what is asked, and the answer from stored bytes.
 *
 * @module
 */

import { concat } from "@std/bytes/concat";
import { encodeFrame } from "../framing.ts";
import { encodeItem } from "../protocol/cbor.ts";
import { packets } from "../protocol/packets.ts";
import { listHead, pastItemsBytesMax } from "./past.ts";
import type { Term } from "../protocol/words.ts";

/** What is looked for; all of it must be so. */
export interface SearchRequest {
  /** The id of who asks: only what they may see is found. */
  readonly user: number;
  /** Each stands in the text. */
  readonly terms: readonly Term[];
  /** Who wrote it, a user's name in any case; empty for anybody. */
  readonly from: string;
  /** A room's name, or `@` and a user's, in any case; empty for anywhere. */
  readonly in: string;
  /** From when on, in milliseconds since 1970-01-01 UTC; 0 for any time. */
  readonly sinceMs: number;
  /** Up to when, without that moment itself; 0 for any time. */
  readonly untilMs: number;
  /** Only below this lsn; 0: from the newest. */
  readonly below: number;
  /** Entries at most; at least 1. */
  readonly entriesMax: number;
  /** Bytes of the entries' items at most; one always fits. */
  readonly bytesMax: number;
}

/** Messages that were found. */
export interface SearchPage {
  /** Their items, descending, joined, each as `pastItem` makes it. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** How many there are. */
  readonly count: number;
  /** What to ask for as `below` to go on; 0 where there is no more. */
  readonly next: number;
  /** Whether the newest of the log could not be looked at yet. */
  readonly behind: boolean;
}

/** Finds messages. */
export interface LogSearcher {
  /**
   * Looks for messages, the newest first.
   *
   * @param request who asks, for what, how much
   * @returns what was found within the bound of one question, owned by the caller
   */
  search(request: SearchRequest): Promise<SearchPage>;
}

/** The most that all items of one answer may take for it to fit in a frame: `next` is a whole lsn. */
export const foundItemsBytesMax: number = pastItemsBytesMax - 9;

const packetStart = new Uint8Array([0x85, ...encodeItem(packets.found.kind)]);

/**
 * Makes the answer to `search`.
 *
 * @param request the asker's own number for it
 * @param page the answer; at most `historyEntriesMax` entries and `foundItemsBytesMax` bytes
 * @returns the bytes of a `found` frame, length included, owned by the caller
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { foundFrame } from "./search.ts";
 * const page = { bytes: new Uint8Array(), count: 0, next: 9, behind: false };
 * assertEquals([...foundFrame(7, page)].slice(4), [0x85, 0x18, 41, 7, 0x80, 9, 0xf4]);
 * ```
 * @see docs/PROTOCOL.md, section "Search"
 */
export function foundFrame(
  request: number,
  { bytes, count, next, behind }: SearchPage,
): Uint8Array<ArrayBuffer> {
  return encodeFrame(concat([
    packetStart,
    encodeItem(request),
    listHead(count),
    bytes,
    encodeItem(next),
    encodeItem(behind),
  ]));
}
