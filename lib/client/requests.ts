/**
 * Questions to the server and their answers, page by page. No IO.
 *
 * @module
 */

import { codes, ProtocolError } from "../errors.ts";
import { limits } from "../limits.ts";
import { type Entry, itemsEntry } from "../log/entry.ts";
import type { TalkAudience } from "../protocol/audience.ts";
import { encodePacket, type PacketFields } from "../protocol/codec.ts";
import { nameKey } from "../protocol/names.ts";
import type { ClientEvent, ListedMember, ListedRoom } from "./events.ts";
import type { SearchQuery } from "./search_query.ts";

/** Pages of one search: of a log of four million entries the last is looked at. */
const searchPagesMax = 64;

/** What can be asked. */
export type Query =
  | { readonly kind: "rooms" }
  | { readonly kind: "members"; readonly room: string }
  /** The entries of a room or direct below a place; 0: the newest. */
  | { readonly kind: "history"; readonly room: TalkAudience; readonly before: number }
  /** How far own messages have come; at most `receiptsMax`. */
  | { readonly kind: "receipts"; readonly lsns: readonly number[] }
  /** Who has an own message. */
  | { readonly kind: "info"; readonly lsn: number }
  /** A user's devices; one's own without a name. */
  | { readonly kind: "devices"; readonly user: string }
  | SearchWish;

/** The latest messages that are what is looked for. */
export interface SearchWish {
  /** Tells it from other queries. */
  readonly kind: "search";
  /** What is looked for. */
  readonly query: SearchQuery;
  /** How many at most; at least 1. */
  readonly countMax: number;
}

/** The questions that have one page for an answer. */
export type Single = Extract<
  Query,
  { readonly kind: "history" | "receipts" | "info" | "devices" }
>;

type Open =
  | Single
  | SearchWish & { below: number; pages: number; readonly entries: Entry[] }
  | { readonly kind: "rooms"; after: string; readonly rooms: ListedRoom[] }
  | {
    readonly kind: "members";
    readonly room: string;
    after: number;
    readonly members: ListedMember[];
  };

/**
 * Asks each query until its last page has come, over lost connections too.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { Requests } from "./requests.ts";
 * const requests = new Requests();
 * requests.ask({ kind: "rooms" });
 * assertEquals(requests.due().length, 1);
 * const page = { request: 1, rooms: [[[0, 1], "lobby", 3, true]], more: false } as const;
 * assertEquals(requests.roomList(page), [
 *   { kind: "rooms", rooms: [{ room: [0, 1], name: "lobby", members: 3, member: true }] },
 * ]);
 * ```
 * @see docs/PROTOCOL.md, section "Lists and presence"
 */
export class Requests {
  #waiting: Open[] = [];
  readonly #open = new Map<number, Open>();
  #last = 0;

  /** Queries without an answer. */
  get unanswered(): number {
    return this.#waiting.length + this.#open.size;
  }

