/**
 * Who must be given what, said a second time: straight from the log's entries, with plain sets and
 * without the hub's or the store's own reckoning.
 *
 * @module
 */

import { limits } from "../../lib/limits.ts";
import { type Entry, itemsEntry } from "../../lib/log/entry.ts";
import { audienceKey, audienceKinds } from "../../lib/protocol/audience.ts";
import { decodePacket } from "../../lib/protocol/codec.ts";
import { headerBytes } from "../../lib/framing.ts";

/** A device and its user. */
export interface Who {
  readonly user: number;
  readonly device: number;
}

/** What a snapshot must bring. */
export interface WholeSnapshot {
  readonly users: readonly number[];
  /** For each room its key and its members; none where it is a direct. */
  readonly rooms: readonly (readonly [key: string, members: readonly number[]])[];
  readonly entries: readonly number[];
}

interface Known {
  readonly entry: Entry;
  readonly key: string;
  readonly payload: Uint8Array;
  readonly users: ReadonlySet<number>;
}

const nobody: ReadonlySet<number> = new Set();

/** Reads every committed entry and remembers for whom it is. */
export class Oracle {
  readonly #log: Known[] = [];
  readonly #members: Members = new Map();
  /** From which entry on a room is private, by its key. */
  readonly #private = new Map<string, number>();
  readonly #blocks = new Map<number, Set<number>>();

  /** The last entry's lsn. */
  get head(): number {
    return this.#log.length;
  }

  /** @param frame the frame of the next entry; copied */
  add(frame: Uint8Array): void {
    const payload = frame.slice(headerBytes);
    const packet = decodePacket(payload, "server");
    if (packet.packet !== "entry") throw new Error(`${packet.packet} in the log`);
    const entry = itemsEntry(packet.header, packet.body);
    if (entry.lsn !== this.head + 1) throw new Error(`${entry.lsn} after ${this.head}`);
    const key = audienceKey(entry.audience);
    const { content, lsn } = entry;
    if (content?.kind === "created" && content.private) this.#private.set(key, lsn);
    if (content?.kind === "closed") this.#private.set(key, lsn);
    if (content?.kind === "blocked") {
      const own = this.#blocks.get(entry.user) ?? new Set();
      if (content.on) own.add(content.user);
      else own.delete(content.user);
      this.#blocks.set(entry.user, own);
    }
    this.#log.push({ entry, key, payload, users: this.#recipients(entry, key) });
  }

  /** @returns the payload in which the entry must arrive */
  payload(lsn: number): Uint8Array {
    return this.#log[lsn - 1]!.payload;
  }

  /** @returns the entry itself */
  entry(lsn: number): Entry {
    return this.#log[lsn - 1]!.entry;
  }

  /** @returns the key of the entry's audience */
  audience(lsn: number): string {
    return this.#log[lsn - 1]!.key;
  }

  /** @returns the users that the entry is meant for, its sender left out */
  recipients(lsn: number): number[] {
    const { entry, users } = this.#log[lsn - 1]!;
    return [...users].filter((user) => user !== entry.user);
  }

  /** @returns the lsns above `after` and up to `upto` that are meant for a device */
  meantFor(who: Who, after: number, upto: number): number[] {
    const lsns: number[] = [];
    for (let lsn = after + 1; lsn <= upto; lsn++) if (this.isFor(who, lsn)) lsns.push(lsn);
    return lsns;
  }

  /** @returns whether the entry is meant for a device */
  isFor({ user, device }: Who, lsn: number): boolean {
    const { entry: { audience }, users } = this.#log[lsn - 1]!;
    return audience[0] === audienceKinds.device ? audience[1] === device : users.has(user);
  }

