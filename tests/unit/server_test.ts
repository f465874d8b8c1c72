import { assert, assertEquals, assertFalse } from "@std/assert";
import { codes } from "../../lib/errors.ts";
import { Feed } from "../../lib/hub/feed.ts";
import { Hub } from "../../lib/hub/hub.ts";
import { limits } from "../../lib/limits.ts";
import type { Committed, Outcome, Request, Submission } from "../../lib/log/submission.ts";
import { LogWriter } from "../../lib/log/writer.ts";
import { Appender } from "../../lib/server/appender.ts";
import { makeJournal } from "../../lib/server/journal.ts";
import { Turn } from "../../lib/server/turn.ts";
import { settled } from "../support/fake_socket.ts";
import { digestOf, published } from "../support/published.ts";
import { ManualClock, SeededRandom } from "../support/random.ts";
import { openly } from "../support/openly.ts";

/** A log that commits when it is told to, and accepts everything. */
class SlowLog {
  readonly batches: (readonly Submission[])[] = [];
  readonly #open: PromiseWithResolvers<Committed>[] = [];
  #head = 0;

  append(submissions: readonly Submission[]): Promise<Committed> {
    this.batches.push(submissions);
    const answer = Promise.withResolvers<Committed>();
    this.#open.push(answer);
    return answer.promise;
  }

  /** How many appends are under way. */
  get open(): number {
    return this.#open.length;
  }

  async commits(): Promise<void> {
    const lsns = this.batches.at(-1)!.map(() => ++this.#head);
    this.#open.shift()!.resolve({
      outcomes: lsns.map((lsn) => ({ outcome: "accepted", lsn })),
      published: lsns.map((lsn) => published(lsn, [2, 7])),
      head: this.#head,
      digest: digestOf(this.#head),
    });
    await settled();
  }

  async breaks(error: Error): Promise<void> {
    this.#open.shift()!.reject(error);
    await settled();
  }
}

/** An appender and all around it; what happens is noted in order. */
function appending(
  bounds: { batchCountMax: number; batchBytesMax: number; queueBytesMax: number } = limits,
) {
  const events: string[] = [];
  const log = new SlowLog();
  const hub = new Hub({ lsn: 0, digest: digestOf(0) }, [], limits);
  const feed = new Feed({ user: 7, device: 7 }, limits);
  feed.resume(0);
  hub.open({ feed, wake: () => events.push(`published ${hub.head.lsn}`), read: () => {} });
  events.length = 0;
  const writer = new LogWriter(new ManualClock(1), new SeededRandom(1), bounds, 0);
  const appender = new Appender(writer, log, hub, (error) => events.push(error.message));
  const told = (outcome: Outcome) => outcome.outcome === "accepted" && `told ${outcome.lsn}`;
  const submit = (name = "a") =>
    appender.submit(request(name), (outcome) => events.push(String(told(outcome))));
  return { events, log, hub, appender, submit };
}

function request(name: string): Request {
  return { ...openly, name, deviceKey: new Uint8Array(32), sizeBytes: 1 };
}

/** Whether a promise has come to its end. */
async function isDone(promise: Promise<void>): Promise<boolean> {
  let done = false;
  void promise.then(() => (done = true));
  await settled();
  return done;
}

Deno.test("Appender.submit() publishes before it tells, and both after the commit", async () => {
  const { events, log, submit } = appending();
  submit();
  await settled();
  assertEquals([events, log.open], [[], 1]);
  await log.commits();
  assertEquals(events, ["published 1", "told 1"]);
});

Deno.test("Appender.submit() commits one batch at a time: all that queued meanwhile", async () => {
  const { events, log, submit } = appending();
  for (const name of ["a", "b", "c"]) submit(name);
  assertEquals([log.open, log.batches.length], [1, 1]);
  await log.commits();
  const names = log.batches.map((all) => all.map((one) => one.by === "server" && one.name));
  assertEquals([log.open, names], [1, [["a"], ["b", "c"]]]);
  await log.commits();
  assertEquals(events, ["published 1", "told 1", "published 3", "told 2", "told 3"]);
  assertEquals([log.open, log.batches.length], [0, 2]);
});

Deno.test("Appender.submit() keeps to the bounds of a batch", async () => {
  const { log, submit } = appending({ batchCountMax: 2, batchBytesMax: 99, queueBytesMax: 10_000 });
  for (const name of ["a", "b", "c", "d"]) submit(name);
  for (let left = 3; left > 0; left--) await log.commits();
  assertEquals(log.batches.map((all) => all.length), [1, 2, 1]);
});

Deno.test("Appender.submit() takes what is submitted while outcomes are told", async () => {
  const { events, log, appender } = appending();
  appender.submit(request("a"), () => {
    appender.submit(request("b"), (outcome) => events.push(outcome.outcome));
  });
  await log.commits();
  assertEquals([log.open, log.batches.length], [1, 2]);
  await log.commits();
  assertEquals(events, ["published 1", "published 2", "accepted"]);
});

Deno.test("Appender.submit() says that the log failed, tells nothing and commits no more", async () => {
  const { events, log, hub, submit } = appending();
  submit();
  submit();
  await log.breaks(new Error("EIO"));
  submit();
  await settled();
  assertEquals([events, log.batches.length, hub.head.lsn], [["EIO"], 1, 0]);
});

