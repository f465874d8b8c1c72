/**
 * The mailbox: what this device holds of the log, and how far. What it takes it writes to its store
 * at once; durable it is after the store's batch.
 *
 * @module
 */

import { equals } from "@std/bytes/equals";
import { codes, ProtocolError } from "../errors.ts";
import type { Entry, EntryBytes } from "../log/entry.ts";
import { boundaries, snapshotReasons } from "../log/log.ts";
import {
  type Audience,
  audienceKey,
  audienceKinds,
  directAudience,
  type RoomAudience,
  roomAudience,
  type TalkAudience,
} from "../protocol/audience.ts";
import type { PacketFields } from "../protocol/codec.ts";
import { lobbyId, nameKey } from "../protocol/names.ts";
import type { ClientEvent, KnownRoom, ListedRoom, Place, ShownEntry } from "./events.ts";
import type { Cursor, MailboxStore, Own } from "./mailbox_store.ts";
import type { OutboxRow } from "./outbox_store.ts";

/**
 * Knows users, rooms and the cursor, and lets each entry through once.
 *
 * What holds: the cursor moves by `upto` only; of what is above it the lsns are remembered, and of
 * what is below nothing, so memory does not grow with the log. Another mailbox on the same store,
 * made later, knows the same.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { Mailbox } from "./mailbox.ts";
 * import { MailboxStore, openMemoryMailbox } from "./mailbox_store.ts";
 * const memory = openMemoryMailbox();
 * const mailbox = new Mailbox(new MailboxStore(memory));
 * mailbox.welcome({ user: 2, device: 2, name: "al", logId: new Uint8Array(16) });
 * assertEquals(mailbox.standing(), { logId: null, cursor: 0, digest: null });
 * const digest = new Uint8Array(32);
 * mailbox.upto({ lsn: 9, digest });
 * assertEquals(mailbox.standing(), { logId: new Uint8Array(16), cursor: 9, digest });
 * memory.close();
 * ```
 * @see docs/PROTOCOL.md, section "Delivery"
 */
export class Mailbox {
  readonly #store: MailboxStore;
  #own: Own | null = null;
  #cursor: Cursor | null = null;
  #seen = new Set<number>();
  #latest = 0;
  #inSnapshot = false;
  #users = new Map<number, string>();
  #lastUser = 0;
  #rooms = new Map<string, KnownRoom>();
  #resyncCount = 0;

  /**
   * Takes up what the store holds.
   *
   * @param store an open mailbox's
   */
  constructor(store: MailboxStore) {
    this.#store = store;
    this.reload();
  }

