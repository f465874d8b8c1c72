/**
 * What other people wrote, through the client's views, on a terminal: nothing may change but the
 * cells that are meant for it. One seed is one screen, and gives the same again.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import type { Place, ShownEntry } from "../../lib/client/events.ts";
import { drawSequence, eraseSequence, layOut, type LineView } from "../../lib/client/line_view.ts";
import { TextView } from "../../lib/client/render.ts";
import { heightOf } from "../../lib/client/wrap.ts";
import { codes } from "../../lib/errors.ts";
import { type SafeText, safeText } from "../../lib/safe_text.ts";
import { Emulator, widthTables } from "../support/emulator.ts";
import { SeededRandom } from "../support/random.ts";
import { hostileText } from "./hostile_text.ts";

const rows = 100;
/** Of the screen above the first line that is printed. */
const aboveRows = 3;
/** Rows of the window, as the client is told: its input line stays below them. */
const inputRows = 10;
const timeMs = Date.UTC(2026, 0, 31, 12, 5);

/** The sequences that the client's own drawing is made of. */
const ownSequences = /^(?:[ACKJ]:\d*|m:(?:[123479]|2[234]|27|3[1-6]|39|90))$/;

/** What must never stand in a cell: what turns the order round, and what nobody sees. */
const unseen = /[\p{Cc}\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\u{e0000}-\u{e00ff}]/u;

/** The emulators of a run; to make one takes long. */
export class Screens {
  readonly #all = new Map<string, Emulator>();

  /** @returns an empty screen */
  open(columns: number, widths: (typeof widthTables)[number]): Emulator {
    const key = `${columns} ${widths}`;
    const screen = this.#all.get(key) ?? new Emulator(columns, rows, widths);
    this.#all.set(key, screen);
    screen.reset();
    return screen;
  }
}

/** Runs one seed. */
async function fuzzScreen(seed: number, screens: Screens): Promise<void> {
  const random = new SeededRandom(seed);
  const columns = random.pick([40, 80]);
  const screen = screens.open(columns, random.pick(widthTables));
  const { modes } = screen;
  const view = new TextView({
    ...{ color: random.below(2) === 0, timeZone: "UTC", nowMs: timeMs, columns: () => columns },
  });
  await screen.write(`${"#".repeat(columns * rows)}\x1b[${aboveRows + 1};1H`);
  const first = linesOf(random, view);
  await screen.write(printed(first));
  const firstEnd = aboveRows + heights(first, columns);
  checkCursor(screen, firstEnd, 0);
  checkFrame(screen, 0, aboveRows, "#");
  checkFrame(screen, firstEnd, rows, "#");

  const before = rowsOf(screen, 0, firstEnd);
  const typed = inputOf(random, columns);
  await screen.write(drawSequence(typed));
  checkInput(screen, typed, firstEnd);
  const second = linesOf(random, view);
  const next = inputOf(random, columns);
  await screen.write(eraseSequence(typed, columns) + printed(second) + drawSequence(next));
  const secondEnd = firstEnd + heights(second, columns);
  checkInput(screen, next, secondEnd);
  assertEquals(rowsOf(screen, 0, firstEnd), before, "what was printed before has changed");
  checkFrame(screen, secondEnd + next.rows.length, rows, " ");
  checkNothingElse(screen, modes, secondEnd + next.rows.length);
}

function printed(lines: readonly SafeText[]): string {
  return lines.map((line) => line + "\r\n").join("");
}

function heights(lines: readonly SafeText[], columns: number): number {
  return lines.reduce((sum, line) => sum + heightOf(line, columns), 0);
}

/** What a view says of something hostile. */
function linesOf(random: SeededRandom, view: TextView): SafeText[] {
  const name = () => random.below(2) === 0 ? "alice" : hostileText(random, 3);
  const text = () => hostileText(random, random.pick([2, 10, 30]));
  const members = Array.from({ length: random.below(4) }, () => ({
    ...{ name: name(), present: random.below(2) === 0 },
  }));
  switch (random.below(10)) {
    case 0:
      return view.members(name(), random.pick([0, codes.noRoom, 999]), members);
    case 1:
      return view.notSent(safeText(name()), text());
    case 2:
      return view.note(safeText(text()));
    case 3:
      return view.rooms([{ room: [0, 1], name: name(), members: 3, member: true }]);
    case 4: {
      const states = members.map(({ name }) => ({ name, state: "read", sinceMs: timeMs } as const));
      return view.info({ lsn: 1, code: 0, states }, text());
    }
    default:
      return view.entry(shownOf(random, name(), name(), text()));
  }
}

function shownOf(random: SeededRandom, user: string, where: string, text: string): ShownEntry {
  const place: Place = random.below(2) === 0
    ? { kind: "room", name: where }
    : { kind: "direct", other: where };
  const content = random.pick(
    [
      { kind: "message", text, act: false },
      { kind: "message", text, act: true },
      { kind: "message", text, act: false },
      { kind: "joined" },
      { kind: "created", name: text },
    ] as const,
  );
  const at = timeMs + random.pick([0, 0, 86_400_000]);
  const entry = { content, timeMs: at } as unknown as ShownEntry["entry"];
  return { entry, user, own: random.below(2) === 0, place, row: null } as ShownEntry;
}

/** What stands in the input line: a prompt with a room's name, and what was pasted. */
function inputOf(random: SeededRandom, columns: number): LineView {
  const prompt = safeText(`${hostileText(random, 2)}> `);
  const text = hostileText(random, 4);
  const ends = Array.from(new Intl.Segmenter().segment(text), ({ index }) => index);
  const cursor = random.pick([...ends, text.length]);
  return layOut({ prompt, text, cursor }, { columns, rows: inputRows });
}

function rowsOf(screen: Emulator, from: number, to: number): string[] {
  return Array.from({ length: to - from }, (_, at) => screen.row(from + at));
}

function checkCursor(screen: Emulator, row: number, column: number): void {
  assertEquals(screen.cursor, { row, column }, "the cursor is elsewhere than the client thinks");
}

function checkFrame(screen: Emulator, from: number, to: number, filled: string): void {
  const row = filled.repeat(screen.columns);
  for (let at = from; at < to; at++) {
    if (screen.row(at) !== row) {
      assertEquals(screen.row(at), row, `row ${at}, not the message's own`);
    }
  }
}

function checkInput(screen: Emulator, view: LineView, row: number): void {
  checkCursor(screen, row + view.cursorRow, view.cursorColumn);
  assert(screen.isPlain({ row, column: 0 }), "the message's look goes on behind it");
}

function checkNothingElse(screen: Emulator, modes: string, end: number): void {
  assertEquals(screen.acts, []);
  assertEquals(screen.sequences.filter((one) => !ownSequences.test(one) && one !== frameMove), []);
  assertEquals(screen.modes, modes);
  for (const row of rowsOf(screen, 0, end)) assert(!unseen.test(row), JSON.stringify(row));
}

/** How this test itself moves the cursor. */
const frameMove = `H:${aboveRows + 1};1`;

/**
 * Runs seeds, each a screen with two messages and two input lines.
 *
 * @param from the first seed
 * @throws with the seed in the message, so that this one can be run again
 */
export async function fuzzTerminal(from: number, count: number): Promise<void> {
  const screens = new Screens();
  for (let seed = from; seed < from + count; seed++) {
    try {
      await fuzzScreen(seed, screens);
    } catch (error) {
      throw new Error(`terminal, seed ${seed}: ${(error as Error).stack}`);
    }
  }
}
