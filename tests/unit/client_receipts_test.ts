import { assertEquals } from "@std/assert";
import { infoLines, ReceiptView } from "../../lib/client/receipt_view.ts";
import { Receipts } from "../../lib/client/receipts.ts";
import { headerBytes } from "../../lib/framing.ts";
import { itemsEntry } from "../../lib/log/entry.ts";
import type { TalkAudience } from "../../lib/protocol/audience.ts";
import { decodePacket } from "../../lib/protocol/codec.ts";
import type { ShownEntry } from "../../lib/client/events.ts";
import { memoryMailbox } from "../support/memory_mailbox.ts";
import { messagePacket } from "../support/scripted_server.ts";

/** What is to be said: the packets' names and what they are about. */
function due(receipts: Receipts): unknown[] {
  return receipts.due().map((frame) => {
    const packet = decodePacket(frame.subarray(headerBytes), "client");
    switch (packet.packet) {
      case "follow":
        return ["follow", packet.lsns];
      case "read":
        return ["read", packet.room, packet.lsn];
      case "stored":
        return ["stored", packet.from, packet.to];
      case "shareReads":
        return ["shareReads", packet.on];
      default:
        return packet.packet;
    }
  });
}

Deno.test("Receipts says nothing without a connection, and follows anew on each", () => {
  const { receipts } = memoryMailbox();
  receipts.want(7);
  receipts.share(true);
  assertEquals(due(receipts), []);
  receipts.connected();
  assertEquals(due(receipts), [["shareReads", true], ["follow", [7]]]);
  assertEquals(due(receipts), []);
  receipts.want(9);
  assertEquals(due(receipts), [["follow", [9]]]);
  receipts.disconnected();
  receipts.connected();
  assertEquals(due(receipts), [["follow", [9, 7]]]);
});

Deno.test("Receipts follows what another program waits for, as many as a server follows", () => {
  const { receipts, receiptStore } = memoryMailbox();
  receipts.connected();
  due(receipts);
  for (let lsn = 1; lsn <= 70; lsn++) receiptStore.want(lsn);
  assertEquals(due(receipts), [], "nobody has told");
  receipts.refresh();
  const [follow] = due(receipts) as [[string, number[]]];
  assertEquals([follow[1].length, follow[1][0]], [64, 70]);
  receiptStore.unwant(70);
  receipts.want(71);
  assertEquals(due(receipts), [["follow", [71]]], "in the place of one that nobody waits for");
});

Deno.test("Receipts tells what is read only forward, the last of each room", () => {
  const { receipts } = memoryMailbox();
  const dev: TalkAudience = [0, 3];
  receipts.connected();
  receipts.read([0, 1], 5);
  receipts.read([0, 1], 8);
  receipts.read(dev, 2);
  receipts.read([0, 1], 7);
  receipts.stored({ room: dev, from: 3, to: 4 });
  assertEquals(due(receipts), [["stored", 3, 4], ["read", [0, 1], 8], ["read", dev, 2]]);
  receipts.read(dev, 2);
  assertEquals(due(receipts), []);
});

Deno.test("Receipts keeps what it is told, and tells only news", () => {
  const memory = memoryMailbox();
  memory.receipts.connected();
  memory.receipts.want(7);
  due(memory.receipts);
  const receipt = { lsn: 7, recipients: 2, delivered: 1, read: 0 };
  const invented = [{ ...receipt, lsn: 8 }, { ...receipt, delivered: 3 }, { ...receipt, read: 2 }];
  assertEquals(memory.receipts.told(invented, false), [], "not asked for, or not possible");
  assertEquals(memory.receipts.told([receipt], false), [{ kind: "receipt", receipt }]);
  assertEquals(memory.receipts.told([receipt], false), []);
  memory.batch.commit();
  const after = memory.again();
  assertEquals(after.receiptStore.get(7), receipt);
  const again = new Receipts(after.receiptStore, () => true);
  assertEquals(again.told([receipt], false), []);
  assertEquals(again.told([receipt], true), [{ kind: "receipt", receipt }], "asked for anew");
  after.store.forget();
  assertEquals(after.receiptStore.get(7), null, "another log has other messages");
});

function shown(lsn: number, other: string | null, own = true): ShownEntry {
  const { header, body } = messagePacket(lsn, "hi");
  const place = other === null
    ? { kind: "room", name: "lobby" } as const
    : { kind: "direct", other } as const;
  return {
    entry: itemsEntry(header, body),
    user: "alice",
    own,
    place,
    row: null,
    about: null,
    isHidden: false,
  };
}

Deno.test("ReceiptView tells of the latest own message, and never more than it was told", () => {
  const view = new ReceiptView();
  view.entry(shown(3, null, false));
  assertEquals([view.state("lobby"), view.latest(1), view.open()], [null, null, []]);
  view.entry(shown(4, null));
  assertEquals([view.state("lobby"), view.open()], [null, [4]]);
  view.receipt({ lsn: 4, recipients: 3, delivered: 2, read: 0 });
  assertEquals(String(view.state("LOBBY")), "2 of 3 have it");
  assertEquals(view.state("dev"), null, "said elsewhere");
  view.entry(shown(5, "bob"));
  assertEquals([view.state("lobby"), view.latest(1), view.latest(2)], [null, 5, 4]);
  const states = [[0, 0], [1, 0], [1, 1]].map(([delivered, read]) => {
    view.receipt({ lsn: 5, recipients: 1, delivered: delivered!, read: read! });
    return String(view.state("lobby"));
  });
  assertEquals(states, ["not at bob yet", "bob has it", "bob has read it"]);
  assertEquals(view.open(), [4], "what all have read can come no further");
  view.forget();
  assertEquals(view.latest(1), null);
});

Deno.test("infoLines() says who has a message, and since when where that is known", () => {
  const lines = infoLines([
    { name: "bob", state: "read", sinceMs: 5 },
    { name: "carol", state: "delivered", sinceMs: 0 },
    { name: "e\x1bve", state: "sent", sinceMs: 0 },
  ], (timeMs) => `time ${timeMs}`);
  assertEquals(lines.map(String).slice(0, 2), [
    "  bob: has read it, since time 5",
    "  carol: has it",
  ]);
  assertEquals(lines[2]!.includes("\x1b"), false);
  assertEquals(infoLines([], String).length, 1);
});

Deno.test("Receipts.forget() says nothing to another log of what was in the one before", () => {
  const { receipts } = memoryMailbox();
  receipts.read([0, 1], 900);
  receipts.stored({ room: [0, 1], from: 800, to: 900 });
  receipts.forget();
  receipts.connected();
  assertEquals(due(receipts), []);
  receipts.read([0, 1], 5);
  assertEquals(due(receipts), [["read", [0, 1], 5]]);
});
