/**
 * What line mode says about its connection: once for each change. No IO.
 *
 * @module
 */

import { safe, type SafeText } from "../safe_text.ts";
import type { Party } from "./endings.ts";
import type { ClientEvent } from "./events.ts";
import { delayedText, firstContactText, lostText, welcomeText } from "./notices.ts";

/**
 * Knows whether there is a connection, and whose.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { LineStatus } from "./line_status.ts";
 * const notes: string[] = [];
 * const party = { server: "chat:7667", name: "al", folder: "data" };
 * const status = new LineStatus(party, (line) => notes.push(line));
 * status.event({ kind: "open" });
 * assertEquals([notes, status.follows], [["connected to chat:7667 as al"], false]);
 * ```
 */
export class LineStatus {
  readonly #party: Party;
  readonly #note: (line: SafeText) => void;
  #lostFor = "";
  #wasOpen = false;
  #follows = false;
  #isDelayed = false;

  /**
   * Starts without a connection.
   *
   * @param party whom it is about
   * @param note shows a line
   */
  constructor(party: Party, note: (line: SafeText) => void) {
    this.#party = party;
    this.#note = note;
  }

  /** Whether another program of the same mailbox has the connection. */
  get follows(): boolean {
    return this.#follows;
  }

  /**
   * Takes what came of the connection; what does not concern it is passed over.
   *
   * @param event the next one
   */
  event(event: ClientEvent): void {
    switch (event.kind) {
      case "open":
        if (!this.#wasOpen || this.#lostFor) this.#note(welcomeText(this.#wasOpen, this.#party));
        this.#wasOpen = true;
        this.#follows = false;
        this.#lostFor = "";
        break;
      case "follows":
        this.#follows = true;
        this.#note(
          safe`another parley on this machine has the connection: this one goes through it`,
        );
        break;
      case "lost":
        // The same once more is no news, and an offline night would fill the screen.
        if (event.why !== this.#lostFor) this.#note(lostText(event.why, event.pauseMs));
        this.#lostFor = event.why;
        break;
      case "unanswered":
        this.#note(safe`! no answer: the other parley has no connection`);
        break;
      case "delayed":
        if (!this.#isDelayed) this.#note(delayedText());
        this.#isDelayed = true;
        break;
      case "answered":
        this.#isDelayed = false;
        break;
      case "firstContact":
        this.#note(firstContactText(event.fingerprint, this.#party));
        break;
    }
  }

  /**
   * Tells whether the server can be told from here what is not sent through the mailbox, and says so
   * where it can't.
   *
   * @returns whether it can, or will be when there is a connection
   */
  mayTell(): boolean {
    if (this.#follows) this.#note(safe`! the other parley has the connection: say it there`);
    return !this.#follows;
  }
}
