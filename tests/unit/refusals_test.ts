import { assertEquals } from "@std/assert";
import { mailboxMigrations } from "../../lib/client/mailbox_schema.ts";
import { OutboxStore } from "../../lib/client/outbox_store.ts";
import { codes } from "../../lib/errors.ts";
import { Batch, WriteError } from "../../lib/sqlite/batch.ts";
import { openDatabase } from "../../lib/sqlite/database.ts";
import { migrate } from "../../lib/sqlite/migrate.ts";
import { SeededRandom } from "../support/random.ts";
import { type Program, sharedTest, startHolder, text } from "../support/shared_program.ts";

/** More looks than a refusal waits for who asked. */
const long = 20;

/** How often each program told a refusal. */
function refusals(...programs: Program[]): number[] {
  return programs.map(({ answers }) => answers.filter(([, kind]) => kind === "refused").length);
}

async function lookAll(...programs: Program[]): Promise<void> {
  for (let at = 0; at < long; at++) for (const one of programs) await one.look();
}

sharedTest("the refusal of who left is told by the holder, once", async (start) => {
  const [first, other] = [startHolder(start), start()];
  const gone = start();
  const row = gone.line.submit(text("no"));
  await gone.line.stop();
  await first.look();
  first.refuse(row, 9);
  assertEquals([refusals(first, other), first.line.untold], [[0, 0], 1]);
  await lookAll(first, other);
  assertEquals([refusals(first, other), first.line.untold], [[1, 0], 0]);
  const [told] = first.events.filter(({ kind }) => kind === "answered");
  assertEquals(told?.kind === "answered" && told.answered.row.action, text("no"));
});

sharedTest("the refusal of a killed holder is told by who takes over", async (start, lock) => {
  const first = startHolder(start);
  const [second, third] = [start(), start()];
  const row = first.line.submit(text("no"));
  lock.holder = null;
  await second.look();
  second.refuse(row, 9);
  await lookAll(third, second);
  assertEquals(refusals(second, third), [1, 0]);
});

sharedTest("who asked comes first while it lives, whoever holds", async (start, lock) => {
  const first = startHolder(start);
  const second = start();
  const row = second.line.submit(text("no"));
  lock.holder = null;
  // It finds the lock free, and rows of before that are another living program's.
  const third = start();
  third.refuse(row, 9);
  await third.look(9);
  assertEquals([refusals(second, third), third.line.untold], [[0, 0], 1]);
  await second.look(2);
  await lookAll(third, second, first);
  assertEquals([refusals(first, second, third), third.line.untold], [[0, 1, 0], 0]);
});

sharedTest("a refusal that was told is told by no later program", async (start, lock) => {
  const first = startHolder(start);
  first.refuse(first.line.submit(text("no")), 9);
  await first.look();
  await first.line.stop();
  lock.holder = null;
  const second = start();
  await second.look(long);
  assertEquals(refusals(first, second), [1, 0]);
});

sharedTest("a refusal told in the last moment is noted at the end", async (start, lock) => {
  const first = startHolder(start);
  first.refuse(first.line.submit(text("no")), 9);
  await first.line.stop();
  lock.holder = null;
  const second = start();
  await second.look(long);
  assertEquals(refusals(first, second), [1, 0]);
});

for (const isThere of [false, null]) {
  const how = isThere === null ? "is not written yet" : "could not be written";
  sharedTest(`a refusal that was told and ${how} is told by the next`, async (start, lock) => {
    const first = startHolder(start);
    const written = Promise.withResolvers<boolean>();
    first.written = written.promise;
    first.refuse(first.line.submit(text("no")), 9);
    if (isThere !== null) written.resolve(isThere);
    await first.look(long);
    await first.line.stop();
    lock.holder = null;
    const second = start();
    assertEquals(second.line.untold, 1);
    await second.look(long);
    assertEquals(refusals(first, second), [1, 1]);
  });
}

sharedTest("nothing is told to a screen that is behind", async (start) => {
  const first = startHolder(start);
  const gone = start();
  first.behind = true;
  const row = gone.line.submit(text("no"));
  await first.look();
  first.answer(row.n, 9, codes.noRoom);
  await first.look(long);
  assertEquals([refusals(first), first.line.untold], [[0], 1]);
  first.behind = false;
  await first.look();
  assertEquals(refusals(first), [1]);
});

sharedTest("who leaves can wait until all is told", async (start) => {
  const first = startHolder(start);
  const gone = start();
  await first.line.toldAll();
  const row = gone.line.submit(text("no"));
  await first.look();
  first.answer(row.n, 9, codes.noRoom);
  const told = first.line.toldAll().then(() => refusals(first));
  await first.look(long);
  assertEquals(await told, [1]);
});

sharedTest("a disk that takes no note of it stops nothing", async (start) => {
  const first = startHolder(start);
  const { batch } = first.store;
  first.refuse(first.line.submit(text("no")), 9);
  const write = batch.write.bind(batch);
  batch.write = () => {
    throw new WriteError("database or disk is full");
  };
  await first.look(long);
  batch.write = write;
  await first.look();
  assertEquals(refusals(first), [1]);
  assertEquals(new OutboxStore(first.database, batch, new SeededRandom(8)).untold(9), []);
});

Deno.test("OutboxStore keeps a refusal that was not told, however many rows follow", () => {
  const database = openDatabase(":memory:");
  migrate(database, mailboxMigrations);
  const store = new OutboxStore(database, new Batch(database), new SeededRandom(1));
  for (let lsn = 1; lsn < 1_100; lsn++) {
    const { place } = store.insert(text("x"));
    const isRefused = lsn < 3;
    store.settle(
      place,
      isRefused ? { kind: "refused", lsn, code: codes.noRoom } : { kind: "accepted", lsn },
    );
    if (lsn === 1) store.told([place]);
  }
  assertEquals(store.untold(9).map(({ answer }) => answer.lsn), [2]);
  assertEquals([store.settled(1), store.settled(3)], [null, null]);
  database.close();
});

Deno.test("mailboxMigrations: what was refused before counts as told", () => {
  const database = openDatabase(":memory:");
  migrate(database, mailboxMigrations.slice(0, 2));
  database.exec(`INSERT INTO outbox (epoch, n, id, action, lsn, code) VALUES
    (x'01', 1, x'01', x'00', 7, 64), (x'01', 2, x'02', x'00', NULL, NULL)`);
  migrate(database, mailboxMigrations);
  const told = database.prepare("SELECT told FROM outbox ORDER BY n").all();
  assertEquals(told.map((row) => row.told), [1, 0]);
  database.close();
});
