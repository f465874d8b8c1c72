/**
 * What `/search` asks for: of the server, and of the mailbox where there is none. No IO.
 *
 * @module
 */

import type { Entry } from "../log/entry.ts";
import { safe, type SafeText } from "../safe_text.ts";
import type { ClientEvent } from "./events.ts";
import type { Line } from "./line_mode_ports.ts";
import type { SearchWish } from "./requests.ts";
import { bothFound, type Found, isSameSearch, tally } from "./search.ts";
import { parseQuery } from "./search_query.ts";
import type { View } from "./view.ts";

/** Messages that `/search` shows: about a screen. */
const shownMax = 20;

/** What a typed search needs. */
export interface SearchesPorts {
  /** Where to ask, and the mailbox. */
  readonly line: Pick<Line, "ask" | "search" | "mailbox">;
  /** Makes the lines. */
  readonly view: Pick<View, "found">;
  /**
   * Prints lines.
   *
   * @param lines any number
   */
  print(lines: readonly SafeText[]): void;
  /**
   * Prints something about this program.
   *
   * @param line what to print
   */
  note(line: SafeText): void;
}

/**
 * Searches that were typed and wait for the server.
 *
 * What holds: each is answered once, out of the mailbox alone where no server answers.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { Searches, type SearchesPorts } from "./searches.ts";
 * const reason = new Searches({} as SearchesPorts).typed("before:tomorrow", 0, false);
 * assertEquals(String(reason).slice(0, 20), "before: Write an age");
 * ```
 * @see docs/USING.md
 */
export class Searches {
  readonly #ports: SearchesPorts;
  #waiting: SearchWish[] = [];

  /**
   * Starts with none.
   *
   * @param ports where to ask and to print
   */
  constructor(ports: SearchesPorts) {
    this.#ports = ports;
  }

  /**
   * Does what `/search` asks for.
   *
   * @param text the query as typed
   * @param nowMs milliseconds since 1970-01-01 UTC, from which an age counts
   * @param canAsk whether there is a connection, this program's or another's
   * @returns what is wrong with it, or null where all is well
   */
  typed(text: string, nowMs: number, canAsk: boolean): SafeText | null {
    const { query, problem } = parseQuery(text, nowMs);
    if (!query) return problem;
    const wish = { kind: "search", query, countMax: shownMax } as const;
    if (canAsk) {
      this.#waiting.push(wish);
      this.#ports.line.ask(wish);
    } else this.#alone(wish);
    return null;
  }

  /**
   * Takes what came of the connection.
   *
   * @param event the next one
   */
  event(event: ClientEvent): void {
    switch (event.kind) {
      case "found": {
        const at = this.#waiting.findIndex((wish) => isSameSearch(wish, event));
        if (at < 0) return;
        this.#waiting.splice(at, 1);
        const { line } = this.#ports;
        const shownAs = (entry: Entry) => line.mailbox.shown({ entry, row: null });
        const held = line.search(event.query, event.countMax);
        return this.#show(bothFound(event, held, shownAs), false);
      }
      case "snapshot":
        // A question about another log is not asked again.
        return event.reason === 0 ? undefined : this.#giveUp();
      case "lost":
      case "unanswered":
      case "ended":
        return this.#giveUp();
    }
  }

  #giveUp(): void {
    for (const wish of this.#waiting.splice(0)) this.#alone(wish);
  }

  #alone({ query, countMax }: SearchWish): void {
    this.#ports.note(safe`no connection: looking on this device alone`);
    this.#show(this.#ports.line.search(query, countMax), true);
  }

  #show({ shown, more }: Found, isHere: boolean): void {
    this.#ports.print(this.#ports.view.found(shown));
    this.#ports.note(tally(shown.length, more, isHere));
  }
}
