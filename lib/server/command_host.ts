/**
 * A program that gets further commands, without the types of the library that makes them.
 *
 * @module
 */

/** The program, as the files see it that add commands to it. */
export interface CommandHost {
  /**
   * Adds a command.
   *
   * @param command one of the library's
   * @returns nothing of use
   */
  addCommand(command: never): unknown;
}
