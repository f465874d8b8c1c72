/**
 * Bytes that somebody sends who means no good: made from nothing, or from good ones.
 *
 * @module
 */

import type { SeededRandom } from "../support/random.ts";

/** Lengths and numbers at which code goes wrong, if it does. */
const edges = [0, 1, 0x17, 0x18, 0x1a, 0x1b, 0x3b, 0x58, 0x5b, 0x7b, 0x7f, 0x80, 0x9b, 0x9f]
  .concat([0xc0, 0xf4, 0xf6, 0xf7, 0xfb, 0xff]);

/** @returns bytes that mean nothing */
export function noise(random: SeededRandom, bytesMax: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(random.below(bytesMax + 1));
  for (let at = 0; at < bytes.length; at++) bytes[at] = random.below(256);
  return bytes;
}

/** @returns a copy with one to four bytes changed */
export function changed(random: SeededRandom, good: Uint8Array): Uint8Array<ArrayBuffer> {
  const bytes = good.slice() as Uint8Array<ArrayBuffer>;
  for (let left = 1 + random.below(4); left > 0 && bytes.length > 0; left--) {
    const at = random.below(bytes.length);
    bytes[at] = random.below(2) === 0 ? random.pick(edges) : bytes[at]! ^ (1 << random.below(8));
  }
  return bytes;
}

/** @returns the beginning of one and the end of the other */
export function spliced(
  random: SeededRandom,
  one: Uint8Array,
  other: Uint8Array,
): Uint8Array<ArrayBuffer> {
  const head = one.subarray(0, random.below(one.length + 1));
  const tail = other.subarray(random.below(other.length + 1));
  const bytes = new Uint8Array(head.length + tail.length);
  bytes.set(head);
  bytes.set(tail, head.length);
  return bytes;
}

/** @returns one of the good ones: as it is, cut off, changed, spliced with another, or noise */
export function hostileBytes(
  random: SeededRandom,
  good: readonly Uint8Array[],
): Uint8Array<ArrayBuffer> {
  const one = random.pick(good) as Uint8Array<ArrayBuffer>;
  switch (random.below(8)) {
    case 0:
      return one.slice();
    case 1:
      return one.slice(0, random.below(one.length + 1));
    case 2:
      return noise(random, 200);
    case 3:
    case 4:
      return spliced(random, one, random.pick(good));
    default:
      return changed(random, one);
  }
}
