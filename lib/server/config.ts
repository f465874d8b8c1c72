/**
 * The configuration file: TOML, with the settings' names as keys, and `listen` and `data`.
 *
 * @module
 */

import { commented, configEntries, ConfigError, type TomlParser } from "../config_file.ts";
import { type Address, formatAddress, parseAddress } from "../net/tcp.ts";
import { defaultLimits, type ServerLimits, type SettingName, settings } from "./settings.ts";

/** What a configuration file says; what it leaves out is not there. */
export interface Config {
  /** Where to listen. */
  readonly listen?: Address;
  /** The data folder, as written. */
  readonly data?: string;
  /** All limits, with the defaults of those that the file leaves out. */
  readonly limits: ServerLimits;
}

/** The host of a `listen` that names only a port. */
const usualHost = "127.0.0.1";

/**
 * Reads a configuration file.
 *
 * @param path the file
 * @returns what it says, owned by the caller
 * @throws {ConfigError} when it can't be read, or something in it is wrong
 * @example
 * ```ts ignore
 * const { limits } = await readConfig("parleyd.toml");
 * ```
 * @see docs/ARCHITECTURE.md, section "server"
 */
export async function readConfig(path: string): Promise<Config> {
  let text: string;
  try {
    text = await Deno.readTextFile(path);
  } catch (error) {
    throw new ConfigError(`${path} can't be read: ${(error as Error).message}`);
  }
  // A server without a file starts without it.
  const { parse } = await import("smol-toml");
  return parseConfig(path, text, parse);
}

/**
 * Checks a configuration: each key is known, of its type, and in its range.
 *
 * @param path the file's name, for errors
 * @param text what is in it
 * @param parse reads TOML
 * @returns what it says, owned by the caller
 * @throws {ConfigError} for the first thing that is wrong
 * @example
 * ```ts
 * import { assertEquals, assertThrows } from "@std/assert";
 * import { parse } from "smol-toml";
 * import { ConfigError } from "../config_file.ts";
 * import { parseConfig } from "./config.ts";
 * assertEquals(parseConfig("p.toml", "loginMs = 9_000", parse).limits.loginMs, 9_000);
 * assertThrows(
 *   () => parseConfig("p.toml", "# slow\nloginMs = 9", parse),
 *   ConfigError,
 *   "p.toml, line 2: loginMs must be a whole number from 1000 to 60000",
 * );
 * ```
 * @see docs/ARCHITECTURE.md, section "server"
 */
export function parseConfig(path: string, text: string, parse: TomlParser): Config {
  const config: { listen?: Address; data?: string } = {};
  const limits: Record<SettingName, number> = { ...defaultLimits };
  const { entries, wrong } = configEntries(path, text, parse);
  for (const [key, value] of entries) {
    if (key === "listen") {
      const listen = typeof value === "string" ? parseAddress(value, usualHost) : null;
      if (!listen) throw wrong(key, 'must be "host:port", such as "0.0.0.0:7667"');
      config.listen = listen;
    } else if (key === "data") {
      if (typeof value !== "string" || value === "") throw wrong(key, "must be a folder's name");
      config.data = value;
    } else if (Object.hasOwn(settings, key)) {
      const { least, most } = settings[key as SettingName];
      if (!Number.isInteger(value) || (value as number) < least || (value as number) > most) {
        throw wrong(key, `must be a whole number from ${least} to ${most}`);
      }
      limits[key as SettingName] = value as number;
    } else throw wrong(key, "is no setting; parleyd config prints all of them");
  }
  if (limits.strangersDropFrom > limits.strangersMax) {
    throw wrong("strangersDropFrom", `must be at most strangersMax, ${limits.strangersMax}`);
  }
  return { ...config, limits };
}

/**
 * Writes a configuration file with every key at its default, and what it is for.
 *
 * @param listen where a server listens that is told nothing else
 * @param data its data folder
 * @returns the text, with a newline at its end
 * @example
 * ```ts
 * import { assertStringIncludes } from "@std/assert";
 * import { configText } from "./config.ts";
 * const text = configText({ hostname: "127.0.0.1", port: 7667 }, "parley-data");
 * assertStringIncludes(text, "\nmessagesBurst = 20\n");
 * ```
 * @see docs/ARCHITECTURE.md, section "server"
 */
export function configText(listen: Address, data: string): string {
  const names = Object.keys(settings) as SettingName[];
  const parts = names.map((name) => {
    const { least, most, says } = settings[name];
    return commented(`${says}\nFrom ${least} to ${most}.`, `${name} = ${defaultLimits[name]}`);
  });
  return [
    "# parleyd --config FILE; what is left out keeps its default, options win over the file.\n",
    `# Where to listen.\nlisten = ${JSON.stringify(formatAddress(listen))}\n`,
    `# Where everything is kept; a relative path is seen from where parleyd starts.
data = ${JSON.stringify(data)}\n`,
    ...parts,
  ].join("\n");
}
