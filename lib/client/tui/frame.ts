/**
 * What stands where on the screen: a model and a size give rows. Pure.
 *
 * @module
 */

import { nameKey } from "../../protocol/names.ts";
import { joinSafe, safe, type SafeText, safeText, type Style, styled } from "../../safe_text.ts";
import { cellsOf } from "../cells.ts";
import { slashCommands } from "../commands.ts";
import { layOut, type LineView, type ScreenSize } from "../line_view.ts";
import { fit } from "./fit.ts";
import { helpKey, keyHelp, type ScreenKey } from "./keys.ts";
import type { Model, Overlay, RoomItem } from "./model.ts";
import { coloredName, type Palette, paletteOf } from "./palette.ts";
import { pickable } from "./picker.ts";
import { wrapLine } from "../wrap.ts";
import { type ScreenLook, Timeline } from "./timeline.ts";

/** A text at its place in a row: what stands before it can't move it, however a terminal draws that. */
export interface Segment {
  /** Cells before it, from 0. */
  readonly column: number;
  /** What stands there. */
  readonly text: SafeText;
}

/** All that is on the screen. */
export interface Frame {
  /** As many as the screen has. */
  readonly rows: readonly (readonly Segment[])[];
  /** Where the cursor is, both from 0. */
  readonly cursor: { readonly row: number; readonly column: number };
}

/** The parts of a screen, in cells. */
interface Parts {
  readonly list: number;
  readonly members: number;
  readonly body: { readonly left: number; readonly columns: number; readonly rows: number };
  readonly input: LineView;
}

/** The smallest screen that everything has its place on. */
export const smallestScreen: ScreenSize = { columns: 40, rows: 10 };

/** From this width on the list of rooms stands beside the timeline. */
const listFrom = 60;
/** From this width on the members do, too. */
const membersFrom = 100;
/** Cells of either, with what separates it. */
const sideColumns = 20;
/** Rows that the input may take: a third of the screen, and no more than this. */
const inputRowsMax = 10;

/** Draws frames. */
export class Painter {
  readonly #look: ScreenLook;
  readonly #palette: Palette;
  readonly #timeline: Timeline;

  /**
   * Begins with nothing drawn.
   *
   * @param look how it looks
   */
  constructor(look: ScreenLook) {
    this.#look = look;
    this.#palette = paletteOf(look.background);
    this.#timeline = new Timeline(look);
  }

