/**
 * The full screen between the mailbox and the keys: what comes changes the model, what is typed goes
 * where line mode has it go. No IO of its own.
 *
 * @module
 */

import { audienceKey, keyAudience } from "../../protocol/audience.ts";
import type { Action } from "../../protocol/codec.ts";
import { lobbyName, nameKey } from "../../protocol/names.ts";
import { type SafeText, safeText } from "../../safe_text.ts";
import type { ClientEvent, ShownEntry } from "../events.ts";
import { completeWord } from "../line_editor.ts";
import type { Line } from "../line_mode_ports.ts";
import type { ScreenSize } from "../line_view.ts";
import type { OutboxRow } from "../outbox_store.ts";
import { NoteView, ScreenDesk } from "./desk.ts";
import { type Frame, Painter } from "./frame.ts";
import type { FullModePorts } from "./full_mode_ports.ts";
import { draftsOf, emptyModel, goTo, type Model, withDrafts } from "./model.ts";
import { KnownReceipts } from "./known_receipts.ts";
import { Pending } from "./pending.ts";
import { type Here, RoomLog } from "./room_log.ts";
import { Rooms } from "./rooms.ts";
import { type Effect, press, type Pressed } from "./update.ts";

/** Candidates of a completion that are shown at once. */
const candidatesShownMax = 40;

/** The full screen. */
export class FullMode {
  readonly #ports: FullModePorts;
  readonly #painter: Painter;
  readonly #rooms: Rooms;
  readonly #desk: ScreenDesk;
  readonly #pending = new Pending();
  /** Whom `members` was asked for by the screen itself. */
  readonly #asked = new Set<string>();
  #model: Model;
  readonly #log: RoomLog;
  #size: ScreenSize = { columns: 80, rows: 24 };
  #told = 0;
  readonly #receipts: KnownReceipts;

