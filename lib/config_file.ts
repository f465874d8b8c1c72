/**
 * Configuration files of both programs: TOML, and errors that name file, line and key.
 *
 * @module
 */

/** A configuration file that can't be used; the message names file, line and key. */
export class ConfigError extends Error {
  /** The class's name, which stands before the message wherever the error is printed. */
  override name = "ConfigError";
}

/** Reads a TOML text; throws an error that may have a `line`. */
export type TomlParser = (text: string) => Readonly<Record<string, unknown>>;

/** What a configuration file holds, unchecked. */
export interface ConfigEntries {
  /** Keys and values, in order. */
  readonly entries: readonly (readonly [key: string, value: unknown])[];
  /**
   * Makes an error about a key.
   *
   * @param key which
   * @param why what is wrong with it
   * @returns an error that names file, line and key
   */
  readonly wrong: (key: string, why: string) => ConfigError;
}

/**
 * Takes a configuration file apart.
 *
 * @param path the file's name, for errors
 * @param text what is in it
 * @param parse reads TOML
 * @returns what it holds, owned by the caller
 * @throws {ConfigError} where it is no TOML
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { parse } from "smol-toml";
 * import { configEntries } from "./config_file.ts";
 * const { entries, wrong } = configEntries("p.toml", "# mine\nloginMs = 9", parse);
 * assertEquals(entries, [["loginMs", 9]]);
 * assertEquals(wrong("loginMs", "is odd").message, "p.toml, line 2: loginMs is odd");
 * ```
 */
export function configEntries(path: string, text: string, parse: TomlParser): ConfigEntries {
  const wrong = (key: string, why: string) => {
    const line = lineOf(text, key);
    return new ConfigError(`${path}${line === null ? "" : `, line ${line}`}: ${key} ${why}`);
  };
  try {
    return { entries: Object.entries(parse(text)), wrong };
  } catch (error) {
    const { message, line } = error as Error & { line?: number };
    // The first line is the reason; what follows shows the place once more.
    const where = line === undefined ? "" : `, line ${line}`;
    throw new ConfigError(`${path}${where}: ${message.split("\n")[0]}`);
  }
}

/** Where a key is set, if it can be found: TOML knows more ways to write it than this does. */
function lineOf(text: string, key: string): number | null {
  const lines = text.split("\n");
  const at = lines.findIndex((line) => {
    const start = line.trimStart().replace(/^["'[]+/, "");
    return start.startsWith(key) &&
      /^["'\]\s]*[=.\]]/.test(start.slice(key.length));
  });
  return at < 0 ? null : at + 1;
}

/**
 * Writes a setting as it stands in a file, with what it is for above it.
 *
 * @param says what it is for, in lines of at most 98 characters
 * @param line the setting
 * @returns the lines, with a newline at their end
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { commented } from "./config_file.ts";
 * assertEquals(commented("How many.\nFrom 1 to 9.", "most = 3"), "# How many.\n# From 1 to 9.\nmost = 3\n");
 * ```
 */
export function commented(says: string, line: string): string {
  return `${says.replaceAll(/^/gm, "# ")}\n${line}\n`;
}
