import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { Pace } from "../../lib/hub/rate.ts";
import { ManualTimers } from "../support/fake_socket.ts";
import { ManualClock } from "../support/random.ts";

/** What happens: somebody says something on one of three lanes, or time passes. */
const steps = fc.array(
  fc.oneof(
    fc.record({ lane: fc.nat(2) }),
    fc.record({ passMs: fc.nat(1_500) }),
    fc.record({ reopen: fc.nat(2) }),
  ),
  { maxLength: 120 },
);
const rates = fc.record({ burst: fc.integer({ min: 1, max: 8 }), perSecond: fc.nat(20) })
  .map(({ burst, perSecond }) => ({ burst, perSecond: perSecond + 1 }));

Deno.test("Pace: any order of things keeps the rate, the order, and loses nothing", () => {
  fc.assert(fc.property(rates, steps, (rate, all) => {
    const [clock, timers] = [new ManualClock(0), new ManualTimers()];
    const pace = new Pace(rate, clock, timers);
    const lanes = [0, 1, 2].map(() => pace.lane());
    const done: { lane: number; n: number; atMs: number }[] = [];
    // What is due: what was added to a lane since it was opened.
    const due: number[][] = [[], [], []];
    let n = 0;
    const pass = (untilMs: number) => {
      while (timers.waits.length > 0 && clock.nowMs + timers.waits[0]! <= untilMs) {
        clock.nowMs += timers.waits[0]!;
        timers.run();
      }
      clock.nowMs = untilMs;
    };
    for (const step of all) {
      if ("passMs" in step) pass(clock.nowMs + step.passMs);
      else if ("lane" in step) {
        const [{ lane }, own] = [step, ++n];
        due[lane]!.push(own);
        lanes[lane]!.add(() => {
          assertEquals(due[lane]!.shift(), own, "in the lane's order");
          done.push({ lane, n: own, atMs: clock.nowMs });
        });
      } else {
        lanes[step.reopen]!.close();
        lanes[step.reopen] = pace.lane();
        due[step.reopen] = [];
      }
    }
    pass(clock.nowMs + 1_000 * (n + 1));
    assertEquals(due, [[], [], []], "all is done in the end");
    for (let from = 0; from < done.length; from++) {
      for (let to = from; to < done.length; to++) {
        const seconds = (done[to]!.atMs - done[from]!.atMs) / 1_000;
        assert(to - from + 1 <= rate.burst + seconds * rate.perSecond + 1e-6);
      }
    }
  }));
});
