/**
 * The program as its commands see it.
 *
 * @module
 */

import type { Command, CommandUnknownOpts } from "@commander-js/extra-typings";
import type { ClearText } from "../../net/clear.ts";
import type { Address } from "../../net/tcp.ts";

/** What may stand with any command. */
export interface CommonOptions {
  /** Where the server listens. */
  readonly server?: Address;
  /** The user's name. */
  readonly name?: string;
  /** Where all data is. */
  readonly data?: string;
  /** Whose of it. */
  readonly profile: string;
  /** One JSON object a line. */
  readonly json?: true;
  /** Line by line, whatever the terminal can do. */
  readonly plain?: true;
  /** Holds what opens a sealed key. */
  readonly passphraseFile?: string;
  /** Whether to speak clear text. */
  readonly plaintext: ClearText | true;
}

/** What commands need of the program, without the types of the library that makes it. */
export interface CliHost {
  /**
   * Adds a command.
   *
   * @param command one of the library's
   * @returns nothing of use
   */
  addCommand(command: never): unknown;
  /**
   * Gives what was typed, beside what a command has of its own.
   *
   * @returns the options
   */
  opts(): CommonOptions;
  /**
   * Ends the program, for a command line that is wrong.
   *
   * @param message why, with what to do next
   */
  error(message: string): never;
}

/**
 * Adds a command that looks and answers as the program does.
 *
 * @param host gets it
 * @param command one of the library's
 * @example
 * ```ts ignore
 * adopt(host, new Command("rooms").action(list));
 * ```
 */
export function adopt(host: CliHost, command: unknown): void {
  const inherited = (command as Command).copyInheritedSettings(
    host as unknown as CommandUnknownOpts,
  );
  host.addCommand(
    inherited.showHelpAfterError(`(parley ${inherited.name()} --help tells more)`) as never,
  );
}

/**
 * Ends the program by itself: a terminal or a pipe that is still being read would keep it.
 *
 * @param running gives the exit code
 * @returns never
 * @example
 * ```ts ignore
 * await end(runTail(start, view, "lobby"));
 * ```
 */
export async function end(running: Promise<number>): Promise<never> {
  Deno.exit(await running);
}
