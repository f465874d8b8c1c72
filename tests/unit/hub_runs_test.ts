import { assert, assertEquals, assertNotStrictEquals, assertStrictEquals } from "@std/assert";
import { concat } from "@std/bytes/concat";
import { RunJoiner } from "../../lib/hub/runs.ts";
import { SeededRandom } from "../support/random.ts";

const [a, b, c] = [[1, 1], [2], [3, 3, 3]].map((bytes) => new Uint8Array(bytes)) as [
  Uint8Array,
  Uint8Array,
  Uint8Array,
];

Deno.test("RunJoiner.join() gives one frame as it is", () => {
  assertStrictEquals(new RunJoiner().join([a]), a);
});

Deno.test("RunJoiner.join() joins a run once for all who wait for the same", () => {
  const joiner = new RunJoiner();
  const bytes = joiner.join([a, b]);
  assertEquals([...bytes], [1, 1, 2]);
  assertStrictEquals(joiner.join([a, b]), bytes);
});

Deno.test("RunJoiner.join() tells runs apart by their frames, in order and number", () => {
  const joiner = new RunJoiner();
  const runs = [[a, b], [b, a], [a, b, c], [b, c], [a, a], [a, new Uint8Array([2])]];
  for (let round = 0; round < 2; round++) {
    for (const run of runs) assertEquals(joiner.join(run), concat(run));
  }
});

Deno.test("RunJoiner.join() copies nothing where frames lie behind each other", () => {
  const whole = new Uint8Array([9, 1, 1, 2, 3, 3, 3, 9]);
  const frames = [whole.subarray(1, 3), whole.subarray(3, 4), whole.subarray(4, 7)];
  const bytes = new RunJoiner().join(frames);
  assertEquals([...bytes], [1, 1, 2, 3, 3, 3]);
  assertStrictEquals(bytes.buffer, whole.buffer);
});

Deno.test("RunJoiner.join() copies where there is a gap, or another order", () => {
  const whole = new Uint8Array([1, 1, 2, 3, 3, 3]);
  const [first, second, third] = [whole.subarray(0, 2), whole.subarray(2, 3), whole.subarray(3)];
  for (const run of [[first, third], [second, first], [first, first]]) {
    const bytes = new RunJoiner().join(run);
    assertEquals(bytes, concat(run));
    assert(bytes.buffer !== whole.buffer);
  }
});

Deno.test("RunJoiner.forget() lets go of the runs", () => {
  const joiner = new RunJoiner();
  const bytes = joiner.join([a, b]);
  joiner.forget();
  assertNotStrictEquals(joiner.join([a, b]), bytes);
});

Deno.test("RunJoiner.join() remembers a bounded number of runs", () => {
  const joiner = new RunJoiner();
  const first = joiner.join([a, b]);
  for (let more = 0; more < 20; more++) joiner.join([a, new Uint8Array([more])]);
  assertNotStrictEquals(joiner.join([a, b]), first);
});

Deno.test("RunJoiner.join() always gives the frames' bytes", () => {
  for (let seed = 1; seed <= 200; seed++) {
    const random = new SeededRandom(seed);
    const joiner = new RunJoiner();
    const whole = random.bytes(12);
    const pool = [a, b, c, ...[0, 2, 4, 6, 8, 10].map((at) => whole.subarray(at, at + 2))];
    for (let step = 0; step < 50; step++) {
      const run = Array.from({ length: 1 + random.below(4) }, () => random.pick(pool));
      assertEquals(joiner.join(run), concat(run), `seed ${seed}`);
      if (random.below(10) === 0) joiner.forget();
    }
  }
});
