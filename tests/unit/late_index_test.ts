import { assert, assertEquals, assertThrows } from "@std/assert";
import type { DatabaseSync } from "node:sqlite";
import type { Submission } from "../../lib/log/submission.ts";
import { openDatabase, transaction } from "../../lib/sqlite/database.ts";
import { LateIndex } from "../../lib/store/late_index.ts";
import { PageReader } from "../../lib/store/pages.ts";
import { rebuild } from "../../lib/store/project.ts";
import { memoryIndexLag, SqliteLog } from "../../lib/store/sqlite_log.ts";
import { StoreReader } from "../../lib/store/reader.ts";
import { openly } from "../support/openly.ts";
import { ManualClock, SeededRandom } from "../support/random.ts";
import { type Person, startMs, World } from "../support/world.ts";

const rowsOf = (database: DatabaseSync, sql: string) =>
  database.prepare(sql).all().map((row) => Object.values(row));

function reach(database: DatabaseSync): unknown {
  return Object.fromEntries(rowsOf(database, "SELECT name, lsn FROM reach"));
}

/** What the index says, and what the log says of the same entries. */
function compare({ store: { database } }: World): void {
  const { indexed } = reach(database) as { indexed: number };
  assertEquals(
    rowsOf(database, "SELECT lsn, audience FROM places ORDER BY lsn"),
    rowsOf(database, `SELECT lsn, audience FROM log WHERE lsn <= ${indexed} ORDER BY lsn`),
  );
  assertEquals(
    rowsOf(database, "SELECT lsn, outbox, n FROM numbers ORDER BY lsn"),
    rowsOf(
      database,
      `SELECT lsn, outbox, n FROM log WHERE lsn <= ${indexed} AND n IS NOT NULL ORDER BY lsn`,
    ),
  );
}

function say(world: World, person: Person, text = "x"): void {
  world.submit(person, { action: "message", to: "lobby", text, act: false });
}

Deno.test("LateIndex is never further behind than it may be, and has all that it says", () => {
  using world = new World();
  const { database } = world.store;
  const alice = world.register("alice");
  let written = 0;
  for (let at = 0; at < 5 * memoryIndexLag; at++) {
    say(world, alice);
    const { head, indexed } = reach(database) as { head: number; indexed: number };
    assertEquals(head, world.store.head().lsn);
    assertEquals(head - indexed < memoryIndexLag, true, `${indexed} of ${head}`);
    if (indexed === head) written++;
    compare(world);
  }
  assertEquals(written, 5, "it is written at once, and not with each entry");
});

Deno.test("LateIndex finds a number before it is written, after it, and after a restart", () => {
  using world = new World();
  const { database } = world.store;
  const alice = world.register("alice");
  for (let at = 0; at < 2 * memoryIndexLag + 3; at++) say(world, alice);
  const expected = rowsOf(database, "SELECT outbox, n, lsn FROM log WHERE n IS NOT NULL");
  const index = new LateIndex(database, memoryIndexLag);
  for (const [outbox, n, lsn] of expected as number[][]) {
    assertEquals(index.find(outbox!, n!), lsn);
  }
  const [outbox] = expected[0] as number[];
  assertEquals([index.find(outbox!, expected.length + 1), index.find(outbox! + 1, 1)], [
    null,
    null,
  ]);
});

Deno.test("LateIndex forgets what was rolled back, and only that", () => {
  using world = new World();
  const { database } = world.store;
  say(world, world.register("alice"));
  const index = new LateIndex(database, memoryIndexLag);
  const { lsn } = world.store.head();
  const rolledBack = () =>
    transaction(database, () => {
      for (let n = 2; n < 2 + memoryIndexLag; n++) index.add({ lsn: lsn + n - 1, outbox: 3, n });
      index.flush();
      throw new Error("no");
    });
  assertThrows(rolledBack, Error, "no");
  index.forget();
  assertEquals([index.find(3, 1), index.find(3, 2)], [lsn, null]);
  assertEquals(reach(database), { head: lsn, indexed: 0 });
  index.committed();
  assertEquals(index.find(3, 1), lsn, "nothing of it was taken for written");
});

