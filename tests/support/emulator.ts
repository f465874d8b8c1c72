/**
 * A terminal without a screen, whose every cell and every wish to act can be looked at.
 *
 * @module
 */

import graphemes from "@xterm/addon-unicode-graphemes";
import xterm from "@xterm/headless";

/** How wide characters are: to an old terminal, and to one that knows of emoji and joins them. */
export const widthTables = ["6", "15-graphemes"] as const;

/** Where the cursor is, in cells from the upper left corner. */
export interface Cursor {
  readonly row: number;
  readonly column: number;
}

/** All final characters of escape sequences, and what may stand before them. */
const finals = Array.from({ length: 0x7f - 0x40 }, (_, at) => String.fromCharCode(0x40 + at));
const escapeFinals = Array.from({ length: 0x7f - 0x30 }, (_, at) => String.fromCharCode(0x30 + at));
const prefixes = ["", "?", ">", "=", "<"];
const intermediates = ["", " ", "!", '"', "#", "$", "%", "'", "(", ")", "*"];
/** Titles, palette, folder, links, notes, colours, clipboard, and what some terminals add. */
const oscNumbers = [0, 1, 2, 4, 5, 7, 8, 9, 10, 11, 12, 13, 14, 17, 19, 22, 46, 50, 51, 52, 99]
  .concat([104, 105, 110, 111, 112, 117, 119, 133, 440, 555, 633, 666, 777, 1337]);

/** A terminal emulator that notes what text makes it do beyond showing text. */
export class Emulator {
  readonly columns: number;
  readonly rows: number;
  readonly #terminal: xterm.Terminal;
  /** What happened beyond text, moves and looks, since the last `reset`. */
  acts: string[] = [];
  /** The moves and looks, as `final:parameters`. */
  sequences: string[] = [];

  constructor(columns: number, rows: number, widths: (typeof widthTables)[number]) {
    this.columns = columns;
    this.rows = rows;
    const terminal = new xterm.Terminal({
      ...{ cols: columns, rows, allowProposedApi: true, scrollback: 0, logLevel: "off" },
    });
    terminal.loadAddon(new graphemes.UnicodeGraphemesAddon());
    terminal.unicode.activeVersion = widths;
    this.#terminal = terminal;
    terminal.onData((data) => this.acts.push(`answers ${JSON.stringify(data)}`));
    terminal.onBinary(() => this.acts.push("answers in bytes"));
    terminal.onTitleChange(() => this.acts.push("sets a title"));
    terminal.onBell(() => this.acts.push("rings"));
    terminal.onScroll(() => this.acts.push("scrolls"));
    this.#listen();
  }

  /** Forgets all that was written. */
  reset(): void {
    this.#terminal.reset();
    this.acts = [];
    this.sequences = [];
  }

  /** Writes, and waits until it was taken in. */
  write(text: string): Promise<void> {
    // The public `write` waits for a timer each time, which is most of what a run would take.
    const { _core } = this.#terminal as unknown as { _core: { writeSync(text: string): void } };
    _core.writeSync(text);
    return Promise.resolve();
  }

  get cursor(): Cursor {
    const { cursorX, cursorY } = this.#terminal.buffer.active;
    return { row: cursorY, column: cursorX };
  }

  /** The characters of a row, blanks at its end included. */
  row(at: number): string {
    const { active } = this.#terminal.buffer;
    return active.getLine(active.viewportY + at)!.translateToString(false);
  }

  /** Whether a cell looks as a terminal looks by itself. */
  isPlain({ row, column }: Cursor): boolean {
    const { active } = this.#terminal.buffer;
    const cell = active.getLine(active.viewportY + row)!.getCell(column)!;
    return cell.isAttributeDefault();
  }

  /** All that can be switched on and off. */
  get modes(): string {
    return JSON.stringify([this.#terminal.modes, this.#terminal.buffer.active.type]);
  }

  #listen(): void {
    const { parser } = this.#terminal;
    for (const prefix of prefixes) {
      for (const between of intermediates) {
        for (const final of finals) {
          const id = { prefix, intermediates: between, final };
          parser.registerCsiHandler(id, (params) => {
            this.sequences.push(`${prefix}${between}${final}:${params.join(";")}`);
            return false;
          });
        }
      }
    }
    for (const between of intermediates) {
      for (const final of finals) {
        const id = { intermediates: between, final };
        parser.registerDcsHandler(id, () => this.#noted(`DCS ${between}${final}`));
      }
      for (const final of escapeFinals) {
        const id = { intermediates: between, final };
        parser.registerEscHandler(id, () => this.#noted(`ESC ${between}${final}`));
      }
    }
    for (const number of oscNumbers) {
      parser.registerOscHandler(number, () => this.#noted(`OSC ${number}`));
    }
  }

  #noted(act: string): boolean {
    this.acts.push(act);
    return false;
  }
}
