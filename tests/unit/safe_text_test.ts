import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { joinSafe, safe, safeLines, type SafeText, safeText, styled } from "../../lib/safe_text.ts";

const runs = { numRuns: 1_000 };

/** Built from the list in the documentation, not from the pattern under test. */
const dangerous: readonly (readonly [first: number, last: number])[] = [
  [0x00, 0x1f],
  [0x7f, 0x9f],
  [0xad, 0xad],
  [0x034f, 0x034f],
  [0x061c, 0x061c],
  [0x115f, 0x1160],
  [0x17b4, 0x17b5],
  [0x180e, 0x180e],
  [0x200b, 0x200b],
  [0x200e, 0x200f],
  [0x2028, 0x202e],
  [0x2060, 0x206f],
  [0x3164, 0x3164],
  [0xd800, 0xdfff],
  [0xfdd0, 0xfdef],
  [0xfeff, 0xfeff],
  [0xffa0, 0xffa0],
  [0xfff0, 0xfffb],
  [0xfffe, 0xffff],
  [0x1bca0, 0x1bca3],
  [0x1d173, 0x1d17a],
  [0xe0000, 0xe00ff],
  [0xe01f0, 0xe0fff],
];

function isDangerous(character: string): boolean {
  const code = character.codePointAt(0) ?? 0;
  return dangerous.some(([first, last]) => first <= code && code <= last);
}

const nasty = fc.constantFrom(
  ..."\x00\x07\x1b\x7f\x9b\r\n\t\u200b\u200c\u200d\u200e\u202e\u2066\ufe0f\ufe00\ufeff\xad a",
  "\ud800",
  "\udfff",
  "\u{e0041}",
  "\u{e0100}",
  "\u0301",
  "\u0489",
  "\u094d",
  "漢",
  "👩",
  "\u2029",
);

const anyText = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.string({ unit: nasty, maxLength: 40 }),
  fc.string({ unit: fc.integer({ min: 0, max: 0xffff }).map((u) => String.fromCharCode(u)) }),
);

Deno.test("safeText() leaves nothing dangerous in any text", () => {
  fc.assert(
    fc.property(anyText, (text) => {
      const bad = Array.from(safeText(text)).filter(isDangerous);
      assertEquals(bad.map((c) => c.codePointAt(0)), []);
    }),
    runs,
  );
});

Deno.test("safeText() marks every code point of the dangerous ranges", () => {
  for (const [first, last] of dangerous) {
    for (let code = first; code <= last; code++) {
      const safe = safeText(`a${String.fromCodePoint(code)}b`);
      assert(safe.length > 2 && !Array.from(safe).some(isDangerous), code.toString(16));
    }
  }
});

Deno.test("safeText() made safe again is the same", () => {
  fc.assert(
    fc.property(anyText, (text) => {
      assertEquals(safeText(safeText(text)), safeText(text));
    }),
    runs,
  );
});

Deno.test("safeText() leaves printable ASCII as it is", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme-ascii" }), (text) => {
      assertEquals(safeText(text), text);
    }),
    runs,
  );
});

Deno.test("safeText() leaves scripts and emoji that need joiners as they are", () => {
  const texts = ["می‌خواهم", "क्‍ष", "❤️‍🔥", "👩‍👩‍👧", "1️⃣", "葛\u{e0100}", "Việt", "שלום", "\u0600١"];
  for (const text of texts) assertEquals(safeText(text), text);
});

Deno.test("safeText() shows controls, bidi and tags as marks", () => {
  assertEquals(safeText("\x1b]0;x\x07\x7f\x9b1m"), "␛]0;x␇␡⟨U+009B⟩1m");
  assertEquals(safeText("\u202egnp\u2066\u{e0041}\ud800"), "⟨U+202E⟩gnp⟨U+2066⟩⟨U+E0041⟩⟨U+D800⟩");
  assertEquals(safeText("a\r\nb\nc\td\re"), "a ⏎ b ⏎ c    d␍e");
});

Deno.test("safeText() marks joiners that join nothing", () => {
  assertEquals(safeText("\u200da \u200c"), "⟨U+200D⟩a ⟨U+200C⟩");
  assertEquals(safeText("a\ufe0f\ufe0e\ufe01"), "a\ufe0f⟨U+FE0E⟩⟨U+FE01⟩");
});

Deno.test("safeText() bounds piles of combining marks, with joiners between them too", () => {
  assertEquals(safeText("a" + "\u0301".repeat(20)), "a" + "\u0301".repeat(8) + "⟨+12⟩");
  fc.assert(
    fc.property(anyText, fc.integer({ min: 1, max: 50 }), (text, count) => {
      const safe = safeText(text + "\u0301\u200d\u0489".repeat(count));
      assert(!/[\p{M}\u200c\u200d]{9}/u.test(safe));
    }),
    runs,
  );
});

Deno.test("safeLines() cuts at newlines only", () => {
  const lines: string[] = safeLines("a\r\nb\n\u2028\x0b\x85\n");
  assertEquals(lines, ["a", "b", "⟨U+2028⟩␋⟨U+0085⟩", ""]);
});

Deno.test("safe`` keeps our styling and refuses plain strings", () => {
  const name = styled("red", safeText("al\x1b"), true);
  assertEquals<string>(safe`<${name}> ${2} of ${3n}\n`, "<\x1b[31mal␛\x1b[39m> 2 of 3 ⏎ ");
  // @ts-expect-error a plain string must go through safeText() first
  safe`${"plain"}`;
});

Deno.test("joinSafe() makes the separator safe", () => {
  assertEquals<string>(joinSafe(["a", "b"].map(safeText), "\n"), "a ⏎ b");
  assertEquals<string>(joinSafe([], ", "), "");
});

Deno.test("styled() goes on behind an inner look of the same kind", () => {
  const inner: SafeText = styled("red", safeText("in"), true);
  const outer = styled("blue", safe`out ${inner} out`, true);
  assertEquals<string>(
    outer,
    "\x1b[34mout \x1b[31min\x1b[39m\x1b[34m out\x1b[39m",
  );
});
