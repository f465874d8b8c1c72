/**
 * The client's configuration file: TOML, one for each user of a machine. The file, its errors and what
 * `parley config` prints are made from one table.
 *
 * @module
 */

import {
  commented,
  type ConfigEntries,
  configEntries,
  ConfigError,
  type TomlParser,
} from "../config_file.ts";
import { bindable, BindingError, bindKeys, type KeyWishes, usualNames } from "./tui/bindings.ts";
import { keyRule } from "./tui/key_names.ts";
import type { ScreenKey } from "./tui/keys.ts";
import type { NotifyWay } from "./tui/notifier.ts";

/** Settings that have one of some values, the usual one first. */
const choices = {
  theme: {
    values: ["auto", "dark", "light", "none"],
    says:
      "Colours: for a dark or a light background, or none. auto goes by what the terminal says\n" +
      "about itself (COLORFGBG). NO_COLOR in the environment is none, too.",
  },
  ascii: {
    values: ["auto", "always", "never"],
    says:
      "Whether marks and lines are of ASCII alone. auto: where the locale is not UTF-8, and on\n" +
      "the Linux console.",
  },
  clock: {
    values: ["24h", "12h"],
    says: "How times are written: 14:30 or 2:30pm.",
  },
  notify: {
    values: ["bell", "osc9", "osc777", "never"],
    says:
      "How the full screen calls you when a message is for you (a direct, your name, a keyword):\n" +
      "by the terminal's bell, or by a notification (osc9: iTerm2, WezTerm, kitty, Windows\n" +
      "Terminal; osc777: urxvt, foot, Ghostty).",
  },
} as const;

/** All settings. */
export interface ClientConfig {
  /** Which background the colours are for. */
  readonly theme: "auto" | "dark" | "light" | "none";
  /** Whether marks are of ASCII alone. */
  readonly ascii: "auto" | "always" | "never";
  /** How times are written. */
  readonly clock: "24h" | "12h";
  /** How the full screen calls. */
  readonly notify: NotifyWay;
  /** Words that count as one's name does. */
  readonly keywords: readonly string[];
  /** Other keys than the usual ones. */
  readonly keys: KeyWishes;
}

/** The settings of who has no file. */
export const defaultConfig: ClientConfig = {
  ...{ theme: "auto", ascii: "auto", clock: "24h", notify: "bell" },
  keywords: [],
  keys: {},
};

/** Keywords that there may be, and units of one: each is looked for in every message. */
const [keywordsMax, keywordUnitsMax] = [100, 100];

const keywordsSay =
  "Words that count as your name does, in any case: a message with one of them is marked and\n" +
  'counted as a mention. Such as ["deploy", "on call"].';

/**
 * Finds where the file is, or would be.
 *
 * @param os such as `linux`, `darwin`, `windows`
 * @param env reads the environment
 * @returns its path; null where the environment does not tell
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { configPath } from "./config.ts";
 * const env = (name: string) => ({ HOME: "/home/al" })[name];
 * assertEquals(configPath("linux", env), "/home/al/.config/parley/config.toml");
 * ```
 * @see https://specifications.freedesktop.org/basedir-spec/latest/
 */
export function configPath(
  os: typeof Deno.build.os,
  env: (name: string) => string | undefined,
): string | null {
  if (os === "windows") {
    const folder = env("APPDATA");
    return folder ? `${folder}\\parley\\config.toml` : null;
  }
  const xdg = env("XDG_CONFIG_HOME");
  // The specification: a relative path is to be ignored.
  if (xdg?.startsWith("/")) return `${xdg}/parley/config.toml`;
  const home = env("HOME");
  return home ? `${home}/.config/parley/config.toml` : null;
}

/**
 * Reads the file.
 *
 * @param path where it is, if it is; null for nowhere
 * @returns all settings, the usual ones where the file is not there or says nothing
 * @throws {ConfigError} when it can't be read, or something in it is wrong
 * @example
 * ```ts ignore
 * const { theme } = await readConfig("/home/al/.config/parley/config.toml");
 * ```
 */
export async function readConfig(path: string | null): Promise<ClientConfig> {
  if (path === null) return defaultConfig;
  let text: string;
  try {
    text = await Deno.readTextFile(path);
  } catch (error) {
    const isNone = error instanceof Deno.errors.NotFound ||
      error instanceof Deno.errors.NotADirectory;
    if (isNone) return defaultConfig;
    throw new ConfigError(`${path} can't be read: ${(error as Error).message}`);
  }
  // Who has no file starts without it.
  const { parse } = await import("smol-toml");
  return parseConfig(path, text, parse);
}