  /**
   * Takes up what another program has put into the store since.
   *
   * @returns why everything came anew since, as the server said; null if it did not
   */
  reload(): number | null {
    const own = this.#store.own;
    const { count, reason } = this.#store.resyncs.last;
    const isAnew = count !== this.#resyncCount;
    this.#resyncCount = count;
    if (isAnew || !own || !this.#own || !equals(own.logId, this.#own.logId)) this.#forgetUsers();
    this.#own = own;
    this.#cursor = this.#store.cursor;
    const lsn = this.#cursor?.lsn ?? 0;
    this.#seen = new Set(this.#store.lsnsAbove(lsn));
    this.#latest = lsn;
    for (const one of this.#seen) this.#latest = Math.max(this.#latest, one);
    for (const { id, name } of this.#store.usersAfter(this.#lastUser)) this.#keepUser(id, name);
    this.#store.blocks.reload();
    this.#rooms = new Map(this.#store.rooms().map((known) => [audienceKey(known.room), known]));
    return isAnew ? reason : null;
  }

  /** This device's id; 0 before the first login. */
  get device(): number {
    return this.#own?.device ?? 0;
  }

  /** This user's id; 0 before the first login. */
  get user(): number {
    return this.#own?.user ?? 0;
  }

  /** The lsn up to which something has come, if only the word that nothing is missing. */
  get latest(): number {
    return this.#latest;
  }

  /**
   * Takes who this device is on the server.
   *
   * @param own fields of `welcome`
   */
  welcome(own: Own): void {
    // Without a cursor the server can't tell that its log is another one than that of the lsns here.
    if (this.#own && !equals(this.#own.logId, own.logId) && !this.#cursor) {
      this.#forget(snapshotReasons.otherLog);
    }
    this.#own = own;
    this.#store.setOwn(own);
    this.#inSnapshot = false;
  }

  /**
   * Tells where this device stands.
   *
   * @returns the fields of `resume`
   */
  standing(): PacketFields<"resume"> {
    const { logId = null, lsn = 0, digest = null } = this.#cursor ?? {};
    return { logId, cursor: lsn, digest };
  }

  /**
   * Takes `snapshot`: what was held is dropped, unless the snapshot was asked for.
   *
   * @param packet its fields
   * @returns that it begins
   */
  snapshot({ reason }: PacketFields<"snapshot">): ClientEvent[] {
    if (reason !== snapshotReasons.asked) this.#forget(reason);
    this.#rooms.clear();
    this.#store.dropRooms();
    this.#store.blocks.drop();
    this.#cursor = null;
    this.#store.setCursor(null);
    this.#inSnapshot = true;
    return [{ kind: "snapshot", reason }];
  }

  /**
   * Takes `users`.
   *
   * @param packet its fields
   */
  users({ users }: PacketFields<"users">): void {
    for (const [user, name] of users) this.#addUser(user, name);
  }

  /**
   * Takes `blocks`.
   *
   * @param packet its fields
   */
  blocks({ users }: PacketFields<"blocks">): void {
    for (const user of users) this.#store.blocks.set(user, true);
  }

  /**
   * Takes `room`.
   *
   * @param packet its fields
   */
  room({ room, name }: PacketFields<"room">): void {
    this.#keep({ room, name, member: true });
  }

  /**
   * Takes the names of rooms that were asked for.
   *
   * @param rooms the answer
   */
  learn(rooms: readonly ListedRoom[]): void {
    for (const { room, name, member } of rooms) {
      const known = this.#rooms.get(audienceKey(room));
      if (known?.name === name) continue;
      this.#keep({ room, name, member: known?.member ?? member });
    }
  }

  /**
   * Takes an entry.
   *
   * @param entry as it came; not changed
   * @param bytes the same, as it stands in the log; not kept
   * @param row the outbox row that became it, if it is known
   * @returns what there is to show: nothing for an entry that came before
   */
  entry(entry: Entry, bytes: EntryBytes, row: OutboxRow | null): ClientEvent[] {
    const { lsn } = entry;
    if (lsn <= (this.#cursor?.lsn ?? 0) || this.#seen.has(lsn)) return [];
    this.#seen.add(lsn);
    this.#latest = Math.max(this.#latest, lsn);
    const isNew = this.#store.addEntry(entry, bytes, true);
    const nameless = this.#follow(entry, row);
    // It came with a page of history, and was shown with that.
    if (!isNew) return [];
    const shown = this.shown({ entry, row });
    return nameless ? [{ kind: "nameless" }, { kind: "entry", shown }] : [{ kind: "entry", shown }];
  }

  /**
   * Puts names to an entry's numbers.
   *
   * @param held the entry, and the outbox row that became it, if it is known
   * @returns the entry as it is shown
   */
  shown({ entry, row }: Pick<ShownEntry, "entry" | "row">): ShownEntry {
    const user = entry.user === 0 ? "" : this.userName(entry.user);
    const own = entry.user !== 0 && entry.user === this.user;
    const about = entry.content && "user" in entry.content
      ? this.userName(entry.content.user)
      : null;
    const isHidden = this.#store.blocks.has(entry.user);
    return { entry, user, own, place: this.#place(entry.audience), row, about, isHidden };
  }

  /**
   * Takes `upto`: the cursor moves, and nothing below it need be remembered.
   *
   * @param packet its fields
   * @throws {ProtocolError} `unexpected` before the first login
   */
  upto({ lsn, digest }: PacketFields<"upto">): void {
    if (!this.#own) throw new ProtocolError(codes.unexpected, "upto before welcome");
    // The answer to a resume says again where this device stands.
    if (this.#cursor && lsn <= this.#cursor.lsn) return;
    this.#cursor = { logId: this.#own.logId, lsn, digest };
    this.#store.setCursor(this.#cursor);
    this.#latest = Math.max(this.#latest, lsn);
    this.#inSnapshot = false;
    for (const one of this.#seen) if (one <= lsn) this.#seen.delete(one);
  }

  /**
   * Names a user.
   *
   * @param user the id
   * @returns the name, or one made of the id
   */
  userName(user: number): string {
    return this.#users.get(user) ?? `user-${user}`;
  }

  /**
   * Finds a room that this user is a member of.
   *
   * @param name in any case
   * @returns the room, and its name as the server writes it; or null
   */
  membership(name: string): { readonly room: TalkAudience; readonly name: string } | null {
    for (const known of this.#rooms.values()) {
      if (!known.member || known.name === null) continue;
      if (nameKey(known.name) === nameKey(name)) return { room: known.room, name: known.name };
    }
    return null;
  }

  /**
   * Finds a room or direct by the name that people have for it.
   *
   * @param to the name of a room that this user is a member of, or `@` and a user's, in any case
   * @returns the room or direct; null for a name that is not known here
   */
  audienceOf(to: string): TalkAudience | null {
    if (!to.startsWith("@")) return this.membership(to)?.room ?? null;
    const key = nameKey(to.slice(1));
    const found = [...this.#users].find(([, name]) => nameKey(name) === key);
    return found ? directAudience(this.user, found[0]) : null;
  }

  /**
   * Gives all names, for completion.
   *
   * @returns the names of rooms and users, owned by the caller
   */
  names(): { rooms: string[]; users: string[] } {
    const rooms = [...this.#rooms.values()].flatMap(({ name }) => name ?? []);
    return { rooms, users: [...this.#users.values()] };
  }

  /** Whose membership and which names an entry changes; true for an own room without a name. */
  #follow({ lsn, audience, user, content }: Entry, row: OutboxRow | null): boolean {
    if (content?.kind === "registered") this.#addUser(user, content.name);
    if (content?.kind === "blocked") this.#store.blocks.set(content.user, content.on);
    if (content?.kind === "roomInvited") {
      this.#name(roomAudience(content.room), content.name);
    }
    if (audience[0] !== audienceKinds.room) return false;
    if (content?.kind === "created") this.#name(roomAudience(lsn), content.name);
    // As it was typed, until the server tells how it is written.
    const wasNamed = this.#known(audience).name !== null;
    if (content?.kind === "joined" && row?.action.action === "join") {
      this.#name(audience, row.action.room);
    }
    // A snapshot's rooms are as of its head already; its entries are of before.
    if (this.#inSnapshot) return false;
    const isSentAway = content?.kind === "kicked" || content?.kind === "banned";
    // The ban that is told in the lobby is from the server, and ends no membership.
    if (isSentAway && content.user === this.user && audience[1] !== lobbyId) {
      this.#keep({ ...this.#known(audience), member: false });
    }
    if (user !== this.user) return false;
    if (content?.kind === "left") this.#keep({ ...this.#known(audience), member: false });
    if (content?.kind !== "created" && content?.kind !== "joined") return false;
    this.#keep({ ...this.#known(audience), member: true });
    // Who is in sees all of it: also what was kept from them before.
    this.#store.forgetBoundaries(audienceKey(audience), boundaries.notYours);
    return content.kind === "joined" && !wasNamed;
  }

  #name(room: RoomAudience, name: string): void {
    const known = this.#known(room);
    if (known.name === null) this.#keep({ ...known, name });
  }

  #known(room: RoomAudience): KnownRoom {
    return this.#rooms.get(audienceKey(room)) ?? { room, name: null, member: false };
  }

  #keep(known: KnownRoom): void {
    this.#rooms.set(audienceKey(known.room), known);
    this.#store.setRoom(known);
  }

  #addUser(user: number, name: string): void {
    if (this.#users.get(user) === name) return;
    this.#keepUser(user, name);
    this.#store.setUser(user, name);
  }

  #keepUser(user: number, name: string): void {
    this.#users.set(user, name);
    this.#lastUser = Math.max(this.#lastUser, user);
  }

  #forgetUsers(): void {
    this.#users.clear();
    this.#lastUser = 0;
  }

  #forget(reason: number): void {
    this.#store.resyncs.note(reason);
    this.#resyncCount = this.#store.resyncs.last.count;
    this.#seen.clear();
    this.#forgetUsers();
    this.#latest = 0;
    this.#store.forget();
  }

  #place(audience: Audience): Place {
    if (audience[0] === audienceKinds.room) {
      const name = this.#rooms.get(audienceKey(audience))?.name ?? `room-${audience[1]}`;
      return { kind: "room", name };
    }
    if (audience[0] !== audienceKinds.direct) return { kind: "own" };
    const [, a, b] = audience;
    return { kind: "direct", other: this.userName(a === this.user ? b : a) };
  }
}
