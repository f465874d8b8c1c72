/**
 * Entries: what the log is made of, as values and as bytes.
 *
 * @module
 */

import { codes, ProtocolError } from "../errors.ts";
import { headerBytes } from "../framing.ts";
import { type Audience, audienceField } from "../protocol/audience.ts";
import { decodeItem, encodeItem } from "../protocol/cbor.ts";
import { bytes, type Field, type Item, nullable, uint } from "../protocol/fields.ts";
import { idBytes, packets } from "../protocol/packets.ts";
import { type EntryContent, entryKinds, type EntryName, type EntrySpec } from "./entry_kinds.ts";

/** The version of the entry header that this program writes. */
export const entryVersion = 1;

/** The fields of an entry's header, besides its kind and version. */
export interface EntryHeader {
  /** Its place in the log: 1, 2, 3 … */
  readonly lsn: number;
  /** The lsn before it with the same audience; 0 if it is the first. */
  readonly prev: number;
  /** Milliseconds since 1970-01-01 UTC at the server; never decreasing along the log. */
  readonly timeMs: number;
  /** Whom it is meant for, fixed for good: membership later on changes nothing about it. */
  readonly audience: Audience;
  /** Who did it: a user's id; 0 for the server itself. */
  readonly user: number;
  /** From where: a device's id; 0 for the server itself. */
  readonly device: number;
  /** The epoch of the outbox it came from, 16 bytes; null where it came from none. */
  readonly epoch: Uint8Array | null;
  /** The outbox number by which its device knows it again, from 1; 0 where it came from none. */
  readonly n: number;
  /** The outbox row's random id, 16 bytes, compared at a repeat; null where it came from none. */
  readonly id: Uint8Array | null;
}

/** An entry as read: `content` is null where the body was erased or the kind is of a later version. */
export interface Entry extends EntryHeader {
  /** The kind as it stands in the header, known to this version or not. */
  readonly kindNumber: number;
  /** Whether salt and body were erased; the header stays, so the digest chain stays whole. */
  readonly erased: boolean;
  /** What it says, or null for the two reasons above. */
  readonly content: EntryContent | null;
}

/** An entry's two stored parts. */
export interface EntryBytes {
  /** The header's CBOR array, byte for byte as it was first written. */
  readonly header: Uint8Array;
  /** The body's CBOR array; null when erased. */
  readonly body: Uint8Array | null;
}

const headerFields: readonly Field<unknown>[] = [
  uint(),
  uint(),
  uint(),
  uint(),
  uint(),
  audienceField,
  uint(),
  uint(),
  nullable(bytes(idBytes)),
  uint(),
  nullable(bytes(idBytes)),
];

const namesByKind = new Map<number, EntryName>(
  (Object.keys(entryKinds) as EntryName[]).map((name) => [entryKinds[name].kind, name]),
);

/**
 * Encodes an entry for the log.
 *
 * @param header its header; within all bounds
 * @param content its kind and body
 * @returns header and body, each one CBOR array, owned by the caller
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { decodeEntry, encodeEntry } from "./entry.ts";
 * const header = {
 *   lsn: 7, prev: 3, timeMs: 5, audience: [0, 1], user: 2, device: 2, epoch: null, n: 0, id: null,
 * } as const;
 * const entry = decodeEntry(encodeEntry(header, { kind: "joined" }));
 * assertEquals([entry.lsn, entry.content], [7, { kind: "joined" }]);
 * ```
 * @see docs/PROTOCOL.md, section "Entries"
 */
export function encodeEntry(
  header: EntryHeader,
  content: EntryContent,
): { header: Uint8Array<ArrayBuffer>; body: Uint8Array<ArrayBuffer> } {
  const { lsn, prev, timeMs, audience, user, device, epoch, n, id } = header;
  const kind = entryKinds[content.kind];
  const values = content as unknown as Readonly<Record<string, Item>>;
  return {
    header: encodeItem(
      [entryVersion, lsn, prev, timeMs, kind.kind, audience, user, device, epoch, n, id],
    ),
    body: encodeItem(Object.keys(kind.body).map((name) => values[name]!)),
  };
}

/**
 * Decodes an entry from its stored parts.
 *
 * @param stored header and body as `encodeEntry` gave them; not kept
 * @returns the entry, owned by the caller
 * @throws {ProtocolError} `badPacket` for a header or a body of a known kind that is out of shape
 * @example
 * ```ts
 * import { assertThrows } from "@std/assert";
 * import { decodeEntry } from "./entry.ts";
 * assertThrows(() => decodeEntry({ header: new Uint8Array([0x80]), body: null }));
 * ```
 * @see docs/PROTOCOL.md, section "Entries"
 */
export function decodeEntry(stored: EntryBytes): Entry {
  return itemsEntry(
    decodeItem(stored.header),
    stored.body === null ? null : decodeItem(stored.body),
  );
}

