/**
 * What the full screen shows, as plain values. Pure.
 *
 * @module
 */

import type { SafeText } from "../../safe_text.ts";
import type { ShownEntry } from "../events.ts";
import { type EditorState, emptyEditor } from "../line_editor.ts";
import type { Receipt } from "../receipt_store.ts";

/** A room or direct in the list. */
export interface RoomItem {
  /** The key of its audience. */
  readonly key: string;
  /** Where typed text goes: a room's name, or `@` and a user's. Not safe. */
  readonly to: string;
  /** Unread messages of others. */
  readonly unread: number;
  /** How many of these name this user; of a direct, all do. */
  readonly mentions: number;
}

/** One thing in the timeline. */
export type Item =
  | { readonly kind: "entry"; readonly shown: ShownEntry }
  /** What this program has to say. */
  | { readonly kind: "note"; readonly line: SafeText }
  /** Not answered by the server so far. */
  | { readonly kind: "pending"; readonly place: number; readonly text: string };

/** Somebody in the room at hand. */
export interface Member {
  /** Not safe. */
  readonly name: string;
  /** Whether they are connected. */
  readonly present: boolean;
}

/** What lies over the timeline. */
export type Overlay =
  | { readonly kind: "help"; readonly top: number }
  | { readonly kind: "switcher" | "entered"; readonly query: string; readonly at: number }
  | { readonly kind: "paste"; readonly text: string };

/** The state of the link, for the status bar. */
export type LinkState = "connecting" | "online" | "offline" | "shared";

/** Everything that is shown. */
export interface Model {
  /** This user's name; not safe. */
  readonly me: string;
  /** Rooms, then directs. */
  readonly rooms: readonly RoomItem[];
  /** Where typed text goes: a `to` of the list, or of a room that one is about to come into. */
  readonly current: string;
  /** Of the room at hand, oldest first. */
  readonly items: readonly Item[];
  /** The last place in the log that was read when the room was opened; null where all was. */
  readonly readUpto: number | null;
  /** Rows of the timeline below the screen; 0 follows what comes. */
  readonly scroll: number;
  /** How far own messages have come, by lsn. */
  readonly receipts: ReadonlyMap<number, Receipt>;
  /** Of the room at hand; empty where it is not known. */
  readonly members: readonly Member[];
  /** The input. */
  readonly editor: EditorState;
  /** Of the other rooms, by `to`. */
  readonly drafts: ReadonlyMap<string, EditorState>;
  /** What lies over the timeline, if anything does. */
  readonly overlay: Overlay | null;
  /** The state of the link. */
  readonly link: LinkState;
  /** What the server has not got yet. */
  readonly unsent: number;
}

/**
 * A screen with nothing on it.
 *
 * @param me this user's name
 * @param current where typed text goes
 * @returns a new model
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { emptyModel } from "./model.ts";
 * assertEquals(emptyModel("al", "lobby").editor.text, "");
 * ```
 */
export function emptyModel(me: string, current: string): Model {
  return {
    me,
    rooms: [],
    current,
    items: [],
    readUpto: null,
    scroll: 0,
    receipts: new Map(),
    members: [],
    editor: emptyEditor,
    drafts: new Map(),
    overlay: null,
    link: "connecting",
    unsent: 0,
  };
}

/**
 * Makes a room the one at hand, with the draft that waits there; what was typed here waits here.
 *
 * @param model before; not changed
 * @param to where to
 * @returns the model after, without a timeline: its owner brings that
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { emptyModel, goTo } from "./model.ts";
 * const lobby = emptyModel("al", "lobby");
 * const typed = { ...lobby, editor: { ...lobby.editor, text: "hal" } };
 * assertEquals(goTo(goTo(typed, "dev"), "lobby").editor.text, "hal");
 * ```
 */
export function goTo(model: Model, to: string): Model {
  if (to === model.current) return model;
  const { editor } = model;
  const drafts = new Map(model.drafts);
  if (editor.text === "") drafts.delete(model.current);
  else drafts.set(model.current, editor);
  const draft = drafts.get(to) ?? emptyEditor;
  // What was entered is remembered for all rooms alike.
  const history = editor.history;
  return {
    ...model,
    current: to,
    drafts,
    editor: { ...draft, history, historyAt: history.length },
    items: [],
    members: [],
    readUpto: null,
    scroll: 0,
    overlay: null,
  };
}

/**
 * Gathers what was typed and not sent, of the room at hand and of the others.
 *
 * @param model not changed
 * @returns texts by where they are for, none of them empty; owned by the caller
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { draftsOf, emptyModel } from "./model.ts";
 * assertEquals(draftsOf(emptyModel("al", "lobby")).size, 0);
 * ```
 */
export function draftsOf({ current, editor, drafts }: Model): Map<string, string> {
  const texts = [...drafts, [current, editor] as const]
    .filter(([to, state]) => to !== current || state === editor)
    .map(([to, state]) => [to, inHand(state)] as const);
  return new Map(texts.filter(([, text]) => text !== ""));
}

/**
 * Tells what was typed: from a line that was entered before, what one would come back to.
 *
 * @param editor the input
 * @returns its text, but for a line of its history that nobody has changed
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { inHand } from "./model.ts";
 * const editor = { text: "tea", cursor: 3, history: ["tea"], historyAt: 0, draft: "half" };
 * assertEquals([inHand(editor), inHand({ ...editor, text: "teas" })], ["half", "teas"]);
 * ```
 */
export function inHand({ text, history, historyAt, draft }: EditorState): string {
  return text === history[historyAt] ? draft : text;
}

/**
 * Puts drafts where they were typed.
 *
 * @param model not changed
 * @param texts by where they are for
 * @returns the model with them
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { emptyModel, withDrafts } from "./model.ts";
 * const model = withDrafts(emptyModel("al", "lobby"), new Map([["lobby", "hal"]]));
 * assertEquals([model.editor.text, model.editor.cursor], ["hal", 3]);
 * ```
 */
export function withDrafts(model: Model, texts: ReadonlyMap<string, string>): Model {
  const states = [...texts].map(([to, text]) =>
    [to, { ...emptyEditor, text, cursor: text.length }] as const
  );
  const drafts = new Map(states);
  return { ...model, drafts, editor: drafts.get(model.current) ?? model.editor };
}
