import { assert, assertEquals } from "@std/assert";
import { cellsOf } from "../../lib/client/cells.ts";
import { drawSequence, layOut } from "../../lib/client/line_view.ts";
import { TextView } from "../../lib/client/render.ts";
import { safeText } from "../../lib/safe_text.ts";
import { Emulator, widthTables } from "../support/emulator.ts";
import { fuzzTerminal } from "./terminal.ts";

const screens = 3_000;

Deno.test(`fuzz: hostile text changes nothing but its own cells, on ${screens} screens`, async () => {
  await fuzzTerminal(1, screens);
});

for (const widths of widthTables) {
  Deno.test(`layOut() is as many rows as a terminal of widths ${widths} shows`, async () => {
    const joiners = "\u200d".repeat(20);
    for (
      const text of [joiners, "ٖ".repeat(60), "\u{1e4ec}".repeat(60), "a" + "\u0f71".repeat(90)]
    ) {
      const screen = new Emulator(40, 20, widths);
      const view = layOut({ prompt: safeText(text.slice(0, 9)), text, cursor: 0 }, {
        columns: 40,
        rows: 20,
      });
      await screen.write(drawSequence(view));
      assertEquals(screen.cursor, { row: view.cursorRow, column: view.cursorColumn });
    }
  });
}

for (const widths of widthTables) {
  Deno.test(`a final of Hangul at the left edge takes marks no cells off, in widths ${widths}`, async () => {
    // Found by the seed 66802 of the screens.
    const prompt = safeText(`\u11d8${"\u064b".repeat(6)}> `);
    const screen = new Emulator(40, 20, widths);
    const view = layOut({ prompt, text: "\ufe00".repeat(4), cursor: 0 }, { columns: 40, rows: 20 });
    await screen.write(drawSequence(view));
    assertEquals(screen.cursor, { row: view.cursorRow, column: view.cursorColumn });
  });
}

Deno.test("TextView.info() breaks its lines into rows", () => {
  const view = new TextView({ color: false, timeZone: "UTC", nowMs: 0, columns: () => 40 });
  const states = [{ name: "\x9b".repeat(32), state: "sent", sinceMs: 0 } as const];
  for (const row of view.info({ lsn: 1, code: 0, states }, "漢".repeat(40))) {
    assert(cellsOf(row).width <= 40, row);
  }
});
