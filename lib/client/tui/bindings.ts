/**
 * Other keys than the usual ones, as a configuration wants them. Pure.
 *
 * @module
 */

import { keyRule, sequencesOf } from "./key_names.ts";
import { type ScreenKey, screenKeys } from "./keys.ts";

/** Keys that are wanted, by what they are to do. */
export type KeyWishes = Readonly<Record<string, readonly string[]>>;

/** A wish that can't be granted. */
export class BindingError extends Error {
  /** The class's name, which stands before the message wherever the error is printed. */
  override name = "BindingError";

  /**
   * Tells what can't be, and why.
   *
   * @param action what the key was to do
   * @param why what is wrong with it
   */
  constructor(readonly action: string, why: string) {
    super(why);
  }
}

/** What a row's keys are called in a configuration; ten rows share what is written on theirs. */
export const bindable: readonly { readonly action: string; readonly row: ScreenKey }[] = screenKeys
  .map((row) => ({ action: nameOf(row), row }));

/**
 * Gives actions the keys that are wanted, and leaves the others theirs.
 *
 * @param wishes the keys' names, by action
 * @returns all rows; the usual ones where nothing is wanted
 * @throws {BindingError} for an action or a key that there is not, and a key of two actions
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { bindKeys } from "./bindings.ts";
 * const [help] = bindKeys({ help: ["F12"] });
 * assertEquals([help?.names, help?.sequences], [["F12"], ["\x1b[24~"]]);
 * ```
 */
export function bindKeys(wishes: KeyWishes): readonly ScreenKey[] {
  const actions = bindable.map(({ action }) => action);
  for (const [action, names] of Object.entries(wishes)) {
    if (!actions.includes(action)) {
      throw new BindingError(action, `is nothing that a key can do: ${actions.join(", ")}`);
    }
    const wrong = names.find((name) => sequencesOf(name) === null);
    if (wrong !== undefined) {
      throw new BindingError(action, `can't have the key ${wrong}; there are ${keyRule}`);
    }
  }
  // As soon as one of the rooms has another key, each is told by itself.
  const isApart = actions.some((action) => isRoom(action) && wishes[action]);
  const rows = bindable.map(({ action, row }) => {
    const usual = isApart && isRoom(action) ? usualNames(action, row) : undefined;
    return { action, row: bound(row, action, wishes[action] ?? usual) };
  });
  checkShared(rows, wishes);
  return rows.map(({ row }) => row);
}

/**
 * Tells which keys an action has where nothing else is wanted; ten rooms share what is written on theirs.
 *
 * @param action what it is called in a configuration
 * @param row its row in the table of keys
 * @returns names of keys
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { bindable, usualNames } from "./bindings.ts";
 * const { action, row } = bindable.find(({ action }) => action === "room10")!;
 * assertEquals(usualNames(action, row), ["Alt+0", "Shift+F10"]);
 * ```
 */
export function usualNames(action: string, row: ScreenKey): readonly string[] {
  const number = Number(action.slice("room".length));
  return isRoom(action) ? [`Alt+${number % 10}`, `Shift+F${number}`] : row.names;
}

function bound(row: ScreenKey, action: string, names: readonly string[] | undefined): ScreenKey {
  if (!names) return row;
  const sequences = names.flatMap((name) => sequencesOf(name) ?? []);
  const says = isRoom(action) ? `go to room ${action.slice("room".length)} of the list` : row.says;
  return { ...row, names, sequences, says };
}

function checkShared(
  rows: readonly { readonly action: string; readonly row: ScreenKey }[],
  wishes: KeyWishes,
): void {
  const owners = new Map<string, string>();
  // Those that were wished for come last, so that the error is about one of them.
  const sorted = [...rows].sort((a, b) => Number(a.action in wishes) - Number(b.action in wishes));
  for (const { action, row } of sorted) {
    const [shared] = row.sequences.filter((sequence) => owners.has(sequence));
    if (shared !== undefined) {
      const name = row.names.find((one) => sequencesOf(one)?.includes(shared)) ?? row.names[0];
      throw new BindingError(
        action,
        `can't have ${name}: that is the key of ${owners.get(shared)}. Give one of them another`,
      );
    }
    for (const sequence of row.sequences) owners.set(sequence, action);
  }
}

/** People count from 1. */
function nameOf({ action }: ScreenKey): string {
  return isRoom(action) ? `room${Number(action.slice("room".length)) + 1}` : action;
}

function isRoom(action: string): boolean {
  return /^room\d+$/.test(action);
}
