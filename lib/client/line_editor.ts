/**
 * The input line as a pure function: a state and a key give the next state and what happened.
 *
 * @module
 */

import { limits } from "../limits.ts";
import type { Command, Key } from "./line_keys.ts";

/** What is being typed, and what was entered before. */
export interface EditorState {
  /** What is typed; newlines from a paste are in it. */
  readonly text: string;
  /** Where the next character goes: UTF-16 units, always between two graphemes. */
  readonly cursor: number;
  /** Entered lines, oldest first. */
  readonly history: readonly string[];
  /** Which of `history` is shown; its length stands for the line in hand. */
  readonly historyAt: number;
  /** The line in hand while an older one is shown. */
  readonly draft: string;
}

/** What a key made happen, beyond the change of the state. */
export type EditorEvent =
  | { readonly kind: "line"; readonly text: string }
  | { readonly kind: "endOfInput" | "interrupt" | "complete" | "repaint" | "refused" };

/** A state, and an event where there was one. */
export interface EditorStep {
  /** The input line after the key. */
  readonly state: EditorState;
  /** What its owner has to do; missing where the key changed nothing but the line. */
  readonly event?: EditorEvent;
}

/** An empty line without history. */
export const emptyEditor: EditorState = {
  text: "",
  cursor: 0,
  history: [],
  historyAt: 0,
  draft: "",
};

/** Lines kept for the arrow keys: more than anybody presses Up. */
const historyCountMax = 200;

/**
 * UTF-16 units of the input line. More than a message may have, so that one can paste and then
 * shorten; bounded, since each key lays out the whole line.
 */
const inputUnitsMax = 4 * limits.textBytesMax;

const graphemes = new Intl.Segmenter(undefined, { granularity: "grapheme" });

/**
 * Lets one key act on the input line.
 *
 * @param state the state before; not changed
 * @param key what was pressed or pasted
 * @returns the state after, and an event where the owner has something to do
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { emptyEditor, pressKey } from "./line_editor.ts";
 * const typed = pressKey(emptyEditor, { kind: "text", text: "hi" });
 * const sent = pressKey(typed.state, { kind: "command", command: "enter" });
 * assertEquals(sent.event, { kind: "line", text: "hi" });
 * assertEquals(sent.state.text, "");
 * ```
 */
export function pressKey(state: EditorState, key: Key): EditorStep {
  return key.kind === "text" ? insert(state, key.text) : actions[key.command](state);
}

/**
 * Completes the word before the cursor.
 *
 * One candidate takes the word's place; of several, what they have in common does, if that is more
 * than what stands there, and otherwise they are all given back to be shown.
 *
 * @param state the state before; not changed
 * @param candidates words that may stand in place of the whole word before the cursor
 * @returns the state after, and the candidates to show: none where the line has changed
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { completeWord, emptyEditor, pressKey } from "./line_editor.ts";
 * const { state } = pressKey(emptyEditor, { kind: "text", text: "/jo" });
 * assertEquals(completeWord(state, ["/join "]).state.text, "/join ");
 * ```
 */
export function completeWord(
  state: EditorState,
  candidates: readonly string[],
): { readonly state: EditorState; readonly shown: readonly string[] } {
  const start = wordStartAt(state.text, state.cursor);
  const common = candidates.reduce(commonStart, candidates[0] ?? "");
  const word = state.text.slice(start, state.cursor);
  if (common.length <= word.length && candidates.length !== 1) return { state, shown: candidates };
  return { state: splice(state, start, state.cursor, common), shown: [] };
}

