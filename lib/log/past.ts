/**
 * The packet `past` from stored bytes: earlier entries go out as they lie in the log, never encoded
 * anew.
 *
 * @module
 */

import { concat } from "@std/bytes/concat";
import { encodeFrame } from "../framing.ts";
import { limits } from "../limits.ts";
import { encodeItem } from "../protocol/cbor.ts";
import { packets } from "../protocol/packets.ts";
import type { EntryBytes } from "./entry.ts";
import type { HistoryPage } from "./log.ts";

const erasedBody = encodeItem(null);
const packetStart = new Uint8Array([0x85, ...encodeItem(packets.past.kind)]);
/** Request, code, the head of the list of entries, and boundary, each at its longest. */
const restBytesMax = 9 + 3 + 2 + 2;

/** The most that all items of one answer may take for it to fit in a frame. */
export const pastItemsBytesMax: number = limits.frameBytesMax - packetStart.length - restBytesMax;

/**
 * Makes an entry's item in `past`: the pair of header and body.
 *
 * @param stored header and body as they stand in the log
 * @returns the item's bytes, owned by the caller
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { pastItem } from "./past.ts";
 * const item = pastItem({ header: new Uint8Array([0x80]), body: null });
 * assertEquals([...item], [0x82, 0x80, 0xf6]);
 * ```
 * @see docs/PROTOCOL.md, section "History"
 */
export function pastItem({ header, body }: EntryBytes): Uint8Array<ArrayBuffer> {
  return concat([new Uint8Array([0x82]), header, body ?? erasedBody]);
}

/**
 * Makes the answer to `history`.
 *
 * @param request the asker's own number for it
 * @param page the answer; at most `historyEntriesMax` entries and `pastItemsBytesMax` bytes of them
 * @returns the bytes of a `past` frame, length included, owned by the caller
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { boundaries } from "./log.ts";
 * import { pastFrame } from "./past.ts";
 * const page = { code: 0, bytes: new Uint8Array(), count: 0, boundary: boundaries.start } as const;
 * assertEquals([...pastFrame(7, page)].slice(4), [0x85, 0x18, 27, 7, 0, 0x80, 1]);
 * ```
 * @see docs/PROTOCOL.md, section "History"
 */
export function pastFrame(
  request: number,
  { code, bytes, count, boundary }: HistoryPage,
): Uint8Array<ArrayBuffer> {
  return encodeFrame(concat([
    packetStart,
    encodeItem(request),
    encodeItem(code),
    listHead(count),
    bytes,
    encodeItem(boundary),
  ]));
}

/**
 * Makes the head of a CBOR array, in its shortest form.
 *
 * @param count its items; at most 255
 * @returns the bytes, owned by the caller
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { listHead } from "./past.ts";
 * assertEquals([...listHead(2), ...listHead(50)], [0x82, 0x98, 50]);
 * ```
 * @see RFC 8949, section 3
 */
export function listHead(count: number): Uint8Array {
  return new Uint8Array(count < 24 ? [0x80 | count] : [0x98, count]);
}
