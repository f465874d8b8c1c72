/**
 * Lines for people. Pure.
 *
 * @module
 */

import { explain } from "../errors.ts";
import {
  joinSafe,
  safe,
  safeLines,
  type SafeText,
  safeText,
  type Style,
  styled,
} from "../safe_text.ts";
import type { MadeLink } from "./codes.ts";
import { deviceLine, drawnLink, linkLines } from "./device_view.ts";
import type { ClientEvent, InfoAnswer, ListedMember, ListedRoom, ShownEntry } from "./events.ts";
import { moderationLine } from "./moderation_view.ts";
import { snapshotText } from "./notices.ts";
import { infoLines } from "./receipt_view.ts";
import type { View } from "./view.ts";
import { type Clock, WallClock } from "./wall_clock.ts";
import { heightOf, messageRowsMax, wrapLine } from "./wrap.ts";

/** How lines look. */
export interface Look {
  /** Whether to use colours. */
  readonly color: boolean;
  /** Such as `Europe/Berlin`; the machine's own where it is absent. */
  readonly timeZone?: string;
  /** How the time of day is written; by 24 hours where it is absent. */
  readonly clock?: Clock;
  /** What counts as today, for which no date is shown. */
  readonly nowMs: number;
  /**
   * Cells in a row of the terminal now. Where it is absent, as for a pipe, each line is whole and a
   * message has all of its lines.
   */
  readonly columns?: () => number;
  /** Rows of the terminal now; where it is absent, no code for a camera is drawn. */
  readonly rows?: () => number;
}

/** Before the further lines of a message: nobody can write a line that begins like another's. */
const indent = safe`         `;

/**
 * Makes lines such as `12:31  lobby  alice: good morning`.
 *
 * Times are local; where the day changes, the date stands on a line of its own.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { codes } from "../errors.ts";
 * import { safe } from "../safe_text.ts";
 * import { TextView } from "./render.ts";
 * const view = new TextView({ color: false, timeZone: "UTC", nowMs: 0 });
 * assertEquals(view.notSent(safe`no`, "a\nb").map(String), ["! not sent: no: a ⏎ b"]);
 * ```
 */
export class TextView implements View {
  readonly #look: Look;
  readonly #clock: WallClock;
  #day: string;

  /**
   * Starts with today as the day of the lines before.
   *
   * @param look how lines look
   */
  constructor(look: Look) {
    this.#look = look;
    this.#clock = new WallClock(look.timeZone, look.clock);
    this.#day = this.#clock.at(look.nowMs).day;
  }

  /**
   * Shows an entry, after the date where it is another one than before.
   *
   * @param shown the entry and its names
   * @returns lines; none for one that has nothing to say
   */
  entry(shown: ShownEntry): SafeText[] {
    const lines = this.#content(shown);
    if (lines.length === 0) return lines;
    const { day, time } = this.#clock.at(shown.entry.timeMs);
    const [first = safe``, ...rest] = lines;
    const stamped = safe`${this.#in("dim", safeText(time))}  ${first}`;
    const all = [stamped, ...rest.map((line) => safe`${indent}${line}`)];
    const rows = this.#bounded(all);
    if (day === this.#day) return rows;
    this.#day = day;
    return [this.#in("dim", safe`-- ${safeText(day)} --`), ...rows];
  }

  /**
   * Shows messages that were found, each with its day.
   *
   * @param found ascending
   * @returns lines
   */
  found(found: readonly ShownEntry[]): SafeText[] {
    return found.flatMap((shown) => {
      const { day, time } = this.#clock.at(shown.entry.timeMs);
      const [first = safe``, ...rest] = this.#content(shown);
      const stamp = this.#in("dim", safe`${safeText(day)} ${safeText(time)}`);
      return this.#bounded([
        safe`${stamp}  ${first}`,
        ...rest.map((line) => safe`${indent}${line}`),
      ]);
    });
  }

