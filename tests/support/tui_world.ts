/**
 * A mailbox with names and rooms, and full screens on it that have no server.
 *
 * @module
 */

import type { Codes } from "../../lib/client/codes.ts";
import { DraftStore } from "../../lib/client/draft_store.ts";
import { readBack } from "../../lib/client/history.ts";
import type { Line } from "../../lib/client/line_mode_ports.ts";
import { Mailbox } from "../../lib/client/mailbox.ts";
import { MailboxStore, openMemoryMailbox } from "../../lib/client/mailbox_store.ts";
import { ReceiptStore } from "../../lib/client/receipt_store.ts";
import { SeenRooms } from "../../lib/client/seen_rooms.ts";
import { FullMode } from "../../lib/client/tui/full_mode.ts";
import type { ScreenLook } from "../../lib/client/tui/timeline.ts";
import { decodeEntry, encodeEntry, type Entry } from "../../lib/log/entry.ts";
import type { EntryContent } from "../../lib/log/entry_kinds.ts";
import { type Audience, audienceKey, type TalkAudience } from "../../lib/protocol/audience.ts";
import type { Action } from "../../lib/protocol/codec.ts";

const size = { columns: 80, rows: 12 };

/** Users. */
export const me = 2;
export const bob = 3;
/** What they talk in. */
export const lobby = [0, 1] as const;
export const dev = [0, 9] as const;
export const direct = [1, 2, 3] as const;

/** A client that has started. */
interface Started {
  readonly mode: FullMode;
  /** What a reader sees. */
  readonly rows: () => string[];
  /** Has a message come. */
  readonly come: (audience: Audience, user: number, text: string) => void;
  /** Something else than a message comes, and the mailbox follows it. */
  happens(audience: Audience, user: number, content: EntryContent): void;
  /** What the shell was asked for. */
  readonly done: string[];
}

/** The mailbox, and what was done with the line. */
export class TuiWorld {
  readonly state = { isOpen: false, unsent: 0 };
  readonly asked: { kind: string }[] = [];
  readonly read: (readonly [string, number])[] = [];
  readonly sent: Action[] = [];
  readonly #open = openMemoryMailbox();
  readonly #store = new MailboxStore(this.#open);
  readonly #prevs = new Map<string, number>();
  #lsn = 0;

  constructor() {
    const store = this.#store;
    store.setOwn({ user: me, device: me, name: "al", logId: new Uint8Array(16) });
    store.setUser(me, "al");
    store.setUser(bob, "bob");
    store.setRoom({ room: lobby, name: "lobby", member: true });
    store.setRoom({ room: dev, name: "dev", member: true });
  }

  /** Stores a message as a connection would. */
  add(audience: Audience, user: number, text: string): Entry {
    const { entry, bytes } = this.#made(audience, user, { kind: "message", text, act: false });
    this.#store.addEntry(entry, bytes, true);
    return entry;
  }

  /** Something is said that this device is not given. */
  miss(audience: Audience): void {
    this.#prevs.set(audienceKey(audience), ++this.#lsn);
  }

  #made(audience: Audience, user: number, content: EntryContent) {
    const key = audienceKey(audience);
    const prev = this.#prevs.get(key) ?? 0;
    const lsn = ++this.#lsn;
    this.#prevs.set(key, lsn);
    const known = { lsn, prev, timeMs: lsn, audience, user, device: user };
    const bytes = encodeEntry({ ...known, epoch: null, n: 0, id: null }, content);
    return { entry: decodeEntry(bytes), bytes };
  }

  /** Starts a client on what is stored, that looks as usual but for this. */
  start(look: Partial<ScreenLook> = {}): Started {
    this.#store.batch.commit();
    const mailbox = new Mailbox(this.#store);
    const done: string[] = [];
    const { database, batch } = this.#open;
    const mode = new FullMode({
      line: this.#line(mailbox),
      store: this.#store,
      receiptStore: new ReceiptStore(database, batch),
      seen: new SeenRooms(database, batch),
      drafts: new DraftStore(database, batch),
      party: { server: "here", name: "al", folder: "" },
      codes: { take: () => null } as unknown as Codes,
      look: { color: false, ascii: false, timeZone: "UTC", ...look },
      nowMs: 0,
      changed: () => {},
      repaint: () => done.push("repaint"),
      bell: () => done.push("bell"),
      called: ({ from, to, text }) => done.push(`${to} ${from}: ${text}`),
      quit: () => done.push("quit"),
    });
    const rows = () =>
      mode.frame(size).rows.map((row) => row.map(({ text }) => text).join(" "))
        // deno-lint-ignore no-control-regex
        .map((row) => row.replaceAll(/\x1b\[\d+m/g, "").trimEnd());
    const come = (audience: Audience, user: number, text: string) => {
      const entry = this.add(audience, user, text);
      mode.event({ kind: "entry", shown: mailbox.shown({ entry, row: null }) });
    };
    const happens = (audience: Audience, user: number, content: EntryContent) => {
      const { entry, bytes } = this.#made(audience, user, content);
      for (const event of mailbox.entry(entry, bytes, null)) mode.event(event);
    };
    return { mode, rows, come, happens, done };
  }

  #line(mailbox: Mailbox): Line {
    const { state, sent, asked, read } = this;
    const line = {
      mailbox,
      submit: (action: Action) => ({ place: sent.push(action), action }),
      ask: (query: { kind: string }) => asked.push(query),
      watch: () => {},
      earlier: (room: TalkAudience, below: number, countMax: number) => {
        const { entries, before } = readBack(this.#store, room, below, countMax);
        return { shown: entries.map(({ entry }) => mailbox.shown({ entry, row: null })), before };
      },
      share: () => {},
      read: (room: Audience, upto: number) => read.push([audienceKey(room), upto]),
      get isOpen() {
        return state.isOpen;
      },
      get unsent() {
        return state.unsent;
      },
    };
    return line as unknown as Line;
  }
}