  /**
   * Draws everything.
   *
   * @param model what to show
   * @param size the screen's; at least `smallestScreen`, or the ends are cut off
   * @returns a new frame that the caller owns
   */
  frame(model: Model, size: ScreenSize): Frame {
    const parts = this.#parts(model, size);
    const { list, members, body, input } = parts;
    const rooms = list > 0 ? this.#rooms(model, body.rows) : [];
    const people = members > 0 ? this.#members(model, body.rows) : [];
    const main = this.#main(model, body.columns, body.rows);
    const bar = this.#look.ascii ? safe`|` : safe`│`;
    const middle = Array.from({ length: body.rows }, (_, at): Segment[] => {
      const row: Segment[] = [];
      if (list > 0) {
        row.push({ column: 0, text: fit(rooms[at] ?? safe``, list - 2) });
        row.push({ column: list - 2, text: this.#in("dim", bar) });
      }
      row.push({ column: body.left, text: fit(main[at] ?? safe``, body.columns) });
      if (members > 0) {
        const column = size.columns - members;
        row.push({ column, text: this.#in("dim", bar) });
        row.push({ column: column + 2, text: fit(people[at] ?? safe``, members - 2) });
      }
      return row;
    });
    const rows = [
      [{ column: 0, text: this.#title(model, size.columns, list > 0) }],
      ...middle,
      [{ column: 0, text: this.#status(model, size.columns) }],
      ...input.rows.map((text) => [{ column: 0, text }]),
    ];
    const cursor = { row: 2 + body.rows + input.cursorRow, column: input.cursorColumn };
    // A screen that was made smaller than the smallest shows the beginning.
    return { rows: rows.slice(0, size.rows), cursor };
  }

  /**
   * Tells how many rows a page of the timeline has.
   *
   * @param model what is shown
   * @param size the screen's
   * @returns rows, at least 1
   */
  pageRows(model: Model, size: ScreenSize): number {
    return Math.max(1, this.#parts(model, size).body.rows);
  }

  /**
   * Tells how far one can scroll up in what is there.
   *
   * @param model what is shown
   * @param size the screen's
   * @param wanted rows that one would scroll to
   * @returns rows below the screen: `wanted`, or fewer where the timeline begins before
   */
  scrollTo(model: Model, size: ScreenSize, wanted: number): number {
    const { body } = this.#parts(model, size);
    const rows = this.#timeline.last(model, body.columns, wanted + body.rows).length;
    return Math.max(0, Math.min(wanted, rows - body.rows));
  }

  /**
   * Tells how much the last things of the timeline take.
   *
   * @param model what is shown
   * @param size the screen's
   * @param count how many things
   * @returns rows
   */
  rowsOfLast(model: Model, size: ScreenSize, count: number): number {
    const { body } = this.#parts(model, size);
    const from = Math.max(0, model.items.length - count);
    return this.#timeline.rowsFrom(model, body.columns, from);
  }

  /**
   * Tells how far below the first unread line ends.
   *
   * @param model what is shown
   * @param size the screen's
   * @returns what to scroll to so that the unread rule is the first row, or 0
   */
  scrollToUnread(model: Model, size: ScreenSize): number {
    const { body } = this.#parts(model, size);
    const rows = this.#timeline.unreadRows(model, body.columns);
    return Math.max(0, rows - body.rows);
  }

  /**
   * Tells how many rows the help has.
   *
   * @param model what is shown
   * @param size the screen's
   * @returns rows
   */
  helpRows(model: Model, size: ScreenSize): number {
    return helpLines(this.#parts(model, size).body.columns, this.#look.keys).length;
  }

  #parts({ editor }: Model, { columns, rows }: ScreenSize): Parts {
    const inputMax = Math.max(1, Math.min(inputRowsMax, Math.floor(rows / 3)));
    const content = { prompt: safe`> `, ...editor, isBroken: true };
    const input = layOut(content, { columns, rows: inputMax + 1 });
    const list = columns >= listFrom ? sideColumns : 0;
    const members = columns >= membersFrom ? sideColumns : 0;
    const body = {
      left: list,
      columns: columns - list - members - (members > 0 ? 1 : 0),
      rows: Math.max(0, rows - 2 - input.rows.length),
    };
    return { list, members, body, input };
  }

  #main(model: Model, columns: number, rows: number): SafeText[] {
    const { overlay } = model;
    if (overlay) return this.#overlay(model, overlay, columns, rows);
    const all = this.#timeline.last(model, columns, model.scroll + rows);
    const end = Math.max(Math.min(rows, all.length), all.length - model.scroll);
    const shown = all.slice(Math.max(0, end - rows), end);
    // What is new stands at the bottom, where it is typed.
    return [...Array.from({ length: rows - shown.length }, () => safe``), ...shown];
  }

  #overlay(model: Model, overlay: Overlay, columns: number, rows: number): SafeText[] {
    if (overlay.kind === "help") {
      const lines = helpLines(columns, this.#look.keys);
      const top = Math.min(overlay.top, Math.max(0, lines.length - rows));
      return lines.slice(top, top + rows);
    }
    if (overlay.kind === "paste") {
      const lines = overlay.text.split("\n");
      const ask = safe`Put these ${lines.length} lines into the text? Enter: yes, Esc: no`;
      return [this.#in("bold", ask), ...lines.slice(0, rows - 1).map(safeText)];
    }
    const found = pickable(model, overlay);
    const at = Math.min(overlay.at, Math.max(0, found.length - 1));
    const top = Math.max(0, at - rows + 2);
    const names = found.slice(top, top + rows - 1).map((to, place) => {
      const isHere = top + place === at;
      const line = safe`${isHere ? safe`>` : safe` `} ${safeText(to.replaceAll("\n", " "))}`;
      return isHere ? this.#in("inverse", line) : line;
    });
    const asks = overlay.kind === "switcher" ? safe`Go to` : safe`Entered before`;
    return [this.#in("bold", safe`${asks}: ${safeText(overlay.query)}_`), ...names];
  }

  #rooms(model: Model, rows: number): SafeText[] {
    const at = model.rooms.findIndex(({ to }) => isAt(model, to));
    const top = Math.max(0, at - rows + 1);
    return model.rooms.slice(top, top + rows).map((room, place) => {
      const count = countOf(room);
      const width = sideColumns - 2 - (count === "" ? 0 : cellsOf(count).width + 1);
      const name = fit(safeText(room.to), width);
      if (top + place === at) return this.#in("inverse", safe`${name}`);
      if (count === "") return name;
      const line = safe`${name} ${count}`;
      return room.mentions > 0
        ? this.#in("bold", this.#in(this.#palette.alert, line))
        : this.#in("bold", line);
    });
  }

  #members({ members }: Model, rows: number): SafeText[] {
    const sorted = [...members].sort((a, b) =>
      Number(b.present) - Number(a.present) || (nameKey(a.name) < nameKey(b.name) ? -1 : 1)
    );
    const rest = sorted.length - rows;
    const shown = rest > 0 ? sorted.slice(0, rows - 1) : sorted;
    const lines = shown.map(({ name, present }) =>
      present
        ? coloredName(name, this.#look)
        : this.#in(this.#palette.quiet, safe`(${safeText(name)})`)
    );
    return rest > 0 ? [...lines, safe`and ${rest + 1} more`] : lines;
  }

  #title(model: Model, columns: number, hasList: boolean): SafeText {
    const others = hasList ? [] : model.rooms.filter((room) => !isAt(model, room.to))
      .flatMap((room) => {
        const count = countOf(room);
        return count === "" ? [] : [safe`${safeText(room.to)} ${count}`];
      });
    const line = joinSafe([safe` ${safeText(model.current)}`, ...others], "  ");
    return this.#bar(line, columns);
  }

  #status(model: Model, columns: number): SafeText {
    const link = {
      connecting: safe`connecting`,
      online: safe`online`,
      offline: safe`offline`,
      shared: safe`through another parley`,
    }[model.link];
    const parts = [
      safe` ${safeText(model.me)}`,
      link,
      ...(model.unsent > 0 ? [safe`${model.unsent} unsent`] : []),
      ...(model.scroll > 0 ? [safe`${model.scroll} rows below`] : []),
      safe`${safeText(helpKey(this.#look.keys))} help`,
    ];
    return this.#bar(joinSafe(parts, this.#look.ascii ? " | " : " · "), columns);
  }

  /** Over the whole width; without colour, too, since it is no colour. */
  #bar(line: SafeText, columns: number): SafeText {
    const cut = fit(line, columns);
    const rest = safeText(" ".repeat(Math.max(0, columns - cellsOf(cut).widthMax)));
    return this.#in("inverse", safe`${cut}${rest}`);
  }

  #in(style: Style, text: SafeText): SafeText {
    return styled(style, text, this.#look.color || style === "inverse");
  }
}

function isAt(model: Model, to: string): boolean {
  return nameKey(to) === nameKey(model.current);
}

/** Unread messages, and those that name this user behind an exclamation mark. */
function countOf({ unread, mentions }: RoomItem): SafeText {
  if (unread === 0) return safe``;
  const many = (count: number) => count > 99 ? safe`99+` : safe`${count}`;
  return mentions > 0 ? safe`${many(unread)} !${many(mentions)}` : many(unread);
}

function helpLines(columns: number, keys?: readonly ScreenKey[]): SafeText[] {
  const commands = slashCommands.map(({ name, args, says }) =>
    [`/${name} ${args}`.trim(), says] as const
  );
  const indentCells = columns >= 60 ? 29 : 4;
  const lineOf = ([what, says]: readonly [string, string]) => {
    const left = columns >= 60 ? what.padEnd(28) : `${what}:`;
    return wrapLine(safeText(`${left} ${says}`), columns, { indentCells, isAddressWhole: false });
  };
  return [
    safe`Keys (PageDown goes on, Esc closes)`,
    ...keyHelp(keys).flatMap(lineOf),
    safe``,
    safe`Commands; anything else is written to the room; //text begins with a slash`,
    ...commands.flatMap(lineOf),
  ];
}
