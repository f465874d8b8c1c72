/**
 * What people at a client look at: own receipts, and what was said before.
 *
 * @module
 */

import { readBack, type Stretch } from "../../lib/client/history.ts";
import type { MailboxStore } from "../../lib/client/mailbox_store.ts";
import type { Entry } from "../../lib/log/entry.ts";
import { boundaries } from "../../lib/log/log.ts";
import { keyAudience, type TalkAudience } from "../../lib/protocol/audience.ts";
import type { SeededRandom } from "../support/random.ts";
import { newest, type SimClient } from "./client.ts";

/** Own messages that somebody looks after, as a screen of line mode does. */
const latestMax = 20;
const stretchMax = 50;

/** What can be looked at. */
export const looks = ["receipts", "read", "history"] as const;

/** One of these. */
export type Look = (typeof looks)[number];

/** @returns the latest messages of a client's user that are on its disk, by lsn */
export function latestOwn({ disk: { held: { own, entries } } }: SimClient): number[] {
  const isOwn = ({ user, content }: Entry) => user === own?.user && content?.kind === "message";
  const lsns: number[] = [];
  for (let at = entries.length - 1; at >= 0 && lsns.length < latestMax; at--) {
    if (isOwn(entries[at]!)) lsns.push(entries[at]!.lsn);
  }
  return lsns;
}

/** @returns the rooms and directs of which a client has something */
export function talks(store: MailboxStore): TalkAudience[] {
  return store.audiences(Number.MAX_SAFE_INTEGER).filter((key) => key[0] === "r" || key[0] === "d")
    .map(keyAudience);
}

/** @returns what a client shows of a room before an entry: as much as it has without a hole */
export function shownBefore(store: MailboxStore, room: TalkAudience, lsn: number): Stretch {
  const entries: Stretch["entries"][number][] = [];
  for (;;) {
    const { entries: page, before } = readBack(
      store,
      room,
      entries[0]?.entry.lsn ?? lsn,
      stretchMax,
    );
    entries.unshift(...page);
    if (before !== null || page.length === 0) return { entries, before };
  }
}

/** Somebody looks. */
export function look(client: SimClient, what: Look, random: SeededRandom): void {
  const { connection, running, process } = client;
  if (!connection || !running || process?.isFrozen || !running.store.own) return;
  if (what === "receipts") return lookAtReceipts(client, random);
  const rooms = talks(running.store);
  if (rooms.length === 0) return;
  const room = random.pick(rooms);
  if (what === "read") client.read(room, random.below(8) > 0);
  else scroll(client, room, random);
}

function lookAtReceipts(client: SimClient, random: SeededRandom): void {
  const lsns = latestOwn(client);
  if (lsns.length === 0) return;
  if (random.below(2) === 0) client.connection!.ask({ kind: "receipts", lsns });
  else client.follow(random.pick(lsns));
}

function scroll(client: SimClient, room: TalkAudience, random: SeededRandom): void {
  const { store } = client.running!;
  const last = newest(store, room);
  const { entries, before } = shownBefore(store, room, last);
  const oldest = entries[0]?.entry.lsn ?? last;
  // Who has left asks below where a time begins, for the time before.
  const isAgain = before === boundaries.notYours || random.below(8) === 0;
  const place = random.below(3) === 0 ? 0 : oldest;
  if (place === 0 || before === boundaries.more || isAgain) client.history(room, place);
}
