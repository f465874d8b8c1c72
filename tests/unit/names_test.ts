import { assert, assertEquals, assertFalse } from "@std/assert";
import { limits } from "../../lib/limits.ts";
import { isName, isText, nameKey } from "../../lib/protocol/names.ts";

const allowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.";

Deno.test("isName() takes exactly these characters", () => {
  for (let code = 0; code < 0x250; code++) {
    const character = String.fromCodePoint(code);
    assertEquals(isName(`a${character}`), allowed.includes(character), `U+${code.toString(16)}`);
  }
  for (const character of ["\u212a", "\uff41", "😀", "\ud800"]) assertFalse(isName(character));
});

Deno.test("isName() takes 1 to 32 characters", () => {
  assertFalse(isName(""));
  assert(isName("a"));
  assert(isName("a".repeat(limits.nameLengthMax)));
  assertFalse(isName("a".repeat(limits.nameLengthMax + 1)));
  assertFalse(isName("a\n"), "the end of a line is not the end of the name");
});

Deno.test("nameKey() makes A to Z small and changes nothing else", () => {
  assertEquals(nameKey(allowed), allowed.toLowerCase());
  for (const other of ["É", "\u212a", "İ", "@Σ"]) assertEquals(nameKey(other), other);
});

Deno.test("isText() takes no control characters but newline and tab", () => {
  for (let code = 0; code < 0x120; code++) {
    const control = code < 0x20 || (code >= 0x7f && code <= 0x9f);
    const good = !control || code === 0x0a || code === 0x09;
    assertEquals(isText(`a${String.fromCodePoint(code)}b`), good, `U+${code.toString(16)}`);
  }
});

Deno.test("isText() counts bytes of UTF-8", () => {
  const max = limits.textBytesMax;
  assertFalse(isText(""));
  assert(isText(" "));
  for (const [character, bytes] of [["a", 1], ["é", 2], ["漢", 3], ["😀", 4]] as const) {
    const full = character.repeat(Math.floor(max / bytes)) + "a".repeat(max % bytes);
    assert(isText(full), character);
    assertFalse(isText(`${full}a`), character);
  }
});

Deno.test("isText() takes only what has UTF-8", () => {
  assert(isText("😀"));
  for (const broken of ["\ud800", "\udc00", "a\ud83d", "\ude00\ud83d"]) assertFalse(isText(broken));
});
