/**
 * The terminal as a full screen: keys come in, frames go out. All looks and keys are pure functions
 * beside it.
 *
 * @module
 */

import { KeyDecoder, type NamedKey } from "../line_keys.ts";
import type { ScreenSize } from "../line_view.ts";
import { pastes, RawTerminal, sizeNow, writeTerminal } from "../raw_terminal.ts";
import type { Frame } from "./frame.ts";
import { actionsBySequence, type ScreenAction, type ScreenKey } from "./keys.ts";
import { changes, enterScreen, leaveScreen } from "./paint.ts";
import type { Pressed } from "./update.ts";

/** Milliseconds between two frames: 30 in a second. */
const frameMs = 33;

/** How long an Escape may be the beginning of a key, in milliseconds. */
const escapeMs = 50;

/** What a screen needs of its owner. */
export interface ScreenEvents {
  /**
   * A key was pressed.
   *
   * @param key which
   */
  pressed(key: Pressed): void;
  /** The terminal has gone. */
  ended(): void;
  /**
   * Makes what is to be on the screen now.
   *
   * @param size the screen's
   * @returns a frame of that size
   */
  frame(size: ScreenSize): Frame;
}

/**
 * The screen, taken over until `close`; the terminal is then as it was before.
 *
 * @example
 * ```ts
 * import { FullScreen } from "./screen.ts";
 * if (Deno.stdin.isTerminal()) {
 *   const screen = new FullScreen({
 *     pressed: () => screen.close(),
 *     ended: () => screen.close(),
 *     frame: () => ({ rows: [], cursor: { row: 0, column: 0 } }),
 *   });
 *   screen.close();
 * }
 * ```
 */
export class FullScreen {
  readonly #events: ScreenEvents;
  readonly #keys: KeyDecoder<NamedKey<ScreenAction>>;
  readonly #terminal: RawTerminal;
  #drawn: Frame | null = null;
  #drawTimer: ReturnType<typeof setTimeout> | undefined;
  #escapeTimer: ReturnType<typeof setTimeout> | undefined;
  #drawnAt = -Infinity;

  /**
   * Takes the terminal over.
   *
   * @param events what to call; never before it returns, and never after `close`
   * @param keys the usual ones where they are left out
   */
  constructor(events: ScreenEvents, keys?: readonly ScreenKey[]) {
    this.#events = events;
    this.#keys = new KeyDecoder(actionsBySequence(keys));
    this.#terminal = new RawTerminal({
      enter: enterScreen + pastes.on,
      leave: () => pastes.off + leaveScreen,
      typed: (text) => this.#typed(text),
      ended: () => events.ended(),
      resized: () => this.repaint(),
    });
  }

  /** Draws what there is, soon: all that is asked for within a frame's time is one frame. */
  drawSoon(): void {
    if (this.#drawTimer !== undefined || !this.#terminal.isOpen) return;
    const waitMs = Math.max(0, this.#drawnAt + frameMs - performance.now());
    this.#drawTimer = setTimeout(() => this.#draw(), waitMs);
  }

  /** Draws everything anew, whatever is on the screen. */
  repaint(): void {
    this.#drawn = null;
    this.drawSoon();
  }

  /** Rings. */
  bell(): void {
    this.signal("\x07");
  }

  /**
   * Sends what draws nothing.
   *
   * @param sequence such as a bell; without other people's text, but where that was made safe
   */
  signal(sequence: string): void {
    if (this.#terminal.isOpen) writeTerminal(sequence);
  }

  /** Gives the terminal back; again it does nothing. */
  close(): void {
    clearTimeout(this.#drawTimer);
    clearTimeout(this.#escapeTimer);
    this.#terminal.close();
  }

  #draw(): void {
    this.#drawTimer = undefined;
    if (!this.#terminal.isOpen) return;
    this.#drawnAt = performance.now();
    const frame = this.#events.frame(sizeNow());
    writeTerminal((this.#drawn ? "" : "\x1b[2J") + changes(this.#drawn, frame));
    this.#drawn = frame;
  }

  #typed(text: string): void {
    clearTimeout(this.#escapeTimer);
    for (const key of this.#keys.push(text)) if (this.#terminal.isOpen) this.#events.pressed(key);
    this.#escapeTimer = setTimeout(() => {
      if (this.#terminal.isOpen && this.#keys.takeEscape()) {
        this.#events.pressed({ kind: "escape" });
      }
    }, escapeMs);
  }
}
