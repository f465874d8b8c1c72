/**
 * What a terminal in raw mode sends, taken apart into text and commands. No IO.
 *
 * @module
 */

/** What a key asks the input line to do. */
export type Command =
  | "enter"
  | "newline"
  | "complete"
  | "left"
  | "right"
  | "wordLeft"
  | "wordRight"
  | "home"
  | "end"
  | "older"
  | "newer"
  | "eraseLeft"
  | "eraseRight"
  | "eraseWord"
  | "eraseToStart"
  | "eraseToEnd"
  | "eraseRightOrEndInput"
  | "interrupt"
  | "repaint";

/** Text to insert, or a command. */
export type Key =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "command"; readonly command: Command };

/** A key that only its owner has a meaning for. */
export interface NamedKey<Name extends string> {
  /** Tells it from text and commands. */
  readonly kind: "named";
  /** What its owner calls it. */
  readonly name: Name;
}

const pasteStart = "\x1b[200~";
const pasteEnd = "\x1b[201~";

/** Longer than any key that a terminal has: what goes on beyond is noise, not a key. */
const heldUnitsMax = 64;

const commands: ReadonlyMap<string, Command> = new Map(Object.entries(
  {
    "\r": "enter",
    "\n": "enter",
    "\x1b\r": "newline",
    "\x1b\n": "newline",
    "\t": "complete",
    "\x01": "home",
    "\x1b[H": "home",
    "\x1bOH": "home",
    "\x1b[1~": "home",
    "\x1b[7~": "home",
    "\x05": "end",
    "\x1b[F": "end",
    "\x1bOF": "end",
    "\x1b[4~": "end",
    "\x1b[8~": "end",
    "\x02": "left",
    "\x1b[D": "left",
    "\x1bOD": "left",
    "\x06": "right",
    "\x1b[C": "right",
    "\x1bOC": "right",
    "\x1bb": "wordLeft",
    "\x1b[1;3D": "wordLeft",
    "\x1b[1;5D": "wordLeft",
    "\x1bf": "wordRight",
    "\x1b[1;3C": "wordRight",
    "\x1b[1;5C": "wordRight",
    "\x10": "older",
    "\x1b[A": "older",
    "\x1bOA": "older",
    "\x0e": "newer",
    "\x1b[B": "newer",
    "\x1bOB": "newer",
    "\x08": "eraseLeft",
    "\x7f": "eraseLeft",
    "\x1b[3~": "eraseRight",
    "\x04": "eraseRightOrEndInput",
    "\x17": "eraseWord",
    "\x1b\x7f": "eraseWord",
    "\x15": "eraseToStart",
    "\x0b": "eraseToEnd",
    "\x03": "interrupt",
    "\x0c": "repaint",
  } satisfies Record<string, Command>,
));

/** One key: CSI (`ESC [ … letter`, and the Linux console's `ESC [ [ A`), SS3, Alt, control, text. */
const token =
  // deno-lint-ignore no-control-regex
  /\x1b\[\[?[0-?]*[ -/]*[@-Z\\-~]|\x1bO[@-~]|\x1b[^[O\x1b]|[\x00-\x1f\x7f]|[^\x00-\x1f\x7f]+/y;

/** A sequence that may go on in the next bytes. */
// deno-lint-ignore no-control-regex
const unfinished = /^\x1b(\[\[?[0-?]*[ -/]*|O)?$/;

/**
 * Turns what the terminal sends into keys, however it was split.
 *
 * A paste (in brackets, as terminals send it on demand) becomes text with its newlines in it, never
 * commands: a pasted line end must not send half a message. Unknown sequences are dropped. A lone
 * Escape waits for what follows, since it may be half of a key; who has a use for it by itself asks
 * with `takeEscape` after a while.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { KeyDecoder } from "./line_keys.ts";
 * const decoder = new KeyDecoder();
 * assertEquals(decoder.push("hi\x1b["), [{ kind: "text", text: "hi" }]);
 * assertEquals(decoder.push("A"), [{ kind: "command", command: "older" }]);
 * ```
 * @see https://invisible-island.net/xterm/ctlseqs/ctlseqs.html
 */
export class KeyDecoder<Named extends NamedKey<string> = never> {
  readonly #named: ReadonlyMap<string, Named>;
  #held = "";
  #pasting = false;

  /**
   * Begins outside of any key.
   *
   * @param named what a terminal sends → a key that only its owner has a meaning for; goes before
   * the commands
   */
  constructor(named: ReadonlyMap<string, Named> = new Map()) {
    this.#named = named;
  }

  /**
   * Takes an Escape that nothing has followed so far.
   *
   * @returns whether there was one; it is no longer the beginning of a key then
   */
  takeEscape(): boolean {
    if (this.#pasting || this.#held !== "\x1b") return false;
    this.#held = "";
    return true;
  }

  /**
   * Takes the next piece of input.
   *
   * @param piece decoded text of any length, cut anywhere between code points
   * @returns the keys that are whole now, in order; a new array that the caller owns
   */
  push(piece: string): (Key | Named)[] {
    let rest = this.#held + piece;
    const keys: (Key | Named)[] = [];
    this.#held = "";
    while (rest !== "") rest = this.#pasting ? this.#paste(rest, keys) : this.#keys(rest, keys);
    return keys;
  }

  #keys(input: string, keys: (Key | Named)[]): string {
    for (let at = 0; at < input.length;) {
      token.lastIndex = at;
      const found = token.exec(input)?.[0] ?? "\x1b";
      const rest = input.slice(at);
      if (found === "\x1b" && unfinished.test(rest)) return this.#hold(rest);
      at += found.length;
      if (found === pasteStart) {
        this.#pasting = true;
        return input.slice(at);
      }
      const key = this.#named.get(found) ?? keyOf(found);
      if (key) keys.push(key);
    }
    return "";
  }

  #paste(input: string, keys: (Key | Named)[]): string {
    const end = input.indexOf(pasteEnd);
    const cut = end >= 0 ? end : input.length - unfinishedPasteUnits(input);
    // Terminals send a pasted newline as the key Enter would: \r.
    const text = input.slice(0, cut).replaceAll(/\r\n?/g, "\n");
    if (text !== "") keys.push({ kind: "text", text });
    if (end < 0) return this.#hold(input.slice(cut));
    this.#pasting = false;
    return input.slice(end + pasteEnd.length);
  }

  #hold(rest: string): "" {
    if (rest.length <= heldUnitsMax) this.#held = rest;
    return "";
  }
}

function keyOf(found: string): Key | undefined {
  const command = commands.get(found);
  if (command) return { kind: "command", command };
  const isText = found.charCodeAt(0) >= 0x20;
  return isText ? { kind: "text", text: found } : undefined;
}

/** How much at the end may be the beginning of the closing bracket, or half of `\r\n`. */
function unfinishedPasteUnits(input: string): number {
  if (input.endsWith("\r")) return 1;
  for (let units = pasteEnd.length - 1; units > 0; units--) {
    if (input.endsWith(pasteEnd.slice(0, units))) return units;
  }
  return 0;
}
