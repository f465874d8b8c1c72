/**
 * What is held of the room at hand: read from the mailbox, and added to as things come.
 *
 * @module
 */

import { boundaries } from "../../log/log.ts";
import type { TalkAudience } from "../../protocol/audience.ts";
import type { SafeText } from "../../safe_text.ts";
import type { ShownEntry } from "../events.ts";
import type { Line } from "../line_mode_ports.ts";
import type { MailboxStore } from "../mailbox_store.ts";
import type { Item } from "./model.ts";

/** Entries that are read at a time. */
const pageEntries = 200;
/** Things that are held, at most: for who looks at the newest, and for who scrolls up. */
const heldMax = 400;
const scrolledMax = 2_000;
/** Notes that outlive what they stand among. */
const notesMax = 20;

/** A room or direct, by both of its names. */
export interface Here {
  /** The audience's key. */
  readonly key: string;
  /** The audience. */
  readonly room: TalkAudience;
}

/** What is held, without a hole. */
export class RoomLog {
  readonly #line: Pick<Line, "mailbox" | "earlier" | "ask" | "isOpen">;
  readonly #store: Pick<MailboxStore, "before">;
  #items: Item[] = [];
  #isAsked = false;
  #fresh = 0;

  /**
   * Holds nothing so far.
   *
   * @param line where entries are read, and asked for
   * @param store tells the newest
   */
  constructor(
    line: Pick<Line, "mailbox" | "earlier" | "ask" | "isOpen">,
    store: Pick<MailboxStore, "before">,
  ) {
    this.#line = line;
    this.#store = store;
  }

  /** Oldest first; to be read at once, since it changes. */
  get items(): readonly Item[] {
    return this.#items;
  }

  /** The newest entry; null where there is none. */
  get last(): ShownEntry | null {
    const last = this.#items.findLast((item) => item.kind === "entry");
    return last?.kind === "entry" ? last.shown : null;
  }

  /**
   * Reads a room.
   *
   * @param here which; null for one of which nothing is known
   */
  load(here: Here | null): void {
    this.#items = [];
    this.#fresh = 0;
    this.#isAsked = false;
    const [newest] = here ? this.#store.before(here.key, Number.MAX_SAFE_INTEGER, 1) : [];
    if (!here || !newest) return;
    const { shown } = this.#line.earlier(here.room, newest.entry.lsn, pageEntries);
    const last = this.#line.mailbox.shown({ entry: newest.entry, row: null });
    this.#items = [...shown, last].map((one) => ({ kind: "entry", shown: one }));
  }

  /**
   * Reads it anew if something is in the mailbox that is not held.
   *
   * @param here which room this is of
   */
  refresh(here: Here): void {
    const [newest] = this.#store.before(here.key, Number.MAX_SAFE_INTEGER, 1);
    if (newest?.entry.lsn !== this.last?.entry.lsn) this.#reload(here);
  }

  /**
   * Takes an entry of this room that has come.
   *
   * @param here which room this is of
   * @param shown the entry
   */
  entry(here: Here, shown: ShownEntry): void {
    const lastLsn = this.last?.entry.lsn ?? 0;
    const { lsn, prev } = shown.entry;
    if (lsn <= lastLsn) return;
    if (lastLsn > 0 && prev === lastLsn) this.#add({ kind: "entry", shown });
    else this.#reload(here);
  }

  /**
   * Takes a line of this program's own.
   *
   * @param line what to show
   */
  note(line: SafeText): void {
    this.#add({ kind: "note", line });
  }

  /**
   * Brings what is before: from the mailbox, or else from the server.
   *
   * @param here which room this is of
   * @returns whether something is there, or was asked for
   */
  older(here: Here): boolean {
    const first = this.#items.find((item) => item.kind === "entry");
    if (first?.kind !== "entry" || this.#items.length >= scrolledMax) return false;
    const { lsn } = first.shown.entry;
    const { shown, before } = this.#line.earlier(here.room, lsn, pageEntries);
    const items = shown.map((one): Item => ({ kind: "entry", shown: one }));
    this.#items = [...items, ...this.#items];
    if (shown.length > 0 || this.#isAsked) return true;
    if (before !== boundaries.more || !this.#line.isOpen) return false;
    this.#isAsked = true;
    this.#line.ask({ kind: "history", room: here.room, before: lsn });
    return true;
  }

  /**
   * Takes the answer to what was asked for.
   *
   * @param here which room this is of
   * @param code 0, or why there is none
   */
  past(here: Here, code: number): void {
    if (!this.#isAsked) return;
    this.#isAsked = false;
    if (code === 0) {
      const first = this.#items.find((item) => item.kind === "entry");
      const lsn = first?.kind === "entry" ? first.shown.entry.lsn : 0;
      const { shown } = this.#line.earlier(here.room, lsn, pageEntries);
      this.#items = [...shown.map((one): Item => ({ kind: "entry", shown: one })), ...this.#items];
    }
  }

  /**
   * Lets go of the oldest, where it is too much.
   *
   * @param isScrolled whether somebody looks further up
   */
  trim(isScrolled: boolean): void {
    const max = isScrolled ? scrolledMax : heldMax;
    if (this.#items.length > max) this.#items = this.#items.slice(-max);
  }

  /**
   * Counts what was added at the end since this was last asked.
   *
   * @returns things
   */
  takeFresh(): number {
    const fresh = this.#fresh;
    this.#fresh = 0;
    return fresh;
  }

  /** What this program had to say stays, below what is there now. */
  #reload(here: Here): void {
    const notes = this.#items.filter(({ kind }) => kind === "note").slice(-notesMax);
    this.load(here);
    this.#items.push(...notes);
  }

  #add(item: Item): void {
    this.#items.push(item);
    this.#fresh++;
  }
}