Deno.test("a rebuild leaves nothing for the index to do, and the log goes on", () => {
  using world = new World();
  const { database } = world.store;
  const alice = world.register("alice");
  for (let at = 0; at < memoryIndexLag + 3; at++) say(world, alice);
  rebuild(database);
  const { lsn } = world.store.head();
  assertEquals(reach(database), { head: lsn, indexed: lsn });
  compare(world);
  for (let at = 0; at < memoryIndexLag; at++) say(world, alice);
  compare(world);
});

Deno.test("what a device has said last is known wherever the index stands", () => {
  using world = new World();
  const key = world.random.bytes(32);
  const outcome = world.tryRegister("alice", key);
  const user = outcome.outcome === "accepted" ? outcome.lsn : 0;
  const alice = { name: "alice", user, device: user, epoch: world.random.bytes(16), n: 0 };
  const reader = new StoreReader(world.store.database);
  for (let epochs = 0; epochs < 3; epochs++) {
    for (let n = 1; n <= memoryIndexLag + 1; n++) {
      say(world, alice);
      const known = reader.identify(key)!;
      assertEquals([known.epoch, known.n], [alice.epoch, n]);
      const again = new SqliteLog(world.store.database, world.clock, world.random, memoryIndexLag);
      assertEquals(again.head(), world.store.head());
    }
    Object.assign(alice, { epoch: world.random.bytes(16), n: 0 });
  }
});

Deno.test("a page has each entry once, also where the index is written while it is read", () => {
  using world = new World();
  const { database } = world.store;
  const alice = world.register("alice");
  for (let at = 0; at < 2 * memoryIndexLag - 3; at++) say(world, alice);
  const { lsn: head } = world.store.head();
  let late = 0;
  const readFirst = {
    prepare(sql: string) {
      const statement = database.prepare(sql);
      if (!sql.startsWith("SELECT lsn FROM reach")) return statement;
      return {
        get() {
          const found = statement.get() as { lsn: number };
          late = head - found.lsn;
          for (let at = 0; at < memoryIndexLag; at++) say(world, alice);
          return found;
        },
      };
    },
  } as unknown as DatabaseSync;
  const request = { user: alice.user, device: alice.device, after: 0, head };
  const page = new PageReader(readFirst).page({ ...request, entriesMax: 256, bytesMax: 65_536 });
  assertEquals(
    page.entries.map(([lsn]) => lsn),
    Array.from({ length: head - 1 }, (_, at) => at + 2),
  );
  assert(late > 0 && late < head, "some were indexed, and some were not");
});

Deno.test("a commit of 64 messages of as many people changes few pages of the file", async () => {
  const folder = await Deno.makeTempDir({ prefix: "parley-pages-" });
  const random = new SeededRandom(5);
  const store = new SqliteLog(openDatabase(`${folder}/x.db`), new ManualClock(startMs), random);
  const certain = () => ({ timeMs: startMs, salt: random.bytes(16), sizeBytes: 200 });
  const people = Array.from({ length: 64 }, (_, at) => ({ ...openly, name: `p${at}` }));
  const registered = store.append(
    people.map((one) => ({ ...one, deviceKey: random.bytes(32), ...certain() })),
  );
  const devices = registered.outcomes.map((one) => ({
    user: one.outcome === "accepted" ? one.lsn : 0,
    epoch: random.bytes(16),
  }));
  const batch = (n: number) =>
    devices.map(({ user, epoch }, at): Submission => ({
      ...{ by: "device", user, device: user, epoch, n, id: random.bytes(16), ...certain() },
      action: { action: "message", to: `@p${(at + 1) % 64}`, text: "x".repeat(100), act: false },
    }));
  /** Pages in the journal, which begins anew once all of it is in the file. */
  const pages = () => {
    const found = store.database.prepare("PRAGMA wal_checkpoint(PASSIVE)").get();
    return (found as { log: number }).log;
  };
  const changed: number[] = [];
  for (let n = 1; n <= 60; n++) {
    store.append(batch(n));
    changed.push(pages());
  }
  store.close();
  await Deno.remove(folder, { recursive: true });
  // The first begins outboxes and directs, and one in 32 writes the index.
  const many = changed.slice(1).filter((count) => count > 10);
  assert(many.length <= 2, `pages in each commit: ${changed}`);
});
