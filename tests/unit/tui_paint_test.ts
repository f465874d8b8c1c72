/**
 * What is written to turn one frame into the next.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { Painter } from "../../lib/client/tui/frame.ts";
import { changes } from "../../lib/client/tui/paint.ts";
import { fullModel, messageOf } from "../support/tui_models.ts";
import { Emulator } from "../support/emulator.ts";

const size = { columns: 120, rows: 20 };

Deno.test("full screen: only rows that changed are written, and the screen shows the frame", async () => {
  const painter = new Painter({ color: true, ascii: false, timeZone: "UTC" });
  const model = fullModel();
  const before = painter.frame(model, size);
  const typed = { ...model, editor: { ...model.editor, text: "typing 漢\nmor", cursor: 5 } };
  const after = painter.frame(typed, size);
  const written = changes(before, after);
  // deno-lint-ignore no-control-regex
  assertEquals(written.match(/\x1b\[2K/g)?.length, 1);
  const more = painter.frame(
    { ...typed, items: [...typed.items, messageOf(9, "zoe", "new")] },
    size,
  );
  // What was drawn step by step is what would have been drawn at once.
  const steps = changes(null, before) + written + changes(after, more);
  assertEquals(await shownBy(steps), await shownBy(changes(null, more)));
  assert((await shownBy(steps)).some((row) => row.includes("zoe: new")));
});

async function shownBy(text: string): Promise<string[]> {
  const emulator = new Emulator(size.columns, size.rows, "15-graphemes");
  await emulator.write(text);
  return Array.from({ length: size.rows }, (_, at) => emulator.row(at));
}

Deno.test("full screen: hostile text makes the terminal do nothing but show it", async () => {
  const painter = new Painter({ color: true, ascii: false, timeZone: "UTC" });
  const hostile = [
    ...[
      "\x1b]0;title\x07",
      "\x1b[2J\x1b[H",
      "\x1b[6n",
      "\x1bc",
      "\x9b2J",
      "\x07",
      "\r\n\x1b[?1049l",
    ],
    ...["\u202eabc", "e" + "\u0301".repeat(200), "\u{e0041}", "\ud800", "a\u200db", "\t\x0b\x0c"],
  ];
  const name = hostile.join("");
  const base = fullModel();
  const model = {
    ...base,
    me: name,
    current: name,
    rooms: [{ key: "r1", to: name, unread: 1, mentions: 1 }, ...base.rooms],
    members: [{ name, present: true }, { name, present: false }],
    items: hostile.flatMap((
      text,
      at,
    ) => [messageOf(at + 1, name, text), messageOf(at + 1, "al", text)]),
    editor: { ...base.editor, text: name, cursor: 0 },
  };
  const overlays = [
    null,
    { kind: "switcher", query: name, at: 0 },
    { kind: "paste", text: hostile.join("\n") },
  ] as const;
  for (const overlay of overlays) {
    const emulator = new Emulator(size.columns, size.rows, "15-graphemes");
    await emulator.write(changes(null, painter.frame({ ...model, overlay }, size)));
    assertEquals(emulator.acts.filter((act) => !act.startsWith("?25")), []);
  }
});
