/**
 * Lists that lie over the timeline, and are narrowed by what is typed. Pure.
 *
 * @module
 */

import { fuzzy } from "./fuzzy.ts";
import { inHand, type Model, type Overlay } from "./model.ts";

/** A list to pick from: rooms, or lines that were entered before. */
export type Picker = Extract<Overlay, { readonly kind: "switcher" | "entered" }>;

/**
 * Tells what can be picked.
 *
 * @param model not changed
 * @param picker which list, and what was typed
 * @returns rooms, the closest first; or lines, the latest first and each once; owned by the caller
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { emptyModel } from "./model.ts";
 * import { pickable } from "./picker.ts";
 * const model = emptyModel("al", "lobby");
 * const editor = { ...model.editor, history: ["make tea", "build", "make tea"] };
 * const picker = { kind: "entered", query: "TEA", at: 0 } as const;
 * assertEquals(pickable({ ...model, editor }, picker), ["make tea"]);
 * ```
 */
export function pickable({ rooms, editor }: Model, { kind, query }: Picker): string[] {
  if (kind === "switcher") return fuzzy(query, rooms.map(({ to }) => to));
  const part = query.toLowerCase();
  const lines = editor.history.filter((line) => line.toLowerCase().includes(part));
  return [...new Set(lines.reverse())];
}

/**
 * Puts a line that was entered before into the input, as Up would: Down leads back to what was typed.
 *
 * @param model not changed
 * @param line one of the input's history
 * @returns the model with it
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { emptyModel } from "./model.ts";
 * import { withEntered } from "./picker.ts";
 * const model = emptyModel("al", "lobby");
 * const editor = { ...model.editor, history: ["build", "test"], historyAt: 2, text: "half" };
 * const { text, historyAt, draft } = withEntered({ ...model, editor }, "build").editor;
 * assertEquals([text, historyAt, draft], ["build", 0, "half"]);
 * ```
 */
export function withEntered(model: Model, line: string): Model {
  const { history } = model.editor;
  const editor = {
    ...{ history, historyAt: history.lastIndexOf(line), text: line, cursor: line.length },
    draft: inHand(model.editor),
  };
  return { ...model, editor };
}
