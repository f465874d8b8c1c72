/**
 * The entry kinds: what the log's entries can say, as a table of numbers and fields.
 *
 * @module
 */

import { limits } from "../limits.ts";
import {
  bytes,
  type Field,
  flag,
  type Item,
  text,
  uint,
  type ValueOf,
} from "../protocol/fields.ts";
import { nameBytesMaxOnWire } from "../protocol/names.ts";
import { digestBytes } from "../protocol/packets.ts";
import { roles } from "../protocol/roles.ts";

/** One row of the table of entry kinds. */
export interface EntrySpec {
  /** The number in the entry's header: 1 to 2^53-1, never used for another. */
  readonly kind: number;
  /** Its audience and its meaning, in one line, as the table of docs/PROTOCOL.md shows it. */
  readonly says: string;
  /** The body's fields by name, in the order in which they stand in the body's array. */
  readonly body: Readonly<Record<string, Field<unknown>>>;
  /**
   * What the last fields are in a body that was written before there were any such: its bytes are
   * never written anew, and whoever reads them is given these.
   */
  readonly before?: Readonly<Record<string, Item>>;
}

/**
 * The entry kinds: number, audience, and the body's fields in order. A body may have more fields
 * than a reader knows: a later version adds them at the end, and a reader passes over them.
 *
 * @see docs/PROTOCOL.md, section "Entries"
 */
export const entryKinds = {
  registered: {
    kind: 1,
    says: "To the lobby: a user with a first device; the lsn is the id of both.",
    body: {
      name: text(nameBytesMaxOnWire),
      deviceKey: bytes(digestBytes),
      role: uint(0xff),
      invite: uint(),
    },
    before: { role: roles.member, invite: 0 },
  },
  created: {
    kind: 2,
    says: "To the room: it was made, and its maker is a member. The lsn is the room's id.",
    body: { name: text(nameBytesMaxOnWire) },
  },
  joined: { kind: 3, says: "To the room: its user became a member.", body: {} },
  left: { kind: 4, says: "To the room: its user is no longer a member.", body: {} },
  message: {
    kind: 5,
    says: "To a room or a direct: what its user wrote; `act` for what `/me` writes.",
    body: { text: text(limits.textBytesMax), act: flag() },
  },
  refused: {
    kind: 6,
    says: "To the device: what it asked for under this number was finally refused.",
    body: { code: uint(0xffff) },
  },
  invited: {
    kind: 7,
    says: "To the admins: an invite, of whose token this is the hash. The lsn is the invite's id.",
    body: { hash: bytes(digestBytes), role: uint(0xff), uses: uint(), expiresMs: uint() },
  },
} as const satisfies Record<string, EntrySpec>;

/** The name of an entry kind. */
export type EntryName = keyof typeof entryKinds;

/** The values of a body's fields, by the names that the table of entry kinds gives them. */
export type Body<N extends EntryName> = {
  readonly [K in keyof (typeof entryKinds)[N]["body"]]: ValueOf<(typeof entryKinds)[N]["body"][K]>;
};

/** What an entry says: its kind's name as `kind`, and its body's fields. */
export type EntryContent<N extends EntryName = EntryName> = {
  [K in N]: { readonly kind: K } & Body<K>;
}[N];
