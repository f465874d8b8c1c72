import { assert, assertEquals, assertNotEquals, assertThrows } from "@std/assert";
import { MailboxStore, openMailbox } from "../../lib/client/mailbox_store.ts";
import { OutboxStore } from "../../lib/client/outbox_store.ts";
import { codes } from "../../lib/errors.ts";
import { headerBytes } from "../../lib/framing.ts";
import { limits } from "../../lib/limits.ts";
import { itemsBytes, itemsEntry } from "../../lib/log/entry.ts";
import { type Action, decodePacket, type Packet } from "../../lib/protocol/codec.ts";
import { Batch, WriteError } from "../../lib/sqlite/batch.ts";
import { openDatabase } from "../../lib/sqlite/database.ts";
import { type MemoryMailbox, memoryMailbox } from "../support/memory_mailbox.ts";
import { permittedTest } from "../support/permitted.ts";
import { SeededRandom } from "../support/random.ts";
import { messagePacket, ownId, scriptedLogId } from "../support/scripted_server.ts";

const own = { user: ownId, device: ownId, name: "alice", logId: scriptedLogId };
const digest = new Uint8Array(32).fill(7);

/** What a server says that never met this device. */
const welcome = { ...limits, epoch: null, n: 0, head: 0 };

function text(words: string): Action {
  return { action: "message", to: "lobby", text: words, act: false };
}

function submits(frames: readonly Uint8Array[]): Packet<"submit">[] {
  return frames.map((frame) => decodePacket(frame.subarray(headerBytes), "client")) as Packet<
    "submit"
  >[];
}

/** Takes a message to the lobby, and says whether it is to be shown. */
function put({ mailbox }: MemoryMailbox, lsn: number, text = "hi"): boolean {
  const { header, body } = messagePacket(lsn, text);
  return mailbox.entry(itemsEntry(header, body), itemsBytes(header, body), null).length > 0;
}

function open(): MemoryMailbox {
  const memory = memoryMailbox();
  memory.mailbox.welcome(own);
  return memory;
}

Deno.test("a row that was entered is there after a kill, with its number and id", () => {
  const before = memoryMailbox();
  const rows = ["a", "b", "c"].map((words) => before.outbox.add(text(words)));
  before.outbox.connected(welcome);
  before.outbox.due(0);
  const [{ epoch, n }] = rows as [typeof rows[0] & object];
  before.outbox.accepted({ epoch, n, lsns: [7] });
  before.batch.commit();
  const after = before.again().outbox;
  after.connected(welcome);
  assertEquals(after.unanswered, 2);
  assertEquals(submits(after.due(0)).map(({ n, id }) => [n, id]), [[2, rows[1]!.id], [
    3,
    rows[2]!.id,
  ]]);
  assertEquals(after.add(text("d")).n, 4);
});

Deno.test("an answer that was not durable is asked for again", () => {
  const before = memoryMailbox();
  const { epoch, n, id } = before.outbox.add(text("a"));
  before.outbox.connected(welcome);
  before.outbox.due(0);
  before.outbox.accepted({ epoch, n, lsns: [7] });
  const after = before.again().outbox;
  after.connected(welcome);
  assertEquals(submits(after.due(0)).map((packet) => packet.id), [id]);
});

Deno.test("a new epoch is durable as a whole: all rows, or none", () => {
  const before = memoryMailbox();
  const rows = ["a", "b"].map((words) => before.outbox.add(text(words)));
  const spoil = (outbox: MemoryMailbox["outbox"]) => {
    outbox.connected(welcome);
    for (const { epoch, n } of submits(outbox.due(0))) {
      outbox.later({ epoch, n, code: codes.conflict, last: 9 }, 0);
    }
    return submits(outbox.due(0));
  };
  assertEquals(spoil(before.outbox).map(({ n }) => n), [1, 2]);
  const lost = before.again();
  const again = spoil(lost.outbox);
  assertNotEquals(again[0]!.epoch, rows[0]!.epoch);
  lost.batch.commit();
  const after = lost.again().outbox;
  after.connected(welcome);
  const kept = submits(after.due(0));
  assertEquals(kept.map(({ epoch, n, id }) => [epoch, n, id]), [
    [again[0]!.epoch, 1, rows[0]!.id],
    [again[0]!.epoch, 2, rows[1]!.id],
  ]);
  assertEquals(after.add(text("c")).n, 3);
});

Deno.test("an outbox longer than memory goes out whole, in order", () => {
  const memory = memoryMailbox();
  for (let at = 0; at < 1_000; at++) memory.outbox.add(text(`m${at}`));
  memory.batch.commit();
  const { outbox } = memory.again();
  outbox.connected(welcome);
  const sent: number[] = [];
  while (outbox.unanswered > 0) {
    const packets = submits(outbox.due(0));
    assert(packets.length > 0 && packets.length <= limits.windowCountMax);
    for (const { epoch, n } of packets) {
      sent.push(n);
      outbox.accepted({ epoch, n, lsns: [n] });
    }
  }
  assertEquals(sent, Array.from({ length: 1_000 }, (_, at) => at + 1));
});