  /**
   * Takes a query; rooms that are being asked for are not asked for twice.
   *
   * @param query what to ask
   */
  ask(query: Query): void {
    const isThis = (open: Open) => open.kind === "rooms" && query.kind === "rooms";
    if ([...this.#waiting, ...this.#open.values()].some(isThis)) return;
    // The newest question about receipts is the one whose answer is of use.
    if (query.kind === "receipts") {
      this.#waiting = this.#waiting.filter(({ kind }) => kind !== "receipts");
    }
    this.#waiting.push(begin(query));
  }

  /** Another log: lsns that were asked about mean something else there. */
  forget(): void {
    const isOfLog = ({ kind }: Open) => !["rooms", "members", "devices"].includes(kind);
    this.#waiting = this.#waiting.filter((open) => !isOfLog(open));
    for (const [request, open] of this.#open) if (isOfLog(open)) this.#open.delete(request);
  }

  /** The connection is gone: what has no answer is asked again, from the page at hand. */
  disconnected(): void {
    this.#waiting.unshift(...this.#open.values());
    this.#open.clear();
  }

  /**
   * Gives what is to be sent now, and counts it as open.
   *
   * @returns frames, in order, owned by the caller
   */
  due(): Uint8Array[] {
    const frames: Uint8Array[] = [];
    while (this.#open.size < limits.listRequestsMax) {
      const at = this.#waiting.findIndex((open) => !isOfPast(open) || !this.#asksPast());
      const [next] = at < 0 ? [] : this.#waiting.splice(at, 1);
      if (!next) break;
      const request = ++this.#last;
      this.#open.set(request, next);
      frames.push(frameOf(request, next));
    }
    return frames;
  }

  /**
   * Takes `roomList`.
   *
   * @param packet its fields
   * @returns the whole answer with its last page, else nothing
   */
  roomList({ request, rooms, more }: PacketFields<"roomList">): ClientEvent[] {
    const open = this.#take(request);
    if (open?.kind !== "rooms") return [];
    const before = open.after;
    for (const [room, name, members, member] of rooms) {
      open.rooms.push({ room, name, members, member });
      open.after = name;
    }
    // A page that leads no further would be asked for again and again.
    const leadsOn = nameKey(open.after) > nameKey(before);
    return this.#goOn(open, more && leadsOn, { kind: "rooms", rooms: open.rooms });
  }

  /**
   * Takes `memberList`.
   *
   * @param packet its fields
   * @returns the whole answer with its last page, else nothing
   */
  memberList({ request, code, members, more }: PacketFields<"memberList">): ClientEvent[] {
    const open = this.#take(request);
    if (open?.kind !== "members") return [];
    const before = open.after;
    for (const [user, name, present] of members) {
      open.members.push({ name, present });
      open.after = user;
    }
    const { room, members: all } = open;
    return this.#goOn(open, more && open.after > before, {
      kind: "members",
      room,
      code,
      members: all,
    });
  }

  /**
   * Takes the answer to a question that has one page.
   *
   * @param request the number in the answer
   * @param kind what was asked
   * @returns the question; undefined for an answer that nobody waits for
   */
  answered<K extends Single["kind"]>(
    request: number,
    kind: K,
  ): Extract<Single, { readonly kind: K }> | undefined {
    const open = this.#take(request);
    return open?.kind === kind ? open as Extract<Single, { readonly kind: K }> : undefined;
  }

  /**
   * Takes `found`.
   *
   * @param packet its fields
   * @param isShown whether a message is shown to this user: those of whom they have blocked are not
   * @returns the whole answer once there are enough messages or no more, else nothing
   * @throws {ProtocolError} `unexpected` for what is no message, or not in order
   */
  found(
    { request, entries, next }: PacketFields<"found">,
    isShown: (entry: Entry) => boolean,
  ): ClientEvent[] {
    const open = this.#take(request);
    if (open?.kind !== "search") return [];
    const below = open.below || Infinity;
    let above = below;
    for (const [header, body] of entries) {
      const entry = itemsEntry(header, body);
      if (entry.lsn >= above || entry.content?.kind !== "message") {
        throw new ProtocolError(codes.unexpected, "messages that were not asked for");
      }
      above = entry.lsn;
      // Another program may have asked: what passes through the mailbox has no bytes in it.
      if (isShown(entry)) open.entries.push({ ...entry, epoch: null, id: null });
    }
    // A page that leads no further would be asked for again and again.
    const leadsOn = next > 0 && next < below && next <= above;
    open.below = next;
    const { query, countMax } = open;
    const isEnough = open.entries.length > countMax;
    const more = leadsOn && !isEnough && ++open.pages < searchPagesMax;
    const latest = open.entries.slice(0, countMax).reverse();
    return this.#goOn(open, more, {
      ...{ kind: "found", query, countMax, entries: latest },
      more: leadsOn || isEnough,
    });
  }

  /** The server answers one `history` or `search` at a time. */
  #asksPast(): boolean {
    return [...this.#open.values()].some(isOfPast);
  }

  #take(request: number): Open | undefined {
    const open = this.#open.get(request);
    this.#open.delete(request);
    return open;
  }

  #goOn(open: Open, more: boolean, answer: ClientEvent): ClientEvent[] {
    if (!more) return [answer];
    this.#waiting.unshift(open);
    return [];
  }
}

function isOfPast({ kind }: Open): boolean {
  return kind === "history" || kind === "search";
}

function begin(query: Query): Open {
  switch (query.kind) {
    case "rooms":
      return { kind: "rooms", after: "", rooms: [] };
    case "members":
      return { kind: "members", room: query.room, after: 0, members: [] };
    case "search":
      return { ...query, below: 0, pages: 0, entries: [] };
    default:
      return query;
  }
}

function frameOf(request: number, open: Open): Uint8Array {
  switch (open.kind) {
    case "rooms":
      return encodePacket("listRooms", { request, after: open.after });
    case "members":
      return encodePacket("listMembers", { request, room: open.room, after: open.after });
    case "search": {
      const { query: { terms, from, in: place, sinceMs, untilMs }, below } = open;
      return encodePacket("search", {
        terms: terms.map(({ words, prefix }) => [words.join(" "), prefix] as const),
        ...{ request, by: from, place, since: sinceMs, until: untilMs, below },
      });
    }
    case "history":
      return encodePacket("history", { request, room: open.room, before: open.before });
    case "receipts":
      return encodePacket("receipts", { request, lsns: open.lsns });
    case "info":
      return encodePacket("info", { request, lsn: open.lsn });
    case "devices":
      return encodePacket("listDevices", { request, user: open.user });
  }
}
