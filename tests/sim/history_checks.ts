/**
 * Looks at pages of history as they come, and at what a client would draw with them.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import type { MailboxStore } from "../../lib/client/mailbox_store.ts";
import { boundaries } from "../../lib/log/log.ts";
import { type Entry, itemsEntry } from "../../lib/log/entry.ts";
import { audienceKey, type TalkAudience } from "../../lib/protocol/audience.ts";
import { encodePacket, type PacketFields } from "../../lib/protocol/codec.ts";
import { headerBytes } from "../../lib/framing.ts";
import { equals } from "@std/bytes/equals";
import type { Oracle } from "../support/hub_oracle.ts";
import { newest } from "./client.ts";
import { shownBefore, talks } from "./looking.ts";

/** A question, and where the log stood when it was sent. */
interface Asked {
  readonly room: TalkAudience;
  readonly before: number;
  readonly head: number;
}

/** What one connection asks of history and is answered. */
export class HistoryChecks {
  readonly #oracle: Oracle;
  readonly #user: number;
  readonly #asked = new Map<number, Asked>();

  /**
   * @param oracle of the log that the connection is about
   * @param user who asks
   */
  constructor(oracle: Oracle, user: number) {
    this.#oracle = oracle;
    this.#user = user;
  }

  /** The client asks. */
  asks({ request, room, before }: PacketFields<"history">): void {
    this.#asked.set(request, { room, before, head: this.#oracle.head });
  }

  /**
   * The server answers, with what was so at a moment between the question and now.
   *
   * @throws what the page must not say
   */
  answers({ request, code, entries, boundary }: PacketFields<"past">): void {
    const asked = this.#asked.get(request);
    assert(asked, `history: ${request} was not asked for`);
    this.#asked.delete(request);
    const lsns = entries.map(([header, body]) => {
      const { lsn } = itemsEntry(header, body);
      const bytes = encodePacket("entry", { header, body }).subarray(headerBytes);
      assert(equals(bytes, this.#oracle.payload(lsn)), `history: ${lsn} is another in the log`);
      return lsn;
    });
    if (code !== 0) return assertEquals(lsns, [], "history: entries, and a code");
    this.#page(asked, lsns, boundary);
  }

  #page({ room, before, head }: Asked, lsns: readonly number[], boundary: number): void {
    const key = audienceKey(room);
    const all = this.#oracle.historyOf(this.#user, key);
    const isMember = this.#wasMember(key, head);
    const isSeen = (lsn: number) =>
      isMember || this.#oracle.isFor({ user: this.#user, device: 0 }, lsn);
    for (const lsn of lsns) assert(isSeen(lsn), `history: ${lsn} is not for ${this.#user}`);
    const first = lsns[0] ?? before;
    const last = lsns.at(-1) ?? 0;
    const within = all.filter(({ lsn }) => lsn >= first && lsn <= last);
    assertEquals(lsns, within.map(({ lsn }) => lsn), "history: a hole in a page");
    // What came since the question may be there or not.
    const end = before === 0 ? head + 1 : before;
    const skipped = all.filter(({ lsn, seen }) => seen && isMember && lsn > last && lsn < end);
    if (lsns.length > 0) assertEquals(skipped, [], `history: a hole above a page of ${key}`);
    const below = first === 0 ? undefined : all.findLast(({ lsn }) => lsn < first);
    if (boundary === boundaries.start) {
      assert(!below, `history: ${key} does not start at ${first}`);
    }
    if (boundary === boundaries.notYours) {
      assert(
        below && !this.#oracle.isFor({ user: this.#user, device: 0 }, below.lsn),
        `history: what is before ${first} of ${key} is theirs`,
      );
    }
  }

  /** Whether they were a member at any moment from a head to now. */
  #wasMember(key: string, head: number): boolean {
    if (this.#oracle.membersAt(head).get(key)?.has(this.#user)) return true;
    for (let lsn = head + 1; lsn <= this.#oracle.head; lsn++) {
      const { user, content } = this.#oracle.entry(lsn);
      const isJoin = content?.kind === "joined" || content?.kind === "created";
      if (isJoin && user === this.#user && this.#oracle.audience(lsn) === key) return true;
    }
    return false;
  }
}

/**
 * Draws all rooms of a client, from the last entry back as far as it has them without a hole.
 *
 * @param isSettled whether nothing is under way: then a member is told of no place that is not theirs
 * @throws when it would draw over a hole, draw what the log does not say, or say of a place what is
 * not so
 */
export function checkDrawn(
  store: MailboxStore,
  oracle: Oracle,
  user: number,
  isSettled: boolean,
): void {
  for (const room of talks(store)) {
    const key = audienceKey(room);
    const last = newest(store, room);
    const { entries, before } = shownBefore(store, room, last);
    const drawn = [...entries.map(({ entry }) => entry.lsn), last];
    for (const { entry } of [...entries, ...store.before(key, last + 1, 1)]) {
      const isSame = nameOf(entry) === nameOf(oracle.entry(entry.lsn));
      assert(isSame, `history: ${entry.lsn} of ${key} is drawn, and is another in the log`);
    }
    const all = oracle.historyOf(user, key).filter(({ lsn }) => lsn <= last);
    const there = all.slice(-drawn.length).map(({ lsn }) => lsn);
    assertEquals(drawn, there, `history: drawn over a hole in ${key}`);
    const below = all.at(-drawn.length - 1);
    if (before === boundaries.start) assert(!below, `history: ${key} does not start there`);
    if (before === boundaries.notYours) {
      assert(below, `history: nothing is before the start of ${key}`);
      const isWrong = isSettled && below.seen;
      assert(!isWrong, `history: ${below.lsn} of ${key} is theirs, and is said not to be`);
    }
  }
}

/** What no other entry under the same lsn has, in whichever history of the log. */
function nameOf({ user, device, n, timeMs }: Entry): string {
  return [user, device, n, timeMs].join(" ");
}
