/**
 * The ways to talk: the full screen, line by line on a terminal, or over a pipe.
 *
 * @module
 */

import { systemClock } from "../seams.ts";
import { type ClientConfig, defaultConfig } from "./config.ts";
import { runInteractive } from "./interactive.ts";
import { JsonView } from "./json_view.ts";
import { runPiped } from "./piped.ts";
import { sizeNow } from "./raw_terminal.ts";
import { TextView } from "./render.ts";
import type { Start } from "./start.ts";
import { screenLook } from "./tui/look.ts";
import { runFullScreen } from "./tui/run.ts";
import type { View } from "./view.ts";

/** What was asked for on the command line. */
export interface TalkOptions {
  /** One JSON object a line. */
  readonly json?: true;
  /** Line by line, whatever the terminal can do. */
  readonly plain?: true;
}

/**
 * Talks in the way that was asked for, and that the terminal can have.
 *
 * @param start who and where
 * @param options what was asked for
 * @param env reads the environment
 * @param config how things look at a terminal
 * @returns the exit code
 * @example
 * ```ts ignore
 * Deno.exit(await talk(start, {}, (name) => Deno.env.get(name), defaultConfig));
 * ```
 */
export async function talk(
  start: Start,
  options: TalkOptions,
  env: (name: string) => string | undefined,
  config: ClientConfig,
): Promise<number> {
  const isTerminal = Deno.stdin.isTerminal() && Deno.stdout.isTerminal();
  const view = viewOf(options, isTerminal, config);
  if (!isTerminal) return await runPiped(start, view);
  const isPlain = options.plain || options.json;
  const look = isPlain ? null : screenLook(sizeNow(), env, config, Deno.noColor);
  if (look) return await runFullScreen(start, look);
  return await runInteractive(start, view);
}

/**
 * Makes what makes lines.
 *
 * @param options what was asked for
 * @param isTerminal whether they go to one
 * @param config how things look there
 * @returns a new view
 * @example
 * ```ts
 * import { viewOf } from "./talk.ts";
 * viewOf({ json: true }, false);
 * ```
 */
export function viewOf(
  { json }: Pick<TalkOptions, "json">,
  isTerminal: boolean,
  config: ClientConfig = defaultConfig,
): View {
  if (json) return new JsonView();
  const color = isTerminal && !Deno.noColor && config.theme !== "none";
  const columns = isTerminal ? () => sizeNow().columns : undefined;
  const rows = isTerminal ? () => sizeNow().rows : undefined;
  const { clock } = config;
  return new TextView({ color, clock, nowMs: systemClock.wallMs(), columns, rows });
}
