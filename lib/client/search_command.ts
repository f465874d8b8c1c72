/**
 * `parley search`: finds messages, by the server over all that the user may see, and in the mailbox.
 *
 * @module
 */

import { exitCodes } from "./endings.ts";
import type { Entry } from "../log/entry.ts";
import type { ClientEvent } from "./events.ts";
import type { Inquiry, InquiryPorts } from "./inquiry.ts";
import type { SearchWish } from "./requests.ts";
import { bothFound, type Found, isSameSearch, tally } from "./search.ts";
import type { View } from "./view.ts";

/** The messages that are what is looked for. */
export class SearchInquiry implements Inquiry {
  /** What has come is there. */
  readonly isHeld = true;
  readonly #ports: InquiryPorts;
  readonly #wish: SearchWish;
  readonly #view: View;

  /**
   * Starts with nothing asked.
   *
   * @param ports what it works with
   * @param wish what is looked for
   * @param view makes the lines
   */
  constructor(ports: InquiryPorts, wish: SearchWish, view: View) {
    this.#ports = ports;
    this.#wish = wish;
    this.#view = view;
  }

  /**
   * Asks the server.
   *
   * @returns null
   */
  ask(): null {
    this.#ports.line.ask(this.#wish);
    return null;
  }

  /**
   * Takes the answer, and prints it with what is here.
   *
   * @param event the next one
   * @returns 0 with the answer, or 6 where there is nothing
   */
  event(event: ClientEvent): number | null {
    if (event.kind !== "found" || !isSameSearch(this.#wish, event)) return null;
    const { line } = this.#ports;
    const shownAs = (entry: Entry) => line.mailbox.shown({ entry, row: null });
    return this.#print(bothFound(event, this.#held(), shownAs), false);
  }

  /** Prints what is here. */
  fromMailbox(): void {
    this.#print(this.#held(), true);
  }

  #held(): Found {
    const { query, countMax } = this.#wish;
    return this.#ports.line.search(query, countMax);
  }

  #print({ shown, more }: Found, isHere: boolean): number {
    this.#ports.print(this.#view.found(shown));
    this.#ports.say(tally(shown.length, more, isHere));
    return shown.length === 0 ? exitCodes.nothing : exitCodes.done;
  }
}
