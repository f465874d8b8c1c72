/**
 * What the keys of the full screen do.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { slashCommands } from "../../lib/client/commands.ts";
import { KeyDecoder } from "../../lib/client/line_keys.ts";
import { actionsBySequence, keyHelp, screenKeys } from "../../lib/client/tui/keys.ts";
import { emptyModel, goTo, type Model } from "../../lib/client/tui/model.ts";
import { type Effect, press } from "../../lib/client/tui/update.ts";
import { fullModel } from "../support/tui_models.ts";

const layout = {
  pageRows: 10,
  unreadScroll: () => 25,
  helpRows: () => 40,
  scrollTo: (wanted: number) => Math.min(wanted, 30),
};

/** Types what a terminal sends. */
function type(model: Model, sent: string): { model: Model; effects: Effect[] } {
  const decoder = new KeyDecoder(actionsBySequence());
  const effects: Effect[] = [];
  for (const key of decoder.push(sent)) {
    const updated = press(model, key, layout);
    model = updated.model;
    effects.push(...updated.effects);
  }
  if (decoder.takeEscape()) {
    const updated = press(model, { kind: "escape" }, layout);
    model = updated.model;
    effects.push(...updated.effects);
  }
  return { model, effects };
}

const lobby = { ...fullModel(), editor: emptyModel("al", "lobby").editor };

Deno.test("full screen keys: a text goes out with Enter, and Alt+Enter is a line of it", () => {
  for (const newline of ["\x1b\r", "\x1bOS"]) {
    assertEquals(type(lobby, `a${newline}b\r`).effects, [{ kind: "line", text: "a\nb" }]);
  }
});

Deno.test("full screen keys: rooms", () => {
  const to = (sent: string) => type(lobby, sent).effects;
  assertEquals(to("\x1b2"), [{ kind: "go", to: "dev" }]);
  assertEquals(to("\x1b[1;2Q"), [{ kind: "go", to: "dev" }]);
  assertEquals(to("\x1b9"), [{ kind: "bell" }]);
  assertEquals(to("\x0e"), [{ kind: "go", to: "dev" }]);
  assertEquals(to("\x10"), [{ kind: "go", to: "@bob" }]);
  // A mention goes before what was earlier in the list.
  assertEquals(to("\x1ba"), [{ kind: "go", to: "a-room-with-a-very-long-name" }]);
  const read = {
    ...lobby,
    rooms: lobby.rooms.map((room) => ({ ...room, unread: 0, mentions: 0 })),
  };
  assertEquals(type(read, "\x1ba").effects, [{ kind: "bell" }]);
});

Deno.test("full screen keys: the quick switcher", () => {
  assertEquals(type(lobby, "\x07dv\r").effects, [{ kind: "go", to: "dev" }]);
  assertEquals(type(lobby, "\x07b\x1b[B\r").effects, [{ kind: "go", to: "lobby" }]);
  assertEquals(type(lobby, "\x07zzz\r").effects, [{ kind: "bell" }]);
  const closed = type(lobby, "\x07dv\x1b");
  assertEquals([closed.effects, closed.model.overlay], [[], null]);
});

Deno.test("full screen keys: what was entered before is found by a part of it", () => {
  const history = ["make tea", "run tests", "make build"];
  const model = { ...lobby, editor: { ...lobby.editor, history, historyAt: 3 } };
  const text = (sent: string) => type(model, sent).model.editor.text;
  assertEquals(text("\x12\r"), "make build");
  assertEquals([text("\x12MAKE\r"), text("\x12make\x12\r")], ["make build", "make tea"]);
  assertEquals([text("\x12make\x1b[B\r"), text("\x12t t\r")], ["make tea", ""]);
  assertEquals(text("half\x12tests\r"), "run tests");
  assertEquals(text("half\x12tests\r\x1b[B\x1b[B"), "half", "Down leads back to it");
  assertEquals(text("half\x12tests\x1b"), "half");
  const none = type(model, "half\x12zzz\r");
  assertEquals([none.effects, none.model.editor.text], [[{ kind: "bell" }], "half"]);
  assertEquals(type(model, "\x12make\r").effects, [], "nothing is sent before Enter once more");
});

Deno.test("full screen keys: scrolling asks for what is older only at the top", () => {
  const page = type(lobby, "\x1b[5~");
  assertEquals([page.model.scroll, page.effects], [9, []]);
  const top = type(lobby, "\x1b[5~".repeat(4));
  assertEquals([top.model.scroll, top.effects], [30, [{ kind: "older" }]]);
  assertEquals(type(top.model, "\x1b[6~").model.scroll, 21);
  assertEquals(type(lobby, "\x1bu").model.scroll, 25);
  assertEquals(type(top.model, "hi\r").model.scroll, 0);
});

Deno.test("full screen keys: Esc throws no text away, drafts wait in their rooms", () => {
  const typed = type(lobby, "half a tex\x1b");
  assertEquals(typed.model.editor.text, "half a tex");
  const away = goTo(typed.model, "dev");
  assertEquals(away.editor.text, "");
  const back = goTo(type(away, "other").model, "lobby");
  assertEquals(back.editor.text, "half a tex");
  assertEquals(goTo(back, "dev").editor.text, "other");
});

Deno.test("full screen keys: more than five pasted lines are asked for", () => {
  const paste = (lines: number) => `\x1b[200~${Array(lines).fill("x").join("\r")}\x1b[201~`;
  assertEquals(type(lobby, paste(5)).model.editor.text, "x\nx\nx\nx\nx");
  const asked = type(lobby, `a${paste(6)}`).model;
  assertEquals([asked.overlay?.kind, asked.editor.text], ["paste", "a"]);
  assertEquals(type(asked, "\r").model.editor.text, "ax\nx\nx\nx\nx\nx");
  assertEquals(type(asked, "\x1b").model.editor.text, "a");
  assertEquals(type(asked, "\r").effects, []);
});

Deno.test("full screen keys: F1 shows all of them, and typing goes on", () => {
  const help = type(lobby, "\x1bOP").model;
  assertEquals(help.overlay, { kind: "help", top: 0 });
  assertEquals(type(help, "\x1b[6~").model.overlay, { kind: "help", top: 9 });
  assertEquals(type(help, "\x1b").model.overlay, null);
  assertEquals(type(help, "x").model.editor.text, "x");
  const told = keyHelp().map(([names]) => names);
  for (const { names } of screenKeys) {
    if (names.length > 0) assert(told.includes(names.join(", ")), names[0]);
    if (names[0]?.startsWith("Alt")) assert(names[1]?.includes("F"), `${names[0]} has no twin`);
  }
});

Deno.test("full screen keys: no sequence means two things", () => {
  const all = screenKeys.flatMap(({ sequences }) => sequences);
  assertEquals(new Set(all).size, all.length);
});

Deno.test("docs/USING.md lists all keys and commands as they are", async () => {
  const text = await Deno.readTextFile(new URL("../../docs/USING.md", import.meta.url));
  const rows = new Set(text.split("\n").map((row) => row.replaceAll(/ +/g, " ").trim()));
  const commands = slashCommands.map(({ name, args, says }) =>
    [`\`/${name} ${args}`.trim() + "`", says].map((cell) => cell.replaceAll("|", "\\|"))
  );
  for (const [what, says] of [...keyHelp(), ...commands]) {
    assert(rows.has(`| ${what} | ${says} |`), `| ${what} | ${says} |`);
  }
});
