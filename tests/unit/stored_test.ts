import { assert, assertEquals, assertThrows } from "@std/assert";
import { codes } from "../../lib/errors.ts";
import { limits } from "../../lib/limits.ts";
import { headerBytes } from "../../lib/framing.ts";
import { DamagedEntry } from "../../lib/log/damage.ts";
import { entryFrame } from "../../lib/log/entry.ts";
import { snapshotReasons } from "../../lib/log/log.ts";
import { entryParts, readPlace } from "../../lib/log/place.ts";
import { audienceKey } from "../../lib/protocol/audience.ts";
import { PageReader } from "../../lib/store/pages.ts";
import { StoreReader } from "../../lib/store/reader.ts";
import { SqliteLog } from "../../lib/store/sqlite_log.ts";
import { StoredEntries } from "../../lib/store/stored.ts";
import { crowdedWorld } from "../support/crowd.ts";
import { bytesColumns, bytesOf, eraseBody, flipBit, setColumn } from "../support/damage.ts";
import { World } from "../support/world.ts";

/** Alice says two things in the lobby and one to bob: entries 4, 5 and 6. */
function talking() {
  const world = new World();
  const [alice, bob] = [world.register("alice"), world.register("bob")];
  for (const to of ["lobby", "lobby", "@bob"]) {
    world.submit(alice, { action: "message", to, text: "hi", act: false });
  }
  return { world, alice, bob, database: world.store.database };
}

function damagedAt(read: () => unknown): number {
  return assertThrows(read, DamagedEntry).lsn;
}

Deno.test("StoredEntries.read() gives whole entries, erased ones too", () => {
  const { world, people } = crowdedWorld(3, 100);
  const stored = new StoredEntries(world.store.database);
  assert(people.length > 1);
  eraseBody(world.store.database, 5);
  world.log().forEach(({ entry, header, body, digest }) => {
    const row = stored.read(entry.lsn);
    assertEquals([row.lsn, row.header, row.body, row.digest], [entry.lsn, header, body, digest]);
  });
  assertEquals(stored.read(5).body, null);
  world.store.close();
});

Deno.test("StoredEntries.readEach() gives what read() gives, in the order asked for", () => {
  const { world } = crowdedWorld(3, 300);
  const stored = new StoredEntries(world.store.database);
  eraseBody(world.store.database, 5);
  eraseBody(world.store.database, 70);
  const lsns = world.log().map(({ entry }) => entry.lsn);
  for (const asked of [[], [5], lsns, lsns.filter((lsn) => lsn % 3 === 1), lsns.toReversed()]) {
    const read = [...stored.readEach(asked)].map(({ lsn, header, body }) => [lsn, header, body]);
    const each = asked.map((lsn) => stored.read(lsn));
    assertEquals(read, each.map(({ lsn, header, body }) => [lsn, header, body]));
  }
  world.store.close();
});

Deno.test("StoredEntries.readEach() gives what is before a flipped bit, and finds it", () => {
  const { world, database } = talking();
  const stored = new StoredEntries(database);
  for (const column of bytesColumns) {
    for (let bit = 0; bit < 8 * bytesOf(database, 5, column).length; bit++) {
      flipBit(database, 5, column, bit);
      const read: number[] = [];
      const readAll = () => {
        for (const { lsn } of stored.readEach([4, 5, 6])) read.push(lsn);
      };
      assertEquals([damagedAt(readAll), read], [5, [4]], `${column}, bit ${bit}`);
      assertEquals([...stored.readEach([6])].length, 1);
      flipBit(database, 5, column, bit);
    }
  }
  world.store.close();
});

