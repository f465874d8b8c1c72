/**
 * What a key does: a model and a key give the next model and what is to be done. Pure.
 *
 * @module
 */

import { nameKey } from "../../protocol/names.ts";
import { type EditorStep, pressKey } from "../line_editor.ts";
import type { Key, NamedKey } from "../line_keys.ts";
import type { ScreenAction } from "./keys.ts";
import type { Model, Overlay } from "./model.ts";
import { pickable, type Picker, withEntered } from "./picker.ts";

/** Anything that can be pressed. */
export type Pressed = Key | NamedKey<ScreenAction> | { readonly kind: "escape" };

/** What a key makes its owner do. */
export type Effect =
  | { readonly kind: "line"; readonly text: string }
  | { readonly kind: "go"; readonly to: string }
  | { readonly kind: "quit" | "bell" | "repaint" | "complete" | "older" };

/** What only a layout knows. */
export interface Layout {
  /** Rows of the timeline on the screen. */
  readonly pageRows: number;
  /** How far one would scroll for the unread rule to be on top. */
  readonly unreadScroll: () => number;
  /** Rows of the help. */
  readonly helpRows: () => number;
  /**
   * How far one can scroll.
   *
   * @param wanted rows
   * @returns those, or fewer
   */
  readonly scrollTo: (wanted: number) => number;
}

/** The model after a key, and what is to be done, in order. */
export interface Updated {
  /** What is shown now. */
  readonly model: Model;
  /** What is to be done. */
  readonly effects: readonly Effect[];
}

/** Longer than any name. */
const queryUnitsMax = 64;

/** Lines that a paste may have without a question. */
const pasteLinesMax = 5;

/**
 * Lets one key act.
 *
 * @param model before; not changed
 * @param key what was pressed or pasted
 * @param layout what the screen knows
 * @returns the model after, and what is to be done
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { emptyModel } from "./model.ts";
 * import { press } from "./update.ts";
 * const layout = { pageRows: 5, unreadScroll: () => 0, helpRows: () => 9, scrollTo: () => 0 };
 * const typed = press(emptyModel("al", "lobby"), { kind: "text", text: "hi" }, layout);
 * const sent = press(typed.model, { kind: "command", command: "enter" }, layout);
 * assertEquals(sent.effects, [{ kind: "line", text: "hi" }]);
 * ```
 */
export function press(model: Model, key: Pressed, layout: Layout): Updated {
  const { overlay } = model;
  if (key.kind === "command" && key.command === "repaint") return does(model, { kind: "repaint" });
  if (overlay?.kind === "help") return inHelp(model, overlay, key, layout);
  if (overlay?.kind === "paste") return inPaste(model, overlay, key);
  if (overlay) return inPicker(model, overlay, key);
  if (key.kind === "escape") return does({ ...model, scroll: 0 });
  if (key.kind === "named") return act(model, key.name, layout);
  if (key.kind === "text" && key.text.split("\n").length > pasteLinesMax) {
    return does({ ...model, overlay: { kind: "paste", text: key.text } });
  }
  return edited(model, pressKey(model.editor, key));
}

function does(model: Model, ...effects: Effect[]): Updated {
  return { model, effects };
}

function edited(model: Model, { state, event }: EditorStep): Updated {
  const next = { ...model, editor: state };
  switch (event?.kind) {
    case "line":
      return does({ ...next, scroll: 0 }, { kind: "line", text: event.text });
    case "endOfInput":
    case "interrupt":
      return does(next, { kind: "quit" });
    case "refused":
      return does(next, { kind: "bell" });
    case "complete":
    case "repaint":
      return does(next, { kind: event.kind });
    default:
      return does(next);
  }
}

function act(model: Model, action: ScreenAction, layout: Layout): Updated {
  switch (action) {
    case "help":
      return does({ ...model, overlay: { kind: "help", top: 0 } });
    case "switcher":
    case "entered":
      return does({ ...model, overlay: { kind: action, query: "", at: 0 } });
    case "newline":
      return edited(model, pressKey(model.editor, { kind: "command", command: "newline" }));
    case "pageUp":
      return scroll(model, model.scroll + step(layout), layout);
    case "pageDown":
      return scroll(model, Math.max(0, model.scroll - step(layout)), layout);
    case "firstUnread":
      return scroll(model, layout.unreadScroll(), layout);
    case "nextActivity":
      return go(model, activity(model));
    case "nextRoom":
      return go(model, beside(model, 1));
    case "previousRoom":
      return go(model, beside(model, -1));
    default:
      return go(model, model.rooms[Number(action.slice("room".length))]?.to);
  }
}