  /**
   * Opens the lobby.
   *
   * @param ports what it needs
   */
  constructor(ports: FullModePorts) {
    this.#ports = ports;
    const { line, store, seen, party, look } = ports;
    this.#painter = new Painter(look);
    this.#log = new RoomLog(line, store);
    this.#receipts = new KnownReceipts(ports.receiptStore);
    seen.begin(line.mailbox.latest);
    this.#rooms = new Rooms({
      mailbox: line.mailbox,
      store,
      seen,
      keywords: look.keywords,
      called: ports.called,
    });
    this.#model = withDrafts(emptyModel(party.name, lobbyName), ports.drafts.kept);
    this.#desk = new ScreenDesk({
      line: this.#lineOfDesk(),
      view: new NoteView({ color: false, nowMs: ports.nowMs, timeZone: look.timeZone }),
      party,
      codes: ports.codes,
      presence: false,
      print: (lines) => lines.forEach((one) => this.#note(one)),
      note: (one) => this.#note(one),
      quit: () => ports.quit(),
    }, () => this.#older());
    this.#open(lobbyName);
  }

  /**
   * Shows a line of this program's own.
   *
   * @param line what to show
   */
  note(line: SafeText): void {
    this.#note(line);
  }

  /**
   * Takes what came of the connection.
   *
   * @param event the next one
   */
  event(event: ClientEvent): void {
    this.#take(event);
    const isOurs = event.kind === "members" && this.#asked.delete(nameKey(event.room));
    if (isOurs) this.#members(event);
    else if (event.kind === "presence") this.#presence(event);
    else this.#asDesk(() => this.#desk.event(event));
    this.#ports.changed();
  }

  /**
   * Takes a key.
   *
   * @param key what was pressed
   */
  pressed(key: Pressed): void {
    this.#compose();
    const size = this.#size;
    const { model, effects } = press(this.#model, key, {
      pageRows: this.#painter.pageRows(this.#model, size),
      unreadScroll: () => this.#painter.scrollToUnread(this.#model, size),
      helpRows: () => this.#painter.helpRows(this.#model, size),
      scrollTo: (wanted) => this.#painter.scrollTo(this.#model, size, wanted),
    });
    this.#model = model;
    for (const effect of effects) this.#do(effect);
    this.#look();
    this.#ports.changed();
  }

  /**
   * Makes what is to be on the screen now.
   *
   * @param size the screen's
   * @returns a frame that the caller owns
   */
  frame(size: ScreenSize): Frame {
    this.#size = size;
    this.#compose();
    return this.#painter.frame(this.#model, size);
  }

  /** A second has gone by: tells and keeps what was looked at, and asks how far own messages came. */
  secondPassed(): void {
    const { line, seen, drafts } = this.#ports;
    seen.keep();
    drafts.keep(draftsOf(this.#model));
    this.#desk.secondPassed();
    const here = this.#here();
    const { last } = this.#log;
    if (!line.isOpen || !here || !last || !this.#isInSight()) return;
    const { lsn } = last.entry;
    if (lsn !== this.#told) line.read(here.room, lsn);
    this.#told = lsn;
  }

  /** The line as the desk sees it: what it sends is shown at once, and what was read is told here. */
  #lineOfDesk(): Line {
    const { line } = this.#ports;
    return {
      mailbox: line.mailbox,
      submit: (action) => this.#submit(action),
      ask: (query) => line.ask(query),
      watch: () => {},
      earlier: (...args) => line.earlier(...args),
      search: (...args) => line.search(...args),
      share: (on) => line.share(on),
      read: () => {},
      get isOpen() {
        return line.isOpen;
      },
      get unsent() {
        return line.unsent;
      },
    };
  }

  #submit(action: Action): OutboxRow {
    const row = this.#ports.line.submit(action);
    this.#pending.submitted(row);
    return row;
  }

  /** Lets the desk act, and goes where it has gone. */
  #asDesk(act: () => void): void {
    const before = this.#desk.current;
    act();
    if (nameKey(this.#desk.current) !== nameKey(before)) this.#open(this.#desk.current);
  }

  #do(effect: Effect): void {
    switch (effect.kind) {
      case "line":
        return this.#asDesk(() => this.#desk.typed(effect.text));
      case "go":
        return this.#asDesk(() => this.#desk.goTo(effect.to));
      case "older":
        return this.#older();
      case "complete":
        return this.#complete();
      default:
        this.#ports[effect.kind]();
    }
  }

  #complete(): void {
    const { editor } = this.#model;
    const words = this.#desk.complete(editor.text.slice(0, editor.cursor));
    const { state, shown } = completeWord(editor, words);
    this.#model = { ...this.#model, editor: state };
    if (shown.length > 0) this.#note(safeText(shown.slice(0, candidatesShownMax).join(" ")));
  }

  /** Reads a room's timeline, and makes it the one at hand. */
  #open(to: string): void {
    const { line, seen } = this.#ports;
    const found = this.#rooms.find(to);
    this.#model = goTo(this.#model, found?.to ?? to);
    this.#log.load(this.#here());
    this.#told = 0;
    if (!found) return line.watch(null);
    const upto = seen.upto(found.key);
    const isUnread = this.#rooms.items.some(({ key, unread }) => key === found.key && unread > 0);
    this.#model = { ...this.#model, readUpto: isUnread ? upto : null };
    this.#look();
    line.watch(keyAudience(found.key));
    this.#askMembers();
  }

  /** Brings what is before the timeline. */
  #older(): void {
    const here = this.#here();
    if (!here || !this.#log.older(here)) this.#ports.bell();
  }

  #here(): Here | null {
    const found = this.#rooms.find(this.#model.current);
    return found && { key: found.key, room: keyAudience(found.key) };
  }

  /** What the screen itself makes of an event. */
  #take(event: ClientEvent): void {
    switch (event.kind) {
      case "entry":
        return this.#entry(event.shown);
      case "answered":
        return this.#pending.answered(event.answered);
      case "receipt":
        return this.#receipts.take(event.receipt);
      case "past":
        return this.#past(event);
      case "snapshot":
        this.#pending.forget();
        this.#receipts.forget();
        this.#ports.seen.reload();
        return this.#anew();
      case "caughtUp":
      case "rooms":
        this.#ports.seen.begin(this.#ports.line.mailbox.latest);
        return this.#anew();
      case "open":
        return this.#link("online");
      case "follows":
        return this.#link("shared");
      case "lost":
        return this.#link("offline");
    }
  }

  #link(link: Model["link"]): void {
    this.#model = { ...this.#model, link };
    if (link === "online") this.#askMembers();
  }

  /** The list may be another one now; what is on the screen stays, if it is still so. */
  #anew(): void {
    this.#rooms.reload();
    const found = this.#rooms.find(this.#model.current);
    if (!found) return;
    this.#model = { ...this.#model, current: found.to };
    const room = keyAudience(found.key);
    this.#log.refresh({ key: found.key, room });
    this.#look();
    this.#ports.line.watch(room);
    this.#askMembers();
  }

  #entry(shown: ShownEntry): void {
    const { entry, own, row } = shown;
    const { content, audience, lsn } = entry;
    if (own) this.#pending.came(row, lsn);
    // Who is sent away still sees that, in a room which is in the list no more.
    const before = this.#here();
    const isMove = content !== null && moves.has(content.kind);
    const key = audienceKey(audience);
    const isTalk = /^[rd]/.test(key);
    const isMine = own || shown.about === this.#model.me;
    const isListed = isTalk && this.#rooms.entry(shown);
    if (isTalk && (!isListed || isMove && isMine)) this.#rooms.reload();
    const here = this.#here() ?? before;
    if (here?.key !== key) return;
    if (isMove || this.#log.items.length === 0) {
      this.#ports.line.watch(here.room);
      this.#askMembers();
    }
    this.#log.entry(here, shown);
    // Who comes into a room wants to see what is talked about.
    if (isMine && content?.kind === "joined") this.#log.older(here);
    this.#look();
  }

  #past({ room, code }: Extract<ClientEvent, { kind: "past" }>): void {
    const here = this.#here();
    if (here?.key === audienceKey(room)) this.#log.past(here, code);
  }

  /** What is on the screen is read; what comes below it while one looks further up is not. */
  #look(): void {
    const here = this.#here();
    const { last } = this.#log;
    if (here && last && this.#isInSight()) this.#rooms.look(here.key, last.entry.lsn);
  }

  /** Whether the end of the timeline is on the screen. */
  #isInSight(): boolean {
    return this.#model.scroll === 0 && this.#model.overlay === null;
  }

  #note(line: SafeText): void {
    this.#log.note(line);
    this.#ports.changed();
  }

  #askMembers(): void {
    const { line } = this.#ports;
    const here = this.#here();
    if (!line.isOpen || !here?.key.startsWith("r")) return;
    const key = nameKey(this.#model.current);
    if (this.#asked.has(key)) return;
    this.#asked.add(key);
    line.ask({ kind: "members", room: this.#model.current });
  }

  #members({ room, code, members }: Extract<ClientEvent, { kind: "members" }>): void {
    if (code !== 0 || nameKey(room) !== nameKey(this.#model.current)) return;
    this.#model = { ...this.#model, members };
  }

  #presence({ room, changes }: Extract<ClientEvent, { kind: "presence" }>): void {
    if (this.#here()?.key !== audienceKey(room)) return;
    const { mailbox } = this.#ports.line;
    const now = new Map(changes.map(([user, present]) => [mailbox.userName(user), present]));
    const members = this.#model.members
      .map(({ name, present }) => ({ name, present: now.get(name) ?? present }));
    this.#model = { ...this.#model, members };
  }

  /** Makes the model of now: the timeline ends in what is not answered so far. */
  #compose(): void {
    const { line } = this.#ports;
    const isDown = this.#model.scroll === 0;
    this.#log.trim(!isDown);
    const items = [...this.#log.items, ...this.#pending.of(this.#model.current)];
    const { unsent } = line;
    const receipts = this.#receipts.of(items);
    this.#model = { ...this.#model, items, receipts, unsent, rooms: this.#rooms.items };
    const fresh = this.#log.takeFresh();
    if (fresh === 0) return;
    if (isDown) return this.#look();
    // Who looks further up goes on looking at the same.
    const below = this.#painter.rowsOfLast(this.#model, this.#size, fresh);
    this.#model = { ...this.#model, scroll: this.#model.scroll + below };
  }
}

/** What changes who is in a room. */
const moves: ReadonlySet<string> = new Set(["joined", "left", "created", "kicked", "banned"]);
