/**
 * Talking line by line: what is typed goes to the server, and what comes is shown. The same for a
 * terminal and a pipe; no IO.
 *
 * @module
 */

import { codes } from "../errors.ts";
import type { Entry } from "../log/entry.ts";
import { audienceKey, audienceKinds, type TalkAudience } from "../protocol/audience.ts";
import type { Action } from "../protocol/codec.ts";
import { lobbyId, lobbyName, nameKey } from "../protocol/names.ts";
import { joinSafe, safe, type SafeText, safeText } from "../safe_text.ts";
import { systemClock } from "../seams.ts";
import { WriteError } from "../sqlite/batch.ts";
import type { Codes } from "./codes.ts";
import { complete, type Desk, runLine } from "./commands.ts";
import type { ClientEvent, Place, ShownEntry } from "./events.ts";
import type { LineModePorts } from "./line_mode_ports.ts";
import { LineStatus } from "./line_status.ts";
import type { Answered } from "./outbox_store.ts";
import { PresenceView } from "./presence_view.ts";
import { ReceiptView } from "./receipt_view.ts";
import type { Query } from "./requests.ts";
import { Review } from "./review.ts";
import { Searches } from "./searches.ts";
import { reasonFor, typed } from "./view.ts";

/**
 * The room at hand, and what happens in it and elsewhere.
 *
 * Typed text goes to the room at hand from the moment of `/join` on, since the server does one thing
 * after the other: had the room not let us in, it would refuse the text too, and not put it
 * elsewhere.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { LineMode } from "./line_mode.ts";
 * import type { LineModePorts } from "./line_mode_ports.ts";
 * const line = { isOpen: false, unsent: 2 };
 * const mode = new LineMode({ line, presence: true } as unknown as LineModePorts);
 * assertEquals(String(mode.prompt()), "lobby (offline, 2 unsent)> ");
 * ```
 */
export class LineMode implements Desk {
  readonly #ports: LineModePorts;
  readonly #presence = new PresenceView();
  #current: string = lobbyName;
  #refusals = 0;
  #wantsRooms = false;
  readonly #status: LineStatus;
  readonly #receipts = new ReceiptView();
  readonly #review: Review;
  readonly #searches: Searches;
  /** The last entry of others that was shown of each room, until it is told. */
  readonly #seen = new Map<string, { readonly room: TalkAudience; readonly lsn: number }>();

