import { assert, assertEquals, assertThrows } from "@std/assert";
import { DamagedEntry } from "../../lib/log/damage.ts";
import { bodyDigest, chainDigest } from "../../lib/log/digest.ts";
import { encodeEntry } from "../../lib/log/entry.ts";
import { databasePath } from "../../lib/server/data_folder.ts";
import { verifyData } from "../../lib/server/verify.ts";
import { openDatabase } from "../../lib/sqlite/database.ts";
import { SqliteLog } from "../../lib/store/sqlite_log.ts";
import { ManualClock, SeededRandom } from "../support/random.ts";
import { verifyLog } from "../../lib/store/verify.ts";
import { crowdedWorld } from "../support/crowd.ts";
import { bytesColumns, bytesOf, eraseBody, flipBit, setColumn } from "../support/damage.ts";
import { startMs, type World } from "../support/world.ts";

const seed = 11;

function crowd(): World {
  return crowdedWorld(seed, 500).world;
}

/** What `verify` says of a world whose log was changed with SQL. */
function finding(world: World, ...changes: string[]): string {
  for (const change of changes) world.store.database.exec(change);
  return assertThrows(() => verifyLog(world.store.database), DamagedEntry).message;
}

Deno.test("verifyLog() proves a log of several pages whole, erased bodies included", () => {
  using world = crowd();
  const { lsn, digest } = world.store.head();
  assert(lsn > 256, "more than one page");
  for (const erased of [1, 7, 256, 257, lsn]) eraseBody(world.store.database, erased);
  assertEquals(verifyLog(world.store.database), { entries: lsn, digest });
});

Deno.test("verifyLog() names the first entry with a flipped bit", () => {
  using world = crowd();
  const { database } = world.store;
  const random = new SeededRandom(seed);
  const head = world.store.head().lsn;
  for (const lsn of [1, 2, 255, 256, 257, head]) {
    for (const column of bytesColumns) {
      const bit = random.below(8 * bytesOf(database, lsn, column).length);
      const about = `${column} of ${lsn}, bit ${bit}`;
      flipBit(database, lsn, column, bit);
      if (lsn < head) flipBit(database, head, "body", 1);
      const { lsn: found } = assertThrows(() => verifyLog(database), DamagedEntry, "", about);
      assertEquals(found, lsn, about);
      if (lsn < head) flipBit(database, head, "body", 1);
      flipBit(database, lsn, column, bit);
    }
  }
  assertEquals(verifyLog(database).entries, head);
});

Deno.test("verifyLog() finds a missing entry: the first, the last, any, all", () => {
  const missing = (lsn: number) => `entry ${lsn} is damaged: it is missing`;
  for (const lsn of [1, 40, 256]) {
    using world = crowd();
    assertEquals(finding(world, `DELETE FROM log WHERE lsn = ${lsn}`), missing(lsn));
  }
  using world = crowd();
  const { lsn } = world.store.head();
  assertEquals(finding(world, `DELETE FROM log WHERE lsn > ${lsn - 3}`), missing(lsn - 2));
  assertEquals(finding(world, "DELETE FROM log"), missing(1));
});

Deno.test("verifyLog() finds an entry that the index does not have, and misses none that it need not", () => {
  for (const table of ["places", "numbers"]) {
    using world = crowd();
    const { database } = world.store;
    const { indexed } = database.prepare("SELECT lsn AS indexed FROM reach WHERE name = 'indexed'")
      .get() as { indexed: number };
    assert(indexed < world.store.head().lsn, "some are not indexed yet");
    verifyLog(database);
    const { lsn } = database.prepare(`SELECT max(lsn) AS lsn FROM ${table}`).get() as {
      lsn: number;
    };
    const why = `entry ${lsn} is damaged: the index does not have it`;
    assertEquals(finding(world, `DELETE FROM ${table} WHERE lsn = ${lsn}`), why);
  }
});

Deno.test("verifyLog() finds swapped entries", () => {
  using world = crowd();
  const found = finding(
    world,
    "UPDATE log SET lsn = -lsn WHERE lsn IN (40, 41)",
    "UPDATE log SET lsn = 81 + lsn WHERE lsn < 0",
  );
  assert(found.startsWith("entry 40 "), found);
});

Deno.test("verifyLog() finds a header of another lsn, also where the digests were made to fit", () => {
  using world = crowd();
  const { database } = world.store;
  const { entry, header, salt, body } = world.log().at(-1)!;
  const previous = bytesOf(database, entry.lsn - 1, "digest");
  const wrong = encodeEntry({ ...entry, lsn: 3 }, { kind: "joined" }).header;
  assert(wrong.length < header.length);
  setColumn(database, entry.lsn, "header", wrong);
  setColumn(database, entry.lsn, "digest", chainDigest(previous, wrong, bodyDigest(salt, body)));
  assertEquals(finding(world), `entry ${entry.lsn} is damaged: its header has another lsn`);
});

Deno.test("verifyLog() finds columns that are not what the header says", () => {
  using world = crowd();
  const rows = world.store.database.prepare(
    "SELECT lsn, outbox, n FROM log WHERE outbox IS NOT NULL ORDER BY lsn",
  ).all() as { lsn: number; outbox: number; n: number }[];
  const later = rows.find(({ lsn, outbox }) => lsn > 300 && outbox < lsn)!;
  const other = rows.find(({ outbox }) => outbox !== later.outbox)!;
  const said = (what: string) => `entry ${later.lsn} is damaged: ${what}`;
  const not = said("it is not of the outbox that it is counted to");
  const cases: [column: string, value: string | number | null, finds: string, mend: unknown][] = [
    ["audience", "d2-99", said("its header has another audience"), null],
    ["n", 9_999, said("its header has another number"), later.n],
    ["n", null, said("its header has another number"), later.n],
    ["outbox", null, not, later.outbox],
    ["outbox", other.outbox, not, later.outbox],
    ["outbox", later.lsn + 1, not, later.outbox],
  ];
  const { audience } = world.store.database.prepare("SELECT audience FROM log WHERE lsn = ?")
    .get(later.lsn) as { audience: string };
  for (const [column, value, finds, mend] of cases) {
    setColumn(world.store.database, later.lsn, column, value);
    assertEquals(finding(world), finds, `${column} ${value}`);
    setColumn(world.store.database, later.lsn, column, (mend ?? audience) as string);
  }
  setColumn(world.store.database, 2, "outbox", 2);
  assertEquals(finding(world), "entry 2 is damaged: it came from no outbox");
});

Deno.test("verifyData() says of a store of another version what to do", async () => {
  const data = await Deno.makeTempDir({ prefix: "parley-verify-" });
  try {
    const database = openDatabase(databasePath(data));
    const store = new SqliteLog(database, new ManualClock(startMs), new SeededRandom(1));
    assert(verifyData(data).whole);
    database.exec(
      "UPDATE meta SET value = x'02' WHERE name = 'projectionVersion'; DROP VIEW placed",
    );
    store.close();
    const { whole, line } = verifyData(data);
    assertEquals([whole, line], [
      false,
      `parleyd: ${data} is of another version: start this parleyd on it once`,
    ]);
  } finally {
    await Deno.remove(data, { recursive: true });
  }
});
