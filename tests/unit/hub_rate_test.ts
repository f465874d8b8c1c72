import { assert, assertEquals } from "@std/assert";
import { type Lane, Pace, Rates, TokenBucket } from "../../lib/hub/rate.ts";
import { ManualTimers } from "../support/fake_socket.ts";
import { ManualClock } from "../support/random.ts";

const rate = { burst: 3, perSecond: 5 };

/** A clock and timers, and rates that use them. */
function world(perSecond = 5) {
  const [clock, timers] = [new ManualClock(10_000), new ManualTimers()];
  const bounds = { messagesBurst: 3, messagesPerSecond: perSecond, historyPerSecond: perSecond };
  return { clock, timers, rates: new Rates(bounds, clock, timers) };
}

/** Lets the time pass until nothing waits any more, and tells when each thing was done. */
function toTheEnd({ clock, timers }: { clock: ManualClock; timers: ManualTimers }): void {
  for (let rounds = 0; timers.waits.length > 0; rounds++) {
    assert(rounds < 1_000, "it comes to an end");
    assertEquals(timers.waits.length, 1, "one timer for all");
    clock.nowMs += timers.waits[0]!;
    timers.run();
  }
}

Deno.test("TokenBucket.take() gives a burst, then one at a time", () => {
  const bucket = new TokenBucket(rate);
  for (let at = 0; at < 3; at++) {
    assertEquals(bucket.waitMs(1_000), 0);
    bucket.take(1_000);
  }
  assertEquals(bucket.waitMs(1_000), 200);
  assertEquals(bucket.waitMs(1_150), 50);
  assertEquals(bucket.waitMs(1_200), 0);
  bucket.take(1_200);
  assertEquals(bucket.waitMs(1_200), 200);
});

Deno.test("TokenBucket.take() gives no more than a burst after any silence", () => {
  const bucket = new TokenBucket(rate);
  for (let at = 0; at < 3; at++) bucket.take(1_000);
  assertEquals([bucket.isFull(1_599), bucket.isFull(1_600)], [false, true]);
  for (let at = 0; at < 3; at++) {
    assertEquals(bucket.waitMs(999_000), 0);
    bucket.take(999_000);
  }
  assertEquals(bucket.waitMs(999_000), 200);
});

Deno.test("Pace.lane() does everything, in order, as soon as its time has come", () => {
  const all = world();
  const lane = all.rates.messages(7);
  const done: [number, number][] = [];
  for (let n = 1; n <= 6; n++) lane.add(() => done.push([n, all.clock.nowMs - 10_000]));
  toTheEnd(all);
  assertEquals(done, [[1, 0], [2, 0], [3, 0], [4, 200], [5, 400], [6, 600]]);
});

Deno.test("Pace.lane() lets lanes take turns", () => {
  const all = world();
  const lanes = [all.rates.messages(7), all.rates.messages(7)];
  const done: string[] = [];
  for (let n = 1; n <= 6; n++) lanes[0]!.add(() => done.push(`a${n}`));
  for (let n = 1; n <= 2; n++) lanes[1]!.add(() => done.push(`b${n}`));
  toTheEnd(all);
  assertEquals(done, ["a1", "a2", "a3", "a4", "b1", "a5", "b2", "a6"]);
});

Deno.test("Pace.lane() does nothing of a closed lane, and all of the others", () => {
  const all = world();
  const lanes = [all.rates.messages(7), all.rates.messages(7)];
  const done: string[] = [];
  for (let n = 1; n <= 5; n++) lanes.forEach((lane, at) => lane.add(() => done.push(`${at}-${n}`)));
  assertEquals(done, ["0-1", "1-1", "0-2"]);
  lanes[0]!.close();
  lanes[0]!.add(() => done.push("late"));
  toTheEnd(all);
  assertEquals(done.slice(3), ["1-2", "1-3", "1-4", "1-5"]);
  lanes[1]!.add(() => done.push("more"));
  lanes[1]!.close();
  assertEquals(all.timers.waits, [], "nobody is woken for nothing");
});

Deno.test("Pace.lane() may be closed by what it does", () => {
  const all = world();
  const lane: Lane = all.rates.messages(7);
  const done: number[] = [];
  for (let n = 1; n <= 5; n++) {
    lane.add(() => {
      done.push(n);
      if (n === 4) lane.close();
    });
  }
  toTheEnd(all);
  assertEquals(done, [1, 2, 3, 4]);
});

Deno.test("Rates.messages() gives who connects anew no fresh burst", () => {
  const { clock, rates } = world();
  let done = 0;
  for (let round = 0; round < 10; round++) {
    const lane = rates.messages(7);
    for (let n = 0; n < 5; n++) lane.add(() => done++);
    lane.close();
    clock.nowMs += 50;
    rates.tick();
  }
  assertEquals(done, 3 + 2, "a burst, and half a second of five");
});

Deno.test("Rates.messages() keeps each user's bucket apart", () => {
  const { rates } = world();
  const done: number[] = [];
  for (const user of [7, 8]) {
    for (let n = 0; n < 9; n++) rates.messages(user).add(() => done.push(user));
  }
  assertEquals(done, [7, 7, 7, 8, 8, 8]);
});

Deno.test("Rates.tick() forgets users whose bucket is full and who have gone", () => {
  const { clock, rates } = world();
  const [gone, there] = [rates.messages(7), rates.messages(8)];
  gone.add(() => {});
  gone.close();
  rates.tick();
  assertEquals(rates.size, 2);
  clock.nowMs += 200;
  rates.tick();
  assertEquals(rates.size, 1);
  there.close();
  rates.tick();
  assertEquals(rates.size, 0);
});

Deno.test("Rates without a bound do everything at once, and keep nobody", () => {
  const { rates, timers } = world(0);
  let done = 0;
  for (const lane of [rates.messages(7), rates.history()]) {
    for (let n = 0; n < 1_000; n++) lane.add(() => done++);
  }
  assertEquals([done, rates.size, timers.waits.length], [2_000, 0, 0]);
});

Deno.test("Rates.history() gives each connection its own", () => {
  const { rates } = world(2);
  const done: number[] = [];
  for (const one of [1, 2]) {
    const lane = rates.history();
    for (let n = 0; n < 5; n++) lane.add(() => done.push(one));
  }
  assertEquals(done, [1, 1, 2, 2]);
});

Deno.test("Pace.isIdle is true only where a new one would be the same", () => {
  const { clock, timers } = world();
  const pace = new Pace(rate, clock, timers);
  assert(pace.isIdle);
  const lane = pace.lane();
  assertEquals(pace.isIdle, false);
  lane.add(() => {});
  lane.close();
  assertEquals(pace.isIdle, false);
  clock.nowMs += 200;
  assert(pace.isIdle);
});
