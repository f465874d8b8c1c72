import { assertEquals } from "@std/assert";
import { codes } from "../../lib/errors.ts";
import { settled } from "../support/fake_socket.ts";
import { entryPacket, messagePacket, ownId } from "../support/scripted_server.ts";
import { type Program, sharedTest, startHolder, text } from "../support/shared_program.ts";

sharedTest("who comes second shows what the first receives, each once", async (start) => {
  const first = startHolder(start);
  first.receive(messagePacket(5, "before"));
  const second = start();
  assertEquals(second.events.map(({ kind }) => kind), ["entry", "follows", "caughtUp"]);
  first.receive(messagePacket(6, "after"));
  await second.look();
  await second.look();
  assertEquals([first.shown, second.shown], [["before", "after"], ["before", "after"]]);
});

sharedTest("who comes second sends through the first, and is told the answer", async (start) => {
  const first = startHolder(start);
  const second = start();
  second.line.submit(text("beside"));
  assertEquals(second.line.unsent, 1);
  await first.look();
  assertEquals([first.changes, first.line.unsent], [1, 1]);
  first.answer(1, 9);
  await second.look();
  assertEquals([second.answers, second.line.unsent], [[[1, "accepted"]], 0]);
  assertEquals(first.answers, [], "nobody asked for it there");
});

sharedTest("a refusal is told where it was asked for, and nowhere else", async (start) => {
  const first = startHolder(start);
  const second = start();
  const { epoch, n, id } = second.line.submit(text("no"));
  await first.look();
  first.answer(n, 9, codes.notMember);
  const header = { user: ownId, device: ownId, epoch, n, id, audience: [3, ownId] } as const;
  first.receive(entryPacket(9, { kind: "refused", code: codes.notMember }, header));
  await second.look();
  const rows = ({ events }: Program) =>
    events.flatMap((event) => event.kind === "entry" ? [event.shown.row?.n ?? null] : []);
  assertEquals([rows(first), rows(second)], [[null], [1]]);
});

sharedTest("what is answered and not told yet counts as unsent", async (start) => {
  const first = startHolder(start);
  const second = start();
  const beside = second.line.submit(text("beside"));
  await first.look();
  first.answer(beside.n, 9, codes.notMember);
  assertEquals([second.line.unsent, second.answers], [1, []]);
  await second.look();
  assertEquals([second.line.unsent, second.answers], [0, [[1, "refused"]]]);
  const { n } = first.line.submit(text("mine"));
  const tell = first.settle(n, 10);
  assertEquals([first.line.unsent, first.answers], [1, []]);
  tell();
  assertEquals([first.line.unsent, first.answers], [0, [[2, "accepted"]]]);
});

sharedTest("who comes second is told the answer before the entry", async (start) => {
  const first = startHolder(start);
  const second = start();
  const { epoch, n, id } = second.line.submit(text("beside"));
  await first.look();
  first.answer(n, 9);
  first.receive(messagePacket(9, "beside", { user: ownId, device: ownId, epoch, n, id }));
  const unsent: number[] = [];
  const push = second.events.push.bind(second.events);
  second.events.push = (event) => {
    unsent.push(second.line.unsent);
    return push(event);
  };
  second.events.length = 0;
  await second.look();
  assertEquals(second.events.map(({ kind }) => kind), ["answered", "entry"]);
  assertEquals(unsent, [0, 0]);
});

sharedTest("of an answer that is no longer there is nothing unsent", async (start) => {
  const first = startHolder(start);
  const second = start();
  second.line.submit(text("long ago"));
  await first.look();
  first.answer(1, 9);
  for (let n = 2; n < 1_030; n++) {
    first.line.submit(text("since"));
    first.answer(n, n + 8);
  }
  await second.look();
  assertEquals([second.answers, second.line.unsent], [[], 0]);
});

sharedTest("when the holder ends, the other takes over where it was", async (start, lock) => {
  const first = startHolder(start);
  const second = start();
  first.receive(messagePacket(5, "last words"));
  second.line.submit(text("kept"));
  lock.holder = null;
  await second.look();
  assertEquals(second.shown, ["last words"]);
  assertEquals(second.held!.outbox.unanswered, 1);
  second.answer(1, 6);
  assertEquals(second.answers, [[1, "accepted"]]);
  second.receive(messagePacket(5, "last words"));
  second.receive(messagePacket(7, "news"));
  await second.look();
  assertEquals(second.shown, ["last words", "news"]);
});

