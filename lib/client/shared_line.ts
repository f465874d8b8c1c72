/**
 * One mailbox for all programs of a name on a server: one of them holds the connection, the others
 * send and show through the mailbox, and when the holder leaves, one of them takes over.
 *
 * @module
 */

import type { Entry } from "../log/entry.ts";
import type { TalkAudience } from "../protocol/audience.ts";
import type { Action } from "../protocol/codec.ts";
import { Arrivals } from "./arrivals.ts";
import type { Connection } from "./connection.ts";
import type { ClientEvent, ShownEntry } from "./events.ts";
import { readBack } from "./history.ts";
import { Mailbox } from "./mailbox.ts";
import { Outbox } from "./outbox.ts";
import type { Answered, OutboxRow } from "./outbox_store.ts";
import type { Receipt } from "./receipt_store.ts";
import { isSame, Receipts } from "./receipts.ts";
import { recentEntries } from "./recent.ts";
import { Refusals } from "./refusals.ts";
import type { Query } from "./requests.ts";
import { findHeld, type Found } from "./search.ts";
import type { SearchQuery } from "./search_query.ts";
import { SharedQuestions } from "./shared_questions.ts";
import type { SharedLineOptions } from "./shared_line_ports.ts";

/** Milliseconds between two looks at what other programs did. */
const lookMs = 100;
/** Rows that are remembered as this program's own, until their entry has come. */
const mineMax = 4_096;

/**
 * Sends and shows, with a connection of its own or another program's.
 *
 * What holds: each entry is told once, by whichever way it came; a row that another program of the
 * same mailbox asked for is not told as this one's, unless it was refused and nobody else tells it.
 *
 * @example
 * ```ts ignore
 * const line = new SharedLine({ store, outboxStore, lock, timers, shown, tell, settled, connect });
 * line.start();
 * ```
 * @see docs/ARCHITECTURE.md, section "client"
 */
export class SharedLine {
  /** What has come; for reading only. */
  readonly mailbox: Mailbox;
  readonly #options: SharedLineOptions;
  readonly #receipts: Receipts;
  readonly #arrivals: Arrivals;
  readonly #refusals: Refusals;
  readonly #questions: SharedQuestions;
  /** Own messages whose receipts this program waits for, and what it was told of each. */
  readonly #wanted = new Map<number, Receipt | null>();
  #connection: Connection | null = null;
  #outbox: Outbox | null = null;
  #watched: TalkAudience | null = null;
  /** The places of rows that this program asked for. */
  readonly #mine = new Set<number>();
  /** Those whose answer was not told yet. */
  readonly #awaited = new Set<number>();
  /** Rows up to this place were there before this program, and nobody else waits for them. */
  #inherited = 0;
  #wasFollowing = false;
  #version = -1;
  #cancelLook = () => {};
  #stopped = false;

