/**
 * `parley history`: what was written in a room, up to now or a moment.
 *
 * @module
 */

import { safe, type SafeText, safeText } from "../safe_text.ts";
import { advised, joinCommand } from "./advice.ts";
import { exitCodes } from "./endings.ts";
import type { ClientEvent } from "./events.ts";
import type { Inquiry, InquiryPorts } from "./inquiry.ts";
import { LookBack, type LookBackWish } from "./look_back.ts";
import type { View } from "./view.ts";

/** What is wanted, but for the room as packets name it. */
export interface HistoryWish extends Omit<LookBackWish, "room"> {
  /** A room's name, or `@` and a user's. */
  readonly from: string;
}

/**
 * Says that a room or a user is not known here, and what to do.
 *
 * @param from a room's name, or `@` and a user's
 * @returns one line
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { unknownText } from "./history_command.ts";
 * assertEquals(String(unknownText("@al")), "there is no user al here: parley who lists all");
 * ```
 */
export function unknownText(from: string): SafeText {
  const name = safeText(from.replace(/^@/, ""));
  return from.startsWith("@")
    ? safe`there is no user ${name} here: parley who lists all`
    : safe`you are not a member of ${name}: ${joinCommand(from)} makes you one, and parley rooms \
lists all rooms`;
}

/** The entries of a room. */
export class HistoryInquiry implements Inquiry {
  /** What has come is there. */
  readonly isHeld = true;
  readonly #ports: InquiryPorts;
  readonly #wish: HistoryWish;
  readonly #view: View;
  #back: LookBack | null = null;

  /**
   * Starts with nothing asked.
   *
   * @param ports what it works with
   * @param wish what is wanted
   * @param view makes the lines
   */
  constructor(ports: InquiryPorts, wish: HistoryWish, view: View) {
    this.#ports = ports;
    this.#wish = wish;
    this.#view = view;
  }

  /**
   * Asks for the first page.
   *
   * @returns null; 2 for a room that one is not a member of
   */
  ask(): number | null {
    this.#back = this.#make();
    if (!this.#back) return this.#unknown();
    this.#back.begin();
    return null;
  }

  /**
   * Takes pages, and prints all when the last of them is there.
   *
   * @param event the next one
   * @returns 0 with the last page, 2 where the server refuses it
   */
  event(event: ClientEvent): number | null {
    const back = this.#back;
    if (event.kind !== "past" || !back) return null;
    back.past(event.room, event.code);
    if (back.state === "asking") return null;
    if (back.state === "done") return this.#print(back);
    const { from } = this.#wish;
    this.#ports.say(safe`${safeText(from)}: ${advised(back.code, from)}`);
    return exitCodes.refused;
  }

  /** Prints what is here, without a hole. */
  fromMailbox(): void {
    const back = this.#back ?? this.#make();
    if (!back) return void this.#unknown();
    back.giveUp();
    this.#print(back);
  }

  #make(): LookBack | null {
    const room = this.#ports.line.mailbox.audienceOf(this.#wish.from);
    return room && new LookBack(this.#ports, { ...this.#wish, room });
  }

  #unknown(): number {
    this.#ports.say(unknownText(this.#wish.from));
    return exitCodes.refused;
  }

  #print(back: LookBack): number {
    this.#ports.print(back.entries.flatMap((shown) => this.#view.entry(shown)));
    return exitCodes.done;
  }
}