const actions: Readonly<Record<Command, (state: EditorState) => EditorStep>> = {
  enter,
  newline: (state) => insert(state, "\n"),
  complete: (state) => ({ state, event: { kind: "complete" } }),
  left: (state) => ({ state: { ...state, cursor: graphemeLeft(state) } }),
  right: (state) => ({ state: { ...state, cursor: graphemeRight(state) } }),
  wordLeft: (state) => ({ state: { ...state, cursor: wordStart(state) } }),
  wordRight: (state) => ({ state: { ...state, cursor: wordEnd(state) } }),
  home: (state) => ({ state: { ...state, cursor: 0 } }),
  end: (state) => ({ state: { ...state, cursor: state.text.length } }),
  older: (state) => recall(state, state.historyAt - 1),
  newer: (state) => recall(state, state.historyAt + 1),
  eraseLeft: (state) => erase(state, graphemeLeft(state), state.cursor),
  eraseRight: (state) => erase(state, state.cursor, graphemeRight(state)),
  eraseWord: (state) => erase(state, wordStart(state), state.cursor),
  eraseToStart: (state) => erase(state, 0, state.cursor),
  eraseToEnd: (state) => erase(state, state.cursor, state.text.length),
  eraseRightOrEndInput: (state) =>
    state.text === "" ? { state, event: { kind: "endOfInput" } } : actions.eraseRight(state),
  interrupt: (state) =>
    state.text === "" ? { state, event: { kind: "interrupt" } } : { state: emptied(state) },
  repaint: (state) => ({ state, event: { kind: "repaint" } }),
};

function insert(state: EditorState, text: string): EditorStep {
  if (state.text.length + text.length > inputUnitsMax) {
    return { state, event: { kind: "refused" } };
  }
  return { state: splice(state, state.cursor, state.cursor, text) };
}

function erase(state: EditorState, from: number, to: number): EditorStep {
  return { state: splice(state, from, to, "") };
}

function splice(state: EditorState, from: number, to: number, text: string): EditorState {
  const edited = state.text.slice(0, from) + text + state.text.slice(to);
  return { ...state, text: edited, cursor: graphemeEnd(edited, from + text.length) };
}

/** The line in hand is given up; history stays. */
function emptied({ history }: EditorState): EditorState {
  return { ...emptyEditor, history, historyAt: history.length };
}

function enter(state: EditorState): EditorStep {
  // What was copied ends in a newline more often than anybody means an empty last line.
  let end = state.text.length;
  while (state.text.charAt(end - 1) === "\n") end--;
  const text = state.text.slice(0, end);
  const repeats = text === "" || text === state.history.at(-1);
  const history = repeats ? state.history : [...state.history, text].slice(-historyCountMax);
  return {
    state: emptied({ ...state, history }),
    event: { kind: "line", text },
  };
}

function recall(state: EditorState, at: number): EditorStep {
  if (at < 0 || at > state.history.length) return { state };
  const draft = state.historyAt === state.history.length ? state.text : state.draft;
  const text = state.history[at] ?? draft;
  return { state: { ...state, text, draft, historyAt: at, cursor: text.length } };
}

function graphemeLeft({ text, cursor }: EditorState): number {
  return graphemeStart(text, cursor - 1);
}

function graphemeRight({ text, cursor }: EditorState): number {
  return graphemeEnd(text, cursor + 1);
}

function graphemeStart(text: string, at: number): number {
  return graphemes.segment(text).containing(at)?.index ?? 0;
}

/** The nearest end of a grapheme at or behind a place: an insertion may have joined two. */
function graphemeEnd(text: string, at: number): number {
  const over = graphemes.segment(text).containing(at);
  return over && over.index < at ? over.index + over.segment.length : Math.min(at, text.length);
}

function wordStart({ text, cursor }: EditorState): number {
  return graphemeStart(text, wordStartAt(text, text.slice(0, cursor).trimEnd().length));
}

/** Where the word that ends here begins. A loop, since a pattern takes quadratic time for it. */
function wordStartAt(text: string, end: number): number {
  let at = end;
  while (at > 0 && !/\s/.test(text.charAt(at - 1))) at--;
  return at;
}

function wordEnd({ text, cursor }: EditorState): number {
  const word = /^\s*\S*/.exec(text.slice(cursor))?.[0] ?? "";
  return graphemeEnd(text, cursor + word.length);
}

function commonStart(a: string, b: string): string {
  let units = 0;
  while (units < a.length && a[units] === b[units]) units++;
  return a.slice(0, units);
}
