import { assertEquals } from "@std/assert";
import { Receipts } from "../../lib/hub/receipts.ts";
import { limits } from "../../lib/limits.ts";
import type { MarkBatch, Receipt, ReceiptAsk, ReceiptReader } from "../../lib/log/receipts.ts";
import { askReceipts, MarkKeeper } from "../../lib/server/mark_keeper.ts";
import { ManualTimers, settled } from "../support/fake_socket.ts";
import { ManualClock } from "../support/random.ts";

/** A store that writes when it is told to; what happens is noted in order. */
class SlowStore {
  readonly events: string[] = [];
  readonly #open: PromiseWithResolvers<void>[] = [];

  note(batch: MarkBatch): Promise<void> {
    this.events.push(`write ${batch.devices.map(({ cursor }) => cursor)}`);
    const answer = Promise.withResolvers<void>();
    this.#open.push(answer);
    return answer.promise;
  }

  receipts(asks: readonly ReceiptAsk[]): Promise<{ receipts: Receipt[]; rest: [] }> {
    this.events.push(`reckon ${asks.map(({ lsn }) => lsn)}`);
    const all = { audience: "d2-3", recipients: 1, delivered: 1, read: 0 };
    return Promise.resolve({ receipts: asks.map((ask) => ({ ...ask, ...all })), rest: [] });
  }

  async writes(): Promise<void> {
    this.#open.shift()!.resolve();
    await settled();
  }

  async breaks(message: string): Promise<void> {
    this.#open.shift()!.reject(new Error(message));
    await settled();
  }
}

/** A keeper and all around it. */
function keeping() {
  const store = new SlowStore();
  const { events } = store;
  const clock = new ManualClock(10_000);
  const timers = new ManualTimers();
  const keeper = new MarkKeeper({
    ...{ writer: store, reader: store as unknown as ReceiptReader, clock, timers },
    refused: () => events.push("refused"),
    failed: () => events.push("failed"),
  });
  const receipts = new Receipts({
    wake: () => keeper.wake(),
    writeNow: (done) => keeper.writeNow(done),
    rooms: { of: () => new Set(), has: () => true },
    wallMs: () => 1,
  });
  keeper.start(receipts);
  const follower = { user: 2, tell: ({ lsn }: Receipt) => events.push(`tell ${lsn}`) > 0 };
  return { store, events, clock, timers, keeper, receipts, follower };
}

Deno.test("MarkKeeper.wake() writes once a second, joined", async () => {
  const { store, events, clock, timers, receipts } = keeping();
  const holder = receipts.resume({ user: 3, device: 3 }, 5);
  receipts.acknowledge(holder, 6);
  assertEquals([events, timers.waits], [[], [0]], "at the end of the turn");
  timers.run();
  assertEquals(events, ["write 6"]);
  receipts.acknowledge(holder, 7);
  assertEquals(timers.waits, [], "one write at a time");
  await store.writes();
  assertEquals(timers.waits, [limits.marksMs]);
  clock.nowMs += 300;
  receipts.acknowledge(holder, 8);
  assertEquals(timers.waits, [limits.marksMs]);
  timers.run();
  assertEquals(events, ["write 6", "write 8"]);
  await store.writes();
  assertEquals(timers.waits, [], "nothing waits");
  clock.nowMs += 400;
  receipts.acknowledge(holder, 9);
  assertEquals(timers.waits, [limits.marksMs - 400]);
});

Deno.test("MarkKeeper reckons receipts after the marks are written, and tells them", async () => {
  const { store, events, timers, receipts, follower } = keeping();
  const holder = receipts.resume({ user: 3, device: 3 }, 5);
  timers.run();
  await store.writes();
  events.length = 0;
  receipts.followed.add(follower, 7, "d2-3", true);
  receipts.acknowledge(holder, 7);
  timers.run();
  await settled();
  assertEquals(events, ["write 7"]);
  await store.writes();
  assertEquals(events, ["write 7", "reckon 7", "tell 7"]);
});

Deno.test("MarkKeeper.writeNow() waits for no second, and tells when it is durable", async () => {
  const { store, events, receipts, timers } = keeping();
  const started = (device: number) =>
    receipts.startAnew({ user: device, device }, 9, (holder) => {
      events.push(`started ${holder?.device}`);
    });
  started(3);
  assertEquals(events, ["write 9"]);
  started(4);
  started(5);
  await settled();
  assertEquals(events, ["write 9"], "one write at a time");
  await store.writes();
  assertEquals(events, ["write 9", "started 3", "write 9,9"]);
  await store.writes();
  assertEquals(events.slice(3), ["started 4", "started 5"]);
  assertEquals(timers.waits, []);
});

Deno.test("MarkKeeper keeps marks while the disk is full", async () => {
  const { store, events, receipts, timers } = keeping();
  receipts.startAnew({ user: 3, device: 3 }, 9, (holder) => events.push(`started ${holder}`));
  await store.breaks("note: database or disk is full");
  assertEquals(events, ["write 9", "refused", "started null"]);
  assertEquals(timers.waits, [limits.marksMs]);
  timers.run();
  await store.breaks("note: database or disk is full");
  assertEquals(events.slice(3), ["write 9"], "it was said already");
  timers.run();
  await store.writes();
  assertEquals([events.slice(4), timers.waits], [["write 9"], []]);
});

Deno.test("MarkKeeper tries nothing again on a store in doubt", async () => {
  const { store, events, receipts, timers } = keeping();
  const holder = receipts.resume({ user: 3, device: 3 }, 5);
  timers.run();
  await store.breaks("note: disk I/O error");
  receipts.acknowledge(holder, 6);
  assertEquals([events, timers.waits], [["write 5", "failed"], []]);
});

Deno.test("MarkKeeper.close() writes what waits", async () => {
  const { store, events, receipts, keeper, timers } = keeping();
  const holder = receipts.resume({ user: 3, device: 3 }, 5);
  timers.run();
  receipts.acknowledge(holder, 6);
  const closed = keeper.close();
  await store.writes();
  assertEquals(events, ["write 5", "write 6"]);
  await store.writes();
  await closed;
  receipts.acknowledge(holder, 7);
  assertEquals(timers.waits, []);
});

Deno.test("askReceipts() asks for the rest until there is none", async () => {
  const asked: number[][] = [];
  const reader = {
    receipts: (asks: readonly ReceiptAsk[]) => {
      asked.push(asks.map(({ lsn }) => lsn));
      return Promise.resolve({ receipts: [asks[0]!], rest: asks.slice(1) });
    },
  } as unknown as ReceiptReader;
  const all = await askReceipts(reader, [{ user: 2, lsn: 1 }, { user: 2, lsn: 2 }]);
  assertEquals([asked, all.map(({ lsn }) => lsn)], [[[1, 2], [2]], [1, 2]]);
});
