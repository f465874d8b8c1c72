/**
 * The colours of the full screen, all of them: of the sixteen that a terminal's theme sets, those that
 * can be read on its background. Pure.
 *
 * @module
 */

import { nameKey } from "../../protocol/names.ts";
import { type SafeText, safeText, type Style, styled } from "../../safe_text.ts";

/** What the terminal's background is; auto where that is not known. */
export type Background = "auto" | "dark" | "light";

/** What has a colour. */
export interface Palette {
  /** Users' names: each has one of these. */
  readonly names: readonly [Style, ...Style[]];
  /** What was read, and the mark that says so. */
  readonly good: Style;
  /** Mentions, and where the unread lines begin. */
  readonly alert: Style;
  /** What is said by this program, and who is not connected. */
  readonly quiet: Style;
}

const palettes: Readonly<Record<Background, Palette>> = {
  auto: {
    names: ["green", "yellow", "blue", "magenta", "cyan", "red"],
    ...{ good: "green", alert: "red", quiet: "gray" },
  },
  // Dark blue on black is what terminals show worst.
  dark: {
    names: ["green", "yellow", "magenta", "cyan", "red"],
    ...{ good: "green", alert: "red", quiet: "gray" },
  },
  // On white, yellow and cyan can't be read, and green hardly.
  light: { names: ["blue", "magenta", "red"], good: "blue", alert: "red", quiet: "gray" },
};

/**
 * Gives the colours for a background.
 *
 * @param background the terminal's
 * @returns what has which colour
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { paletteOf } from "./palette.ts";
 * assertEquals(paletteOf("light").good, "blue");
 * ```
 */
export function paletteOf(background: Background = "auto"): Palette {
  return palettes[background];
}

/**
 * Gives a name its colour, the same wherever it stands.
 *
 * @param name a user's; made safe here
 * @param look whether to use colours, and on which background
 * @returns the name
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { coloredName } from "./palette.ts";
 * assertEquals(String(coloredName("al", { color: false })), "al");
 * const [one, other] = ["Al", "al"].map((name) => coloredName(name, { color: true }));
 * assertEquals(one?.slice(0, 5), other?.slice(0, 5));
 * ```
 */
export function coloredName(
  name: string,
  { color, background }: { readonly color: boolean; readonly background?: Background },
): SafeText {
  let hash = 0;
  for (const letter of nameKey(name)) hash = (hash * 31 + letter.codePointAt(0)!) >>> 0;
  const { names } = paletteOf(background);
  return styled(names[hash % names.length] ?? names[0], safeText(name), color);
}

/**
 * Reads what a terminal says about its background.
 *
 * @param colors `COLORFGBG`, such as `15;0`: the number of the background's colour stands last
 * @returns what it is; auto where it says nothing
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { backgroundOf } from "./palette.ts";
 * assertEquals(["15;0", "0;default;15", ""].map(backgroundOf), ["dark", "light", "auto"]);
 * ```
 */
export function backgroundOf(colors: string | undefined): Background {
  const [, number] = /;(\d{1,2})$/.exec(colors ?? "") ?? [];
  if (number === undefined) return "auto";
  return Number(number) === 7 || Number(number) > 8 ? "light" : "dark";
}
