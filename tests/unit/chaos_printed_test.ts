/**
 * The chaos run's check of what was printed finds what it is there to find, and nothing else.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { judgePrinted } from "../chaos/printed.ts";

const held = [4, 5, 7, 9].map((lsn) => ({ lsn, sum: lsn }));

function judge(startLsn: number, ...lsns: number[]): string[] {
  return judgePrinted([{ startLsn, endLsn: 9, lsns }], held, 3);
}

Deno.test("judgePrinted() lets pass what is printed once, in order, and cut off by a kill", () => {
  assertEquals(judge(4, 2, 4, 5, 7, 9), []);
  assertEquals(judge(4, 2, 4, 5), [], "killed before it printed the others");
  const before = { startLsn: 3, endLsn: 7, lsns: [4, 5] };
  const after = { startLsn: 7, endLsn: 9, lsns: [5, 7, 9] };
  const said = "what came, behind what was not printed before and some that was";
  assertEquals(judgePrinted([before, after], held, 3), [], said);
  assertEquals(judge(9), []);
});

Deno.test("judgePrinted() finds what is printed twice, late, early, or never", () => {
  assertEquals(judge(4, 4, 5, 5), ["run 0: 5 is printed twice"]);
  assertEquals(judge(4, 4, 7, 5), ["run 0: 5 is printed after 7"]);
  assertEquals(judge(4, 4, 5, 6), ["run 0: 6 is printed and not held"]);
  const early = [{ startLsn: 4, endLsn: 5, lsns: [4, 5, 7] }];
  assertEquals(judgePrinted(early, held, 3), ["run 0: 7 is printed and not held"]);
  assertEquals(judge(4, 4, 5, 9), ["run 0: 7 is passed over", "7 is never printed"]);
  const two = [{ startLsn: 3, endLsn: 7, lsns: [4] }, { startLsn: 7, endLsn: 9, lsns: [7, 9] }];
  assertEquals(judgePrinted(two, held, 3), ["5 is never printed"]);
});
