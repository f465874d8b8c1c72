/**
 * What a well-kept CBOR library makes of the same bytes: the measure of Parley's own.
 */

import { equals } from "@std/bytes/equals";
import { decode, encode, Tokenizer } from "cborg";
import type { Item } from "../../lib/protocol/fields.ts";

const strict = {
  strict: true,
  allowIndefinite: false,
  allowUndefined: false,
  allowInfinity: false,
  allowNaN: false,
  allowBigInt: false,
};

/** Refuses what is never sent: floats, negative numbers and maps. */
class KnownTypes extends Tokenizer {
  override next(): ReturnType<Tokenizer["next"]> {
    const first = this.data[this.pos()]!;
    if (first >= 0xf9 && first <= 0xfb) throw new Error("a float");
    if (first >= 0xa0 && first <= 0xbf) throw new Error("a map");
    if (first >= 0x20 && first <= 0x3f) throw new Error("a negative number");
    return super.next();
  }
}

/** @returns the item in a list, or null for what is refused */
export function oracleDecode(bytes: Uint8Array): [Item] | null {
  try {
    const item: Item = decode(bytes, { ...strict, tokenizer: new KnownTypes(bytes, strict) });
    // The library turns bad UTF-8 into U+FFFD in silence; who really sent U+FFFD encodes the same.
    return equals(bytes, encode(item)) ? [item] : null;
  } catch {
    return null;
  }
}

/** @returns the item's encoding, also of what is never sent */
export function oracleEncode(item: unknown): Uint8Array {
  return new Uint8Array(encode(item));
}
