/**
 * Line mode as the full screen has it: all that can be typed, and none of its lines but notes.
 *
 * @module
 */

import type { SafeText } from "../../safe_text.ts";
import { LineMode } from "../line_mode.ts";
import { TextView } from "../render.ts";

/** Line mode without its lines: entries are drawn from the mailbox. */
export class ScreenDesk extends LineMode {
  readonly #older: () => void;

  /**
   * Starts in the lobby.
   *
   * @param ports what line mode needs
   * @param older brings what was before
   */
  constructor(ports: ConstructorParameters<typeof LineMode>[0], older: () => void) {
    super(ports);
    this.#older = older;
  }

  /** What was before is in the timeline. */
  override back(): void {
    this.#older();
  }
}

/** Lines about all but entries: these are drawn from the mailbox. */
export class NoteView extends TextView {
  /**
   * Shows nothing.
   *
   * @returns no lines
   */
  override entry(): SafeText[] {
    return [];
  }
}
