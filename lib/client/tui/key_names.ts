/**
 * What is written on keys, and what terminals send for them. Pure.
 *
 * @module
 */

/** Keys that the input line has a use for: nothing else may have them. */
const inputLetters = "ACDEHIJKLMUW";
const inputAlt = "BF";

const functionNumbers = [11, 12, 13, 14, 15, 17, 18, 19, 20, 21, 23, 24];
const firstFour = "PQRS";
const arrows = { Up: "A", Down: "B" } as const;

/** What keys may be called, for whoever wrote something else. */
export const keyRule: string =
  "F1 to F12, Shift+F1 to Shift+F12, PageUp, PageDown, Ctrl+ and a letter, Alt+ and a letter or " +
  "digit, Alt+Enter, and Up or Down with Ctrl+ or Alt+";

const named: ReadonlyMap<string, readonly string[]> = new Map([
  ["pageup", ["\x1b[5~"]],
  ["pagedown", ["\x1b[6~"]],
  ["alt+enter", ["\x1b\r", "\x1b\n"]],
  ...functionNumbers.map((_, at): [string, string[]] => [`f${at + 1}`, plain(at)]),
  ...functionNumbers.map((_, at): [string, string[]] => [`shift+f${at + 1}`, [shifted(at)]]),
  ...Object.entries(arrows).flatMap(([name, letter]): [string, string[]][] => [
    [`alt+${name.toLowerCase()}`, [`\x1b[1;3${letter}`]],
    [`ctrl+${name.toLowerCase()}`, [`\x1b[1;5${letter}`]],
  ]),
]);

/**
 * Tells what terminals send for a key.
 *
 * @param name what is written on it, in any case
 * @returns the sequences; null for a key that there is not, or that the input line needs
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { sequencesOf } from "./key_names.ts";
 * assertEquals(sequencesOf("Alt+N"), ["\x1bn"]);
 * assertEquals(sequencesOf("ctrl+g"), ["\x07"]);
 * assertEquals([sequencesOf("Ctrl+C"), sequencesOf("a")], [null, null]);
 * ```
 * @see https://invisible-island.net/xterm/ctlseqs/ctlseqs.html
 */
export function sequencesOf(name: string): readonly string[] | null {
  const key = name.toLowerCase();
  const known = named.get(key);
  if (known) return known;
  const [, modifier, letter = ""] = /^(ctrl|alt)\+([a-z0-9])$/.exec(key) ?? [];
  const upper = letter.toUpperCase();
  if (modifier === "alt") return inputAlt.includes(upper) ? null : [`\x1b${letter}`];
  if (modifier !== "ctrl" || /\d/.test(letter) || inputLetters.includes(upper)) return null;
  return [String.fromCharCode(upper.charCodeAt(0) - 64)];
}

/** From the first on: xterm and its like, then the Linux console. */
function plain(at: number): string[] {
  const number = `\x1b[${functionNumbers[at]}~`;
  const console = at < 5 ? [`\x1b[[${"ABCDE"[at]}`] : [];
  return at < firstFour.length
    ? [`\x1bO${firstFour[at]}`, number, ...console]
    : [number, ...console];
}

function shifted(at: number): string {
  return at < firstFour.length ? `\x1b[1;2${firstFour[at]}` : `\x1b[${functionNumbers[at]};2~`;
}