  /**
   * Shows rooms.
   *
   * @param rooms the answer to `/rooms`
   * @returns a line for each
   */
  rooms(rooms: readonly ListedRoom[]): SafeText[] {
    return this.#rows(rooms.map(({ name, members, member }) => {
      const count = members === 1 ? safe`1 member` : safe`${members} members`;
      return member
        ? safe`  ${safeText(name)}: ${count}, you too`
        : safe`  ${safeText(name)}: ${count}`;
    }));
  }

  /**
   * Shows who is in a room.
   *
   * @param room its name
   * @param code 0, or why there is no answer
   * @param members the answer to `/who`
   * @returns who is here, and on another line who is away
   */
  members(room: string, code: number, members: readonly ListedMember[]): SafeText[] {
    if (code !== 0) return this.#rows([safe`! ${safeText(room)}: ${safeText(explain(code))}`]);
    const names = (wanted: boolean) => {
      const found = members.filter(({ present }) => present === wanted);
      return joinSafe(found.map(({ name }) => safeText(name)), ", ");
    };
    const [here, away] = [names(true), names(false)];
    const lines = [safe`  ${safeText(room)}: here: ${here === "" ? safe`nobody` : here}`];
    return this.#rows(away === "" ? lines : [...lines, safe`  ${safeText(room)}: away: ${away}`]);
  }

  /**
   * Shows a user's devices.
   *
   * @param answer the answer to `/devices`
   * @returns a line for each
   */
  devices({ user, code, devices }: Extract<ClientEvent, { kind: "devices" }>): SafeText[] {
    if (code !== 0) return this.#rows([safe`! ${safeText(user)}: ${safeText(explain(code))}`]);
    return this.#rows(devices.map((one) => deviceLine(one, (timeMs) => this.#moment(timeMs))));
  }

  /**
   * Shows a link that lets somebody in; it is not wrapped, so that it can be copied whole,
   * and drawn where there is room.
   *
   * @param made the link; it counts
   * @returns lines
   */
  link(made: MadeLink): SafeText[] {
    const [what, link] = linkLines(made, this.#moment(made.expiresMs));
    const { columns, rows, color } = this.#look;
    const room = columns && rows ? { columns: columns(), rows: rows() } : null;
    return [...this.#rows([what]), link, ...drawnLink(made.link, room, color)];
  }

  /**
   * Shows what was not sent.
   *
   * @param reason why
   * @param text what; not safe
   * @returns one line, broken into rows for a terminal
   */
  notSent(reason: SafeText, text: string): SafeText[] {
    return this.#bounded([this.#in("red", safe`! not sent: ${reason}: ${safeText(text)}`)]);
  }

  /**
   * Says that everything comes anew.
   *
   * @param reason of `snapshot`, other than 0
   * @returns one line, broken into rows for a terminal
   */
  resync(reason: number): SafeText[] {
    return this.#rows([this.#in("red", snapshotText(reason))]);
  }

  /**
   * Shows nothing: how far the latest message has come stands in the prompt.
   *
   * @returns no lines
   */
  receipt(): SafeText[] {
    return [];
  }

  /**
   * Shows who has an own message.
   *
   * @param answer the answer to `/info`
   * @param text the message's; not safe
   * @returns which message, and a line for each recipient, broken into rows for a terminal
   */
  info({ code, states }: InfoAnswer, text: string): SafeText[] {
    if (code !== 0) return this.#rows([safe`! ${safeText(explain(code))}`]);
    const [first = ""] = text.split("\n");
    const which = first.length > 40 ? `${first.slice(0, 40)}…` : first;
    const lines = infoLines(states, (timeMs) => this.#moment(timeMs));
    return this.#rows([safe`  of “${safeText(which)}”:`, ...lines]);
  }

  /**
   * Shows a line as it is.
   *
   * @param line any
   * @returns one line, broken into rows for a terminal
   */
  note(line: SafeText): SafeText[] {
    return this.#rows([this.#in("gray", line)]);
  }

  #rows(lines: readonly SafeText[]): SafeText[] {
    const columns = this.#look.columns?.();
    return columns === undefined ? [...lines] : lines.flatMap((line) => wrapLine(line, columns));
  }

  /** What one message takes: the first rows of it, and how many more there would be. */
  #bounded(lines: readonly SafeText[]): SafeText[] {
    const rows = this.#rows(lines);
    const columns = this.#look.columns?.();
    if (columns === undefined) return rows;
    const heights = rows.map((row) => heightOf(row, columns));
    const whole = sum(heights);
    if (whole <= messageRowsMax) return rows;
    let shown = 0;
    // One row is for the last line.
    const cut = heights.findIndex((height) => (shown += height) >= messageRowsMax);
    const more = safe`${indent}… ${sum(heights.slice(cut))} more lines`;
    return [...rows.slice(0, cut), this.#in("dim", more)];
  }

  #content(shown: ShownEntry): SafeText[] {
    const { entry, user, place } = shown;
    const { content } = entry;
    const who = safeText(user);
    const where = safeText(place.kind === "room" ? place.name : "");
    if (content === null) return [];
    switch (content.kind) {
      case "message":
        return shown.isHidden ? [] : this.#message(shown, content.text, content.act);
      case "registered":
        return [this.#in("gray", safe`--> ${who} is new here`)];
      case "created":
        // The server itself made the lobby, and that is no news.
        return user === "" ? [] : [
          this.#in(
            "gray",
            safe`--> ${who} made ${content.private ? safe`the private room ` : safe``}${where}`,
          ),
        ];
      case "joined":
        return [this.#in("gray", safe`--> ${who} joined ${where}`)];
      case "left":
        return [this.#in("gray", safe`<-- ${who} left ${where}`)];
      case "refused":
        // It is told as the answer to what was asked for.
        return [];
      default: {
        const line = moderationLine(shown, content, (timeMs) => this.#moment(timeMs));
        return line === null ? [] : [this.#in("gray", line)];
      }
    }
  }

  #moment(timeMs: number): SafeText {
    const { day, time } = this.#clock.at(timeMs);
    return safeText(day === this.#day ? time : `${day} ${time}`);
  }

  #message({ user, own, place }: ShownEntry, text: string, act: boolean): SafeText[] {
    const who = safeText(user);
    const [first = safe``, ...rest] = safeLines(text);
    const name = this.#in("bold", who);
    if (place.kind !== "direct") {
      const where = safeText(place.kind === "room" ? place.name : "");
      return [
        act ? safe`${where}  * ${name} ${first}` : safe`${where}  ${name}: ${first}`,
        ...rest,
      ];
    }
    const way = own ? safe`you → ${safeText(place.other)}` : safe`${who} → you`;
    const shown = this.#in("bold", way);
    return [act ? safe`${shown}  * ${who} ${first}` : safe`${shown}: ${first}`, ...rest];
  }

  #in(style: Style, text: SafeText): SafeText {
    return styled(style, text, this.#look.color);
  }
}

function sum(heights: readonly number[]): number {
  return heights.reduce((all, height) => all + height, 0);
}
