import { assert, assertEquals, assertFalse, assertNotEquals } from "@std/assert";
import type { Committed, Outcome, Request } from "../../lib/log/submission.ts";
import { LogWriter } from "../../lib/log/writer.ts";
import { ManualClock, SeededRandom } from "../support/random.ts";
import { openly } from "../support/openly.ts";

const bounds = { batchCountMax: 4, batchBytesMax: 100, queueBytesMax: 10_000 };

function request(name: string, sizeBytes = 1): Request {
  return { ...openly, name, deviceKey: new Uint8Array(32), sizeBytes };
}

function makeWriter(clock = new ManualClock(1_000), lastTimeMs = 0): LogWriter {
  return new LogWriter(clock, new SeededRandom(1), bounds, lastTimeMs);
}

function add(writer: LogWriter, ...sizes: number[]): void {
  sizes.forEach((sizeBytes, at) => writer.add(request(`u${at}`, sizeBytes), () => {}));
}

function committed(outcomes: readonly Outcome[] = []): Committed {
  return { outcomes, published: [], head: 1, digest: new Uint8Array(32) };
}

/** The sizes of all batches until nothing waits. */
function batches(writer: LogWriter): number[][] {
  const all: number[][] = [];
  for (let batch = writer.nextBatch(); batch; batch = writer.nextBatch()) {
    all.push(batch.map(({ sizeBytes }) => sizeBytes));
    writer.committed(committed());
  }
  return all;
}

Deno.test("LogWriter.nextBatch() gives one batch at a time, and what came meanwhile next", () => {
  const writer = makeWriter();
  assert(writer.idle);
  assertEquals(writer.nextBatch(), null);
  add(writer, 1, 2);
  assertFalse(writer.idle);
  assertEquals(writer.nextBatch()?.length, 2);
  add(writer, 3);
  assertEquals(writer.nextBatch(), null);
  writer.committed(committed());
  assertFalse(writer.idle);
  assertEquals(writer.nextBatch()?.map(({ sizeBytes }) => sizeBytes), [3]);
  writer.committed(committed());
  assert(writer.idle);
});

Deno.test("LogWriter.nextBatch() takes no more than the count and the bytes", () => {
  const writer = makeWriter();
  add(writer, 1, 1, 1, 1, 1);
  assertEquals(batches(writer), [[1, 1, 1, 1], [1]]);
  add(writer, 40, 60, 1, 99, 2);
  assertEquals(batches(writer), [[40, 60], [1, 99], [2]]);
});

Deno.test("LogWriter.nextBatch() takes one request that is larger than all bounds", () => {
  const writer = makeWriter();
  add(writer, 500, 1);
  assertEquals(batches(writer), [[500], [1]]);
});

Deno.test("LogWriter.nextBatch() keeps the order in which requests came", () => {
  const writer = makeWriter();
  for (const name of ["a", "b", "c"]) writer.add(request(name), () => {});
  assertEquals(writer.nextBatch()?.map((one) => one.by === "server" && one.name), ["a", "b", "c"]);
});

Deno.test("LogWriter.nextBatch() gives a time that never decreases", () => {
  const clock = new ManualClock(1_000);
  const writer = makeWriter(clock, 5_000);
  const times = [1_000, 4_999, 7_000, 3_000, 7_001].map((nowMs) => {
    clock.nowMs = nowMs;
    add(writer, 1, 1);
    const batch = writer.nextBatch()!;
    assertEquals(batch[0]!.timeMs, batch[1]!.timeMs);
    writer.committed(committed());
    return batch[0]!.timeMs;
  });
  assertEquals(times, [5_000, 5_000, 7_000, 7_000, 7_001]);
});

Deno.test("LogWriter.nextBatch() gives each its own salt of 16 bytes", () => {
  const writer = makeWriter();
  add(writer, 1, 1);
  const [first, second] = writer.nextBatch()!;
  assertEquals([first!.salt.length, second!.salt.length], [16, 16]);
  assertNotEquals(first!.salt, second!.salt);
});

Deno.test("LogWriter.committed() tells each its own outcome, in order", () => {
  const writer = makeWriter();
  const told: [string, Outcome][] = [];
  for (const name of ["a", "b", "c", "d", "e"]) {
    writer.add(request(name), (outcome) => told.push([name, outcome]));
  }
  writer.nextBatch();
  assertEquals(told, [], "nobody is told before the commit");
  const outcomes = [5, 6, 7, 8].map((lsn): Outcome => ({ outcome: "accepted", lsn }));
  writer.committed(committed(outcomes));
  assertEquals(
    told,
    [["a", outcomes[0]!], ["b", outcomes[1]!], ["c", outcomes[2]!]].concat(
      [["d", outcomes[3]!]],
    ) as [string, Outcome][],
  );
});

Deno.test("LogWriter.committed() lets a listener queue the next request", () => {
  const writer = makeWriter();
  writer.add(request("a"), () => writer.add(request("b"), () => {}));
  writer.nextBatch();
  writer.committed(committed([{ outcome: "accepted", lsn: 2 }]));
  assertEquals(writer.nextBatch()?.length, 1);
});