/**
 * Reads an entry from the decoded items of an `entry` packet.
 *
 * @param header the item of the header
 * @param body the item of the body; null when erased
 * @returns the entry, owned by the caller
 * @throws {ProtocolError} `badPacket` for a header or a body of a known kind that is out of shape
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { itemsEntry } from "./entry.ts";
 * const entry = itemsEntry([1, 7, 0, 5, 99, [0, 1], 2, 2, null, 0, null], ["from the future"]);
 * assertEquals([entry.kindNumber, entry.content], [99, null]);
 * ```
 * @see docs/PROTOCOL.md, section "Entries"
 */
export function itemsEntry(header: unknown, body: unknown): Entry {
  if (!Array.isArray(header) || header.length < headerFields.length) bad("entry header");
  for (let at = 0; at < headerFields.length; at++) {
    if (!headerFields[at]!.check(header[at])) bad(`entry header, place ${at}`);
  }
  const [, lsn, prev, timeMs, kindNumber, audience, user, device, epoch, n, id] = header;
  const content = body === null ? null : itemContent(kindNumber, body);
  const erased = body === null;
  return { lsn, prev, timeMs, kindNumber, audience, user, device, epoch, n, id, erased, content };
}

/**
 * Encodes the items of an `entry` packet, or of a page of history, as they stand in the log.
 *
 * @param header the item of the header
 * @param body the item of the body; null when erased
 * @returns header and body, owned by the caller
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { itemsBytes } from "./entry.ts";
 * assertEquals(itemsBytes([1], null), { header: new Uint8Array([0x81, 1]), body: null });
 * ```
 * @see docs/PROTOCOL.md, section "Entries"
 */
export function itemsBytes(header: readonly Item[], body: readonly Item[] | null): EntryBytes {
  return { header: encodeItem(header), body: body === null ? null : encodeItem(body) };
}

function itemContent(kindNumber: number, body: unknown): EntryContent | null {
  const kind = namesByKind.get(kindNumber);
  if (!kind) return null;
  if (!Array.isArray(body)) bad("entry body");
  const content: Record<string, unknown> = { kind };
  const { body: fields, before } = entryKinds[kind] as EntrySpec;
  Object.entries(fields).forEach(([name, field], at) => {
    const value = at < body.length ? body[at] : before?.[name];
    if (!field.check(value)) bad(`${kind}.${name}`);
    content[name] = value;
  });
  return content as unknown as EntryContent;
}

function bad(what: string): never {
  throw new ProtocolError(codes.badPacket, `${what} is out of shape`);
}

const packetStart = new Uint8Array([0x83, packets.entry.kind]);
const erasedBody = encodeItem(null);

/**
 * Makes the frame in which an entry goes to everybody it is meant for, from the stored bytes alone.
 *
 * @param stored header and body as they stand in the log
 * @returns the bytes of an `entry` frame, length included, owned by the caller
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { entryFrame } from "./entry.ts";
 * assertEquals([...entryFrame({ header: new Uint8Array([0x80]), body: null })].slice(4), [
 *   0x83, 10, 0x80, 0xf6,
 * ]);
 * ```
 * @see docs/PROTOCOL.md, section "Entries"
 */
export function entryFrame(stored: EntryBytes): Uint8Array<ArrayBuffer> {
  return entryFrames([stored]);
}

/**
 * Tells how long an entry's frame is.
 *
 * @param stored header and body as they stand in the log
 * @returns bytes, the length included
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { entryFrame, entryFrameBytes } from "./entry.ts";
 * const stored = { header: new Uint8Array([0x80]), body: null };
 * assertEquals(entryFrameBytes(stored), entryFrame(stored).length);
 * ```
 * @see docs/PROTOCOL.md, section "Entries"
 */
export function entryFrameBytes({ header, body }: EntryBytes): number {
  return headerBytes + packetStart.length + header.length + (body ?? erasedBody).length;
}

/**
 * Makes the frames of many entries behind each other, with one copy of each.
 *
 * @param all entries as they stand in the log, in order
 * @param end bytes that go behind them
 * @returns the bytes of their `entry` frames and of `end`, owned by the caller
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { entryFrame, entryFrames } from "./entry.ts";
 * const stored = { header: new Uint8Array([0x80]), body: null };
 * const frame = entryFrame(stored);
 * assertEquals(entryFrames([stored, stored]), new Uint8Array([...frame, ...frame]));
 * ```
 * @see docs/PROTOCOL.md, section "Entries"
 */
export function entryFrames(
  all: readonly EntryBytes[],
  end: Uint8Array = new Uint8Array(),
): Uint8Array<ArrayBuffer> {
  const bytes = all.reduce((sum, one) => sum + entryFrameBytes(one), end.length);
  const frames = new Uint8Array(bytes);
  const lengths = new DataView(frames.buffer);
  let at = 0;
  for (const one of all) {
    const { header, body } = one;
    lengths.setUint32(at, entryFrameBytes(one) - headerBytes);
    frames.set(packetStart, at + headerBytes);
    frames.set(header, at + headerBytes + packetStart.length);
    frames.set(body ?? erasedBody, at + headerBytes + packetStart.length + header.length);
    at += entryFrameBytes(one);
  }
  frames.set(end, at);
  return frames;
}
