/**
 * Rows of the timeline. Pure.
 *
 * @module
 */

import { nameKey } from "../../protocol/names.ts";
import { safe, safeLines, type SafeText, safeText, type Style, styled } from "../../safe_text.ts";
import type { ShownEntry } from "../events.ts";
import { moderationLine } from "../moderation_view.ts";
import type { Receipt } from "../receipt_store.ts";
import { type Clock, type Moment, WallClock } from "../wall_clock.ts";
import { messageRowsMax, wrapLine } from "../wrap.ts";
import type { ScreenKey } from "./keys.ts";
import type { Item, Model } from "./model.ts";
import type { NotifyWay } from "./notifier.ts";
import { type Background, coloredName, type Palette, paletteOf } from "./palette.ts";

/** How the screen looks. */
export interface ScreenLook {
  /** Whether to use colours: the sixteen that every theme sets, never one for the background. */
  readonly color: boolean;
  /** Whether marks of our own are of ASCII alone. */
  readonly ascii: boolean;
  /** What the colours are to be read on. */
  readonly background?: Background;
  /** Such as `Europe/Berlin`; the machine's own where it is absent. */
  readonly timeZone?: string;
  /** How the time of day is written; by 24 hours where it is absent. */
  readonly clock?: Clock;
  /** Words besides this user's name that make a message one for them. */
  readonly keywords?: readonly string[];
  /** How it calls its user; by the bell where it is absent. */
  readonly notify?: NotifyWay;
  /** The keys, where they are not the usual ones. */
  readonly keys?: readonly ScreenKey[];
}

/** Every row is broken here: a terminal would go on over the members. */
const wrapping = { indentCells: 6, isAddressWhole: false } as const;

/**
 * Tells whether a text names somebody.
 *
 * @param text any
 * @param name a user's
 * @returns true if the name stands in it as a word
 * @example
 * ```ts
 * import { assert } from "@std/assert";
 * import { mentions } from "./timeline.ts";
 * assert(mentions("hi @Al, look", "al") && !mentions("also", "al"));
 * ```
 */
export function mentions(text: string, name: string): boolean {
  const [key, words] = [nameKey(name), nameKey(text)];
  const isWord = (letter: string | undefined) =>
    letter !== undefined && /[\p{L}\p{N}_-]/u.test(letter);
  if (key === "") return false;
  for (let at = words.indexOf(key); at >= 0; at = words.indexOf(key, at + 1)) {
    if (!isWord(words[at - 1]) && !isWord(words[at + key.length])) return true;
  }
  return false;
}

/**
 * Tells whether a text names one of several.
 *
 * @param text any
 * @param names a user's, and words that are to count as such
 * @returns true if one of them stands in it as a word
 * @example
 * ```ts
 * import { assert } from "@std/assert";
 * import { mentionsAny } from "./timeline.ts";
 * assert(mentionsAny("Deploy is done", ["al", "deploy"]) && !mentionsAny("redeployed", ["deploy"]));
 * ```
 */
export function mentionsAny(text: string, names: readonly string[]): boolean {
  return names.some((name) => mentions(text, name));
}

/** Makes rows, and keeps what does not change: most of a screen is as it was a frame before. */
export class Timeline {
  readonly #look: ScreenLook;
  readonly #palette: Palette;
  readonly #clock: WallClock;
  readonly #rows = new WeakMap<
    Item,
    { readonly key: string; readonly rows: readonly SafeText[] }
  >();
  readonly #times = new WeakMap<ShownEntry, Moment>();

  /**
   * Begins with nothing made.
   *
   * @param look how it looks
   */
  constructor(look: ScreenLook) {
    this.#look = look;
    this.#palette = paletteOf(look.background);
    this.#clock = new WallClock(look.timeZone, look.clock);
  }

  /**
   * Makes the last rows of a timeline.
   *
   * @param model what it is of
   * @param columns cells in a row
   * @param countMin how many are wanted: nothing is made of what lies before
   * @returns at least so many rows, if there are; all of them where there are fewer
   */
  last(model: Model, columns: number, countMin: number): SafeText[] {
    const made: (readonly SafeText[])[] = [];
    let count = 0;
    for (let at = model.items.length - 1; at >= 0 && count < countMin; at--) {
      const rows = this.#item(model, at, columns);
      made.push(rows);
      count += rows.length;
    }
    return made.reverse().flat();
  }

  /**
   * Counts the rows from the first unread line on.
   *
   * @param model what it is of
   * @param columns cells in a row
   * @returns rows from the unread rule to the end; 0 where all was read
   */
  unreadRows(model: Model, columns: number): number {
    const first = model.items.findIndex((item) => isUnread(model, item));
    return first < 0 ? 0 : this.rowsFrom(model, columns, first);
  }