/**
 * Checks a configuration: each key is known, and of its type.
 *
 * @param path the file's name, for errors
 * @param text what is in it
 * @param parse reads TOML
 * @returns all settings, owned by the caller
 * @throws {ConfigError} for the first thing that is wrong
 * @example
 * ```ts
 * import { assertEquals, assertThrows } from "@std/assert";
 * import { parse } from "smol-toml";
 * import { ConfigError } from "../config_file.ts";
 * import { parseConfig } from "./config.ts";
 * assertEquals(parseConfig("c.toml", 'theme = "light"', parse).theme, "light");
 * assertThrows(
 *   () => parseConfig("c.toml", '# mine\ntheme = "pink"', parse),
 *   ConfigError,
 *   'c.toml, line 2: theme must be one of "auto", "dark", "light", "none"',
 * );
 * ```
 */
export function parseConfig(path: string, text: string, parse: TomlParser): ClientConfig {
  const config: { -readonly [Name in keyof ClientConfig]: ClientConfig[Name] } = {
    ...defaultConfig,
  };
  const file = configEntries(path, text, parse);
  for (const [key, value] of file.entries) {
    if (key === "keywords") config.keywords = keywordsOf(value, file);
    else if (key === "keys") config.keys = keysOf(value, file);
    else if (Object.hasOwn(choices, key)) {
      const { values } = choices[key as keyof typeof choices];
      if (!(values as readonly unknown[]).includes(value)) {
        throw file.wrong(key, `must be one of ${values.map((one) => `"${one}"`).join(", ")}`);
      }
      Object.assign(config, { [key]: value });
    } else throw file.wrong(key, "is no setting; parley config prints all of them");
  }
  return config;
}

function keywordsOf(value: unknown, file: ConfigEntries): readonly string[] {
  const isWord = (one: unknown) =>
    typeof one === "string" && one.trim() !== "" && one.length <= keywordUnitsMax;
  const isList = Array.isArray(value) && value.length <= keywordsMax && value.every(isWord);
  if (!isList) {
    throw file.wrong(
      "keywords",
      `must be a list of at most ${keywordsMax} words, such as ["deploy", "on call"]`,
    );
  }
  return value;
}

function keysOf(value: unknown, file: ConfigEntries): KeyWishes {
  const isTable = typeof value === "object" && value !== null && !Array.isArray(value);
  if (!isTable) throw file.wrong("keys", 'must be a table: [keys], and under it help = "F12"');
  const wishes: Record<string, readonly string[]> = {};
  for (const [action, wished] of Object.entries(value)) {
    const names = Array.isArray(wished) ? wished : [wished];
    if (!names.every((name) => typeof name === "string")) {
      throw file.wrong(action, 'must be a key or a list of keys, such as ["Ctrl+T", "F8"]');
    }
    wishes[action] = names;
  }
  try {
    bindKeys(wishes);
  } catch (error) {
    if (!(error instanceof BindingError)) throw error;
    throw file.wrong(error.action, error.message);
  }
  return wishes;
}

/**
 * Gives the keys of the full screen.
 *
 * @param config its wishes have been checked
 * @returns all rows of the table of keys
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { defaultConfig, keysIn } from "./config.ts";
 * import { screenKeys } from "./tui/keys.ts";
 * assertEquals(keysIn(defaultConfig), screenKeys);
 * ```
 */
export function keysIn({ keys }: ClientConfig): readonly ScreenKey[] {
  return bindKeys(keys);
}

/**
 * Writes the file with every setting as it is, and what it is for.
 *
 * @param path where the file is or would be
 * @param config the settings
 * @returns the text, with a newline at its end
 * @example
 * ```ts
 * import { assertStringIncludes } from "@std/assert";
 * import { configText, defaultConfig } from "./config.ts";
 * assertStringIncludes(configText("c.toml", defaultConfig), '\ntheme = "auto"\n');
 * ```
 */
export function configText(path: string, config: ClientConfig): string {
  const chosen = Object.entries(choices).map(([name, { values, says }]) => {
    const others = values.map((one) => `"${one}"`).join(", ");
    return commented(
      `${says}\nOne of ${others}.`,
      `${name} = "${config[name as keyof typeof choices]}"`,
    );
  });
  return [
    `# ${path}: how parley looks and which keys it has, at a terminal.\n`,
    ...chosen,
    commented(keywordsSay, `keywords = ${listText(config.keywords)}`),
    keysText(config),
  ].join("\n");
}

function keysText({ keys }: ClientConfig): string {
  const rows = bindable.map(({ action, row }) => {
    const says = row.says === "" ? "" : ` # ${row.says}`;
    const names = keys[action];
    return names
      ? `${action} = ${listText(names)}${says}`
      : `# ${action} = ${listText(usualNames(action, row))}${says}`;
  });
  const says =
    `The keys of the full screen; what stands behind # is as usual. There are\n${keyRule}.`;
  return `${wrapped(says)}\n[keys]\n${rows.join("\n")}\n`;
}

function listText(words: readonly string[]): string {
  return `[${words.map((word) => JSON.stringify(word)).join(", ")}]`;
}

function wrapped(text: string): string {
  return text.replaceAll("\n", " ").replaceAll(/(.{1,96})(?: |$)/g, "# $1\n").trimEnd();
}
