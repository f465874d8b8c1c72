/**
 * `parley config` on the command line, and the configuration that talking begins with.
 *
 * @module
 */

import { Command } from "@commander-js/extra-typings";
import { ConfigError } from "../../config_file.ts";
import { safe, safeText } from "../../safe_text.ts";
import { type ClientConfig, configPath, configText, defaultConfig, readConfig } from "../config.ts";
import { exitCodes } from "../endings.ts";
import { jsonLine } from "../json_view.ts";
import { say } from "../start.ts";
import { adopt, type CliHost } from "./host.ts";
import { environment } from "./opening.ts";

const examples = `
Examples:
  parley config            the file's path and all settings, with what they are for
  parley config --write    makes the file, where there is none, to be changed with an editor
  parley config --json     the settings for a program`;

/**
 * Reads the configuration, or ends the program where it is wrong.
 *
 * @returns all settings
 * @example
 * ```ts ignore
 * const { theme } = await configOrStop();
 * ```
 */
export async function configOrStop(): Promise<ClientConfig> {
  try {
    return await readConfig(configPath(Deno.build.os, environment));
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    say(safeText(error.message));
    Deno.exit(exitCodes.usage);
  }
}

/**
 * Adds the command.
 *
 * @param host gets it
 * @example
 * ```ts ignore
 * addConfigCommand(program);
 * ```
 */
export function addConfigCommand(host: CliHost): void {
  const command = new Command("config")
    .description("print the configuration file: its path, and all settings as they are")
    .option("--write", "make the file, where there is none")
    .addHelpText("after", examples)
    .action(async ({ write }) => {
      const path = configPath(Deno.build.os, environment) ??
        host.error("error: there is no place for the file: set HOME, or XDG_CONFIG_HOME");
      if (write) return makeFile(path);
      const config = await configOrStop();
      if (host.opts().json) console.log(jsonLine({ ...config, path }));
      else console.log(configText(path, config).trimEnd());
    });
  adopt(host, command);
}

function makeFile(path: string): void {
  try {
    Deno.mkdirSync(path.replace(/[/\\][^/\\]*$/, ""), { recursive: true });
    Deno.writeTextFileSync(path, configText(path, defaultConfig), { createNew: true });
    console.log(safe`${safeText(path)} is there now: change it with an editor`);
  } catch (error) {
    const isThere = error instanceof Deno.errors.AlreadyExists;
    const why = isThere
      ? safe`${safeText(path)} is there already: change it with an editor, or put it away first`
      : safeText(`${path} can't be made: ${(error as Error).message}`);
    say(why);
    Deno.exit(exitCodes.usage);
  }
}