  /**
   * Starts in the lobby.
   *
   * @param ports what it needs
   */
  constructor(ports: LineModePorts) {
    this.#ports = ports;
    const { line, view, party } = ports;
    this.#searches = new Searches(ports);
    this.#status = new LineStatus(party, (text) => ports.note(text));
    this.#review = new Review({
      line,
      show: (shown) => ports.print(view.entry(shown)),
      note: (text) => ports.note(text),
    });
  }

  /** The room that typed text goes to. */
  get current(): string {
    return this.#current;
  }

  /** Makes codes for devices, and invites. */
  get codes(): Codes {
    return this.#ports.codes;
  }

  /** How many things were refused, here or by the server. */
  get refusals(): number {
    return this.#refusals;
  }

  /**
   * Does what a typed line asks for.
   *
   * @param text as typed
   */
  typed(text: string): void {
    const reason = runLine(this, text);
    if (reason !== null) this.refuse(reason, text);
  }

  /**
   * Shows that something was not sent, and counts it.
   *
   * @param reason why
   * @param text what; not safe
   */
  refuse(reason: SafeText, text: string): void {
    this.#refusals++;
    this.#ports.print(this.#ports.view.notSent(reason, text));
  }

  /**
   * Tells the room at hand, and what is not as it should be.
   *
   * @returns what stands before the input
   */
  prompt(): SafeText {
    const { isOpen, unsent } = this.#ports.line;
    const states = [
      ...(isOpen ? [] : [this.#status.follows ? safe`shared` : safe`offline`]),
      ...(unsent > 0 ? [safe`${unsent} unsent`] : []),
    ];
    const receipt = this.#receipts.state(this.#current);
    if (states.length === 0 && receipt !== null) states.push(receipt);
    const room = safeText(this.#current);
    return states.length === 0 ? safe`${room}> ` : safe`${room} (${joinSafe(states, ", ")})> `;
  }

  /**
   * Offers words.
   *
   * @param text everything before the cursor
   * @returns what may stand in place of the word before the cursor
   */
  complete(text: string): string[] {
    return complete(text, this.#ports.line.mailbox.names());
  }

  /**
   * Takes what came of the connection.
   *
   * @param event the next one
   */
  event(event: ClientEvent): void {
    switch (event.kind) {
      case "entry":
        this.#entry(event.shown);
        break;
      case "answered":
        this.#answered(event.answered);
        break;
      case "nameless":
        this.#ports.line.ask({ kind: "rooms" });
        break;
      case "caughtUp":
        this.#watch();
        break;
      case "rooms":
        if (this.#wantsRooms) this.#ports.print(this.#ports.view.rooms(event.rooms));
        this.#wantsRooms = false;
        this.#watch();
        break;
      case "members":
        this.#ports.print(this.#ports.view.members(event.room, event.code, event.members));
        break;
      case "devices":
        this.#ports.print(this.#ports.view.devices(event));
        break;
      case "presence":
        this.#presenceNews(event);
        break;
      case "receipt":
        this.#receipts.receipt(event.receipt);
        this.#ports.print(this.#ports.view.receipt(event.receipt));
        break;
      case "past":
        this.#review.past(event.room, event.code);
        break;
      case "info":
        this.#ports.print(this.#ports.view.info(event, this.#receipts.textOf(event.lsn)));
        break;
      case "snapshot":
        this.#resync(event.reason);
        break;
      default:
        if (event.kind === "open") this.#presence.opened();
    }
    this.#searches.event(event);
    this.#status.event(event);
  }

  /**
   * Finds a room that we are a member of.
   *
   * @param room its name in any case
   * @returns its name as the server writes it, or null
   */
  membership(room: string): string | null {
    return this.#ports.line.mailbox.membership(room)?.name ?? null;
  }

  /**
   * Makes a room the one at hand.
   *
   * @param room its name
   */
  goTo(room: string): void {
    this.#current = room;
    this.#watch();
  }

  /**
   * Asks for something.
   *
   * @param action within the rules for names and texts
   */
  submit(action: Action): void {
    try {
      this.#ports.line.submit(action);
    } catch (error) {
      if (!(error instanceof WriteError)) throw error;
      const reason = safeText(error.message);
      this.refuse(safe`the mailbox can't be written: ${reason}`, typed(action));
    }
  }

  /**
   * Asks a question whose answer is shown.
   *
   * @param query what to ask
   */
  ask(query: Query): void {
    const isOffline = !this.#ports.line.isOpen && !this.#status.follows;
    if (this.#ports.presence && isOffline) {
      this.note(safe`! offline: the answer comes when there is a connection`);
    }
    if (query.kind === "rooms") this.#wantsRooms = true;
    this.#ports.line.ask(query);
  }

  /**
   * Shows a line of this program's own.
   *
   * @param line what to show
   */
  note(line: SafeText): void {
    this.#ports.note(line);
  }

  /** Shows what was before in the room at hand. */
  back(): void {
    const found = this.#ports.line.mailbox.membership(this.#current);
    if (!found) this.note(safe`! you are not a member of ${safeText(this.#current)}`);
    else this.#review.back(found.room, found.name);
  }

  /**
   * Shows messages that are what is looked for.
   *
   * @param text the query as typed
   * @returns what is wrong with it, or null
   */
  search(text: string): SafeText | null {
    const canAsk = this.#ports.line.isOpen || this.#status.follows;
    return this.#searches.typed(text, systemClock.wallMs(), canAsk);
  }

  /**
   * Shows who has an own message.
   *
   * @param back 1 for the latest, 2 for the one before …
   * @returns false if there is none
   */
  info(back: number): boolean {
    const { unsent } = this.#ports.line;
    if (back <= unsent) {
      this.note(safe`! not sent yet: nobody has it`);
      return true;
    }
    const lsn = this.#receipts.latest(back - unsent);
    if (lsn !== null) this.ask({ kind: "info", lsn });
    return lsn !== null;
  }

  /**
   * Says whether this user shares what they have read.
   *
   * @param on whether others are told, and this user of them
   * @returns false where another program has the connection
   */
  share(on: boolean): boolean {
    const mayTell = this.#status.mayTell();
    if (mayTell) this.#ports.line.share(on);
    return mayTell;
  }

  /** A second has gone by: tells what was seen, and asks how far own messages have come. */
  secondPassed(): void {
    const { line } = this.#ports;
    if (!line.isOpen) return;
    for (const { room, lsn } of this.#seen.values()) line.read(room, lsn);
    this.#seen.clear();
    const lsns = this.#receipts.open();
    if (lsns.length > 0) line.ask({ kind: "receipts", lsns });
  }

  /** Leaves. */
  quit(): void {
    this.#ports.quit();
  }

  #entry(shown: ShownEntry): void {
    const { view } = this.#ports;
    const { entry, own } = shown;
    const isNewRoom = this.#noteShown(shown);
    this.#ports.print(view.entry(shown));
    const made = this.codes.take(shown);
    if (made) this.#ports.print(view.link(made));
    if (entry.audience[0] !== audienceKinds.room) return;
    const kind = entry.content?.kind;
    const isArrival = kind === "joined" || kind === "registered";
    if (isArrival || kind === "left") this.#presence.moved(entry.audience, entry.user, isArrival);
    if (isSentAway(entry, this.#ports.line.mailbox.user)) this.#outOf(shown.place);
    if (!own) return;
    this.#watch();
    if (kind === "left" && shown.row === null) this.#outOf(shown.place);
    // Who comes into a room wants to know what is being talked about.
    const isBefore = kind === "joined" && entry.prev > 0 && isNewRoom;
    if (isBefore && this.#ports.presence && shown.row && shown.place.kind === "room") {
      this.#review.back(entry.audience, shown.place.name);
    }
  }

  /** The room stays the one at hand: a line that is half typed must not end up in another one. */
  #outOf(place: Place): void {
    if (place.kind !== "room" || !this.#isCurrent(place.name)) return;
    const room = safeText(place.name);
    this.note(safe`! you are no longer a member of ${room}: /join it again, or another`);
    this.#watch();
  }

  /** @returns whether the entry's room is new on the screen */
  #noteShown(shown: ShownEntry): boolean {
    const { audience, lsn } = shown.entry;
    this.#receipts.entry(shown);
    const isTalk = audience[0] === audienceKinds.room || audience[0] === audienceKinds.direct;
    if (isTalk && !shown.own) this.#seen.set(audienceKey(audience), { room: audience, lsn });
    return this.#ports.presence && this.#review.entry(shown);
  }

  #isCurrent(room: string): boolean {
    return nameKey(room) === nameKey(this.#current);
  }

  #answered({ row, answer }: Answered): void {
    if (answer.kind !== "refused") return;
    if (answer.code === codes.alreadyMember) {
      // Another device has joined: what was wanted is so. Its name may be new here.
      this.#ports.line.ask({ kind: "rooms" });
      return;
    }
    this.refuse(reasonFor(answer.code), typed(row.action));
  }

  #presenceNews({ room, present, changes }: Extract<ClientEvent, { kind: "presence" }>): void {
    if (!this.#ports.presence) return;
    const { mailbox } = this.#ports.line;
    const { first, here, away } = this.#presence.presence({ room, present, changes });
    const named = (users: readonly number[]) =>
      users.filter((user) => user !== mailbox.user).map((user) => safeText(mailbox.userName(user)));
    const others = named(here);
    if (first && others.length > 0) this.note(safe`* here: ${joinSafe(others, ", ")}`);
    if (!first) { for (const name of others) this.note(safe`* ${name} is here`); }
    for (const name of named(away)) this.note(safe`* ${name} is away`);
  }

  #resync(reason: number): void {
    if (reason === 0) return;
    this.#ports.print(this.#ports.view.resync(reason));
    this.#receipts.forget();
    this.#review.forget();
    this.#seen.clear();
  }

  #watch(): void {
    if (!this.#ports.presence) return;
    const found = this.#ports.line.mailbox.membership(this.#current);
    if (found) this.#current = found.name;
    this.#presence.watch(found?.room ?? null);
    this.#ports.line.watch(found?.room ?? null);
  }
}

/** Whether an entry ends the own membership by another's will; a ban in the lobby ends none. */
function isSentAway({ content, audience }: Entry, user: number): boolean {
  const isThat = content?.kind === "kicked" ||
    content?.kind === "banned" && audience[1] !== lobbyId;
  return isThat && content.user === user;
}
