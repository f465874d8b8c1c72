import { assertEquals } from "@std/assert";
import { itemsBytes, itemsEntry } from "../../lib/log/entry.ts";
import { settled } from "../support/fake_socket.ts";
import { messagePacket } from "../support/scripted_server.ts";

import { type Program, sharedTest, startHolder } from "../support/shared_program.ts";

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
