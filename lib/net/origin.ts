/**
 * Where a connection comes from, as limits count it.
 *
 * @module
 */

/**
 * Gives what connections of one customer of a network have in common. One IPv6 customer has at
 * least a /64, so that single addresses say nothing; IPv4 behind an IPv6 socket is IPv4.
 *
 * @param remote an IP address as the system writes it, with or without a zone
 * @returns an IPv4 address, the first 64 bits of an IPv6 one, or what is no address as it is
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { originOf } from "./origin.ts";
 * assertEquals(originOf("2001:db8:0:1:a::9"), "2001:db8:0:1::/64");
 * assertEquals(originOf("::ffff:192.0.2.7"), "192.0.2.7");
 * ```
 * @see RFC 4291, section 2.2
 */
export function originOf(remote: string): string {
  const groups = groupsOf(remote.split("%")[0]!);
  if (!groups) return remote;
  if (groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff) {
    return [groups[6]! >> 8, groups[6]! & 255, groups[7]! >> 8, groups[7]! & 255].join(".");
  }
  return `${groups.slice(0, 4).map((group) => group.toString(16)).join(":")}::/64`;
}

/** @returns the eight groups of 16 bits; null for anything but IPv6 */
function groupsOf(address: string): number[] | null {
  const hex = address.replace(
    /(\d+)\.(\d+)\.(\d+)\.(\d+)$/,
    (_, ...bytes) => `${pairOf(bytes[0], bytes[1])}:${pairOf(bytes[2], bytes[3])}`,
  );
  const [head, tail, ...more] = hex.split("::").map((part) => part === "" ? [] : part.split(":"));
  const given = head!.length + (tail?.length ?? 0);
  const isWhole = tail ? given < 8 : given === 8;
  if (more.length > 0 || !isWhole) return null;
  const zeros = new Array<string>(8 - given).fill("0");
  const parts = [...head!, ...zeros, ...tail ?? []];
  return parts.every((part) => /^[0-9a-fA-F]{1,4}$/.test(part))
    ? parts.map((part) => parseInt(part, 16))
    : null;
}

function pairOf(high: string, low: string): string {
  return (Number(high) * 256 + Number(low)).toString(16);
}