  /**
   * Counts the rows from a thing on.
   *
   * @param model what it is of
   * @param columns cells in a row
   * @param from the thing's place in the timeline
   * @returns rows to the end
   */
  rowsFrom(model: Model, columns: number, from: number): number {
    return model.items.slice(from)
      .reduce((count, _, at) => count + this.#item(model, from + at, columns).length, 0);
  }

  #item(model: Model, at: number, columns: number): readonly SafeText[] {
    const item = model.items[at]!;
    const before = entryBefore(model.items, at);
    const rules = item.kind === "entry" ? this.#rules(model, item, before, columns) : [];
    const receipt = item.kind === "entry" && item.shown.own
      ? model.receipts.get(item.shown.entry.lsn)
      : undefined;
    const states = receipt ? `${receipt.recipients} ${receipt.delivered} ${receipt.read}` : "";
    const key = `${columns} ${states}`;
    let kept = this.#rows.get(item);
    if (kept?.key !== key) {
      kept = { key, rows: this.#bounded(this.#lines(model, item, receipt), columns) };
      this.#rows.set(item, kept);
    }
    return rules.length === 0 ? kept.rows : [...rules, ...kept.rows];
  }

  #rules(
    model: Model,
    item: Extract<Item, { kind: "entry" }>,
    before: Item | undefined,
    columns: number,
  ): SafeText[] {
    const { day } = this.#when(item.shown);
    const dayBefore = before?.kind === "entry" ? this.#when(before.shown).day : "";
    const rules = day === dayBefore ? [] : [this.#rule(safeText(day), "dim", columns)];
    const isFirst = isUnread(model, item) && !(before && isUnread(model, before));
    return isFirst ? [...rules, this.#rule(safe`unread`, this.#palette.alert, columns)] : rules;
  }

  #rule(word: SafeText, style: Style, columns: number): SafeText {
    const dash = this.#look.ascii ? "-" : "─";
    const rest = safeText(dash.repeat(Math.max(0, columns - word.length - 4)));
    return this.#in(style, safe`${safeText(dash.repeat(2))} ${word} ${rest}`);
  }

  #bounded(lines: readonly SafeText[], columns: number): readonly SafeText[] {
    const rows = lines.flatMap((line) => wrapLine(line, columns, wrapping));
    if (rows.length <= messageRowsMax) return rows;
    const more = rows.length - messageRowsMax + 1;
    const cut = this.#in(
      "dim",
      safe`      ${this.#look.ascii ? safe`...` : safe`…`} ${more} more lines`,
    );
    return [...rows.slice(0, messageRowsMax - 1), cut];
  }

  #lines(model: Model, item: Item, receipt: Receipt | undefined): SafeText[] {
    if (item.kind === "note") return [this.#in(this.#palette.quiet, item.line)];
    if (item.kind === "pending") {
      const mark = this.#in("dim", this.#look.ascii ? safe`...` : safe`…`);
      return this.#said(
        safeText(" ".repeat(this.#clock.cells)),
        coloredName(model.me, this.#look),
        item.text,
        mark,
      );
    }
    const { shown } = item;
    const { entry: { content }, user, own } = shown;
    if (content === null || shown.isHidden) return [];
    const stamp = this.#in("dim", safeText(this.#when(shown).time));
    if (content.kind !== "message") {
      const line = this.#event(shown);
      return line === null ? [] : [safe`${stamp} ${this.#in(this.#palette.quiet, line)}`];
    }
    const name = coloredName(user, this.#look);
    const mark = own ? this.#mark(receipt) : safe``;
    if (content.act) return this.#said(safe`${stamp} *`, name, content.text, mark, true);
    const isForMe = !own && mentionsAny(content.text, [model.me, ...this.#look.keywords ?? []]);
    return this.#said(stamp, isForMe ? this.#in("bold", name) : name, content.text, mark);
  }

  #said(
    stamp: SafeText,
    name: SafeText,
    text: string,
    mark: SafeText,
    act = false,
  ): SafeText[] {
    const [first = safe``, ...rest] = safeLines(text);
    const lines = [
      act ? safe`${stamp} ${name} ${first}` : safe`${stamp} ${name}: ${first}`,
      ...rest.map((line) => safe`      ${line}`),
    ];
    if (mark !== "") lines.push(safe`${lines.pop()!} ${mark}`);
    return lines;
  }

  /** How far an own message has come. */
  #mark(receipt: Receipt | undefined): SafeText {
    const { recipients = 0, delivered = 0, read = 0 } = receipt ?? {};
    const one = this.#look.ascii ? safe`+` : safe`✓`;
    if (recipients === 0 || delivered < recipients) {
      return this.#in("dim", one);
    }
    if (read === 0) return this.#in("dim", safe`${one}${one}`);
    const who = read === recipients ? safe`read` : safe`read by ${read}`;
    return this.#in(this.#palette.good, safe`${one}${one} ${who}`);
  }

  #event(shown: ShownEntry): SafeText | null {
    const { user, entry: { content } } = shown;
    const who = safeText(user);
    switch (content!.kind) {
      case "registered":
        return safe`--> ${who} is new here`;
      case "created":
        // The server itself made the lobby, and that is no news.
        return user === "" ? null : safe`--> ${who} made this room`;
      case "joined":
        return safe`--> ${who} joined`;
      case "left":
        return safe`<-- ${who} left`;
      case "message":
      case "refused":
        return null;
      default:
        return moderationLine(shown, content!, (timeMs) => {
          const { day, time } = this.#clock.at(timeMs);
          return safeText(`${day} ${time}`);
        });
    }
  }

  #when(shown: ShownEntry): Moment {
    const found = this.#times.get(shown) ?? this.#clock.at(shown.entry.timeMs);
    this.#times.set(shown, found);
    return found;
  }

  #in(style: Style, text: SafeText): SafeText {
    return styled(style, text, this.#look.color);
  }
}

function isUnread({ readUpto }: Model, item: Item): boolean {
  return readUpto !== null && item.kind === "entry" && item.shown.entry.lsn > readUpto;
}

function entryBefore(items: readonly Item[], at: number): Item | undefined {
  let before = at - 1;
  while (before >= 0 && items[before]!.kind !== "entry") before--;
  return items[before];
}
