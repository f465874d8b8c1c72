import { assert, assertEquals } from "@std/assert";
import { Debt } from "../../lib/hub/debt.ts";
import { limits } from "../../lib/limits.ts";
import { SeededRandom } from "../support/random.ts";

const credit = { creditEntriesMax: 256, creditBytesMax: 64_000 };

function owed(debt: Debt): [entries: number, bytes: number] {
  return [debt.entries, debt.bytes];
}

Deno.test("Debt frees a share of the credit when the last entry of it is acknowledged", () => {
  const debt = new Debt(credit);
  for (let lsn = 1; lsn <= 10; lsn++) debt.add(lsn, 100);
  assertEquals(owed(debt), [10, 1_000]);
  debt.pay(3);
  assertEquals(owed(debt), [10, 1_000], "1 to 4 are one share");
  debt.pay(4);
  assertEquals(owed(debt), [6, 600]);
  debt.pay(10);
  assertEquals(owed(debt), [0, 0]);
});

Deno.test("Debt puts no more bytes into a share than a share has", () => {
  const debt = new Debt(credit);
  for (const [lsn, bytes] of [[1, 600], [2, 400], [3, 1], [4, 5_000], [5, 1]] as const) {
    debt.add(lsn, bytes);
  }
  const left = [1, 2, 3, 4, 5].map((lsn) => {
    debt.pay(lsn);
    return debt.bytes;
  });
  assertEquals(left, [6_002, 5_002, 5_001, 1, 0]);
});

Deno.test("Debt counts what is owed or less than a share more, whatever is acknowledged", () => {
  const seed = crypto.getRandomValues(new Uint32Array(1))[0]!;
  console.log(`seed ${seed}`);
  const random = new SeededRandom(seed);
  const debt = new Debt(limits);
  let truth: [lsn: number, bytes: number][] = [];
  let lsn = 0;
  for (let step = 0; step < 5_000; step++) {
    if (random.below(4) > 0) {
      lsn += 1 + random.below(3);
      const bytes = 1 + random.below(3_000);
      debt.add(lsn, bytes);
      truth.push([lsn, bytes]);
    } else if (truth.length > 0) {
      const upto = truth[random.below(truth.length)]![0] + random.below(2);
      debt.pay(upto);
      truth = truth.filter(([at]) => at > upto);
    }
    const bytes = truth.reduce((sum, [, one]) => sum + one, 0);
    const [entriesMore, bytesMore] = [debt.entries - truth.length, debt.bytes - bytes];
    assert(entriesMore >= 0 && entriesMore < limits.creditEntriesMax / 64, `step ${step}`);
    assert(bytesMore >= 0 && bytesMore < limits.creditBytesMax / 64, `step ${step}`);
    if (truth.length === 0) assertEquals(owed(debt), [0, 0]);
  }
});