Deno.test("StoredEntries.readEach() is not led astray by what stands in other columns", () => {
  const { world, database } = talking();
  const stored = new StoredEntries(database);
  const readAll = () => [...stored.readEach([4, 5, 6])].map(({ lsn }) => lsn);
  for (const audience of ["r1;", "r1,9", ";", "", "r1,57,16,4,,1;6,r1"]) {
    setColumn(database, 5, "audience", audience);
    assertEquals(damagedAt(readAll), 5, audience);
  }
  setColumn(database, 5, "audience", "r1");
  assertEquals(readAll(), [4, 5, 6]);
  const body = bytesOf(database, 5, "body");
  setColumn(database, 5, "body", new Uint8Array([...body, 0]));
  assertEquals(damagedAt(readAll), 5);
  setColumn(database, 5, "body", body);
  setColumn(database, 5, "checksum", 7);
  assertEquals(damagedAt(readAll), 5);
  database.exec("DELETE FROM log WHERE lsn = 5");
  assertEquals(damagedAt(readAll), 5);
  world.store.close();
});

Deno.test("StoredEntries.read() finds any flipped bit", () => {
  const { world, database } = talking();
  const stored = new StoredEntries(database);
  for (const column of bytesColumns) {
    for (let bit = 0; bit < 8 * bytesOf(database, 5, column).length; bit++) {
      flipBit(database, 5, column, bit);
      assertEquals(damagedAt(() => stored.read(5)), 5, `${column}, bit ${bit}`);
      flipBit(database, 5, column, bit);
    }
  }
  assertEquals(stored.read(5).lsn, 5);
  world.store.close();
});

Deno.test("StoredEntries.read() finds what is missing, swapped, or in another's room", () => {
  const { world, database } = talking();
  const stored = new StoredEntries(database);
  const reason = () => assertThrows(() => stored.read(5), DamagedEntry).reason;
  setColumn(database, 5, "audience", "d2-3");
  assertEquals(reason(), "its header has another audience");
  setColumn(database, 5, "audience", "r1");
  assertEquals(stored.read(5).audience, "r1");
  const salt = bytesOf(database, 5, "salt");
  setColumn(database, 5, "salt", null);
  assertEquals(reason(), "its salt is missing");
  setColumn(database, 5, "salt", salt);
  setColumn(database, 5, "body", null);
  assertEquals(reason(), "its body is gone, and its body's digest too");
  database.exec("UPDATE log SET lsn = -lsn WHERE lsn IN (4, 5)");
  database.exec("UPDATE log SET lsn = 9 + lsn WHERE lsn < 0");
  assertEquals([4, 5].map((lsn) => damagedAt(() => stored.read(lsn))), [4, 5]);
  database.exec("DELETE FROM log WHERE lsn = 5");
  assertEquals(reason(), "it is missing");
  setColumn(database, 6, "checksum", 7);
  assertEquals(damagedAt(() => stored.read(6)), 6);
  world.store.close();
});

Deno.test("SqliteLog.append() does not take a repeat of a damaged entry for another outbox's", () => {
  const { world, alice, database } = talking();
  const said = { action: "message", to: "lobby", text: "hi", act: false } as const;
  const id = world.random.bytes(16);
  const taken = world.submit(alice, said, { id });
  const repeat = () => world.submit(alice, said, { id, n: 4 });
  assertEquals(repeat(), taken);
  flipBit(database, 7, "header", 8 * bytesOf(database, 7, "header").length - 1);
  assertEquals(repeat(), { outcome: "later", code: codes.unavailable, last: 3 });
  flipBit(database, 7, "header", 8 * bytesOf(database, 7, "header").length - 1);
  assertEquals(repeat(), taken);
  world.store.close();
});

Deno.test("SqliteLog does not go on behind a damaged entry", () => {
  const { world, database } = talking();
  const open = () => new SqliteLog(database, world.clock, world.random);
  flipBit(database, 5, "body", 3);
  assertEquals(open().head(), world.store.head(), "one before the last is another matter");
  flipBit(database, 6, "digest", 100);
  assertEquals(damagedAt(open), 6);
  world.store.close();
});

Deno.test("readPlace() reads what decoding reads", () => {
  const { world } = crowdedWorld(5, 400);
  for (const { entry, header } of world.log()) {
    const { lsn, audience } = entry;
    assertEquals(readPlace(header), { lsn, audience: audienceKey(audience) });
  }
  world.store.close();
});

