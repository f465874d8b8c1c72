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

Deno.test("Memo.flush() writes what was changed, once and with its last value", () => {
  const memo = new Memo<number>();
  const { table, looks, look } = makeTable({ a: 1 });
  memo.get("a", look("a"));
  memo.keep("k", 9);
  for (const value of [2, 3]) memo.change("a", value);
  memo.change("b", 4);
  assertEquals([memo.get("a", look("a")), memo.get("b", look("b"))], [3, 4]);
  assertEquals(table.get("a"), 1, "not before it is flushed");
  const written: unknown[] = [];
  memo.flush((value, key) => written.push([key, value]));
  assertEquals(written, [["a", 3], ["b", 4]]);
  memo.flush(() => written.push("again"));
  assertEquals([written.length, looks], [2, ["a"]]);
});

Deno.test("Memo.forget() knows nothing of what was rolled back", () => {
  const memo = new Memo<number>();
  const { look } = makeTable({ a: 1 });
  memo.change("a", 2);
  memo.forget();
  memo.flush(() => {
    throw new Error("nothing is left to write");
  });
  assertEquals(memo.get("a", look("a")), 1);
});

Deno.test("Memo keeps a bounded number of values, and loses none that is to be written", () => {
  const memo = new Memo<number>();
  const { looks, look } = makeTable({ first: 1 });
  memo.get("first", look("first"));
  for (let at = 0; at < 20_000; at++) memo.change(`k${at}`, at);
  let written = 0;
  memo.flush(() => written++);
  assertEquals(written, 20_000);
  memo.get("first", look("first"));
  assertEquals(looks, ["first", "first"], "it was let go");
});
