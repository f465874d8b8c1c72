/**
 * The mailbox: what this device holds of the log, and how far. In memory, no IO.
 *
 * @module
 */

import { equals } from "@std/bytes/equals";
import { codes, ProtocolError } from "../errors.ts";
import type { Entry } from "../log/entry.ts";
import {
  type Audience,
  audienceKey,
  audienceKinds,
  type RoomAudience,
  type TalkAudience,
} from "../protocol/audience.ts";
import type { PacketFields } from "../protocol/codec.ts";
import { nameKey } from "../protocol/names.ts";
import type { ClientEvent, ListedRoom, Place } from "./events.ts";
import type { OutboxRow } from "./outbox.ts";

interface Room {
  readonly room: TalkAudience;
  name: string | null;
  member: boolean;
}

interface Cursor {
  readonly logId: Uint8Array;
  readonly lsn: number;
  readonly digest: Uint8Array;
}

/** Who this device is on its server. */
export type Own = Pick<PacketFields<"welcome">, "user" | "device" | "name" | "logId">;

/**
 * Knows users, rooms and the cursor, and lets each entry through once.
 *
 * What holds: the cursor moves by `upto` only; of what is above it the lsns are remembered, and of
 * what is below nothing, so memory does not grow with the log.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { Mailbox } from "./mailbox.ts";
 * const mailbox = new Mailbox();
 * mailbox.welcome({ user: 2, device: 2, name: "al", logId: new Uint8Array(16) });
 * assertEquals(mailbox.standing(), { logId: null, cursor: 0, digest: null });
 * const digest = new Uint8Array(32);
 * mailbox.upto({ lsn: 9, digest });
 * assertEquals(mailbox.standing(), { logId: new Uint8Array(16), cursor: 9, digest });
 * ```
 * @see docs/PROTOCOL.md, section "Delivery"
 */
export class Mailbox {
  #own: Own | null = null;
  #cursor: Cursor | null = null;
  #seen = new Set<number>();
  #latest = 0;
  #inSnapshot = false;
  #users = new Map<number, string>();
  #rooms = new Map<string, Room>();

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
    if (this.#own && !equals(this.#own.logId, own.logId) && !this.#cursor) this.#seen.clear();
    this.#own = own;
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
    if (reason !== 0) {
      this.#seen.clear();
      this.#users.clear();
      this.#latest = 0;
    }
    this.#rooms.clear();
    this.#cursor = null;
    this.#inSnapshot = true;
    return [{ kind: "snapshot", reason }];
  }

  /**
   * Takes `users`.
   *
   * @param packet its fields
   */
  users({ users }: PacketFields<"users">): void {
    for (const [user, name] of users) this.#users.set(user, name);
  }

  /**
   * Takes `room`.
   *
   * @param packet its fields
   */
  room({ room, name }: PacketFields<"room">): void {
    this.#rooms.set(audienceKey(room), { room, name, member: true });
  }

  /**
   * Takes the names of rooms that were asked for.
   *
   * @param rooms the answer
   */
  learn(rooms: readonly ListedRoom[]): void {
    for (const { room, name, member } of rooms) {
      const known = this.#rooms.get(audienceKey(room));
      if (known) known.name = name;
      else this.#rooms.set(audienceKey(room), { room, name, member });
    }
  }

  /**
   * Takes an entry.
   *
   * @param entry as it came; not changed
   * @param row the outbox row that became it, if it is known
   * @returns what there is to show: nothing for an entry that came before
   */
  entry(entry: Entry, row: OutboxRow | null): ClientEvent[] {
    const { lsn } = entry;
    if (lsn <= (this.#cursor?.lsn ?? 0) || this.#seen.has(lsn)) return [];
    this.#seen.add(lsn);
    this.#latest = Math.max(this.#latest, lsn);
    const nameless = this.#follow(entry, row);
    const user = entry.user === 0 ? "" : this.userName(entry.user);
    const own = entry.user !== 0 && entry.user === this.user;
    const shown = { entry, user, own, place: this.#place(entry.audience), row };
    return nameless ? [{ kind: "nameless" }, { kind: "entry", shown }] : [{ kind: "entry", shown }];
  }

  /**
   * Takes `upto`: the cursor moves, and nothing below it need be remembered.
   *
   * @param packet its fields
   * @throws {ProtocolError} `unexpected` before the first login
   */
  upto({ lsn, digest }: PacketFields<"upto">): void {
    if (!this.#own) throw new ProtocolError(codes.unexpected, "upto before welcome");
    if (lsn < (this.#cursor?.lsn ?? 0)) return;
    this.#cursor = { logId: this.#own.logId, lsn, digest };
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
    if (content?.kind === "registered") this.#users.set(user, content.name);
    if (audience[0] !== audienceKinds.room) return false;
    if (content?.kind === "created") this.#name([audienceKinds.room, lsn], content.name);
    if (content?.kind === "joined" && row?.action.action === "join") {
      this.#name(audience, row.action.room);
    }
    // A snapshot's rooms are as of its head already; its entries are of before.
    if (this.#inSnapshot || user !== this.user) return false;
    if (content?.kind === "left") this.#known(audience).member = false;
    if (content?.kind !== "created" && content?.kind !== "joined") return false;
    const known = this.#known(audience);
    known.member = true;
    return known.name === null;
  }

  #name(room: RoomAudience, name: string): void {
    this.#known(room).name ??= name;
  }

  #known(room: RoomAudience): Room {
    const key = audienceKey(room);
    const known = this.#rooms.get(key) ?? { room, name: null, member: false };
    this.#rooms.set(key, known);
    return known;
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