sharedTest("what an earlier run asked for is told by who gets the answer", (start, lock) => {
  const first = startHolder(start);
  first.line.submit(text("of before"));
  lock.holder = null;
  const second = start();
  second.answer(1, 6);
  assertEquals(second.answers, [[1, "accepted"]]);
  return Promise.resolve();
});

sharedTest(
  "a screen that is behind keeps neither the server nor the others waiting",
  async (start) => {
    const first = startHolder(start);
    const second = start();
    const written = Promise.withResolvers<boolean>();
    first.behind = true;
    first.written = written.promise;
    for (let lsn = 5; lsn < 205; lsn++) first.receive(messagePacket(lsn, `m${lsn}`));
    assertEquals([first.shown, first.line.isDrained], [[], false]);
    assertEquals(first.acked.length, 200, "it is on the disk");
    await second.look();
    assertEquals(second.shown.length, 200);
    first.behind = false;
    written.resolve(true);
    await settled();
    assertEquals(first.shown, second.shown);
    assertEquals(first.line.isDrained, true);
  },
);

sharedTest("what comes while a program starts is told once", async (start) => {
  const first = startHolder(start);
  first.receive(messagePacket(5, "before"));
  for (let looks = 0; looks < 20; looks++) await first.look();
  const second = start(({ store }) => {
    const audiences = store.audiences.bind(store);
    store.audiences = (countMax) => {
      first.receive(messagePacket(6, "meanwhile"));
      return audiences(countMax);
    };
  });
  await second.look();
  assertEquals(second.shown, ["before", "meanwhile"]);
});

const manyLsns = Array.from({ length: 200 }, (_, at) => at + 5);

sharedTest("what came while others looked is shown whole by the next", async (start, lock) => {
  const first = startHolder(start);
  first.receive(messagePacket(4, "seen"));
  await first.look();
  await first.line.stop();
  lock.holder = null;
  const listing = start(undefined, "tail");
  for (const lsn of manyLsns) listing.receive(messagePacket(lsn, `m${lsn}`));
  await listing.line.stop();
  lock.holder = null;
  const second = start();
  assertEquals(second.shown, ["seen", ...manyLsns.map((lsn) => `m${lsn}`)]);
});

for (const isThere of [false, null]) {
  const how = isThere === null ? "is not written yet" : "could not be written";
  sharedTest(`what was told and ${how} is told by the next`, async (start, lock) => {
    const first = startHolder(start);
    first.receive(messagePacket(4, "seen"));
    await first.look();
    const written = Promise.withResolvers<boolean>();
    first.written = written.promise;
    for (const lsn of manyLsns) first.receive(messagePacket(lsn, `m${lsn}`));
    await first.look();
    if (isThere !== null) written.resolve(isThere);
    await settled();
    await first.line.stop();
    lock.holder = null;
    assertEquals(start().shown, ["seen", ...manyLsns.map((lsn) => `m${lsn}`)]);
  });
}

sharedTest("what was shown is kept though nobody says goodbye", async (start, lock) => {
  const first = startHolder(start);
  first.receive(messagePacket(4, "seen"));
  await first.look();
  await first.line.stop();
  lock.holder = null;
  const killed = start();
  for (const lsn of manyLsns) killed.receive(messagePacket(lsn, `m${lsn}`, { prev: lsn - 1 }));
  for (let looks = 0; looks < 20; looks++) await killed.look();
  lock.holder = null;
  assertEquals(start().shown, manyLsns.slice(-50).map((lsn) => `m${lsn}`));
});

sharedTest("what is committed together is looked for once", (start) => {
  let looks = 0;
  const first = startHolder(() =>
    start(({ store }) => {
      const arrivedAfter = store.arrivedAfter.bind(store);
      store.arrivedAfter = (...asked) => {
        looks++;
        return arrivedAfter(...asked);
      };
    })
  );
  looks = 0;
  first.receive(...manyLsns.slice(0, 40).map((lsn) => messagePacket(lsn, `m${lsn}`)));
  assertEquals([first.shown.length, looks], [40, 1]);
  return Promise.resolve();
});

sharedTest("what another log has at a lower place is shown", (start) => {
  const first = startHolder(start);
  first.receive(messagePacket(90, "before"));
  first.resync();
  first.receive(messagePacket(5, "after"));
  assertEquals(first.shown, ["before", "after"]);
  return Promise.resolve();
});
