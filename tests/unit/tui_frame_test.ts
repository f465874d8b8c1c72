/**
 * How the full screen looks, at several sizes. With PARLEY_SNAPSHOTS=write the looks of now become
 * the wanted ones.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { cellsOf } from "../../lib/client/cells.ts";
import type { ScreenSize } from "../../lib/client/line_view.ts";
import { type Frame, Painter } from "../../lib/client/tui/frame.ts";
import { emptyModel, type Model } from "../../lib/client/tui/model.ts";
import { fullModel, messageOf } from "../support/tui_models.ts";

const folder = new URL("../snapshots/", import.meta.url);

/** What a reader sees, each segment at its column; escapes in a form that a file shows. */
function textOf({ rows, cursor }: Frame): string {
  const lines = rows.map((row) => {
    let line = "";
    for (const { column, text } of row) {
      line += " ".repeat(Math.max(0, column - cellsOf(line).width)) + text;
    }
    return line.replaceAll("\x1b[", "\\e[").trimEnd();
  });
  return [...lines, `cursor ${cursor.row} ${cursor.column}`, ""].join("\n");
}

async function check(name: string, frame: Frame): Promise<void> {
  const file = new URL(`${name}.txt`, folder);
  const text = textOf(frame);
  if (Deno.env.get("PARLEY_SNAPSHOTS") === "write") await Deno.writeTextFile(file, text);
  assertEquals(text, await Deno.readTextFile(file));
}

const sizes: readonly ScreenSize[] = [
  { columns: 40, rows: 10 },
  { columns: 80, rows: 24 },
  { columns: 160, rows: 50 },
];

const looks = { colour: [true, false], plain: [false, false], ascii: [false, true] } as const;

for (const size of sizes) {
  for (const [name, [color, ascii]] of Object.entries(looks)) {
    const title = `${size.columns}x${size.rows} ${name}`;
    const painter = new Painter({ color, ascii, timeZone: "UTC" });

    Deno.test(`full screen: looks as it did, ${title}`, async () => {
      await check(`screen_${title.replace(" ", "_")}`, painter.frame(fullModel(), size));
    });

    Deno.test(`full screen: every row keeps to its place, ${title}`, () => {
      const overlays: Model["overlay"][] = [
        null,
        { kind: "help", top: 3 },
        { kind: "switcher", query: "o", at: 0 },
        { kind: "paste", text: "a\n\x1b[2Jb\nc\nd\ne\nf" },
      ];
      for (const overlay of overlays) {
        const { rows } = painter.frame({ ...fullModel(), overlay }, size);
        assertEquals(rows.length, size.rows);
        for (const row of rows) {
          for (const [at, { column, text }] of row.entries()) {
            const end = row[at + 1]?.column ?? size.columns;
            assert(column + cellsOf(text).width <= end, `${text} at ${column} beyond ${end}`);
            // deno-lint-ignore no-control-regex
            assert(!/\x1b(?!\[\d+m)/.test(text), `an escape of somebody else's: ${text}`);
          }
        }
      }
    });
  }
}

Deno.test("full screen: ASCII marks are ASCII", () => {
  const painter = new Painter({ color: false, ascii: true, timeZone: "UTC" });
  const model = { ...fullModel(), items: [1, 2].map((lsn) => messageOf(lsn, "al", "hi")) };
  const own = { ...model, editor: emptyModel("al", "lobby").editor };
  const { rows } = painter.frame(own, { columns: 160, rows: 50 });
  const text = rows.flat().map((segment) => segment.text).join("\n");
  // deno-lint-ignore no-control-regex
  assert(/^[\x00-\x7f]*$/.test(text), text);
});

Deno.test("full screen: overlays", async () => {
  const painter = new Painter({ color: false, ascii: false, timeZone: "UTC" });
  // The first page: its commands are the table's own affair.
  const size = { columns: 80, rows: 24 };
  const model = fullModel();
  await check("help", painter.frame({ ...model, overlay: { kind: "help", top: 0 } }, size));
  const history = ["two\nlines", "built", "tea"];
  const entered = { kind: "entered", query: "t", at: 1 } as const;
  const editor = { ...model.editor, history, historyAt: 3 };
  await check("entered", painter.frame({ ...model, editor, overlay: entered }, sizes[0]!));
  const switcher = { kind: "switcher", query: "b", at: 1 } as const;
  await check("switcher", painter.frame({ ...model, overlay: switcher }, sizes[0]!));
});

Deno.test("full screen: scrolls as far as there is something, and to the unread rule", () => {
  const painter = new Painter({ color: false, ascii: false, timeZone: "UTC" });
  const size = { columns: 40, rows: 10 };
  const items = Array.from(
    { length: 100 },
    (_, at) => messageOf(at + 1, "bob", `number ${at + 1}`),
  );
  const model = { ...emptyModel("al", "lobby"), items, readUpto: 60 };
  const shown = (scroll: number) =>
    painter.frame({ ...model, scroll }, size).rows.slice(1, 8).map((row) => String(row[0]!.text));
  assert(shown(0).at(-1)!.endsWith("number 100"));
  const unread = painter.scrollToUnread(model, size);
  assert(shown(unread)[0]!.includes("unread"), shown(unread)[0]);
  assert(shown(unread)[1]!.endsWith("number 61"));
  const top = painter.scrollTo(model, size, 10_000);
  assert(shown(top)[0]!.includes("2026-01-02"));
});

Deno.test("full screen: a screen that was made tiny is drawn, and never beyond its edges", () => {
  const painter = new Painter({ color: true, ascii: false, timeZone: "UTC" });
  for (let columns = 1; columns < 60; columns += 3) {
    for (let rows = 1; rows < 12; rows++) {
      const frame = painter.frame(fullModel(), { columns, rows });
      assertEquals(frame.rows.length, rows);
      for (const { column, text } of frame.rows.flat()) {
        const width = column + cellsOf(text).width;
        assert(columns < 4 || width <= columns, `${width} of ${columns}: ${text}`);
      }
    }
  }
});
