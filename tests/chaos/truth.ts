/**
 * Reads the log itself, past all of the server's code that serves it, and who each entry is for.
 *
 * @module
 */

import { encodeHex } from "@std/encoding/hex";
import { decodeEntry, type Entry, entryFrame } from "../../lib/log/entry.ts";
import { headerBytes } from "../../lib/framing.ts";
import { audienceKinds } from "../../lib/protocol/audience.ts";
import { lobbyRoom } from "../../lib/store/places.ts";
import { openDatabase } from "../../lib/sqlite/database.ts";
import { checksum } from "./checksum.ts";
import type { TrueEntry } from "./verdict.ts";

/** @returns the whole log of a store that nobody uses now */
export function readTruth(path: string): TrueEntry[] {
  using database = openDatabase(path, { readOnly: true });
  const rows = database.prepare("SELECT header, body FROM log ORDER BY lsn").all() as {
    header: Uint8Array;
    body: Uint8Array;
  }[];
  const joined = new Map<string, number>();
  return rows.map((stored) => {
    const entry = decodeEntry(stored);
    const { lsn, device, epoch, n, content, audience, user } = entry;
    const begins = content?.kind === "created" || content?.kind === "joined";
    if (begins) joined.set(`${audience[1]} ${user}`, lsn);
    return {
      lsn,
      sum: checksum(entryFrame(stored).subarray(headerBytes)),
      device,
      epoch: epoch ? encodeHex(epoch) : "",
      n,
      text: content?.kind === "message" ? content.text : null,
      isFor: (reader) => isFor(entry, reader, joined),
    };
  });
}

function isFor(entry: Entry, user: number, joined: ReadonlyMap<string, number>): boolean {
  const { lsn, audience } = entry;
  switch (audience[0]) {
    case audienceKinds.room:
      return audience[1] === lobbyRoom || (joined.get(`${audience[1]} ${user}`) ?? Infinity) <= lsn;
    case audienceKinds.direct:
      return audience[1] === user || audience[2] === user;
    case audienceKinds.user:
    case audienceKinds.device:
      return audience[1] === user;
    default:
      return false;
  }
}
