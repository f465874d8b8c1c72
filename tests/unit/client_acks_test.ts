import { assertEquals } from "@std/assert";
import { Acks } from "../../lib/client/acks.ts";
import { limits } from "../../lib/limits.ts";

function storedAll(acks: Acks, first: number, count: number, nowMs: number): void {
  for (let lsn = first; lsn < first + count; lsn++) acks.received(lsn, 10);
  acks.stored(first + count - 1, nowMs);
}

Deno.test("Acks of a few entries go at once where they are told to, with a gap between two", () => {
  const acks = new Acks(true);
  storedAll(acks, 1, 1, 1_000);
  assertEquals([acks.due(1_000), acks.dueMs], [1, Infinity]);
  storedAll(acks, 2, limits.ackFewEntries - 1, 1_001);
  assertEquals(acks.dueMs, 1_000 + limits.ackGapTlsMs);
  assertEquals(acks.due(1_000 + limits.ackGapTlsMs), limits.ackFewEntries);
  storedAll(acks, 20, 1, 1_100);
  assertEquals(acks.dueMs, 1_100, "the gap is over");
});

Deno.test("Acks of more than a few wait as long as ever, and so do all where they are not told", () => {
  for (const [atOnce, count] of [[true, limits.ackFewEntries], [false, 1]] as const) {
    const acks = new Acks(atOnce);
    storedAll(acks, 1, count, 1_000);
    assertEquals(acks.dueMs, 1_000 + limits.ackDelayMs, `${count} entries`);
  }
});
