/**
 * What was written in a room, from its latest entry backwards: out of the mailbox, and from the server
 * what is missing there. No IO.
 *
 * @module
 */

import { boundaries } from "../log/log.ts";
import { limits } from "../limits.ts";
import { audienceKey, type TalkAudience } from "../protocol/audience.ts";
import type { ShownEntry } from "./events.ts";
import type { MailboxStore } from "./mailbox_store.ts";
import type { SharedLine } from "./shared_line.ts";

/** What is wanted of a room. */
export interface LookBackWish {
  /** The room or direct. */
  readonly room: TalkAudience;
  /** Entries, at most. */
  readonly countMax: number;
  /** Only entries below this place; absent for the latest. */
  readonly beforeLsn?: number;
  /** Only entries before this moment; milliseconds since 1970-01-01 UTC. */
  readonly beforeMs?: number;
  /** Only entries from this moment on; milliseconds since 1970-01-01 UTC. */
  readonly sinceMs?: number;
}

/** What looking back needs. */
export interface LookBackPorts {
  /** Where earlier entries are. */
  readonly line: Pick<SharedLine, "earlier" | "ask" | "mailbox">;
  /** The mailbox. */
  readonly store: Pick<MailboxStore, "before">;
}

/** How far it has come. */
export type LookBackState = "asking" | "done" | "refused";

/**
 * Gathers the entries of one wish. It is told of pages of history until it is done.
 *
 * What holds: between two of its entries nothing is missing; what the server does not tell, or no
 * server does, ends it with what is there.
 *
 * @example
 * ```ts ignore
 * const back = new LookBack({ line, store }, { room: [0, 1], countMax: 50 });
 * back.begin();
 * ```
 * @see docs/PROTOCOL.md, section "History"
 */
export class LookBack {
  readonly #ports: LookBackPorts;
  readonly #wish: LookBackWish;
  #entries: ShownEntry[] = [];
  /** The first entry that was looked at, wanted or not. */
  #first: ShownEntry | null = null;
  #code = 0;
  #state: LookBackState = "asking";

  /**
   * Starts with nothing.
   *
   * @param ports where to look
   * @param wish what for
   */
  constructor(ports: LookBackPorts, wish: LookBackWish) {
    this.#ports = ports;
    this.#wish = wish;
  }

  /** How far it has come. */
  get state(): LookBackState {
    return this.#state;
  }

  /** Why the server does not tell; 0 where it does. */
  get code(): number {
    return this.#code;
  }

  /** What was found, in order; owned by the caller. */
  get entries(): ShownEntry[] {
    return this.#entries.slice(-this.#wish.countMax);
  }

  /** Asks for the page to begin with: what the mailbox holds may end before it, or have a hole. */
  begin(): void {
    this.#ask(this.#wish.beforeLsn ?? 0);
  }

  /**
   * Takes the news that a page of history is in the mailbox.
   *
   * @param room of which
   * @param code 0, or why there is no answer
   */
  past(room: TalkAudience, code: number): void {
    if (this.#state !== "asking" || audienceKey(room) !== audienceKey(this.#wish.room)) return;
    this.#code = code;
    if (code !== 0) this.#state = "refused";
    else this.#read(true);
  }

  /** Begins with what the mailbox holds, which is as of now, and asks for what is missing before it. */
  beginHere(): void {
    this.#read(true);
  }

  /** Nobody answers: takes what the mailbox holds, and is done. */
  giveUp(): void {
    if (this.#state === "asking") this.#read(false);
  }

  #read(mayAsk: boolean): void {
    const before = this.#first;
    const boundary = this.#gather();
    const isFurther = this.#first !== before;
    const isMore = boundary === boundaries.more && isFurther && this.#first !== null;
    if (mayAsk && isMore && !this.#isEnough()) this.#ask(this.#first!.entry.lsn);
    else this.#state = "done";
  }

  /** @returns what is before the first entry */
  #gather(): number | null {
    const { line, store } = this.#ports;
    const { room, beforeLsn = Number.MAX_SAFE_INTEGER } = this.#wish;
    if (this.#first === null) {
      const [newest] = store.before(audienceKey(room), beforeLsn, 1);
      if (!newest) return boundaries.start;
      this.#take([line.mailbox.shown({ entry: newest.entry, row: null })]);
    }
    for (;;) {
      const { lsn } = this.#first!.entry;
      const { shown, before } = line.earlier(room, lsn, limits.historyEntriesMax);
      this.#take(shown);
      if (shown.length === 0 || before !== null || this.#isEnough()) return before;
    }
  }

  #take(shown: readonly ShownEntry[]): void {
    const { beforeMs = Infinity, sinceMs = -Infinity } = this.#wish;
    this.#first = shown[0] ?? this.#first;
    const wanted = shown.filter(({ entry }) => entry.timeMs < beforeMs && entry.timeMs >= sinceMs);
    this.#entries.unshift(...wanted);
  }

  /** Times never decrease along the log: before what is too old nothing is wanted. */
  #isEnough(): boolean {
    const { countMax, sinceMs = -Infinity } = this.#wish;
    return this.#entries.length >= countMax || (this.#first?.entry.timeMs ?? 0) < sinceMs;
  }

  #ask(before: number): void {
    this.#ports.line.ask({ kind: "history", room: this.#wish.room, before });
  }
}
