import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { whoGoes, whoHoldsTooMuch } from "../../lib/server/memory.ts";

const nowMs = 100_000;

function holder(heldBytes: number, stuckMs: number | null, isKnown = true) {
  return { heldBytes, isKnown, stuckSinceMs: stuckMs === null ? Infinity : nowMs - stuckMs };
}

Deno.test("whoGoes() is nobody while all hold no more than they may", () => {
  const all = [holder(400, 60_000), holder(600, null, false)];
  assertEquals(whoGoes(all, 1_000, nowMs), []);
  assertEquals(whoGoes([], 0, nowMs), []);
});

Deno.test("whoGoes() is who has not logged in before anybody else, who holds most first", () => {
  const known = holder(900, 60_000);
  const [small, large, none] = [holder(5, 1, false), holder(50, 1, false), holder(0, 1, false)];
  assertEquals(whoGoes([known, small, none, large], 940, nowMs), [large]);
  assertEquals(whoGoes([known, small, none, large], 901, nowMs), [large, small]);
  assertEquals(whoGoes([known, small, none, large], 899, nowMs), [large, small, known]);
});

Deno.test("whoGoes() is who holds most without getting on", () => {
  const quick = holder(900, null);
  const slow = holder(300, 2_000);
  const stuck = holder(200, 50_000);
  const small = holder(1, 50_000);
  const all = [quick, slow, stuck, small];
  assertEquals(whoGoes(all, 1_400, nowMs), [stuck]);
  assertEquals(whoGoes(all, 1_200, nowMs), [stuck, slow]);
  assertEquals(whoGoes(all, 0, nowMs), [stuck, slow, small, quick]);
});

Deno.test("whoGoes() frees enough, and no more than it takes", () => {
  const one = fc.record({
    heldBytes: fc.nat(1_000),
    stuckSinceMs: fc.oneof(fc.nat(nowMs), fc.constant(Infinity)),
    isKnown: fc.boolean(),
  });
  fc.assert(fc.property(fc.array(one), fc.nat(5_000), (all, bytesMax) => {
    const goes = new Set(whoGoes(all, bytesMax, nowMs));
    const sum = (some: Iterable<typeof all[number]>) =>
      [...some].reduce((bytes, { heldBytes }) => bytes + heldBytes, 0);
    assert(sum(all) - sum(goes) <= bytesMax);
    const last = [...goes].at(-1);
    if (last) assert(sum(all) - sum(goes) + last.heldBytes > bytesMax);
  }));
});

Deno.test("whoHoldsTooMuch() is who holds more than one may and takes nothing for a while", () => {
  const bound = { bytesMax: 1_000, overMs: 10_000 };
  const [much, late] = [holder(1_001, 10_000), holder(5_000, 60_000, false)];
  const others = [
    ...[holder(1_000, 60_000), holder(5_000, 9_999), holder(5_000, null)],
  ];
  assertEquals(whoHoldsTooMuch([...others, much, late], bound, nowMs), [much, late]);
});
