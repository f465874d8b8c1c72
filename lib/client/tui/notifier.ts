/**
 * Calls a person whose eyes are elsewhere. No IO of its own.
 *
 * @module
 */

import { safe, type SafeText, safeText } from "../../safe_text.ts";

/** How one is called: by the terminal's bell, its notifications in one dialect or the other, or not. */
export type NotifyWay = "bell" | "osc9" | "osc777" | "never";

/** A message that means this user. */
export interface Notice {
  /** Who wrote it; not safe. */
  readonly from: string;
  /** A room's name, or `@` and the writer's; not safe. */
  readonly to: string;
  /** What was written; not safe. */
  readonly text: string;
}

/** Units of a notification: desktops show no more. */
const unitsMax = 200;

/**
 * Calls once a second at most: who comes back to a hundred mentions needs no hundred bells, and
 * nobody can make another's terminal ring without end.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { Notifier } from "./notifier.ts";
 * const sent: string[] = [];
 * const notifier = new Notifier("osc9", (sequence) => sent.push(sequence));
 * for (const text of ["al?", "AL!"]) notifier.called({ from: "bob", to: "dev", text });
 * assertEquals(sent, ["\x1b]9;dev: bob: al?\x07"]);
 * ```
 * @see https://invisible-island.net/xterm/ctlseqs/ctlseqs.html
 */
export class Notifier {
  readonly #way: NotifyWay;
  readonly #write: (sequence: string) => void;
  #hasCalled = false;

  /**
   * Starts without having called.
   *
   * @param way how to call
   * @param write takes what the terminal is sent
   */
  constructor(way: NotifyWay, write: (sequence: string) => void) {
    this.#way = way;
    this.#write = write;
  }

  /**
   * Calls, unless it just has.
   *
   * @param notice what for
   */
  called(notice: Notice): void {
    if (this.#hasCalled || this.#way === "never") return;
    this.#hasCalled = true;
    this.#write(this.#way === "bell" ? "\x07" : sequenceOf(this.#way, notice));
  }

  /** A second has gone by: it may call again. */
  secondPassed(): void {
    this.#hasCalled = false;
  }
}

function sequenceOf(way: "osc9" | "osc777", { from, to, text }: Notice): string {
  const who = to.startsWith("@") ? safeText(from) : safe`${safeText(to)}: ${safeText(from)}`;
  const what = safeText(text.slice(0, unitsMax).toWellFormed());
  if (way === "osc9") return `\x1b]9;${safe`${who}: ${what}`}\x07`;
  return `\x1b]777;notify;${withoutSeparator(who)};${withoutSeparator(what)}\x07`;
}

/** There, what is behind a semicolon is the next field. */
function withoutSeparator(text: SafeText): string {
  return text.replaceAll(";", ",");
}
