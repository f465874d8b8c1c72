/**
 * What one client can make all others wait for is bounded.
 *
 * @module
 */

import { assert, assertEquals, assertFalse, assertStringIncludes } from "@std/assert";
import { codeName, codes } from "../../lib/errors.ts";
import { Hub } from "../../lib/hub/hub.ts";
import { limits } from "../../lib/limits.ts";
import type { DeviceRequest, Outcome } from "../../lib/log/submission.ts";
import { LogWriter } from "../../lib/log/writer.ts";
import type { Action } from "../../lib/protocol/codec.ts";
import { Appender } from "../../lib/server/appender.ts";
import { LineSink } from "../../lib/server/line_sink.ts";
import { ReadQueue } from "../../lib/server/read_queue.ts";
import { openMemoryStore } from "../../lib/store/sqlite_log.ts";
import { ManualClock, SeededRandom } from "../support/random.ts";
import { openly } from "../support/openly.ts";
import { type Person, World } from "../support/world.ts";

function request(device: number, n: number, action: Action | null = null): DeviceRequest {
  const [epoch, id] = [new Uint8Array(16), new Uint8Array(16)];
  return { by: "device", user: device, device, epoch, n, id, action, sizeBytes: 10 };
}

/** An appender whose log never answers, or fails when told. */
function stuckAppender() {
  const failing = Promise.withResolvers<never>();
  const writer = new LogWriter(new ManualClock(1), new SeededRandom(1), limits, 0);
  const hub = new Hub({ lsn: 0, digest: new Uint8Array(32) }, [], limits);
  const failures: string[] = [];
  const failed = (error: Error) => failures.push(error.message);
  const log = { append: () => failing.promise };
  return { appender: new Appender(writer, log, hub, failed), failing, failures };
}

Deno.test("LogWriter.add() takes nothing above its bytes, and again when they are gone", () => {
  const bounds = { batchCountMax: 9, batchBytesMax: 99, queueBytesMax: 25 };
  const writer = new LogWriter(new ManualClock(1), new SeededRandom(1), bounds, 0);
  const add = () => writer.add(request(2, 1), () => {});
  assertEquals([add(), add(), add()], [true, true, false]);
  writer.nextBatch();
  assert(add());
});

Deno.test("Appender.submit() answers a device `later` beyond what its windows allow", () => {
  const { appender } = stuckAppender();
  const outcomes: Outcome[] = [];
  for (let n = 1; n <= 2 * limits.windowCountMax + 1; n++) {
    appender.submit(request(2, n), (outcome) => outcomes.push(outcome));
  }
  const last = 2 * limits.windowCountMax;
  assertEquals(outcomes, [{ outcome: "later", code: codes.busy, last }]);
  appender.submit(request(3, 1), (outcome) => outcomes.push(outcome));
  assertEquals(outcomes.length, 1, "another device is taken");
});

Deno.test("Appender.drained() comes to its end when the log fails", async () => {
  const { appender, failing, failures } = stuckAppender();
  appender.submit(request(2, 1), () => {});
  const drained = appender.drained();
  failing.reject(new Error("disk I/O error"));
  await drained;
  assertEquals(failures, ["disk I/O error"]);
});

Deno.test("apply() refuses more rooms than one user may be a member of", () => {
  const store = openMemoryStore();
  const stamp = { timeMs: 0, salt: new Uint8Array(16) };
  const named = { ...openly, name: "al", deviceKey: new Uint8Array(32), sizeBytes: 0 } as const;
  store.append([{ ...named, ...stamp }]);
  const join = (n: number, room: string) =>
    store.append([{ ...request(2, n, { action: "join", room }), ...stamp }]).outcomes[0]!;
  // The lobby counts too.
  for (let n = 1; n < limits.roomsPerUserMax; n++) {
    assertEquals(join(n, `r${n}`).outcome, "accepted");
  }
  const refused = join(limits.roomsPerUserMax, "one-more");
  assertEquals(refused.outcome === "refused" && refused.code, codes.tooManyRooms);
  store.append([{
    ...request(2, limits.roomsPerUserMax + 1, { action: "leave", room: "r1" }),
    ...stamp,
  }]);
  assertEquals(join(limits.roomsPerUserMax + 2, "one-more").outcome, "accepted");
  store.close();
});

Deno.test("apply() mutes only who is in the room, and leaving ends no mute", () => {
  using world = new World();
  const [alice, bob] = [world.register("alice"), world.register("bob")];
  const tried = (who: Person, action: Action) => {
    const outcome = world.submit(who, action);
    return outcome.outcome === "accepted" ? "accepted" : codeName(outcome.code);
  };
  const mute = { action: "mute", room: "dev", user: "bob", forMs: 0, reason: "" } as const;
  const say = { action: "message", to: "dev", text: "hi", act: false } as const;
  tried(alice, { action: "join", room: "dev" });
  assertEquals(tried(alice, mute), "noMember");
  assertEquals(tried(bob, { action: "join", room: "dev" }), "accepted");
  assertEquals([tried(bob, say), tried(alice, mute)], ["accepted", "accepted"]);
  for (const action of ["leave", "join"] as const) tried(bob, { action, room: "dev" });
  assertEquals(tried(bob, say), "muted");
});

Deno.test("apply() finds an open membership by index, however many have ended", () => {
  const store = openMemoryStore();
  const plan = store.database.prepare(
    "EXPLAIN QUERY PLAN SELECT since FROM spans WHERE audience = ? AND user = ? AND until IS NULL",
  ).all("r1", 2).map((row) => String((row as { detail: string }).detail)).join();
  assertStringIncludes(plan, "spans_open");
  store.close();
});

Deno.test("ReadQueue.add() reads one at a time, and drops what is no longer wanted", async () => {
  const queue = new ReadQueue();
  const gates = [1, 2, 3].map(() => Promise.withResolvers<void>());
  const begun: number[] = [];
  let isWanted = true;
  gates.forEach((gate, at) => {
    queue.add(() => at !== 1 || isWanted, () => {
      begun.push(at);
      return gate.promise;
    });
  });
  assertEquals(begun, [0]);
  isWanted = false;
  gates[0]!.resolve();
  await gates[0]!.promise;
  await Promise.resolve();
  assertEquals(begun, [0, 2]);
});

Deno.test("LineSink.line() drops what nobody reads, counts it, and outlives its reader", async () => {
  const gate = Promise.withResolvers<void>();
  const written: string[] = [];
  const sink = new LineSink({
    write: async (bytes) => {
      await gate.promise;
      written.push(new TextDecoder().decode(bytes));
      return bytes.length;
    },
  });
  const long = "x".repeat(1023);
  for (let count = 0; count < 300; count++) sink.line(long);
  gate.resolve();
  await sink.drained();
  const kept = written.length;
  assert(kept < 300 && kept >= 256, `${kept}`);
  sink.line("after");
  await sink.drained();
  assertEquals(written.slice(kept), [
    `${300 - kept} lines were dropped, since nobody read them in time\n`,
    "after\n",
  ]);
  const broken = new LineSink({ write: () => Promise.reject(new Error("EPIPE")) });
  broken.line("to nobody");
  await broken.drained();
  broken.line("to nobody either");
  await broken.drained();
  assertFalse(written.includes("to nobody\n"));
});
