import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import {
  completeWord,
  type EditorState,
  type EditorStep,
  emptyEditor,
  pressKey,
} from "../../lib/client/line_editor.ts";
import { type Command, KeyDecoder } from "../../lib/client/line_keys.ts";

/** Types what a terminal would send. */
function type(input: string, from: EditorState = emptyEditor): EditorStep {
  let step: EditorStep = { state: from };
  for (const key of new KeyDecoder().push(input)) step = pressKey(step.state, key);
  return step;
}

/** The text with a bar where the cursor is. */
function shown({ text, cursor }: EditorState): string {
  return text.slice(0, cursor) + "|" + text.slice(cursor);
}

const left = "\x1b[D";
const up = "\x1b[A";
const down = "\x1b[B";

Deno.test("pressKey() edits at the cursor", () => {
  assertEquals(shown(type("abc" + left + "X").state), "abX|c");
  assertEquals(shown(type("one two\x01\x06\x06\x0b").state), "on|");
  assertEquals(shown(type("one two  \x17").state), "one |");
  assertEquals(shown(type("one two" + left + "\x15").state), "|o");
  assertEquals(shown(type("one two\x1bb\x1bb\x1bf\x04").state), "one|two");
  assertEquals(shown(type("ab\x01\x7f\x1b[3~\x05\x1b[3~").state), "b|");
});

Deno.test("pressKey() moves over and erases whole graphemes", () => {
  assertEquals(shown(type("a👩‍👩‍👧漢" + left + left + "x").state), "ax|👩‍👩‍👧漢");
  assertEquals(shown(type("ae\u0301\x7f").state), "a|");
  assertEquals(shown(type("🇩" + "🇪\x01\x06").state), "🇩🇪|");
  assertEquals(shown(type("👩" + left + "a\u200d").state), "a\u200d|👩");
});

Deno.test("pressKey() gives the line on Enter and empties the input", () => {
  const { state, event } = type("a\x1b\rb\r");
  assertEquals(event, { kind: "line", text: "a\nb" });
  assertEquals([state.text, state.cursor], ["", 0]);
});

Deno.test("pressKey() leaves a paste's last line end out of what is entered", () => {
  const paste = (text: string) => type(`\x1b[200~${text}\x1b[201~`);
  const pasted = paste("one\rtwo\r\n");
  assertEquals([pasted.state.text, pasted.event], ["one\ntwo\n", undefined]);
  assertEquals(type("\r", pasted.state).event, { kind: "line", text: "one\ntwo" });
  assertEquals(type("three\r", pasted.state).event, { kind: "line", text: "one\ntwo\nthree" });
  assertEquals(type("\r", paste("\r\r").state), {
    state: emptyEditor,
    event: { kind: "line", text: "" },
  });
});

Deno.test("pressKey() recalls older lines and comes back to the draft", () => {
  const { state } = type("one\rtwo\rtwo\r\rdraft");
  assertEquals(state.history, ["one", "two"]);
  assertEquals(shown(type(up, state).state), "two|");
  assertEquals(shown(type(up + up + up, state).state), "one|");
  assertEquals(shown(type(up + up + down + down + down, state).state), "draft|");
});

Deno.test("pressKey() bounds the history and the line", () => {
  const many = type(Array.from({ length: 300 }, (_, i) => `${i}\r`).join("")).state;
  assertEquals([many.history.length, many.history[0]], [200, "100"]);
  const full = type("x".repeat(32 * 1024));
  assertEquals(full.event, undefined);
  assertEquals(type("y", full.state), { state: full.state, event: { kind: "refused" } });
});

Deno.test("pressKey() ends the input by Ctrl+D on an empty line only", () => {
  assertEquals(type("\x04").event, { kind: "endOfInput" });
  assertEquals(type("a\x04").event, undefined);
});

Deno.test("pressKey() gives a half-typed line up by Ctrl+C, and tells of it on an empty one", () => {
  assertEquals(type("a\x03"), { state: emptyEditor });
  assertEquals(type("a\x03\x03"), { state: emptyEditor, event: { kind: "interrupt" } });
  const recalled = type("one\rtwo\rdraft" + up + up + "\x03").state;
  assertEquals([recalled.text, recalled.history], ["", ["one", "two"]]);
  assertEquals(shown(type(up + down, recalled).state), "|");
});

Deno.test("completeWord() puts in what is certain, and shows the rest", () => {
  const { state } = type("hi al");
  assertEquals(shown(completeWord(state, ["alice "]).state), "hi alice |");
  const several = ["alfred", "alfons"];
  const common = completeWord(state, several);
  assertEquals([shown(common.state), common.shown], ["hi alf|", []]);
  assertEquals(completeWord(common.state, several), { state: common.state, shown: several });
  assertEquals(completeWord(state, []), { state, shown: [] });
  assertEquals(completeWord(state, ["al"]), { state, shown: [] });
  assertEquals(shown(completeWord(type("hi ").state, ["bo"]).state), "hi bo|");
});

Deno.test("pressKey() keeps the cursor between two graphemes, whatever is pressed", () => {
  const commands: Command[] = ["left", "right", "wordLeft", "wordRight", "home", "end", "older"];
  commands.push("newer", "eraseLeft", "eraseRight", "eraseWord", "newline", "enter");
  const key = fc.oneof(
    fc.constantFrom(...commands).map((command) => ({ kind: "command" as const, command })),
    fc.constantFrom("a ", " ", "👩", "\u200d", "\u0301", "🇩", "\n", "漢", "\ud800")
      .map((text) => ({ kind: "text" as const, text })),
  );
  fc.assert(
    fc.property(fc.array(key, { maxLength: 40 }), (keys) => {
      const state = keys.reduce((s, k) => pressKey(s, k).state, emptyEditor);
      const segments = [...new Intl.Segmenter().segment(state.text)];
      const starts = [...segments.map(({ index }) => index), state.text.length];
      assert(starts.includes(state.cursor), JSON.stringify(state));
    }),
    { numRuns: 3000 },
  );
});