Deno.test("Appender.drained() waits for what is committed and what waits", async () => {
  assert(await isDone(appending().appender.drained()), "nothing to wait for");
  const { log, appender, submit } = appending();
  submit();
  submit();
  const drained = [appender.drained(), appender.drained()];
  assertFalse(await isDone(drained[0]!));
  await log.commits();
  assertFalse(await isDone(drained[0]!), "the second waits still");
  await log.commits();
  assert(await isDone(drained[0]!) && await isDone(drained[1]!));
});

Deno.test("Appender.drained() takes nothing more, so that a busy server can be stopped", async () => {
  const { events, log, appender, submit } = appending();
  submit();
  const drained = appender.drained();
  for (let more = 0; more < 50; more++) {
    submit();
    if (log.open > 0) await log.commits();
  }
  assert(await isDone(drained));
  assertEquals([events, log.batches.length], [["published 1", "told 1"], 1]);
});

Deno.test("Turn.add() flushes each once, at the end of the turn", async () => {
  const events: string[] = [];
  const turn = new Turn(() => events.push("after"));
  const [a, b] = ["a", "b"].map((name) => ({ flush: () => events.push(name) }));
  for (const one of [a!, b!, a!]) turn.add(one);
  assertEquals(events, []);
  await settled();
  assertEquals(events, ["a", "b", "after"]);
  turn.add(b!);
  await settled();
  assertEquals(events, ["a", "b", "after", "b", "after"]);
});

Deno.test("Turn.add() within a flush is for another flush", async () => {
  const events: string[] = [];
  const turn = new Turn(() => events.push("after"));
  const b = { flush: () => events.push("b") };
  const a = {
    flush: () => {
      events.push("a");
      turn.add(b);
      if (events.length < 3) turn.add(a);
    },
  };
  turn.add(a);
  await settled();
  assertEquals(events, ["a", "after", "b", "a", "after", "b", "after"]);
});

/** The line of one event at the start of time, without its time. */
function line(fields: Readonly<Record<string, string | number>>): string {
  const lines: string[] = [];
  makeJournal(new ManualClock(0), (text) => lines.push(text))("closing", fields);
  assertEquals(lines.length, 1);
  assert(lines[0]!.startsWith("1970-01-01T00:00:00.000Z closing"));
  return lines[0]!.slice("1970-01-01T00:00:00.000Z closing".length);
}

Deno.test("makeJournal() writes names and values, quoted where they need it", () => {
  assertEquals(line({}), "");
  assertEquals(line({ code: "tooSlow", user: 7 }), " code=tooSlow user=7");
  assertEquals(
    line({ a: "two words", b: "", c: 'q"q', d: "x=y" }),
    ' a="two words" b="" c="q\\"q" d="x=y"',
  );
});

Deno.test("makeJournal() lets nothing through that acts on a terminal or forges a line", () => {
  for (const evil of ["a\nb", "\x1b[2J", "\u202e", "\r", "\u2028", "\x9b31m"]) {
    const text = line({ reason: `${evil} user=1` });
    // deno-lint-ignore no-control-regex
    assertFalse(/[\x00-\x1f\x7f-\x9f\u2028\u202e]/.test(text), JSON.stringify(text));
    assert(text.startsWith(' reason="') && text.endsWith('"'));
  }
});

Deno.test("makeJournal() tells the wall clock's time", () => {
  const clock = new ManualClock(Date.UTC(2026, 0, 31, 12));
  const lines: string[] = [];
  const journal = makeJournal(clock, (text) => lines.push(text));
  journal("stopping");
  clock.nowMs += 1_500;
  journal("stopping");
  assertEquals(lines, ["2026-01-31T12:00:00.000Z stopping", "2026-01-31T12:00:01.500Z stopping"]);
});

Deno.test("Appender.submit() tells refusals and what is for later as they are", async () => {
  const log = {
    append: () =>
      Promise.resolve<Committed>({
        outcomes: [{ outcome: "later", code: codes.nameTaken, last: 0 }],
        published: [],
        head: 4,
        digest: digestOf(4),
      }),
  };
  const hub = new Hub({ lsn: 4, digest: digestOf(4) }, [], limits);
  const writer = new LogWriter(new ManualClock(1), new SeededRandom(1), limits, 0);
  const appender = new Appender(writer, log, hub, () => {});
  const told: Outcome[] = [];
  appender.submit(request("a"), (outcome) => told.push(outcome));
  await settled();
  assertEquals(told, [{ outcome: "later", code: codes.nameTaken, last: 0 }]);
});

Deno.test("Appender.settled() waits for what a device has under way, and for nothing after it", async () => {
  const { appender, log } = appending();
  const submit = (device: number, n: number) => {
    const [epoch, id] = [new Uint8Array(16), new Uint8Array(16)];
    const who = { by: "device", user: device, device, epoch, n, id, sizeBytes: 1 } as const;
    appender.submit({ ...who, action: null }, () => {});
  };
  assert(await isDone(appender.settled(7)), "nothing is under way");
  submit(7, 1);
  submit(7, 2);
  submit(8, 1);
  const waits = appender.settled(7);
  submit(7, 3);
  await log.commits();
  assertFalse(await isDone(waits), "the second waits for its batch");
  submit(7, 4);
  await log.commits();
  assert(await isDone(waits));
  assertFalse(await isDone(appender.settled(7)), "the fourth is under way");
  assert(await isDone(appender.settled(8)));
  await log.commits();
  assert(await isDone(appender.settled(7)));
});
