/**
 * The terminal in raw mode: what both the input line and the full screen do to it, and undo.
 *
 * @module
 */

import type { ScreenSize } from "./line_view.ts";

/** What a terminal is to be, and who hears of it. */
export interface RawTerminalOptions {
  /** Escape sequences to begin with. */
  readonly enter: string;
  /**
   * Makes what leaves the terminal as it was found; called once.
   *
   * @returns text and escape sequences
   */
  leave(): string;
  /**
   * Something was typed.
   *
   * @param text any piece, cut anywhere between code points
   */
  typed(text: string): void;
  /** Nothing more comes: the terminal has gone. */
  ended(): void;
  /** It has another size now. */
  resized(): void;
}

/** Events of the program's end: by itself or `Deno.exit`, and the two ways of an uncaught error. */
const endings = ["unload", "error", "unhandledrejection"] as const;

/** Used where the terminal does not tell its size. */
const usualSize: ScreenSize = { columns: 80, rows: 24 };

const utf8 = new TextEncoder();

/**
 * Standard input and output, taken over until `close`; given back also when the program ends by
 * `Deno.exit` or by an uncaught error.
 *
 * @example
 * ```ts
 * import { RawTerminal } from "./raw_terminal.ts";
 * if (Deno.stdin.isTerminal()) {
 *   const nothing = () => {};
 *   const options = { enter: "", leave: () => "", typed: nothing, ended: nothing, resized: nothing };
 *   new RawTerminal(options).close();
 * }
 * ```
 */
export class RawTerminal {
  readonly #options: RawTerminalOptions;
  readonly #input: ReadableStreamDefaultReader<Uint8Array>;
  #isOpen = true;

  /**
   * Takes the terminal over. Nobody is called before it returns.
   *
   * @param options what it is to be
   * @throws {Deno.errors.BadResource} where standard input is no terminal
   */
  constructor(options: RawTerminalOptions) {
    this.#options = options;
    Deno.stdin.setRaw(true);
    this.#input = Deno.stdin.readable.getReader();
    for (const name of endings) addEventListener(name, this.#close);
    // Deno 2.5.7 has no `resize` event; Windows has no such signal.
    if (Deno.build.os !== "windows") Deno.addSignalListener("SIGWINCH", this.#resized);
    writeTerminal(options.enter);
    void this.#read();
  }

  /** Whether the terminal is taken over. */
  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** Gives the terminal back; again it does nothing. */
  close(): void {
    this.#close();
  }

  readonly #resized = (): void => this.#options.resized();

  readonly #close = (): void => {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    for (const name of endings) removeEventListener(name, this.#close);
    if (Deno.build.os !== "windows") Deno.removeSignalListener("SIGWINCH", this.#resized);
    writeTerminal(this.#options.leave());
    Deno.stdin.setRaw(false);
    this.#input.cancel().catch(() => {});
  };

  async #read(): Promise<void> {
    const decoder = new TextDecoder();
    while (this.#isOpen) {
      // A terminal that has gone ends or fails the reading: both mean that nothing more comes.
      const { value } = await this.#input.read().catch(() => ({ value: undefined }));
      if (!this.#isOpen) return;
      if (!value) return this.#options.ended();
      this.#options.typed(decoder.decode(value, { stream: true }));
    }
  }
}

/**
 * Asks the terminal how large it is.
 *
 * @returns its size now; a usual one where it does not tell
 * @example
 * ```ts
 * import { assert } from "@std/assert";
 * import { sizeNow } from "./raw_terminal.ts";
 * assert(sizeNow().columns > 0);
 * ```
 */
export function sizeNow(): ScreenSize {
  try {
    const { columns, rows } = Deno.consoleSize();
    return columns > 0 && rows > 0 ? { columns, rows } : usualSize;
  } catch {
    return usualSize;
  }
}

/**
 * Writes all of a text to standard output, and returns when it is there.
 *
 * @param text what to write
 * @example
 * ```ts
 * import { writeTerminal } from "./raw_terminal.ts";
 * writeTerminal("");
 * ```
 */
export function writeTerminal(text: string): void {
  for (let rest = utf8.encode(text); rest.length > 0;) {
    rest = rest.subarray(Deno.stdout.writeSync(rest));
  }
}

/** Brackets around pastes: on, off. */
export const pastes = { on: "\x1b[?2004h", off: "\x1b[?2004l" } as const;
