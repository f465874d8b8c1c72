import { assert, assertEquals, assertFalse } from "@std/assert";
import { Ring } from "../../lib/hub/ring.ts";
import { published } from "../support/published.ts";
import { SeededRandom } from "../support/random.ts";

/** A ring that was given the entries from `head` + 1 on, of these sizes. */
function ringOf(head: number, bounds: [entries: number, bytes: number], sizes: number[]): Ring {
  const ring = new Ring({ ringEntriesMax: bounds[0], ringBytesMax: bounds[1] }, head);
  sizes.forEach((bytes, at) => ring.add(published(head + 1 + at, [0, 1], { bytes })));
  return ring;
}

function lsnsAfter(ring: Ring, lsn: number): number[] {
  return ring.after(lsn).map((entry) => entry.lsn);
}

Deno.test("Ring.covers() tells that an empty ring reaches its head and no further back", () => {
  const ring = ringOf(7, [3, 100], []);
  assert(ring.covers(7));
  assertFalse(ring.covers(6));
  assertEquals([ring.oldest, lsnsAfter(ring, 7)], [7, []]);
});

Deno.test("Ring.add() keeps as many entries as it may", () => {
  const ring = ringOf(7, [3, 100], [1, 1, 1, 1, 1]);
  assertEquals([ring.oldest, ring.covers(9), ring.covers(8)], [9, true, false]);
  assertEquals(lsnsAfter(ring, 9), [10, 11, 12]);
});

Deno.test("Ring.add() keeps as many bytes as it may", () => {
  assertEquals(ringOf(0, [9, 100], [40, 60]).oldest, 0);
  assertEquals(ringOf(0, [9, 100], [40, 60, 1]).oldest, 1);
  assertEquals(ringOf(0, [9, 100], [40, 60, 41]).oldest, 2);
});

Deno.test("Ring.add() keeps nothing where one entry is too large, and goes on", () => {
  const ring = ringOf(0, [9, 100], [40, 101]);
  assertEquals([ring.oldest, lsnsAfter(ring, 2)], [2, []]);
  ring.add(published(3));
  assertEquals([ring.oldest, lsnsAfter(ring, 2)], [2, [3]]);
});

Deno.test("Ring.after() gives what is above the lsn, as the caller's own", () => {
  const ring = ringOf(0, [9, 100], [1, 1, 1]);
  assertEquals([0, 1, 2, 3].map((lsn) => lsnsAfter(ring, lsn)), [[1, 2, 3], [2, 3], [3], []]);
  ring.after(0).length = 0;
  assertEquals(lsnsAfter(ring, 0), [1, 2, 3]);
});

Deno.test("Ring.add() holds the newest within both bounds, whatever the sizes", () => {
  for (let seed = 1; seed <= 100; seed++) {
    const random = new SeededRandom(seed);
    const [entriesMax, bytesMax] = [random.below(8), 20 + random.below(100)];
    const ring = new Ring({ ringEntriesMax: entriesMax, ringBytesMax: bytesMax }, 5);
    const kept: { lsn: number; bytes: number }[] = [];
    for (let lsn = 6; lsn < 200; lsn++) {
      const bytes = 1 + random.below(40);
      ring.add(published(lsn, [0, 1], { bytes }));
      kept.push({ lsn, bytes });
      const sum = () => kept.reduce((total, one) => total + one.bytes, 0);
      while (kept.length > entriesMax || sum() > bytesMax) kept.shift();
      assertEquals(ring.oldest, lsn - kept.length, `seed ${seed}`);
      assertEquals(lsnsAfter(ring, ring.oldest), kept.map((one) => one.lsn), `seed ${seed}`);
    }
  }
});
