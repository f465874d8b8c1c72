/**
 * Looking back in line mode: `/history`, and what was written in a room before one joined it. No
 * IO.
 *
 * @module
 */

import { explain } from "../errors.ts";
import { limits } from "../limits.ts";
import { audienceKey, audienceKinds, type TalkAudience } from "../protocol/audience.ts";
import { safe, type SafeText, safeText } from "../safe_text.ts";
import type { ShownEntry } from "./events.ts";
import { boundaries } from "../log/log.ts";
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

/** Entries that are shown of what was missed: as many as one page of history has. */
const holeEntriesMax = limits.historyEntriesMax;

/** What is to be shown: entries of a room between two that are on the screen. */
interface Stretch {
  readonly room: TalkAudience;
  readonly name: string;
  /** The entry above which to stop; 0 for none. */
  readonly after: number;
  /** The entry directly before which to begin. */
  readonly before: number;
}

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
  readonly #last = new Map<string, number>();
  #asked: Stretch | null = null;

  /**
   * Starts with an empty screen.
   *
   * @param ports what it needs
   */
  constructor(ports: ReviewPorts) {
    this.#ports = ports;
  }

  /**
   * Takes an entry that is shown as it comes, and shows first what is missing before it: what was
   * written between one's leaving a room and coming back.
   *
   * @param shown the entry and its names
   * @returns whether its room is new on the screen
   */
  entry({ entry: { lsn, prev, audience }, place }: ShownEntry): boolean {
    const key = audienceKey(audience);
    const last = this.#last.get(key);
    this.#last.set(key, Math.max(lsn, last ?? 0));
    if (lsn < (this.#first.get(key) ?? Infinity)) this.#first.set(key, lsn);
    if (last === undefined) return true;
    const isTalk = audience[0] === audienceKinds.room || audience[0] === audienceKinds.direct;
    if (isTalk && prev > last) {
      const name = place.kind === "room" ? place.name : place.kind === "direct" ? place.other : "";
      this.#show({ room: audience, name, after: last, before: lsn }, true);
    }
    return false;
  }

  /** Everything comes anew, under other numbers. */
  forget(): void {
    this.#first.clear();
    this.#last.clear();
    this.#asked = null;
  }

  /**
   * Shows what is before the first entry of a room on the screen, or asks for it.
   *
   * @param room which
   * @param name its name, for notes
   */
  back(room: TalkAudience, name: string): void {
    const before = this.#first.get(audienceKey(room));
    if (before !== undefined) this.#show({ room, name, after: 0, before }, true);
    else this.#ports.note(safe`! nothing of ${called(room, name)} is here yet`);
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
    if (code === 0) this.#show(asked, false);
    else this.#ports.note(safe`! ${called(room, asked.name)}: ${safeText(explain(code))}`);
  }

  #show(stretch: Stretch, mayAsk: boolean): void {
    const { line, show, note } = this.#ports;
    const { room, name, after, before } = stretch;
    const earlier = line.earlier(room, before, after === 0 ? pageEntries : holeEntriesMax);
    const shown = earlier.shown.filter(({ entry }) => entry.lsn > after);
    if (shown.length === 0 && earlier.before === boundaries.more && mayAsk) {
      this.#asked = stretch;
      line.ask({ kind: "history", room, before });
      return;
    }
    const said = called(room, name);
    if (shown.length > 0) {
      note(after === 0 ? safe`-- before that, in ${said}: --` : safe`-- meanwhile, in ${said}: --`);
    }
    const isMore = after > 0 && (shown[0]?.entry.prev ?? 0) > after;
    if (isMore) {
      note(safe`-- there is more before this; /history shows it --`);
      this.#first.set(audienceKey(room), shown[0]!.entry.lsn);
    }
    for (const one of shown) show(one);
    if (after === 0) {
      const [first] = shown;
      if (first) this.#first.set(audienceKey(room), first.entry.lsn);
      note(this.#end(said, earlier.before));
    } else if (shown.length > 0) note(safe`-- and now: --`);
  }

  #end(room: SafeText, before: number | null): SafeText {
    if (before === boundaries.start) return safe`-- that is where ${room} begins --`;
    if (before === boundaries.notYours) {
      return safe`-- what was before that in ${room} is not for you --`;
    }
    return safe`-- so far; /history shows more --`;
  }
}

function called(room: TalkAudience, name: string): SafeText {
  return safeText(room[0] === audienceKinds.direct ? `@${name}` : name);
}
