/**
 * A full disk takes nothing, breaks nothing, and is over when there is room; any other failure of
 * the disk is the end.
 *
 * @module
 */

import { assert, assertEquals, assertFalse, assertThrows } from "@std/assert";
import { codes } from "../../lib/errors.ts";
import type { Committed, Outcome, Submission } from "../../lib/log/submission.ts";
import { DiskWatch } from "../../lib/server/disk_watch.ts";
import { Checkpoints } from "../../lib/sqlite/checkpoints.ts";
import { checkVersion, DatabaseError, openDatabase } from "../../lib/sqlite/database.ts";
import { isDiskFull } from "../../lib/sqlite/disk_full.ts";
import { projectionNames } from "../../lib/store/schema.ts";
import { SqliteLog } from "../../lib/store/sqlite_log.ts";
import { permittedTest } from "../support/permitted.ts";
import { type Person, World } from "../support/world.ts";
import { openly } from "../support/openly.ts";

function setPages(world: World, pages: number | null): void {
  const { database } = world.store;
  const { page_count: count } = database.prepare("PRAGMA page_count").get() as {
    page_count: number;
  };
  database.exec(`PRAGMA max_page_count = ${pages === null ? 1_000_000 : count + pages}`);
}

/** Everything that the store holds, and where it says that it stands. */
function contents({ store }: World): unknown {
  const rows = ["log", "meta", ...projectionNames].map((name) =>
    store.database.prepare(`SELECT * FROM ${name}`).all()
  );
  return [store.head(), rows];
}

function message(world: World, { user, device, epoch }: Person, n: number, bytes: number) {
  const action = { action: "message", to: "lobby", text: "x".repeat(bytes), act: false } as const;
  const certain = { timeMs: world.clock.nowMs, salt: world.random.bytes(16), sizeBytes: bytes };
  const id = world.random.bytes(16);
  return { by: "device", user, device, epoch, n, id, action, ...certain } satisfies Submission;
}

function registration(world: World, name: string) {
  const certain = { timeMs: world.clock.nowMs, salt: world.random.bytes(16), sizeBytes: 0 };
  return { ...openly, name, deviceKey: world.random.bytes(32), ...certain } satisfies Submission;
}

const unavailable = (last: number): Outcome => ({
  outcome: "later",
  code: codes.unavailable,
  last,
});

Deno.test("SqliteLog.append() takes nothing of a batch for which the disk has no room", () => {
  using world = new World();
  const alice = world.register("alice");
  const bob = world.register("bob");
  const first = message(world, alice, 1, 10);
  const [taken] = world.store.append([first]).outcomes;
  const before = contents(world);
  const batch = [
    first,
    ...[2, 3, 4, 5].map((n) => message(world, alice, n, 8_000)),
    message(world, bob, 1, 8_000),
    registration(world, "carol"),
  ];
  setPages(world, 3);
  for (let again = 0; again < 2; again++) {
    const { outcomes, published, head } = world.store.append(batch);
    const later = [1, 1, 1, 1, 0, 0].map(unavailable);
    assertEquals(outcomes, [taken!, ...later], "a repeat is told what it has");
    assertEquals([published, head], [[], world.store.head().lsn]);
    assertEquals(contents(world), before);
    assertFalse(world.store.database.isTransaction);
  }
  setPages(world, null);
  const { outcomes, head } = world.store.append(batch);
  const lsns = [0, 1, 2, 3, 4, 5, 6].map((more) => head - 6 + more);
  assertEquals(outcomes.map((one) => one.outcome === "accepted" && one.lsn), lsns);
});

Deno.test("SqliteLog.append() takes nothing ever again after a failure that is not a full disk", () => {
  using world = new World();
  const alice = world.register("alice");
  const { database } = world.store;
  database.exec("ALTER TABLE reach RENAME TO gone");
  const append = () => world.store.append([message(world, alice, 1, 10)]);
  const { message: said } = assertThrows(append, Error);
  database.exec("ALTER TABLE gone RENAME TO reach");
  assertThrows(append, Error, said);
  let isWritten = false;
  assertThrows(() => world.store.write(1, () => (isWritten = true)), Error, said);
  assertFalse(isWritten, "nor anything else on that connection");
  assertEquals(world.store.head().lsn, 2);
});

Deno.test("SqliteLog.write() passes a full disk on, and the end of everything else to the log", () => {
  using world = new World();
  const alice = world.register("alice");
  const { database } = world.store;
  const fail = (message: string) => () => {
    throw new Error(message);
  };
  const full = "database or disk is full";
  assertThrows(() => world.store.write(1, fail(full)), Error, full);
  assertEquals(world.store.append([message(world, alice, 1, 10)]).outcomes[0]!.outcome, "accepted");
  assertThrows(() => world.store.write(1, fail("disk I/O error")), Error, "disk I/O error");
  const append = () => world.store.append([message(world, alice, 2, 10)]);
  assertThrows(append, Error, "disk I/O error");
  assertFalse(database.isTransaction);
});

Deno.test("isDiskFull() knows the words of this SQLite", () => {
  const database = openDatabase(":memory:");
  database.exec("CREATE TABLE t (a); PRAGMA max_page_count = 2");
  const fill = () => database.exec("INSERT INTO t VALUES (zeroblob(100000))");
  assert(isDiskFull(assertThrows(fill)));
  const broken = () => database.exec("INSERT INTO nothing VALUES (1)");
  assertFalse(isDiskFull(assertThrows(broken)));
  database.close();
});

