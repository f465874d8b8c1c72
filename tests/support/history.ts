/**
 * History as a client reads it: pages to entries.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { headerBytes } from "../../lib/framing.ts";
import { limits } from "../../lib/limits.ts";
import { type Entry, itemsEntry } from "../../lib/log/entry.ts";
import type { HistoryPage } from "../../lib/log/log.ts";
import { pastFrame } from "../../lib/log/past.ts";
import { decodePacket, type Packet } from "../../lib/protocol/codec.ts";

/** An answer to `history`, as a client has it. */
export interface Past {
  readonly code: number;
  readonly entries: readonly Entry[];
  readonly boundary: number;
}

/** Reads a `past` packet. */
export function pastOf({ code, entries, boundary }: Packet<"past">): Past {
  return { code, boundary, entries: entries.map(([header, body]) => itemsEntry(header, body)) };
}

/** Reads a page through the packet in which it goes out. */
export function readHistory(page: HistoryPage): Past {
  const payload = pastFrame(Number.MAX_SAFE_INTEGER, page).subarray(headerBytes);
  assert(payload.length <= limits.frameBytesMax);
  const packet = decodePacket(payload, "server");
  if (packet.packet !== "past") throw new Error(packet.packet);
  assertEquals(packet.request, Number.MAX_SAFE_INTEGER);
  assertEquals(packet.entries.length, page.count);
  return pastOf(packet);
}
