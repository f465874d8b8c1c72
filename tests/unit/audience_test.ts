import { assertEquals, assertThrows } from "@std/assert";
import {
  audienceKey,
  directAudience,
  keyAudience,
  type TalkAudience,
} from "../../lib/protocol/audience.ts";

Deno.test("keyAudience() reads what audienceKey() wrote", () => {
  const audiences: TalkAudience[] = [
    [0, 1],
    [0, 4_711],
    directAudience(9, 2),
    directAudience(3, 3),
  ];
  for (const audience of audiences) assertEquals(keyAudience(audienceKey(audience)), audience);
});

Deno.test("keyAudience() refuses what is the key of no room and no direct", () => {
  for (const key of ["", "r", "d", "u2", "v2", "a", "d9-2", "d2", "r1-2", "r01", "r1e3", "x1"]) {
    assertThrows(() => keyAudience(key), RangeError, key);
  }
});
