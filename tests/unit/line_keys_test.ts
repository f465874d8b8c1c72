import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { type Command, type Key, KeyDecoder } from "../../lib/client/line_keys.ts";

const text = (text: string): Key => ({ kind: "text", text });
const command = (command: Command): Key => ({ kind: "command", command });
const decode = (input: string): Key[] => new KeyDecoder().push(input);

/** Pieces of one text come out as several keys; joined they must be what one push gives. */
function joined(keys: readonly Key[]): Key[] {
  const all: Key[] = [];
  for (const key of keys) {
    const last = all.at(-1);
    if (key.kind !== "text" || last?.kind !== "text") all.push(key);
    else all[all.length - 1] = text(last.text + key.text);
  }
  return all;
}

Deno.test("KeyDecoder tells text from keys", () => {
  assertEquals(decode("hé漢\x7f\x1b[A\x1bOB\x1b[1;5D\x17\r"), [
    text("hé漢"),
    command("eraseLeft"),
    command("older"),
    command("newer"),
    command("wordLeft"),
    command("eraseWord"),
    command("enter"),
  ]);
});

Deno.test("KeyDecoder drops keys that it does not know, and no text with them", () => {
  assertEquals(decode("a\x1b[15~\x1b[[A\x1bq\x00\x1b[<0;1;1Mb"), [text("a"), text("b")]);
});

Deno.test("KeyDecoder takes a lone Escape for half a key", () => {
  const decoder = new KeyDecoder();
  assertEquals(decoder.push("\x1b"), []);
  assertEquals(decoder.push("b"), [command("wordLeft")]);
  assertEquals(decode("\x1b\x1b[C"), [command("right")]);
});

Deno.test("KeyDecoder makes a paste text, newlines and commands in it too", () => {
  assertEquals(decode("a\x1b[200~one\rtwo\r\nthree\n\x03\t\x1b[A\x1b[201~\r"), [
    text("a"),
    text("one\ntwo\nthree\n\x03\t\x1b[A"),
    command("enter"),
  ]);
});

Deno.test("KeyDecoder holds no endless sequence", () => {
  const decoder = new KeyDecoder();
  assertEquals(decoder.push("\x1b[" + "1".repeat(1000)), []);
  assertEquals(decoder.push("A"), [text("A")]);
});

Deno.test("KeyDecoder gives the same keys however the input is split", () => {
  const part = fc.constantFrom(
    ..."ab漢\x1b[O~A\r\n\t\x03",
    "\x1b[A",
    "\x1b[200~",
    "\x1b[201~",
    "\x1bOH",
    "\r\n",
  );
  const input = fc.array(part, { maxLength: 30 }).map((parts) => parts.join(""));
  fc.assert(
    fc.property(input, (whole) => {
      const decoder = new KeyDecoder();
      const keys = Array.from(whole).flatMap((piece) => decoder.push(piece));
      assertEquals(joined(keys), joined(decode(whole)));
    }),
    { numRuns: 1000 },
  );
});