Deno.test("entryParts() cuts a packet into the bytes that are stored", () => {
  const { world } = crowdedWorld(5, 400);
  const long = "x".repeat(limits.textBytesMax);
  world.submit(world.register("zoe"), { action: "message", to: "lobby", text: long, act: false });
  for (const { header, body } of world.log()) {
    for (const stored of [{ header, body }, { header, body: null }]) {
      assertEquals(entryParts(entryFrame(stored).subarray(headerBytes)), stored);
    }
  }
  world.store.close();
});

Deno.test("readPlace() comes to an end with bytes that are no header", () => {
  for (const length of [0, 1, 3, 20]) readPlace(new Uint8Array(length).fill(0xff));
});

Deno.test("PageReader.page() gives what is before a damaged entry, and then nothing", () => {
  const { world, bob, database } = talking();
  const { user, device } = bob;
  const reader = new PageReader(database);
  const page = (after: number) =>
    reader.page({ user, device, after, head: 6, entriesMax: 256, bytesMax: 9_999 });
  flipBit(database, 5, "body", 9);
  const whole = page(0);
  assertEquals([whole.entries.map(([lsn]) => lsn), whole.upto], [[3, 4], 4]);
  assertEquals(damagedAt(() => page(4)), 5);
  assertEquals(page(5).upto, 6, "what is behind it is whole");
  world.store.close();
});

Deno.test("PageReader.page() tells no digest that is damaged", () => {
  const { world, alice, database } = talking();
  world.submit(alice, null);
  const reader = new PageReader(database);
  flipBit(database, 7, "digest", 77);
  const request = { user: 3, device: 3, after: 6, head: 7, entriesMax: 256, bytesMax: 9_999 };
  assertEquals(damagedAt(() => reader.page(request)), 7, "not for this user, but its digest is");
  world.store.close();
});

Deno.test("StoreReader.snapshot() gives no damaged entry", () => {
  const { world, alice, database } = talking();
  const { user, device } = alice;
  const { creditEntriesMax: entriesMax, creditBytesMax: bytesMax } = limits;
  const reader = new StoreReader(database);
  const snapshot = (id: number) =>
    reader.snapshot({
      ...{ user, device, head: 6, entriesMax, bytesMax },
      position: { part: "entries", key: "", id },
    });
  flipBit(database, 5, "salt", 0);
  const { entries, next } = snapshot(0);
  assertEquals([entries.map(([lsn]) => lsn), next?.id], [[1, 2, 3, 4], 4]);
  assertEquals(damagedAt(() => snapshot(4)), 5);
  world.store.close();
});

Deno.test("StoreReader.checkStanding() does not take damage for another log", () => {
  const { world, database } = talking();
  const reader = new StoreReader(database);
  const { logId } = world.store.head();
  const digest = bytesOf(database, 5, "digest");
  const standing = { logId, cursor: 5, digest };
  assertEquals(reader.checkStanding(standing), null);
  assertEquals(
    reader.checkStanding({ ...standing, digest: new Uint8Array(32) }),
    snapshotReasons.digestDiffers,
  );
  flipBit(database, 5, "digest", 3);
  assertEquals(damagedAt(() => reader.checkStanding(standing)), 5);
  world.store.close();
});

Deno.test("a store that an earlier version wrote is read, checked against the digest chain", () => {
  const { world, database } = talking();
  database.exec("UPDATE log SET checksum = NULL");
  const stored = new StoredEntries(database);
  const all = [1, 2, 3, 4, 5, 6];
  assertEquals([...stored.readEach(all)].map(({ lsn }) => lsn), all);
  for (const column of bytesColumns) {
    flipBit(database, 5, column, 9);
    assertEquals(damagedAt(() => stored.read(5)), 5, column);
    assertEquals(damagedAt(() => [...stored.readEach(all)]), 5, column);
    flipBit(database, 5, column, 9);
  }
  world.store.close();
});
