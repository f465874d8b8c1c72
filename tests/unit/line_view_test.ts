import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import stringWidth from "string-width";
import {
  drawSequence,
  eraseSequence,
  layOut,
  type LineView,
  type ScreenSize,
} from "../../lib/client/line_view.ts";
import { safeText, styled } from "../../lib/safe_text.ts";

function viewOf(
  text: string,
  cursor: number,
  size: ScreenSize,
  prompt = safeText("> "),
): LineView {
  return layOut({ prompt, text, cursor }, size);
}

const wide: ScreenSize = { columns: 40, rows: 10 };
const small: ScreenSize = { columns: 6, rows: 4 };

Deno.test("layOut() breaks rows where the next grapheme does not fit", () => {
  const view = viewOf("abc漢de", 4, small);
  assertEquals<readonly string[]>(view.rows, ["> abc", "漢de"]);
  assertEquals([view.cursorRow, view.cursorColumn], [1, 2]);
});

Deno.test("layOut() puts the cursor behind a full row into the next", () => {
  const view = viewOf("abcd", 4, small);
  assertEquals<readonly string[]>(view.rows, ["> abcd", ""]);
  assertEquals([view.cursorRow, view.cursorColumn], [1, 0]);
  assertEquals(viewOf("abcd", 3, small).cursorColumn, 5);
});

Deno.test("layOut() shows what was pasted as marks", () => {
  const view = viewOf("a\nb\t\x1b\u202e", 0, wide);
  assertEquals<readonly string[]>(view.rows, ["> a⏎b    ␛⟨U+202E⟩"]);
});

Deno.test("layOut() keeps the end of a long prompt, and its styling", () => {
  const prompt = styled("bold", safeText("al@lobby漢lob> "), true);
  const view = viewOf("x", 1, { columns: 12, rows: 9 }, prompt);
  assertEquals<readonly string[]>(view.rows, ["\x1b[1m…y漢lob> \x1b[22mx"]);
  assertEquals(view.cursorColumn, 10);
});

Deno.test("layOut() leaves half a row to the text, but never hides how much is unsent", () => {
  const long = safeText("a-room-with-a-name-of-32-letters> ");
  const shown = viewOf("x", 1, { columns: 40, rows: 9 }, long).rows;
  assertEquals<readonly string[]>(shown, ["…ame-of-32-letters> x"]);
  for (const count of [2, 34, 1234]) {
    const prompt = safeText(`lobby (offline, ${count} unsent)> `);
    const [row] = viewOf("x", 1, { columns: 20, rows: 9 }, prompt).rows;
    assert(/^…\D*(\d+) unsent\)> x$/.exec(row!)?.[1] === `${count}`, row);
  }
});

Deno.test("layOut() shows the rows around the cursor of a text longer than the screen", () => {
  const text = "0123456789abcdefghijklmnopqrstuvwxyz";
  const atEnd = viewOf(text, text.length, small);
  assertEquals<readonly string[]>(atEnd.rows, ["mnopqr"].concat("stuvwx", "yz").slice(-3));
  assertEquals(atEnd.cursorRow, 2);
  const atStart = viewOf(text, 0, small);
  assertEquals<readonly string[]>(atStart.rows, ["> 0123", "456789", "abcdef"]);
  assertEquals([atStart.cursorRow, atStart.cursorColumn], [0, 2]);
});

Deno.test("drawSequence() ends at the cursor, eraseSequence() at the view's first cell", () => {
  const view = viewOf("abcdef", 1, small);
  assertEquals(drawSequence(view), "> abcd\r\nef\x1b[1A\r\x1b[3C");
  const erase = "\r\x1b[K\x1b[C\x1b[J\r";
  assertEquals(eraseSequence(view, 6), erase);
  const below = viewOf("abcdef", 6, small);
  assertEquals(eraseSequence(below, 6), "\x1b[1A" + erase);
  assertEquals(eraseSequence(below, 2), "\x1b[3A" + erase);
  assertEquals(eraseSequence(below, 3), "\x1b[2A" + erase);
});

Deno.test("layOut() never overflows a row or the screen, whatever a terminal joins", () => {
  const part = fc.constantFrom("a", "bc ", "漢", "👩‍👩‍👧", "❤️", "🇩🇪", "\n", "\t", "\x1b", "e\u0301");
  const size = fc.record({
    columns: fc.integer({ min: 8, max: 60 }),
    rows: fc.integer({ min: 2, max: 8 }),
  });
  fc.assert(
    fc.property(fc.array(part, { maxLength: 60 }), size, fc.nat(), (parts, size, place) => {
      const cursor = parts.slice(0, place % (parts.length + 1)).join("").length;
      const view = viewOf(parts.join(""), cursor, size);
      assert(view.rows.length < size.rows && view.cursorRow < view.rows.length);
      assert(view.cursorColumn < size.columns);
      for (const row of view.rows) {
        const apart = Array.from(row).reduce((sum, c) => sum + stringWidth(c), 0);
        assert(apart <= size.columns && stringWidth(row) <= size.columns, row);
      }
    }),
    { numRuns: 1000 },
  );
});
