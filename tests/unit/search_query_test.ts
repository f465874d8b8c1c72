import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { parseQuery, type SearchQuery } from "../../lib/client/search_query.ts";
import { hasTerm, wordsOf } from "../../lib/protocol/words.ts";

const nothing: SearchQuery = { terms: [], from: "", in: "", sinceMs: 0, untilMs: 0 };
const nowMs = Date.UTC(2026, 10, 24);
const bare = (...words: string[]) => ({ words, prefix: false });

function parsed(text: string): SearchQuery | null {
  return parseQuery(text, nowMs).query;
}

/** Whether a text is found by a query's words. */
function finds(query: string, text: string): boolean {
  return parsed(query)!.terms.every((term) => hasTerm(wordsOf(text), term));
}

Deno.test("parseQuery() takes words, phrases and beginnings", () => {
  assertEquals(parsed("build done"), { ...nothing, terms: [bare("build"), bare("done")] });
  assertEquals(parsed('"is done"'), { ...nothing, terms: [bare("is", "done")] });
  assertEquals(parsed('"is done'), { ...nothing, terms: [bare("is", "done")] });
  assertEquals(parsed("don't"), { ...nothing, terms: [bare("don", "t")] });
  assertEquals(parsed("buil*")?.terms, [{ words: ["buil"], prefix: true }]);
  assertEquals(parsed('"is do"*')?.terms, [{ words: ["is", "do"], prefix: true }]);
  assertEquals(parsed("http://a.example")?.terms, [bare("http", "a", "example")]);
});

Deno.test("parseQuery() takes who, where and when", () => {
  const query = parsed("FROM:@Alice in:dev after:2026-10-01T12:30 before:2026-11-01 x");
  assertEquals(query, {
    terms: [bare("x")],
    from: "Alice",
    in: "dev",
    sinceMs: new Date(2026, 9, 1, 12, 30).getTime(),
    untilMs: new Date(2026, 10, 1).getTime(),
  });
  assertEquals(parsed("in:@bob"), { ...nothing, in: "@bob" });
  assertEquals(parsed('in:"dev" y')?.in, "dev");
});

Deno.test("parseQuery() takes ages", () => {
  assertEquals(parsed("x after:2h")?.sinceMs, nowMs - 7_200_000);
});

Deno.test("parseQuery() says what is wrong", () => {
  for (
    const [text, reason] of [
      ["", "say what"],
      ["   ", "say what"],
      ["before:2026-11-01", "say what"],
      ["!!!", "no letter"],
      ["a*", "two letters"],
      ["from:", "needs a name"],
      ["in:a/b", "needs a name"],
      ["x before:tomorrow", "Write an age"],
      ["x before:2026-02-29", "Write an age"],
      ["x after:2026-13-01", "Write an age"],
      ["x after:9999999d", "Write an age"],
      ["x after:2026-10-01T24:00", "Write an age"],
      ["a b c d e f g h i", "at most 8"],
      ["x".repeat(97), "too long"],
    ] as const
  ) {
    const { query, problem } = parseQuery(text, nowMs);
    assertEquals(query, null, text);
    assert(`${problem}`.includes(reason), `${text}: ${problem}`);
  }
});

Deno.test("parseQuery() takes or refuses whatever is typed", () => {
  const pieces = fc.constantFrom(
    "from:",
    "in:",
    "before:",
    "after:",
    '"',
    "*",
    ":",
    "@",
    " ",
    "東",
  );
  const any = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.array(fc.oneof(pieces, fc.string())).map(
      (parts) => parts.join(""),
    ),
  );
  fc.assert(fc.property(any, (text) => {
    const { query, problem } = parseQuery(text, nowMs);
    assert((query === null) !== (problem === null));
  }));
});

Deno.test("words are found in any case, with and without accents", () => {
  assert(finds("CAFE", "im Café"));
  assert(finds("café", "cafe"));
  assert(finds("STRASSE", "die Strasse"));
  assert(finds("ПРИВЕТ", "привет!"));
  assert(!finds("caf", "cafe"));
  assert(finds("caf*", "café"));
});

Deno.test("text without spaces is found by any part of it", () => {
  assert(finds("京都", "東京都へ行く"));
  assert(finds("行", "東京都へ行く"));
  assert(finds("東京 行く", "東京都へ行く"));
  assert(!finds("都京", "東京都へ行く"));
  assert(finds("ภาษา", "ภาษาไทย") && finds("ไทย", "ภาษาไทย"));
  assert(finds("한국어", "한국어 배우기") && finds("한국*", "한국어"));
});

Deno.test("hasTerm() finds a phrase wherever it stands, and no other order", () => {
  const words = ["a", "b", "a", "b", "c"];
  assert(hasTerm(words, bare("a", "b", "c")) && hasTerm(words, bare("c")));
  assert(!hasTerm(words, bare("b", "c", "a")) && !hasTerm(words, bare("a", "c")));
  assert(!hasTerm([], bare("a")));
});

Deno.test("wordsOf() gives letters and digits only, the same again from what it gave", () => {
  fc.assert(fc.property(fc.string({ unit: "binary" }), (text) => {
    const words = wordsOf(text);
    for (const one of words) assert(/^[\p{L}\p{N}]+$/u.test(one), JSON.stringify([text, one]));
    assertEquals(wordsOf(words.join(" ")), words, JSON.stringify(text));
  }));
});

Deno.test("wordsOf() leaves out what is of a script and no letter: a radical by itself", () => {
  assertEquals(wordsOf("⺀ 東⺀京 〸"), ["東", "京", "十"]);
});