/** A page, less a row that stays for the eye. */
function step({ pageRows }: Layout): number {
  return Math.max(1, pageRows - 1);
}

function scroll(model: Model, wanted: number, layout: Layout): Updated {
  const reached = layout.scrollTo(wanted);
  const next = { ...model, scroll: reached };
  return reached < wanted ? does(next, { kind: "older" }) : does(next);
}

function go(model: Model, to: string | undefined): Updated {
  return to === undefined ? does(model, { kind: "bell" }) : does(model, { kind: "go", to });
}

function activity({ rooms, current }: Model): string | undefined {
  const others = rooms.filter(({ to, unread }) => unread > 0 && nameKey(to) !== nameKey(current));
  return (others.find(({ mentions }) => mentions > 0) ?? others[0])?.to;
}

function beside({ rooms, current }: Model, by: number): string | undefined {
  if (rooms.length === 0) return undefined;
  const at = rooms.findIndex(({ to }) => nameKey(to) === nameKey(current));
  const from = at < 0 && by < 0 ? 0 : at;
  return rooms[(from + by + rooms.length) % rooms.length]?.to;
}

function inHelp(
  model: Model,
  { top }: Extract<Overlay, { kind: "help" }>,
  key: Pressed,
  layout: Layout,
): Updated {
  const to = (row: number) => {
    const kept = Math.max(0, Math.min(row, layout.helpRows() - layout.pageRows));
    return does({ ...model, overlay: { kind: "help", top: kept } });
  };
  if (key.kind === "named" && key.name === "pageDown") return to(top + step(layout));
  if (key.kind === "named" && key.name === "pageUp") return to(top - step(layout));
  const closed = { ...model, overlay: null };
  if (key.kind === "escape" || key.kind === "named" && key.name === "help") return does(closed);
  // Who types on has read enough.
  return press(closed, key, layout);
}

function inPicker(model: Model, overlay: Picker, key: Pressed): Updated {
  const found = pickable(model, overlay);
  const at = Math.min(overlay.at, Math.max(0, found.length - 1));
  const shown = (change: Partial<typeof overlay>) =>
    does({ ...model, overlay: { ...overlay, at, ...change } });
  const closed = { ...model, overlay: null };
  if (key.kind === "escape") return does(closed);
  if (key.kind === "text") {
    return shown({ query: (overlay.query + key.text).slice(0, queryUnitsMax), at: 0 });
  }
  const name = key.kind === "named" ? key.name : key.command;
  // Pressed again, a shell goes on to what was entered earlier.
  switch (name === "entered" && overlay.kind === "entered" ? "newer" : name) {
    case "enter":
      return pick(closed, overlay, found[at]);
    case "newer":
    case "nextRoom":
      return shown({ at: Math.min(at + 1, Math.max(0, found.length - 1)) });
    case "older":
    case "previousRoom":
      return shown({ at: Math.max(0, at - 1) });
    case "eraseLeft":
      return shown({ query: Array.from(overlay.query).slice(0, -1).join(""), at: 0 });
    case "interrupt":
    case "switcher":
      return does(closed);
    default:
      return does(model);
  }
}

function pick(closed: Model, { kind }: Picker, found: string | undefined): Updated {
  if (kind === "switcher") return go(closed, found);
  return found === undefined ? does(closed, { kind: "bell" }) : does(withEntered(closed, found));
}

function inPaste(
  model: Model,
  { text }: Extract<Overlay, { kind: "paste" }>,
  key: Pressed,
): Updated {
  const closed = { ...model, overlay: null };
  const isYes = key.kind === "command" && key.command === "enter" ||
    key.kind === "text" && key.text === "y";
  const isNo = key.kind === "escape" || key.kind === "command" && key.command === "interrupt" ||
    key.kind === "text" && key.text === "n";
  if (isYes) return edited(closed, pressKey(model.editor, { kind: "text", text }));
  return isNo ? does(closed) : does(model, { kind: "bell" });
}