Deno.test("entries and the cursor are durable together, or not at all", () => {
  const before = open();
  before.batch.commit();
  put(before, 5);
  before.mailbox.upto({ lsn: 7, digest });
  const lost = before.again();
  assertEquals(lost.mailbox.standing().cursor, 0);
  assert(put(lost, 5), "what was not durable comes again, and is shown");
  lost.mailbox.upto({ lsn: 7, digest });
  assert(put(lost, 8));
  lost.batch.commit();
  const after = lost.again();
  assertEquals(after.mailbox.standing(), { logId: scriptedLogId, cursor: 7, digest });
  assertEquals([put(after, 5), put(after, 8), put(after, 9)], [false, false, true]);
  assertEquals(after.mailbox.latest, 9);
});

Deno.test("names, rooms and who this device is are there after a restart", () => {
  const before = open();
  before.mailbox.users({ users: [[3, "Bob"]] });
  before.mailbox.room({ room: [0, 4], name: "Dev", since: 4 });
  before.batch.commit();
  const { mailbox } = before.again();
  assertEquals([mailbox.user, mailbox.device, mailbox.userName(3)], [ownId, ownId, "Bob"]);
  assertEquals(mailbox.membership("dev"), { room: [0, 4], name: "Dev" });
});

Deno.test("a resync drops what was held, but not what is to be sent", () => {
  const before = open();
  before.outbox.add(text("a"));
  put(before, 5);
  before.mailbox.upto({ lsn: 7, digest });
  const { lastArrival } = before.store;
  before.mailbox.snapshot({ reason: 3, head: 5 });
  put(before, 2);
  before.batch.commit();
  const after = before.again();
  assertEquals(after.mailbox.standing(), { logId: null, cursor: 0, digest: null });
  assertEquals(after.outbox.unanswered, 1);
  const arrived = after.store.arrivedAfter(0, 9);
  assertEquals(arrived.map(({ entry }) => entry.lsn), [2]);
  assert(arrived[0]!.arrival > lastArrival, "arrivals go on counting");
});

Deno.test("a snapshot that was cut off begins anew, and shows nothing twice", () => {
  const before = open();
  before.mailbox.snapshot({ reason: 0, head: 9 });
  put(before, 3);
  before.batch.commit();
  const after = before.again();
  assertEquals(after.mailbox.standing().logId, null);
  after.mailbox.welcome(own);
  after.mailbox.snapshot({ reason: 0, head: 9 });
  assertEquals([put(after, 3), put(after, 4)], [false, true]);
});

Deno.test("Batch: a write that fails takes the batch with it, and the next one begins anew", () => {
  const database = openDatabase(":memory:");
  database.exec("CREATE TABLE thing (id INTEGER PRIMARY KEY, bytes BLOB) STRICT");
  const batch = new Batch(database);
  const add = database.prepare("INSERT INTO thing (bytes) VALUES (zeroblob(?))");
  const count = () => database.prepare("SELECT count(*) AS n FROM thing").get()!.n;
  batch.write(() => add.run(1));
  database.exec("PRAGMA max_page_count = 4");
  assertThrows(() => batch.write(() => add.run(100_000)), WriteError, "full");
  assertEquals([batch.isOpen, count()], [false, 0]);
  batch.write(() => add.run(1));
  batch.commit();
  assertEquals(count(), 1);
  database.close();
});

permittedTest("two programs on one mailbox never give a number twice", ["read", "write"], () => {
  const folder = Deno.makeTempDirSync({ prefix: "parley-store-" });
  try {
    const opened = [0, 1].map(() => openMailbox(`${folder}/mailbox.db`));
    const stores = opened.map(({ database, batch }, at) =>
      new OutboxStore(database, batch, new SeededRandom(at + 1))
    );
    stores[0]!.insert(text("first"));
    const version = new MailboxStore(opened[0]!).version;
    const numbers = Array.from({ length: 20 }, (_, at) => stores[at % 2]!.insert(text("m")).n);
    assertEquals(numbers, Array.from({ length: 20 }, (_, at) => at + 2));
    assertNotEquals(new MailboxStore(opened[0]!).version, version, "the other's commits are seen");
    assertEquals(stores[0]!.openAfter(0, 99).length, 21);
    for (const { close } of opened) close();
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
});

Deno.test("a row that another program adds while the connection is gone goes out with the next", () => {
  const { outbox, outboxStore } = memoryMailbox();
  outbox.connected(welcome);
  outboxStore.insert(text("of the other"));
  outbox.disconnected();
  outbox.connected(welcome);
  outbox.refresh();
  assertEquals(submits(outbox.due(0)).map(({ n }) => n), [1]);
});

Deno.test("an outbox takes no more than its bound, and says so", () => {
  const { outboxStore, outbox } = memoryMailbox();
  for (let at = 0; at < 10_000; at++) outboxStore.insert(text("m"));
  const { message } = assertThrows(() => outboxStore.insert(text("m")), WriteError);
  assertEquals(message, "it holds 10000 unsent already");
  outbox.refresh();
  outbox.connected(welcome);
  const [{ epoch, n }] = submits(outbox.due(0)) as [Packet<"submit">];
  outbox.accepted({ epoch, n, lsns: [7] });
  assertEquals(outboxStore.insert(text("m")).n, 10_001);
});