  /**
   * Starts without a connection.
   *
   * @param options what it is made of
   */
  constructor(options: SharedLineOptions) {
    this.#options = options;
    this.mailbox = new Mailbox(options.store);
    this.#receipts = new Receipts(options.receiptStore, (lsn) => options.store.has(lsn));
    const { mailbox } = this;
    this.#arrivals = new Arrivals({ ...options, mailbox, tell: (shown) => this.#show(shown) });
    const tell = (answered: Answered) => options.tell({ kind: "answered", answered });
    this.#refusals = new Refusals({ ...options, tell });
    this.#questions = new SharedQuestions({
      store: options.questionStore,
      batch: options.store.batch,
      ask: (query) => this.#connection?.ask(query),
      tell: options.tell,
    });
  }

  /** Whether this program is logged in. */
  get isOpen(): boolean {
    return this.#connection?.isOpen ?? false;
  }

  /** Things asked for that have no answer yet, by whichever program, or none that was told here. */
  get unsent(): number {
    const unanswered = this.#outbox?.unanswered ?? this.#options.outboxStore.unanswered;
    return Math.max(unanswered, this.#awaited.size);
  }

  /** Whether everything that came was told. */
  get isDrained(): boolean {
    return this.#arrivals.isDrained;
  }

  /** Refusals of what others asked for, which this program will tell unless they do. */
  get untold(): number {
    return this.#refusals.waiting;
  }

  /** Questions that have no answer yet. */
  get unasked(): number {
    return this.#connection?.unasked ?? this.#questions.left;
  }

  /** Tells what the mailbox holds, and connects or looks on. */
  start(): void {
    const { store, shown, lock, tell } = this.#options;
    // Who holds the lock has the mailbox for itself: nothing is added behind what is read here.
    const isFree = lock.tryHold();
    const last = this.#arrivals.skip();
    // What comes behind them, from other programs too, comes as an arrival.
    for (const { entry } of shown ? recentEntries(store, last) : []) {
      tell({ kind: "entry", shown: this.mailbox.shown({ entry, row: null }) });
    }
    this.#arrivals.pull();
    if (isFree) this.#hold();
    else {
      this.#wasFollowing = true;
      tell({ kind: "follows" });
      tell({ kind: "caughtUp" });
    }
    this.#lookSoon();
  }

  /**
   * Asks for something; it goes out when there is a connection.
   *
   * @param action within the rules for names and texts
   * @returns its outbox row, which is durable
   * @throws {WriteError} such as for a full disk; it is not asked for then
   */
  submit(action: Action): OutboxRow {
    const connection = this.#connection;
    const row = connection ? connection.submit(action) : this.#options.outboxStore.insert(action);
    this.#mine.add(row.place);
    this.#awaited.add(row.place);
    for (const oldest of this.#mine) {
      if (this.#mine.size <= mineMax) break;
      this.#mine.delete(oldest);
    }
    return row;
  }

  /**
   * Asks a question, through another program where that one holds the connection; the answer comes
   * as an event.
   *
   * @param query what to ask
   */
  ask(query: Query): void {
    this.#questions.ask(query);
  }

  /**
   * Waits for an own message's receipts, by whichever program they come.
   *
   * @param lsn the message's
   * @throws {WriteError} such as for a full disk
   */
  follow(lsn: number): void {
    this.#receipts.want(lsn);
    this.#options.store.batch.commit();
    this.#wanted.set(lsn, null);
    this.#connection?.changed();
  }

  /**
   * Waits no longer.
   *
   * @param lsn the message's
   */
  unfollow(lsn: number): void {
    this.#wanted.delete(lsn);
    this.#options.receiptStore.unwant(lsn);
    this.#options.store.batch.commit();
  }

  /**
   * Tells the server whether this user shares what they have read.
   *
   * @param on whether it is told, and whether others' is shown here
   */
  share(on: boolean): void {
    this.#receipts.share(on);
    this.#connection?.changed();
  }

  /**
   * Tells that a person has seen a room up to an entry.
   *
   * @param room a room or direct
   * @param lsn of the last entry that was shown
   */
  read(room: TalkAudience, lsn: number): void {
    this.#receipts.read(room, lsn);
    this.#connection?.changed();
  }

  /**
   * Reads backwards through the mailbox.
   *
   * @param room a room or direct
   * @param lsn the first entry of it at hand
   * @param countMax how many at most
   * @returns what is directly before it, as it is shown; and what is before that
   */
  earlier(
    room: TalkAudience,
    lsn: number,
    countMax: number,
  ): { readonly shown: ShownEntry[]; readonly before: number | null } {
    const { entries, before } = readBack(this.#options.store, room, lsn, countMax);
    const shown = entries.map(({ entry }) => this.mailbox.shown({ entry, row: null }));
    return { shown, before };
  }

  /**
   * Looks through the mailbox.
   *
   * @param query what is looked for
   * @param countMax how many messages at most; at least 1
   * @returns the latest of them, as they are shown
   */
  search(query: SearchQuery, countMax: number): Found {
    const { store } = this.#options;
    const shownAs = (entry: Entry) => this.mailbox.shown({ entry, row: null });
    return findHeld(store.pages.backwards(), shownAs, query, countMax);
  }

  /**
   * Says which room is on the screen.
   *
   * @param room a room or direct that this user is in; null for none
   */
  watch(room: TalkAudience | null): void {
    this.#watched = room;
    this.#connection?.watch(room);
  }

  /**
   * Waits until no refusal is left to this program.
   *
   * @returns when all were told, here or elsewhere: after about a second at most
   */
  async toldAll(): Promise<void> {
    await this.#refusals.cleared();
  }

  /**
   * Ends it, and stays ended; the lock is let go with the end of the program.
   *
   * @returns when the last byte has gone, or cannot go
   */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#cancelLook();
    this.#options.shown?.keep();
    this.#questions.stop();
    await this.#connection?.stop();
    this.#refusals.keep();
  }

  #hold(): void {
    const { store, outboxStore, connect } = this.#options;
    this.mailbox.reload();
    this.#outbox = new Outbox(outboxStore);
    // A new mailbox's first epoch: left open, its batch would keep the other programs waiting.
    store.batch.commit();
    this.#version = store.version;
    this.#inherited = this.#wasFollowing ? 0 : outboxStore.lastPlace;
    const { mailbox } = this;
    const { batch } = store;
    const held = { mailbox, outbox: this.#outbox, store, receipts: this.#receipts, batch };
    this.#connection = connect(held, (event) => this.#tell(event));
    this.#connection.watch(this.#watched);
    this.#refusals.look(true);
    this.#connection.start();
    this.#questions.holds();
  }

  #lookSoon(): void {
    if (this.#stopped) return;
    this.#cancelLook = this.#options.timers.set(lookMs, () => this.#look());
  }

  #look(): void {
    const { store, lock } = this.#options;
    const isNews = this.#version !== (this.#version = store.version);
    if (this.#connection) {
      if (isNews) this.#takeRows(this.#connection);
    } else {
      // Whoever held the lock has written all it had: what it left is told before anything new.
      const isFree = lock.tryHold();
      if (isNews || isFree) this.#takeNews();
      if (isFree) this.#hold();
    }
    this.#arrivals.look();
    this.#refusals.look(this.#connection !== null);
    this.#lookSoon();
  }

  #takeRows(connection: Connection): void {
    this.#outbox?.refresh();
    this.#receipts.refresh();
    this.#questions.look();
    connection.changed();
  }

  #takeNews(): void {
    const { receiptStore, tell } = this.#options;
    const reason = this.mailbox.reload();
    // First: an answer's lsn may be of before, and then means nothing after the snapshot.
    this.#takeAnswers();
    if (reason !== null) {
      // Lsns mean something else now: what was waited for is not what may come under them.
      this.#wanted.clear();
      this.#receipts.forget();
      this.#arrivals.restart();
      tell({ kind: "snapshot", reason });
    }
    this.#arrivals.pull();
    this.#questions.look();
    for (const [lsn, told] of this.#wanted) {
      const receipt = receiptStore.get(lsn);
      if (receipt === null || isSame(told, receipt)) continue;
      this.#wanted.set(lsn, receipt);
      tell({ kind: "receipt", receipt });
    }
  }

  #takeAnswers(): void {
    const { outboxStore } = this.#options;
    const [firstOpen] = outboxStore.openAfter(0, 1);
    // Who is told may ask for more.
    for (const place of [...this.#awaited]) {
      const answered = outboxStore.settled(place);
      // Answered so many rows ago that it is no longer there to be told.
      const isGone = !answered && place < (firstOpen?.place ?? Infinity);
      if (isGone) this.#awaited.delete(place);
      if (answered) this.#answered(answered);
    }
  }

  #tell(event: ClientEvent): void {
    const { tell } = this.#options;
    if (event.kind === "answered") this.#answered(event.answered);
    else if (event.kind === "entry") {
      // It is on the disk: how fast it is shown is this program's own affair.
      this.#connection?.stored(event.shown.entry.lsn);
      this.#arrivals.came(event.shown.entry.lsn);
    } else {
      if (event.kind === "snapshot") this.#arrivals.restart();
      if (this.#questions.event(event)) tell(event);
    }
  }

  #answered(answered: Answered): void {
    const { row, answer } = answered;
    const isMine = this.#awaited.delete(row.place);
    if (answer.kind === "accepted") {
      if (isMine || this.#isOurs(row)) this.#options.tell({ kind: "answered", answered });
    } else if (isMine) this.#refusals.tell(answered);
    else this.#refusals.leave(answered);
  }

  #show(shown: ShownEntry): void {
    const row = shown.row && this.#isOurs(shown.row) ? shown.row : null;
    this.#options.tell({ kind: "entry", shown: { ...shown, row } });
  }

  #isOurs({ place }: OutboxRow): boolean {
    return place <= this.#inherited || this.#mine.has(place);
  }
}
