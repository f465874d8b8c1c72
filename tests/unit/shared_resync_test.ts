import { assertEquals } from "@std/assert";
import { itemsBytes, itemsEntry } from "../../lib/log/entry.ts";
import { settled } from "../support/fake_socket.ts";
import { messagePacket, ownId } from "../support/scripted_server.ts";

import { type Program, sharedTest, startHolder, text } from "../support/shared_program.ts";

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

sharedTest(
  "what was read of before is not told of what has its place since",
  async (start, lock) => {
    const first = startHolder(start);
    first.receive(messagePacket(9, "a"));
    const second = start();
    second.line.read([0, 1], 9);
    first.held!.mailbox.snapshot({ reason: 2, head: 4 });
    first.held!.batch.commit();
    first.resync();
    first.receive(messagePacket(9, "never seen"));
    lock.holder = null;
    await second.look();
    const { receipts } = second.held!;
    receipts.connected();
    assertEquals(receipts.due(), []);
    second.line.read([0, 1], 5);
    assertEquals(receipts.due().length, 1, "what is read now is below what was read before");
  },
);

sharedTest("an answer of before is told before everything comes anew", async (start) => {
  const first = startHolder(start);
  const second = start();
  const { n } = second.line.submit(text("mine"));
  await first.look();
  first.answer(n, 9);
  first.held!.mailbox.snapshot({ reason: 2, head: 4 });
  first.held!.batch.commit();
  first.resync();
  const tell = second.events.push.bind(second.events);
  second.events.push = (event) => {
    if (event.kind === "answered") second.line.follow(event.answered.answer.lsn);
    return tell(event);
  };
  await second.look();
  first.receive(messagePacket(9, "another", { user: ownId, device: ownId }));
  first.held!.receipts.told([{ lsn: 9, recipients: 1, delivered: 1, read: 0 }], true);
  first.held!.batch.commit();
  await second.look();
  const told = second.events.map(({ kind }) => kind);
  assertEquals(told, ["follows", "caughtUp", "answered", "snapshot", "entry"]);
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
