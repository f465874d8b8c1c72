/**
 * A terminal in line mode: what comes in is printed above, and below it stands an input line that
 * is never torn. This file does the effects; keys, editing and looks are pure functions beside it.
 *
 * Not built on node:readline. It takes a paste's brackets for text and its newlines for Enter (so
 * half a message is sent), needs to read TERM on Deno 2.5.7, hears of no resize there, and leaves
 * each entered line on the screen.
 *
 * @module
 */

import { joinSafe, safe, type SafeText, safeText } from "../safe_text.ts";
import { completeWord, type EditorEvent, emptyEditor, pressKey } from "./line_editor.ts";
import { type Key, KeyDecoder } from "./line_keys.ts";
import {
  drawSequence,
  eraseSequence,
  layOut,
  type LineView,
  type ScreenSize,
} from "./line_view.ts";
import { pastes, RawTerminal, sizeNow, writeTerminal } from "./raw_terminal.ts";

/** A terminal with an input line at the bottom. */
export interface LineTerminal {
  /**
   * Prints one line above the input line; after `close` it simply prints it.
   *
   * @param line what to print; wider than the screen it takes several rows
   */
  print(line: SafeText): void;
  /**
   * Replaces what stands before the input.
   *
   * @param prompt kept to about half a row, cut at its front where it is longer
   */
  setPrompt(prompt: SafeText): void;
  /** Takes the input line away and gives the terminal back as it was; again it does nothing. */
  close(): void;
}

/** What the person at the keyboard did. */
export interface LineTerminalEvents {
  /**
   * Enter was pressed. The line is gone from the screen: who wants it there, prints it.
   *
   * @param text as typed, maybe empty, with newlines in it where a paste had some, but none at
   * its end; not safe
   */
  line(text: string): void;
  /** Ctrl+D on an empty line, or the terminal has gone. */
  endOfInput(): void;
  /** Ctrl+C on an empty line; where there is one, it is given up. */
  interrupt(): void;
  /**
   * Tab was pressed.
   *
   * @param text everything before the cursor
   * @returns what may stand in place of the last word of `text`, that is all behind its last blank
   */
  complete?(text: string): string[];
}

/** Candidates of a completion that are shown at once: a few rows. */
const candidatesShownMax = 40;

/**
 * Takes the terminal over (standard input and output) and shows the input line.
 *
 * The terminal is also given back when the program ends by `Deno.exit` or by an uncaught error. It
 * needs no permission. After `close` Deno 2.5.7 goes on waiting for a key, so a program that means
 * to end calls `Deno.exit`.
 *
 * @param events what to call; never called after `close`
 * @param prompt what stands before the input
 * @returns the terminal; the caller closes it
 * @throws {Deno.errors.BadResource} where standard input is no terminal
 * @example
 * ```ts
 * import { openLineTerminal } from "./line_terminal.ts";
 * import { safe, safeText } from "../safe_text.ts";
 * if (Deno.stdin.isTerminal()) {
 *   const terminal = openLineTerminal({
 *     line: (text) => terminal.print(safe`you wrote ${safeText(text)}`),
 *     endOfInput: () => terminal.close(),
 *     interrupt: () => terminal.close(),
 *   }, safeText("> "));
 *   terminal.close();
 * }
 * ```
 */
export function openLineTerminal(events: LineTerminalEvents, prompt: SafeText): LineTerminal {
  return new RawLineTerminal(events, prompt);
}

class RawLineTerminal implements LineTerminal {
  readonly #events: LineTerminalEvents;
  readonly #keys = new KeyDecoder();
  readonly #terminal: RawTerminal;
  #prompt: SafeText;
  #editor = emptyEditor;
  #drawn: LineView | undefined;
  #pending: SafeText[] = [];
  #paintIsDue = false;

  constructor(events: LineTerminalEvents, prompt: SafeText) {
    this.#events = events;
    this.#prompt = prompt;
    this.#terminal = new RawTerminal({
      enter: pastes.on,
      leave: () => this.#erase(sizeNow()) + this.#takePending() + pastes.off,
      typed: (text) => this.#typed(text),
      ended: () => events.endOfInput(),
      resized: () => this.#paintSoon(),
    });
    this.#paint();
  }

  print(line: SafeText): void {
    if (!this.#terminal.isOpen) return writeTerminal(line + "\n");
    this.#pending.push(line);
    this.#paintSoon();
  }

  setPrompt(prompt: SafeText): void {
    this.#prompt = prompt;
    this.#paintSoon();
  }

  close(): void {
    this.#terminal.close();
  }

  /** All that is asked for in one turn is painted at once. */
  readonly #paintSoon = (): void => {
    if (this.#paintIsDue) return;
    this.#paintIsDue = true;
    queueMicrotask(() => {
      this.#paintIsDue = false;
      if (this.#terminal.isOpen) this.#paint();
    });
  };

  #paint(): void {
    const size = sizeNow();
    const erase = this.#erase(size);
    this.#drawn = layOut({ prompt: this.#prompt, ...this.#editor }, size);
    writeTerminal(erase + this.#takePending() + drawSequence(this.#drawn));
  }

  #erase(size: ScreenSize): string {
    return this.#drawn ? eraseSequence(this.#drawn, size.columns) : "";
  }

  #takePending(): string {
    const lines = this.#pending;
    this.#pending = [];
    return lines.map((line) => line + "\r\n").join("");
  }

  #typed(text: string): void {
    for (const key of this.#keys.push(text)) this.#press(key);
    this.#paintSoon();
  }

  #press(key: Key): void {
    if (!this.#terminal.isOpen) return;
    const { state, event } = pressKey(this.#editor, key);
    this.#editor = state;
    if (event) this.#happened(event);
  }

  #happened(event: EditorEvent): void {
    if (event.kind === "line") return this.#events.line(event.text);
    if (event.kind === "interrupt") return this.#events.interrupt();
    if (event.kind === "endOfInput") return this.#events.endOfInput();
    if (event.kind === "complete") return this.#complete();
    if (event.kind === "refused") return writeTerminal("\x07");
    this.#drawn = undefined;
    writeTerminal("\x1b[2J\x1b[H");
  }

  #complete(): void {
    const before = this.#editor.text.slice(0, this.#editor.cursor);
    const { state, shown } = completeWord(this.#editor, this.#events.complete?.(before) ?? []);
    this.#editor = state;
    if (shown.length === 0) return;
    const few = joinSafe(
      shown.slice(0, candidatesShownMax).map((word) => safeText(word.trimEnd())),
      "  ",
    );
    const more = shown.length - candidatesShownMax;
    this.print(more > 0 ? safe`${few}  and ${more} more` : few);
  }
}
