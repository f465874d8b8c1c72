/**
 * The keys of the full screen: one table, from which it acts, F1 shows them and docs/USING.md lists
 * them. Pure.
 *
 * @module
 */

import type { NamedKey } from "../line_keys.ts";

/** What a key of the full screen does; editing keys are the input line's own. */
export type ScreenAction =
  | "help"
  | "nextActivity"
  | "nextRoom"
  | "previousRoom"
  | "switcher"
  | "entered"
  | "firstUnread"
  | "pageUp"
  | "pageDown"
  | "newline"
  | `room${number}`;

/** One row of the table. */
export interface ScreenKey {
  /** What it does. */
  readonly action: ScreenAction;
  /** What is written on the keys, the usual one first. */
  readonly names: readonly string[];
  /** What terminals send for them. */
  readonly sequences: readonly string[];
  /** What it does, for people; empty for what another row tells. */
  readonly says: string;
}

/** Shift+F1 to Shift+F10. */
const shiftedSequences = [
  ..."PQRS".split("").map((letter) => `\x1b[1;2${letter}`),
  ...[15, 17, 18, 19, 20, 21].map((number) => `\x1b[${number};2~`),
];

const rooms = Array.from({ length: 10 }, (_, at): ScreenKey => ({
  action: `room${at}`,
  names: at === 0 ? ["Alt+1 to 0", "Shift+F1 to F10"] : [],
  sequences: [`\x1b${(at + 1) % 10}`, shiftedSequences[at]!],
  says: at === 0 ? "go to the first to tenth room of the list" : "",
}));

/** The keys. */
export const screenKeys: readonly ScreenKey[] = [
  {
    action: "help",
    names: ["F1"],
    sequences: ["\x1bOP", "\x1b[11~", "\x1b[[A"],
    says: "show the keys and commands",
  },
  {
    action: "nextActivity",
    names: ["Alt+A", "F2"],
    sequences: ["\x1ba", "\x1bOQ", "\x1b[12~", "\x1b[[B"],
    says: "go to the next room with something unread, mentions first",
  },
  {
    action: "firstUnread",
    names: ["Alt+U", "F3"],
    sequences: ["\x1bu", "\x1bOR", "\x1b[13~", "\x1b[[C"],
    says: "go up to the first unread line",
  },
  {
    action: "newline",
    names: ["Alt+Enter", "F4"],
    sequences: ["\x1b\r", "\x1b\n", "\x1bOS", "\x1b[14~", "\x1b[[D"],
    says: "begin a new line in the text",
  },
  {
    action: "switcher",
    names: ["Ctrl+G", "F5"],
    sequences: ["\x07", "\x1b[15~", "\x1b[[E"],
    says: "go to a room by some letters of its name (this way to the eleventh, too)",
  },
  {
    action: "entered",
    names: ["Ctrl+R"],
    sequences: ["\x12"],
    says: "look for what was entered before, by a part of it",
  },
  {
    action: "previousRoom",
    names: ["Ctrl+P", "F6"],
    sequences: ["\x10", "\x1b[17~"],
    says: "go to the room above",
  },
  {
    action: "nextRoom",
    names: ["Ctrl+N", "F7"],
    sequences: ["\x0e", "\x1b[18~"],
    says: "go to the room below",
  },
  { action: "pageUp", names: ["PageUp"], sequences: ["\x1b[5~"], says: "look at what was before" },
  { action: "pageDown", names: ["PageDown"], sequences: ["\x1b[6~"], says: "and back down" },
  ...rooms,
];

/** Keys of the input line, as the help tells them. */
export const inputKeys: readonly (readonly [names: string, says: string])[] = [
  ["Tab", "complete a name, a room or a command"],
  ["Up, Down", "bring back what was entered before"],
  ["Ctrl+A, Ctrl+E", "go to the start, the end of the text (Home, End too)"],
  ["Alt+B, Alt+F", "go a word back, on (Ctrl+Left, Ctrl+Right too)"],
  ["Ctrl+W, Ctrl+U, Ctrl+K", "erase a word, all before, all behind"],
  ["Ctrl+L", "draw the screen anew"],
  ["Esc", "close what is open; never touches the text"],
  ["Ctrl+C, Ctrl+D", "give the text up; leave, where there is none"],
];

/**
 * Makes what the decoder of keys takes.
 *
 * @param keys the usual ones where they are left out
 * @returns what terminals send → what it does; a new map that the caller owns
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { actionsBySequence } from "./keys.ts";
 * assertEquals(actionsBySequence().get("\x1ba")?.name, "nextActivity");
 * ```
 */
export function actionsBySequence(
  keys: readonly ScreenKey[] = screenKeys,
): Map<string, NamedKey<ScreenAction>> {
  return new Map(
    keys.flatMap(({ action, sequences }) =>
      sequences.map((sequence): [string, NamedKey<ScreenAction>] => [
        sequence,
        { kind: "named", name: action },
      ])
    ),
  );
}

/**
 * Tells what to press for help.
 *
 * @param keys the usual ones where they are left out
 * @returns what is written on the key, or the command where no key does it
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { helpKey } from "./keys.ts";
 * assertEquals(helpKey(), "F1");
 * ```
 */
export function helpKey(keys: readonly ScreenKey[] = screenKeys): string {
  return keys.find(({ action }) => action === "help")?.names[0] ?? "/help";
}

/**
 * Tells all keys.
 *
 * @param keys the usual ones where they are left out
 * @returns names of keys and what they do, in the order in which people read them
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { keyHelp } from "./keys.ts";
 * assertEquals(keyHelp()[0], ["F1", "show the keys and commands"]);
 * ```
 */
export function keyHelp(
  keys: readonly ScreenKey[] = screenKeys,
): (readonly [names: string, says: string])[] {
  const own = keys.filter(({ names, says }) => says !== "" && names.length > 0)
    .map(({ names, says }) => [names.join(", "), says] as const);
  return [...own, ...inputKeys];
}