Deno.test("DiskWatch.append() notes a full disk once, and its end once something was taken", async () => {
  const events: string[] = [];
  const ok: Outcome = { outcome: "accepted", lsn: 4 };
  const results: [Outcome[], number][] = [
    [[ok], 1],
    [[ok, unavailable(0)], 0],
    [[unavailable(0)], 0],
    [[ok], 0],
    [[{ outcome: "later", code: codes.gap, last: 0 }], 0],
    [[ok], 1],
    [[ok], 1],
    [[unavailable(0)], 0],
  ];
  const log = {
    append: () => {
      const [outcomes, count] = results.shift()!;
      const published = new Array(count).fill(null);
      return Promise.resolve({ outcomes, published, head: 1, digest: new Uint8Array() });
    },
  } as { append: () => Promise<Committed> };
  const watch = new DiskWatch(log, (event) => events.push(`${results.length} ${event}`), 0);
  while (results.length > 0) await watch.append([]);
  assertEquals(events, ["6 diskFull", "2 diskFree", "0 diskFull"]);
});

Deno.test("checkVersion() refuses what is too old, and says what is needed", () => {
  for (const fine of ["3.44.0", "3.49.1", "3.100.0", "4.0.0"]) checkVersion(fine);
  for (const old of ["3.43.9", "3.9.2", "2.99.0", "3"]) {
    assertThrows(() => checkVersion(old), DatabaseError, `SQLite ${old} is too old: 3.44.0`);
  }
});

/** Runs with a database file of its own. */
async function withFile(run: (path: string) => void): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "parley-disk-" });
  try {
    run(`${folder}/a.db`);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

function pragmas(database: ReturnType<typeof openDatabase>): Record<string, unknown> {
  const names = ["journal_mode", "synchronous", "fullfsync", "checkpoint_fullfsync"]
    .concat(["foreign_keys", "busy_timeout", "query_only", "wal_autocheckpoint"]);
  return Object.fromEntries(
    names.map((name) => [name, Object.values(database.prepare(`PRAGMA ${name}`).get()!)[0]]),
  );
}

permittedTest("openDatabase() is durable at each commit, and a reader never checkpoints", [
  "read",
  "write",
], async () => {
  await withFile((path) => {
    const writer = openDatabase(path);
    const expected = {
      journal_mode: "wal",
      synchronous: 2,
      fullfsync: 1,
      checkpoint_fullfsync: 1,
      foreign_keys: 0,
      busy_timeout: 5_000,
      query_only: 0,
      wal_autocheckpoint: 1_000,
    };
    assertEquals(pragmas(writer), expected);
    const reader = openDatabase(path, { readOnly: true });
    assertEquals(pragmas(reader), { ...expected, query_only: 1, wal_autocheckpoint: 0 });
    reader.close();
    writer.close();
  });
});

permittedTest("Checkpoints.committed() moves the WAL into the database after some 1,000 pages", [
  "read",
  "write",
], async () => {
  await withFile((path) => {
    const database = openDatabase(path);
    const checkpoints = new Checkpoints(database);
    database.exec("CREATE TABLE t (a)");
    checkpoints.committed(0);
    const size = () => Deno.statSync(path).size;
    const empty = size();
    for (let count = 0; count < 50; count++) {
      database.exec("INSERT INTO t VALUES (zeroblob(10000))");
      assertEquals(size(), empty, `after ${count} commits`);
      checkpoints.committed(10_000);
    }
    for (let count = 0; count < 10; count++) checkpoints.committed(1_000_000);
    assert(size() > 500_000, `${size()}`);
    database.close();
  });
});

permittedTest("Checkpoints.committed() begins with what a killed process left in the WAL", [
  "read",
  "write",
], async () => {
  await withFile((path) => {
    const killed = openDatabase(path);
    new Checkpoints(killed);
    killed.exec("CREATE TABLE t (a); INSERT INTO t VALUES (zeroblob(1000000))");
    const copy = `${path}.copy`;
    for (const part of ["", "-wal"]) Deno.copyFileSync(path + part, copy + part);
    killed.close();
    const size = () => Deno.statSync(copy).size;
    const database = openDatabase(copy);
    const checkpoints = new Checkpoints(database);
    assert(size() < 10_000, "the start waits for no checkpoint");
    database.exec("INSERT INTO t VALUES (1)");
    checkpoints.committed(10);
    assert(size() > 1_000_000, `${size()}`);
    database.close();
  });
});

permittedTest("SqliteLog keeps the WAL small by itself", ["read", "write"], async () => {
  await withFile((path) => {
    const clock = { wallMs: () => 1, monotonicMs: () => 1 };
    const random = { bytes: (count: number) => new Uint8Array(count) };
    const log = new SqliteLog(openDatabase(path), clock, random);
    const salt = new Uint8Array(16);
    for (let at = 0; at < 1_000; at++) {
      const deviceKey = new Uint8Array(32);
      new DataView(deviceKey.buffer).setUint32(0, at + 1);
      const name = `u${at}`;
      log.append([{ ...openly, name, deviceKey, sizeBytes: 40, timeMs: 1, salt }]);
    }
    const walBytes = Deno.statSync(`${path}-wal`).size;
    assert(walBytes < 3_000 * 4_120, `${walBytes} bytes of WAL`);
    log.close();
  });
});
