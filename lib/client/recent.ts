/**
 * What a screen or a listing begins with: the last entries of the rooms, out of the mailbox.
 *
 * @module
 */

import { limits } from "../limits.ts";
import { audienceKinds } from "../protocol/audience.ts";
import { readBack } from "./history.ts";
import type { HeldEntry, MailboxStore } from "./mailbox_store.ts";

/** Rooms and directs of which something is shown at the start: those in which something was last. */
const audiencesMax = 20;

/**
 * Reads the last entries of each room and direct, without a hole between them.
 *
 * @param store an open mailbox's
 * @param lastArrival what came after it is left out
 * @returns entries in the order of the log, owned by the caller
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { MailboxStore, openMemoryMailbox } from "./mailbox_store.ts";
 * import { recentEntries } from "./recent.ts";
 * const memory = openMemoryMailbox();
 * assertEquals(recentEntries(new MailboxStore(memory), 0), []);
 * memory.close();
 * ```
 * @see docs/ARCHITECTURE.md, section "client"
 */
export function recentEntries(store: MailboxStore, lastArrival: number): HeldEntry[] {
  const [next] = store.arrivedAfter(lastArrival, 1);
  const below = next?.entry.lsn ?? Number.MAX_SAFE_INTEGER;
  return store.audiences(audiencesMax).flatMap((key) => latest(store, key, below, lastArrival))
    .sort((a, b) => a.entry.lsn - b.entry.lsn);
}

function latest(
  store: MailboxStore,
  key: string,
  below: number,
  lastArrival: number,
): HeldEntry[] {
  const countMax = limits.snapshotEntriesPerRoom;
  const held = store.before(key, below, countMax)
    .filter(({ arrival }) => arrival <= lastArrival);
  const [newest] = held;
  if (!newest) return [];
  const { audience, lsn } = newest.entry;
  const isTalk = audience[0] === audienceKinds.room || audience[0] === audienceKinds.direct;
  return isTalk ? [...readBack(store, audience, lsn, countMax - 1).entries, newest] : held;
}
