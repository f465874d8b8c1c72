import { assertEquals } from "@std/assert";
import { Memo } from "../../lib/store/memo.ts";

/** A table that counts how often it is looked at. */
function makeTable(rows: Readonly<Record<string, number>>) {
  const table = new Map(Object.entries(rows));
  const looks: string[] = [];
  const look = (key: string) => () => {
    looks.push(key);
    return table.get(key) ?? null;
  };
  return { table, looks, look };
}

Deno.test("Memo.get() looks once for what is there, and again for what is not", () => {
  const memo = new Memo<number>();
  const { looks, look } = makeTable({ a: 1 });
  assertEquals([memo.get("a", look("a")), memo.get("a", look("a"))], [1, 1]);
  assertEquals([memo.get("b", look("b")), memo.get("b", look("b"))], [null, null]);
  assertEquals(looks, ["a", "b", "b"]);
});

Deno.test("Memo.keep() takes what was written, and nothing is looked for", () => {
  const memo = new Memo<number>();
  const { looks, look } = makeTable({ a: 1 });
  memo.keep("a", 2);
  memo.keep("b", 3);
  assertEquals([memo.get("a", look("a")), memo.get("b", look("b")), looks], [2, 3, []]);
});

Deno.test("Memo.forget() knows nothing of what was rolled back", () => {
  const memo = new Memo<number>();
  const { look } = makeTable({ a: 1 });
  memo.keep("a", 2);
  memo.forget();
  assertEquals(memo.get("a", look("a")), 1);
});

Deno.test("Memo.shrink() keeps a bounded number of values", () => {
  const memo = new Memo<number>();
  const { looks, look } = makeTable({ first: 1 });
  memo.get("first", look("first"));
  memo.shrink();
  memo.get("first", look("first"));
  assertEquals(looks, ["first"], "a few are kept");
  for (let at = 0; at < 20_000; at++) memo.keep(`k${at}`, at);
  memo.shrink();
  memo.get("first", look("first"));
  assertEquals(looks, ["first", "first"], "it was let go");
});
