/**
 * History: what a room's or a direct's entries were before those at hand, out of the mailbox as far
 * as it is there, without ever drawing over a hole.
 *
 * @module
 */

import { codes, ProtocolError } from "../errors.ts";
import { boundaries } from "../log/log.ts";
import { type Entry, type EntryBytes, itemsBytes, itemsEntry } from "../log/entry.ts";
import { limits } from "../limits.ts";
import { audienceKey, audienceKinds, type TalkAudience } from "../protocol/audience.ts";
import type { PacketFields } from "../protocol/codec.ts";
import type { HeldEntry, MailboxStore } from "./mailbox_store.ts";

/** Some entries of a room or direct without a hole between them, and what is before them. */
export interface Stretch {
  /** Ascending; owned by the caller. */
  readonly entries: readonly HeldEntry[];
  /** One of `boundaries`, or null where the mailbox holds more. */
  readonly before: number | null;
}

/**
 * Reads backwards through the mailbox, from entry to entry by `prev`.
 *
 * @param store an open mailbox's
 * @param room a room or direct
 * @param lsn an entry of it that is held: the first of those at hand
 * @param countMax how many entries at most
 * @returns the entries directly before it, as far as they are held without a hole
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { readBack } from "./history.ts";
 * import { MailboxStore, openMemoryMailbox } from "./mailbox_store.ts";
 * const memory = openMemoryMailbox();
 * assertEquals(readBack(new MailboxStore(memory), [0, 1], 9, 50), { entries: [], before: 0 });
 * memory.close();
 * ```
 * @see docs/PROTOCOL.md, section "History"
 */
export function readBack(
  store: MailboxStore,
  room: TalkAudience,
  lsn: number,
  countMax: number,
): Stretch {
  const key = audienceKey(room);
  const [first] = store.before(key, lsn + 1, 1);
  let oldest = first?.entry.lsn === lsn ? first : null;
  const entries: HeldEntry[] = [];
  for (const held of store.before(key, lsn, countMax)) {
    if (!oldest || oldest.entry.prev !== held.entry.lsn) break;
    entries.unshift(held);
    oldest = held;
  }
  if (!oldest) return { entries, before: boundaries.more };
  if (oldest.entry.prev === 0) return { entries, before: boundaries.start };
  const boundary = store.boundary(key, oldest.entry.lsn);
  if (boundary !== boundaries.more) return { entries, before: boundary };
  return { entries, before: store.has(oldest.entry.prev) ? null : boundaries.more };
}

/**
 * Takes a page of history into the mailbox.
 *
 * @param store an open mailbox's
 * @param latest the lsn up to which something has come
 * @param room what was asked for
 * @param asked the place below which was asked; 0 for the newest
 * @param packet the fields of `past`
 * @returns what the server may be told to be stored here; null for nothing
 * @throws {ProtocolError} `unexpected` for what was not asked for
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { takePast } from "./history.ts";
 * import { MailboxStore, openMemoryMailbox } from "./mailbox_store.ts";
 * const memory = openMemoryMailbox();
 * const store = new MailboxStore(memory);
 * const packet = { request: 1, code: 0, entries: [], boundary: 1 };
 * assertEquals(takePast(store, 20, [0, 1], 9, packet), null);
 * assertEquals(store.boundary("r1", 9), 1);
 * memory.close();
 * ```
 * @see docs/PROTOCOL.md, section "History"
 */
export function takePast(
  store: MailboxStore,
  latest: number,
  room: TalkAudience,
  asked: number,
  packet: PacketFields<"past">,
): PacketFields<"stored"> | null {
  if (packet.code !== 0) return null;
  const key = audienceKey(room);
  // What is above all that came may come in its turn, and is shown then.
  const fresh = pageEntries(key, asked, packet).filter(({ entry }) => entry.lsn <= latest);
  for (const { entry, bytes } of fresh) store.addEntry(entry, bytes, false);
  const first = fresh[0]?.entry.lsn ?? 0;
  const last = fresh.at(-1)?.entry.lsn ?? 0;
  const oldest = first || asked;
  const isKnown = packet.boundary === boundaries.start || packet.boundary === boundaries.notYours;
  if (isKnown && oldest > 0) {
    store.setBoundary(key, oldest, packet.boundary);
  }
  return first === 0
    ? null
    : { room, from: first, to: asked === 0 ? last : Math.min(asked - 1, latest) };
}

function pageEntries(
  key: string,
  asked: number,
  packet: PacketFields<"past">,
): { readonly entry: Entry; readonly bytes: EntryBytes }[] {
  let last = 0;
  return packet.entries.map(([header, body]) => {
    const entry = itemsEntry(header, body);
    const isAsked = audienceKey(entry.audience) === key && entry.lsn > last &&
      (asked === 0 || entry.lsn < asked);
    if (!isAsked) throw new ProtocolError(codes.unexpected, "history that was not asked for");
    last = entry.lsn;
    return { entry, bytes: itemsBytes(header, body) };
  });
}

/**
 * Tells what a snapshot has brought: of each room its latest entries, without a hole between them.
 *
 * @param store an open mailbox's
 * @returns for each room and direct what the server may be told to be stored here, owned by the caller
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { latestStretches } from "./history.ts";
 * import { MailboxStore, openMemoryMailbox } from "./mailbox_store.ts";
 * const memory = openMemoryMailbox();
 * assertEquals(latestStretches(new MailboxStore(memory)), []);
 * memory.close();
 * ```
 * @see docs/PROTOCOL.md, section "Receipts"
 */
export function latestStretches(store: MailboxStore): PacketFields<"stored">[] {
  return store.audiences(Number.MAX_SAFE_INTEGER).flatMap((key) => {
    const [newest] = store.before(key, Number.MAX_SAFE_INTEGER, 1);
    const { audience, lsn } = newest!.entry;
    if (audience[0] !== audienceKinds.room && audience[0] !== audienceKinds.direct) return [];
    const { entries } = readBack(store, audience, lsn, limits.snapshotEntriesPerRoom);
    return [{ room: audience, from: entries[0]?.entry.lsn ?? lsn, to: lsn }];
  });
}
