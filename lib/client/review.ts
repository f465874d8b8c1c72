/**
 * Looking back in line mode: `/history`, and what was written in a room before one joined it. No
 * IO.
 *
 * @module
 */

import { explain } from "../errors.ts";
import { audienceKey, audienceKinds, type TalkAudience } from "../protocol/audience.ts";
import { safe, type SafeText, safeText } from "../safe_text.ts";
import type { ShownEntry } from "./events.ts";
import { boundaries } from "./history.ts";
import type { SharedLine } from "./shared_line.ts";

/** What looking back needs of its shell. */
export interface ReviewPorts {
  /** Where earlier entries are. */
  readonly line: Pick<SharedLine, "earlier" | "ask">;
  /**
   * Shows an entry of before.
   *
   * @param shown the entry and its names
   */
  show(shown: ShownEntry): void;
  /**
   * Shows a line about what is shown.
   *
   * @param line what to show
   */
  note(line: SafeText): void;
}

/** Entries that are shown at once. */
const pageEntries = 20;

/**
 * Knows the first entry of each room on the screen, and shows what is directly before it.
 *
 * What holds: nothing is shown over a hole; what is not here is asked for first.
 *
 * @example
 * ```ts ignore
 * const review = new Review({ line, show, note });
 * review.back([0, 1], "lobby");
 * ```
 */
export class Review {
  readonly #ports: ReviewPorts;
  readonly #first = new Map<string, number>();
  #asked: { readonly room: TalkAudience; readonly name: string } | null = null;

  /**
   * Starts with an empty screen.
   *
   * @param ports what it needs
   */
  constructor(ports: ReviewPorts) {
    this.#ports = ports;
  }

  /**
   * Takes an entry that is shown.
   *
   * @param shown the entry and its names
   */
  entry({ entry: { lsn, audience } }: ShownEntry): void {
    const key = audienceKey(audience);
    if (lsn < (this.#first.get(key) ?? Infinity)) this.#first.set(key, lsn);
  }

  /** Everything comes anew, under other numbers. */
  forget(): void {
    this.#first.clear();
    this.#asked = null;
  }

  /**
   * Shows what is before the first entry of a room on the screen, or asks for it.
   *
   * @param room which
   * @param name its name, for notes
   */
  back(room: TalkAudience, name: string): void {
    this.#show(room, name, true);
  }

  /**
   * Takes the news that a page of history is in the mailbox.
   *
   * @param room of which
   * @param code 0, or why there is no answer
   */
  past(room: TalkAudience, code: number): void {
    const asked = this.#asked;
    if (!asked || audienceKey(asked.room) !== audienceKey(room)) return;
    this.#asked = null;
    if (code === 0) this.#show(room, asked.name, false);
    else this.#ports.note(safe`! ${safeText(asked.name)}: ${safeText(explain(code))}`);
  }

  #show(room: TalkAudience, name: string, mayAsk: boolean): void {
    const { line, show, note } = this.#ports;
    const said = safeText(room[0] === audienceKinds.direct ? `@${name}` : name);
    const first = this.#first.get(audienceKey(room));
    if (first === undefined) return note(safe`! nothing of ${said} is here yet`);
    const { shown, before } = line.earlier(room, first, pageEntries);
    if (shown.length === 0 && before === boundaries.more && mayAsk) {
      this.#asked = { room, name };
      line.ask({ kind: "history", room, before: first });
      return;
    }
    if (shown.length > 0) {
      note(safe`-- before that, in ${said}: --`);
      for (const one of shown) {
        this.entry(one);
        show(one);
      }
    }
    note(this.#end(said, before));
  }

  #end(room: SafeText, before: number | null): SafeText {
    if (before === boundaries.start) return safe`-- that is where ${room} begins --`;
    if (before === boundaries.notYours) {
      return safe`-- what was before that in ${room} is not for you --`;
    }
    return safe`-- so far; /history shows more --`;
  }
}
