import { assertEquals } from "@std/assert";
import { originOf } from "../../lib/net/origin.ts";

const cases: readonly (readonly [string, string])[] = [
  ["192.0.2.7", "192.0.2.7"],
  ["::ffff:192.0.2.7", "192.0.2.7"],
  ["::FFFF:c000:207", "192.0.2.7"],
  ["0:0:0:0:0:ffff:192.0.2.7", "192.0.2.7"],
  ["::1", "0:0:0:0::/64"],
  ["::", "0:0:0:0::/64"],
  ["2001:DB8::1", "2001:db8:0:0::/64"],
  ["2001:0db8:0:0:ffff:ffff:ffff:ffff", "2001:db8:0:0::/64"],
  ["2001:db8:0:1::1", "2001:db8:0:1::/64"],
  ["2001:db8:1:2:3:4:5::", "2001:db8:1:2::/64"],
  ["fe80::1%eth0", "fe80:0:0:0::/64"],
  ["::fffe:192.0.2.7", "0:0:0:0::/64"],
  ["1::2::3", "1::2::3"],
  ["1:2:3", "1:2:3"],
  ["1:2:3:4:5:6:7:8:9", "1:2:3:4:5:6:7:8:9"],
  ["1:2:3:4:5:6:7:g", "1:2:3:4:5:6:7:g"],
  ["", ""],
];

for (const [remote, origin] of cases) {
  Deno.test(`originOf("${remote}") is "${origin}"`, () => assertEquals(originOf(remote), origin));
}
