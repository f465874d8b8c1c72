import { assertEquals, assertNotEquals } from "@std/assert";
import { encodeHex } from "@std/encoding/hex";
import { bodyDigest, chainDigest, firstDigest } from "../../lib/log/digest.ts";

const salt = new Uint8Array(16).fill(1);
const body = new Uint8Array([0x81, 0x01]);

Deno.test("bodyDigest() and chainDigest() give plain bytes, which their caller owns", () => {
  const inner = bodyDigest(salt, body);
  // A node Buffer's slice() is a view: what hands it on would change this digest too.
  assertEquals(Object.getPrototypeOf(inner), Uint8Array.prototype);
  assertEquals(encodeHex(inner), encodeHex(inner));
  const outer = chainDigest(firstDigest, body, inner);
  assertEquals(Object.getPrototypeOf(outer), Uint8Array.prototype);
  assertEquals([inner.length, outer.length], [32, 32]);
});

Deno.test("chainDigest() depends on all that is before and on the body's own digest", () => {
  const inner = bodyDigest(salt, body);
  const digest = chainDigest(firstDigest, body, inner);
  assertNotEquals(chainDigest(inner, body, inner), digest);
  assertNotEquals(chainDigest(firstDigest, salt, inner), digest);
  assertNotEquals(chainDigest(firstDigest, body, bodyDigest(body, salt)), digest);
  assertNotEquals(bodyDigest(salt.with(0, 2), body), inner);
});
