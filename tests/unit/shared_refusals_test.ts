import { assertEquals } from "@std/assert";
import { codes } from "../../lib/errors.ts";
import { itemsBytes, itemsEntry } from "../../lib/log/entry.ts";
import { settled } from "../support/fake_socket.ts";
import { entryPacket, messagePacket, ownId } from "../support/scripted_server.ts";

import { own, type Program, sharedTest, startHolder, text } from "../support/shared_program.ts";

/** The refusals that were told because nobody else did, by their rows' numbers. */
function unclaimed({ events }: Program): number[] {
  return events.flatMap((event) => event.kind === "unclaimed" ? event.row.n : []);
}

sharedTest(
  "a refusal whose asker has ended is told by another program, once",
  async (start, lock) => {
    const first = startHolder(start);
    const second = start();
    const third = start();
    const { n } = first.line.submit(text("no"));
    lock.holder = null;
    await second.look();
    second.held!.mailbox.welcome(own);
    second.answer(n, 9, codes.notMember);
    for (let look = 0; look < 10; look++) {
      await second.look();
      await third.look();
    }
    assertEquals([unclaimed(second), unclaimed(third)], [[], []], "its asker may be alive");
    for (let look = 0; look < 3; look++) {
      await second.look();
      await third.look();
    }
    assertEquals([unclaimed(second), unclaimed(third)], [[n], []]);
    const later = start();
    assertEquals(unclaimed(later), []);
  },
);

sharedTest("a refusal that nobody was there to tell is told by the next program", async (start) => {
  const first = startHolder(start);
  const second = start();
  const { n } = second.line.submit(text("no"));
  await second.line.stop();
  await first.look();
  first.answer(n, 9, codes.notMember);
  assertEquals(unclaimed(start()), [n]);
  assertEquals(unclaimed(start()), []);
});

sharedTest("a refusal that was told with its entry is told by nobody else", async (start) => {
  const first = startHolder(start);
  const second = start();
  const { epoch, n, id } = second.line.submit(text("no"));
  await first.look();
  first.answer(n, 9, codes.notMember);
  const header = { user: ownId, device: ownId, epoch, n, id, audience: [3, ownId] } as const;
  first.receive(entryPacket(9, { kind: "refused", code: codes.notMember }, header));
  for (let look = 0; look < 20; look++) {
    await second.look();
    await first.look();
  }
  assertEquals([unclaimed(first), unclaimed(second), unclaimed(start())], [[], [], []]);
});

sharedTest(
  "an answer that is not told yet counts as unsent, and is told before entries",
  async (start) => {
    const first = startHolder(start);
    const second = start();
    const { epoch, n, id } = second.line.submit(text("no"));
    await first.look();
    first.answer(n, 9, codes.notMember);
    const header = { user: ownId, device: ownId, epoch, n, id, audience: [3, ownId] } as const;
    first.receive(entryPacket(9, { kind: "refused", code: codes.notMember }, header));
    assertEquals([second.line.unsent, second.answers], [1, []]);
    await second.look();
    assertEquals(second.line.unsent, 0);
    const kinds = second.events.map(({ kind }) => kind).filter((kind) => kind !== "follows");
    assertEquals(kinds.slice(-2), ["answered", "entry"]);
  },
);

sharedTest("who shares hears that everything came anew, and forgets the names", async (start) => {
  const first = startHolder(start);
  first.held!.mailbox.users({ users: [[3, "carol"]] });
  first.held!.batch.commit();
  first.receive(messagePacket(5, "a"));
  const second = start();
  second.line.follow(5);
  first.held!.mailbox.snapshot({ reason: 2, head: 4 });
  first.held!.receipts.forget();
  first.held!.mailbox.users({ users: [[3, "dave"]] });
  first.held!.batch.commit();
  first.resync();
  first.receive(messagePacket(5, "of dave"));
  first.held!.receipts.told([{ lsn: 5, recipients: 1, delivered: 1, read: 0 }], true);
  first.held!.batch.commit();
  await second.look();
  const names = (program: Program) =>
    program.events.flatMap((event) => event.kind === "entry" ? event.shown.user : []);
  assertEquals([names(first), names(second)], [["carol", "dave"], ["carol", "dave"]]);
  const told = second.events.map(({ kind }) => kind).filter((kind) => kind !== "entry");
  assertEquals(told, ["follows", "caughtUp", "snapshot"], "and no receipt of another message");
});

sharedTest("nothing is told that is not committed", async (start) => {
  const first = startHolder(start);
  first.receive(messagePacket(5, "a"));
  const write = Promise.withResolvers<boolean>();
  first.written = write.promise;
  first.behind = true;
  first.receive(messagePacket(6, "b"));
  first.behind = false;
  const { mailbox, batch } = first.held!;
  const { header, body } = messagePacket(7, "not committed");
  mailbox.entry(itemsEntry(header, body), itemsBytes(header, body), null);
  write.resolve(true);
  await settled();
  assertEquals([first.shown, first.line.isDrained], [["a"], false]);
  batch.commit();
  await first.look();
  assertEquals([first.shown, first.line.isDrained], [["a", "b", "not committed"], true]);
});
