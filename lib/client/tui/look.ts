/**
 * Whether a terminal can have the full screen, and how it looks there. Pure.
 *
 * @module
 */

import { type ClientConfig, keysIn } from "../config.ts";
import type { ScreenSize } from "../line_view.ts";
import { smallestScreen } from "./frame.ts";
import { backgroundOf } from "./palette.ts";
import type { ScreenLook } from "./timeline.ts";

/**
 * Looks at a terminal.
 *
 * @param size the screen's
 * @param env reads the environment
 * @param config what its user wants
 * @param noColor whether the environment forbids colours
 * @returns its look; null for a terminal that line mode is better for
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { defaultConfig } from "../config.ts";
 * import { screenLook } from "./look.ts";
 * const env = (name: string) => ({ TERM: "xterm", LANG: "de_DE.UTF-8" })[name];
 * assertEquals(screenLook({ columns: 80, rows: 24 }, env, defaultConfig)?.ascii, false);
 * assertEquals(screenLook({ columns: 39, rows: 24 }, env, defaultConfig), null);
 * assertEquals(screenLook({ columns: 80, rows: 24 }, () => "dumb", defaultConfig), null);
 * ```
 */
export function screenLook(
  size: ScreenSize,
  env: (name: string) => string | undefined,
  config: ClientConfig,
  noColor = false,
): ScreenLook | null {
  const term = env("TERM");
  const isLarge = size.columns >= smallestScreen.columns && size.rows >= smallestScreen.rows;
  if (!isLarge || term === "dumb") return null;
  const { theme, ascii, clock, keywords, notify } = config;
  return {
    color: theme !== "none" && !noColor,
    background: theme === "auto" || theme === "none" ? backgroundOf(env("COLORFGBG")) : theme,
    ascii: ascii === "always" || ascii === "auto" && isAscii(env),
    ...{ clock, keywords, notify, keys: keysIn(config) },
  };
}

/** Whether a terminal may know no more than ASCII. */
function isAscii(env: (name: string) => string | undefined): boolean {
  const locale = env("LC_ALL") || env("LC_CTYPE") || env("LANG") || "";
  // Without a locale most terminals of today still know UTF-8; one that names another, means it.
  const isOther = locale !== "" && !/utf-?8/i.test(locale);
  // The Linux console has a font of 256 or 512 characters.
  return isOther || env("TERM") === "linux";
}
