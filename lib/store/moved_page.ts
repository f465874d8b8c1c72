/**
 * How a page goes out of its Worker: as lists of numbers that move, since hundreds of small arrays
 * cost more to copy than the entries cost to read.
 *
 * @module
 */

import type { Page } from "../log/log.ts";
import type { Moved } from "./worker_call.ts";

/** A page with its entries as one list. */
export type PackedPage<P extends Page = Page> = Omit<P, "entries"> & {
  /** For each entry its lsn and its frame's bytes, one after the other. */
  readonly pairs: Float64Array<ArrayBuffer>;
};

/**
 * Packs a page, so that nothing of it that grows with its entries is copied.
 *
 * @param page its bytes fill a buffer of their own, which moves too
 * @returns what goes over, owned by the caller; the page is used up
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { packPage, unpackPage } from "./moved_page.ts";
 * const page = { bytes: new Uint8Array(3), entries: [[7, 3]] as const, upto: 9 };
 * assertEquals(unpackPage(packPage(page).value), page);
 * ```
 * @see docs/ARCHITECTURE.md, section "store"
 */
export function packPage<P extends Page>(page: P): Moved<PackedPage<P>> {
  const { entries, ...rest } = page;
  const pairs = new Float64Array(2 * entries.length);
  for (let at = 0; at < entries.length; at++) {
    pairs[2 * at] = entries[at]![0];
    pairs[2 * at + 1] = entries[at]![1];
  }
  return { value: { ...rest, pairs }, buffers: [page.bytes.buffer, pairs.buffer] };
}

/**
 * Unpacks what came over.
 *
 * @param packed as `packPage` gave it; used up
 * @returns the page, owned by the caller
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { unpackPage } from "./moved_page.ts";
 * const packed = { bytes: new Uint8Array(3), pairs: new Float64Array([7, 3]), upto: 9 };
 * assertEquals(unpackPage(packed).entries, [[7, 3]]);
 * ```
 * @see docs/ARCHITECTURE.md, section "store"
 */
export function unpackPage<P extends Page>({ pairs, ...rest }: PackedPage<P>): P {
  const entries: [number, number][] = [];
  for (let at = 0; at < pairs.length; at += 2) entries.push([pairs[at]!, pairs[at + 1]!]);
  return { ...rest, entries } as unknown as P;
}
