import { assert, assertEquals, assertMatch } from "@std/assert";
import type { DatabaseSync } from "node:sqlite";
import { openDatabase, removeDatabase } from "../../lib/sqlite/database.ts";
import { Searcher, type WordsFile } from "../../lib/store/searcher.ts";
import { World } from "../support/world.ts";

/** A world in which something was said, and a searcher whose index can be reached. */
function searching(
  { open, remove }: WordsFile = { open: () => openDatabase(":memory:"), remove: () => {} },
) {
  const world = new World();
  const alice = world.register("alice");
  const outcome = world.submit(alice, {
    action: "message",
    to: "lobby",
    text: "hello",
    act: false,
  });
  assert(outcome.outcome === "accepted");
  const opened: DatabaseSync[] = [];
  let removed = 0;
  let hasRoom = true;
  const file = {
    open: () => {
      opened.push(open());
      return opened.at(-1)!;
    },
    remove: () => {
      removed++;
      remove();
    },
  };
  const searcher = new Searcher(world.store.database, file, () => hasRoom);
  const find = () => {
    const bounds = { sinceMs: 0, untilMs: 0, below: 0, entriesMax: 50, bytesMax: 1_000 };
    const terms = [{ words: ["hello"], prefix: false }];
    const page = searcher.search({ user: alice.user, terms, from: "", in: "", ...bounds });
    return { count: page.count, behind: page.behind };
  };
  return {
    searcher,
    find,
    opened,
    removed: () => removed,
    fills: () => (hasRoom = false),
  };
}

Deno.test("an index is made anew where a table is missing, and says so once", () => {
  const { find, searcher, opened, removed } = searching();
  assertEquals(find(), { count: 1, behind: false });
  opened[0]!.exec("DROP TABLE about");
  find();
  assertEquals(removed(), 1);
  assertMatch(searcher.takeFailure() ?? "", /no such table/);
  assertEquals(searcher.takeFailure(), null);
  assertEquals(find(), { count: 1, behind: false });
  assertEquals(opened.length, 2);
});

Deno.test("an index is made anew where its pages are garbage, from any one on", () => {
  const path = `${Deno.makeTempDirSync()}/words.db`;
  const file = { open: () => openDatabase(path), remove: () => removeDatabase(path) };
  const pageBytes = 4_096;
  const make = () => {
    const { find, opened } = searching(file);
    find();
    opened[0]!.close();
    return Deno.statSync(path).size / pageBytes;
  };
  const pages = make();
  assert(pages > 3);
  for (let page = 0; page < pages; page++) {
    removeDatabase(path);
    make();
    const bytes = Deno.readFileSync(path);
    Deno.writeFileSync(path, bytes.fill(0xa5, page * pageBytes));
    const { find, opened } = searching(file);
    find();
    assertEquals(find(), { count: 1, behind: false }, `page ${page}`);
    opened.at(-1)!.close();
  }
  Deno.removeSync(path.slice(0, -"/words.db".length), { recursive: true });
});

Deno.test("an index that can't be written waits, and is not lost", () => {
  const { find, searcher, opened, removed } = searching();
  searcher.readOn();
  opened[0]!.exec("UPDATE about SET reach = 0; DELETE FROM words; PRAGMA query_only = 1");
  assertEquals(find(), { count: 0, behind: true });
  assertMatch(searcher.takeFailure() ?? "", /readonly/);
  opened[0]!.exec("PRAGMA query_only = 0");
  assertEquals(find(), { count: 1, behind: false });
  assertEquals(removed(), 0);
});

Deno.test("an index does not grow where the disk has no room for it", () => {
  const { find, fills } = searching();
  fills();
  assertEquals(find(), { count: 0, behind: true });
});
