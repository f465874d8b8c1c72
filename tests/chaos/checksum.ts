/**
 * A number for an entry's bytes, so that millions of them can be compared.
 *
 * @module
 */

/** @returns FNV-1a of the bytes; 32 bits */
export function checksum(bytes: Uint8Array): number {
  let sum = 0x811c9dc5;
  for (const byte of bytes) sum = Math.imul(sum ^ byte, 0x01000193);
  return sum >>> 0;
}
