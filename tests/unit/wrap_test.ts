import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import stringWidth from "string-width";
import { heightOf, wrapLine } from "../../lib/client/wrap.ts";
import { safe, type SafeText, safeText, styled } from "../../lib/safe_text.ts";

function rows(line: SafeText, columns: number): string[] {
  return wrapLine(line, columns).map(String);
}

Deno.test("wrapLine() breaks at blanks, and leaves a line that fits as it is", () => {
  assertEquals(rows(safe`one  two three`, 14), ["one  two three"]);
  assertEquals(rows(safe`one  two three four`, 13), ["one  two", "      three", "      four"]);
  assertEquals(rows(safe`         further lines`, 20), ["         further", "         lines"]);
  assertEquals(rows(safe``, 9), [""]);
  assertEquals(rows(safe`         no room`, 10), ["     no", "     room"]);
});

Deno.test("wrapLine() breaks a word that no row can hold, by graphemes", () => {
  assertEquals(rows(safe`漢字漢字漢字`, 6), ["漢字漢", "   字", "   漢", "   字"]);
  assertEquals(rows(safe`ab 👩‍👩‍👧é漢字`, 8), ["ab", "    👩‍👩‍👧", "    é漢", "    字"]);
});

Deno.test("wrapLine() leaves a long address whole, and not an endless one", () => {
  const address = `https://chat.example/${"x".repeat(60)}`;
  const [first, second, third, ...more] = wrapLine(safeText(`see ${address} there`), 30);
  assertEquals<(string | undefined)[]>([first, second, third, ...more], [
    "see",
    `         ${address}`,
    "         there",
  ]);
  assertEquals(heightOf(second!, 30), 3);
  for (const row of wrapLine(safeText("x".repeat(1_000)), 30)) assertEquals(heightOf(row, 30), 1);
  const timed = wrapLine(safeText(`${"x".repeat(60)}12:05 lobby bob: no`), 30);
  assert(timed.slice(1).every((row) => row.startsWith("         ")), "nothing behind its end");
  const shaped = wrapLine(safeText("12:05\u00a0\u00a0lobby\u00a0\u00a0alice:\u00a0hi"), 12);
  assert(shaped.slice(1).every((row) => row.startsWith("      ")), "no line in another's name");
});

Deno.test("wrapLine() gives each row its own styling", () => {
  const line = safe`${styled("dim", safe`12:05`, true)} ${styled("bold", safe`one two`, true)} x`;
  assertEquals(rows(line, 11), [
    "\x1b[2m12:05\x1b[22m \x1b[1mone\x1b[22m",
    "     \x1b[1mtwo\x1b[22m x",
  ]);
  const all = styled("gray", safe`one ${styled("red", safe`two`, true)} three`, true);
  assertEquals(rows(all, 8), [
    "\x1b[90mone \x1b[31mtwo\x1b[39m\x1b[90m\x1b[39m",
    "    \x1b[90mthree\x1b[39m",
  ]);
});

Deno.test("wrapLine() loses nothing but blanks, and no row is too wide or at the left edge", () => {
  const part = fc.constantFrom(
    "a",
    "bcd",
    " ",
    "   ",
    "漢字",
    "👩‍👩‍👧",
    "e\u0301",
    "\u00a0",
    "x".repeat(30),
  );
  const line = fc.array(part, { maxLength: 60 }).map((parts) => safeText(parts.join("")));
  const columns = fc.integer({ min: 8, max: 60 });
  fc.assert(
    fc.property(line, columns, (text, columns) => {
      const [first, ...rest] = wrapLine(text, columns);
      const bare = [first!, ...rest].join("").replaceAll(" ", "");
      assertEquals(bare, text.replaceAll(" ", ""));
      for (const row of rest) assert(row.startsWith(" ".repeat(Math.min(9, columns >> 1))));
      for (const row of [first!, ...rest]) {
        const isWhole = /^ *[\x21-\x7e]+$/.test(row);
        assert(isWhole || stringWidth(row) <= columns, JSON.stringify([row, columns]));
      }
    }),
    { numRuns: 2000 },
  );
});