  /**
   * @returns what has been said in a room or direct, in order, and whether a user may see it now:
   * members see all that was public, and everybody what was meant for them
   */
  historyOf(user: number, key: string): { readonly lsn: number; readonly seen: boolean }[] {
    const isMember = this.#members.get(key)?.has(user) ?? false;
    const privateSince = this.#private.get(key) ?? Infinity;
    return this.#log.filter((one) => one.key === key).map(({ entry: { lsn }, users }) => ({
      lsn,
      seen: isMember && lsn < privateSince || users.has(user),
    }));
  }

  /** @returns the members of all rooms (directs are none) after an entry, by key */
  membersAt(lsn: number): Members {
    const members: Members = new Map();
    for (const { entry, key } of this.#log.slice(0, lsn)) change(members, entry, key);
    return members;
  }

  /** @returns whom a user has blocked, in order */
  blockedBy(user: number): number[] {
    return [...this.#blocks.get(user) ?? []].sort((a, b) => a - b);
  }

  /** @returns what a new device is given as of an entry */
  snapshotAt({ user, device }: Who, head: number): WholeSnapshot {
    const log = this.#log.slice(0, head);
    const mine = [...this.membersAt(head)].filter(([, members]) => members.has(user));
    const rooms = mine.filter(([key]) => key !== adminsKey)
      .map(([key, members]) => [key, [...members].sort((a, b) => a - b)] as const);
    const directs = new Set(
      log.filter(({ entry, users }) => entry.audience[0] === 1 && users.has(user))
        .map(({ key }) => key),
    );
    const keys = [...mine.map(([key]) => key), ...directs, `u${user}`, `v${device}`];
    const entries = keys.flatMap((key) => {
      const since = this.#sinceAt(key, user, head);
      const privateSince = key === adminsKey ? 0 : this.#private.get(key) ?? Infinity;
      return log.map(({ entry: { lsn }, key: of }) => of === key ? lsn : 0)
        .filter((lsn) => lsn > 0 && (lsn < privateSince || lsn >= since))
        .slice(-limits.snapshotEntriesPerRoom);
    });
    return {
      users: log.filter(({ entry }) => entry.content?.kind === "registered")
        .map(({ entry }) => entry.user),
      rooms: [...rooms, ...[...directs].map((key) => [key, []] as const)]
        .sort(([a], [b]) => a < b ? -1 : 1),
      entries: entries.sort((a, b) => a - b),
    };
  }

  /** The entry with which a user's membership as of a head began. */
  #sinceAt(key: string, user: number, head: number): number {
    const members: Members = new Map();
    let since = 0;
    for (const { entry, key: of } of this.#log.slice(0, head)) {
      const was = members.get(key)?.has(user) ?? false;
      change(members, entry, of);
      if (!was && members.get(key)?.has(user)) since = entry.lsn;
    }
    return since;
  }

  #recipients(entry: Entry, key: string): ReadonlySet<number> {
    const before = new Set(this.#members.get(key));
    change(this.#members, entry, key);
    switch (entry.audience[0]) {
      case audienceKinds.direct:
        return new Set([entry.audience[1], entry.audience[2]]);
      case audienceKinds.room:
      case audienceKinds.admins:
        // A join is seen by who joins, a leave by who leaves.
        return before.union(this.#members.get(key) ?? nobody);
      case audienceKinds.user:
        return new Set([entry.audience[1]]);
      default:
        return nobody;
    }
  }
}

/** Who is where, by the audience's key; the admins too. */
type Members = Map<string, Set<number>>;

const adminsKey = "a";

function change(members: Members, { content, user }: Entry, key: string): void {
  const into = (key: string, user: number) =>
    members.set(key, (members.get(key) ?? new Set()).add(user));
  switch (content?.kind) {
    case "registered":
      into(key, user);
      if (content.role > 0) into(adminsKey, user);
      break;
    case "created":
      members.set(key, new Set(user === 0 ? [] : [user]));
      break;
    case "joined":
      into(key, user);
      break;
    case "left":
      members.get(key)!.delete(user);
      break;
    case "kicked":
      members.get(key)!.delete(content.user);
      break;
    case "banned":
      // The ban in the lobby is one from the server, and ends no membership.
      if (key !== "r1") members.get(key)!.delete(content.user);
      break;
    case "removed":
      for (const room of members.values()) room.delete(content.user);
      break;
    case "ranked":
      if (content.role > 0) into(adminsKey, content.user);
      else members.get(adminsKey)?.delete(content.user);
      break;
  }
}
