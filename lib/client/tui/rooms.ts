/**
 * The list of rooms and directs, with what is unread: read from the mailbox once, and then kept up
 * with what comes.
 *
 * @module
 */

import { audienceKey, audienceKinds, keyAudience } from "../../protocol/audience.ts";
import { nameKey } from "../../protocol/names.ts";
import type { ShownEntry } from "../events.ts";
import type { Mailbox } from "../mailbox.ts";
import type { MailboxStore } from "../mailbox_store.ts";
import type { SeenRooms } from "../seen_rooms.ts";
import type { RoomItem } from "./model.ts";
import type { Notice } from "./notifier.ts";
import { mentionsAny } from "./timeline.ts";

/** Directs in the list: those in which something was last. */
const audiencesMax = 200;
/** Entries that are looked through for unread messages of a room; the screen shows 99 at most. */
const unreadLookMax = 150;

/** What the list is made from. */
export interface RoomsPorts {
  /** Names. */
  readonly mailbox: Mailbox;
  /** Entries. */
  readonly store: Pick<MailboxStore, "rooms" | "audiences" | "before">;
  /** Up to where was looked. */
  readonly seen: SeenRooms;
  /** Words besides this user's name that make a message one for them. */
  readonly keywords?: readonly string[];
  /**
   * A message has come that means this user.
   *
   * @param notice it
   */
  called(notice: Notice): void;
}

interface Counted {
  readonly key: string;
  readonly to: string;
  unread: number;
  mentions: number;
  /** The last entry that is counted. */
  upto: number;
}

/** The list. */
export class Rooms {
  readonly #ports: RoomsPorts;
  #rooms: Counted[] = [];

  /**
   * Reads the list.
   *
   * @param ports what it is made from
   */
  constructor(ports: RoomsPorts) {
    this.#ports = ports;
    this.reload();
  }

  /** Rooms by name, then directs with the latest first; a new array that the caller owns. */
  get items(): RoomItem[] {
    return this.#rooms.map(({ key, to, unread, mentions }) => ({ key, to, unread, mentions }));
  }

  /**
   * Finds the audience that a name stands for.
   *
   * @param to a room, or `@` and a user's name, in any case
   * @returns its key and how it is written, or null
   */
  find(to: string): Pick<RoomItem, "key" | "to"> | null {
    return this.#rooms.find((room) => nameKey(room.to) === nameKey(to)) ?? null;
  }

  /** Reads the list anew. */
  reload(): void {
    const { store } = this.#ports;
    const rooms = store.rooms()
      .flatMap(({ room, name, member }) =>
        member && name !== null ? [{ key: audienceKey(room), to: name }] : []
      )
      .sort((a, b) => nameKey(a.to) < nameKey(b.to) ? -1 : 1);
    const directs = store.audiences(audiencesMax).filter((key) => key.startsWith("d"))
      .map((key) => ({ key, to: this.#otherOf(key) }));
    this.#rooms = [...rooms, ...directs].map((room) => this.#count(room));
  }

  /**
   * Counts an entry that has come.
   *
   * @param shown the entry
   * @returns whether its room is in the list
   */
  entry(shown: ShownEntry): boolean {
    const { audience, lsn } = shown.entry;
    const key = audienceKey(audience);
    const room = this.#rooms.find((one) => one.key === key);
    // The first of a direct comes before it is in the list.
    const isNew = room ? lsn > room.upto : audience[0] === audienceKinds.direct;
    const text = isNew ? this.#textForMe(shown) : null;
    if (text !== null) {
      this.#ports.called({ from: shown.user, to: room?.to ?? this.#otherOf(key), text });
    }
    if (room && isNew) this.#add(room, shown);
    return room !== undefined;
  }

  /**
   * Takes a room for looked at.
   *
   * @param key its audience's
   * @param lsn the last entry that is on the screen
   */
  look(key: string, lsn: number): void {
    this.#ports.seen.note(key, lsn);
    const room = this.#rooms.find((one) => one.key === key);
    if (!room) return;
    room.unread = room.mentions = 0;
    room.upto = Math.max(room.upto, lsn);
  }

  #otherOf(key: string): string {
    const { mailbox } = this.#ports;
    const [, a, b = a] = keyAudience(key);
    return `@${mailbox.userName(a === mailbox.user ? b : a)}`;
  }

  #count({ key, to }: Pick<Counted, "key" | "to">): Counted {
    const { store, seen, mailbox } = this.#ports;
    const upto = seen.upto(key);
    const room = { key, to, unread: 0, mentions: 0, upto };
    const [newest] = store.before(key, Number.MAX_SAFE_INTEGER, 1);
    if (!newest || newest.entry.lsn <= upto) return room;
    const held = store.before(key, Number.MAX_SAFE_INTEGER, unreadLookMax);
    for (const { entry } of held.reverse()) {
      if (entry.lsn > upto) this.#add(room, mailbox.shown({ entry, row: null }));
    }
    return room;
  }

  #add(room: Counted, shown: ShownEntry): void {
    const { entry, own, isHidden } = shown;
    room.upto = Math.max(room.upto, entry.lsn);
    if (own || isHidden || entry.content?.kind !== "message") return;
    room.unread++;
    if (this.#textForMe(shown) !== null) room.mentions++;
  }

  /** What somebody wrote to this user, or with their name or a keyword in it; else null. */
  #textForMe({ entry: { content, audience }, own, isHidden }: ShownEntry): string | null {
    if (own || isHidden || content?.kind !== "message") return null;
    const { mailbox, keywords = [] } = this.#ports;
    const isForMe = audience[0] === audienceKinds.direct ||
      mentionsAny(content.text, [mailbox.userName(mailbox.user), ...keywords]);
    return isForMe ? content.text : null;
  }
}
