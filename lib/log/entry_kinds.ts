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
    says: "To the room: it was made; its maker is a member and moderator. The lsn is its id.",
    body: { name: text(nameBytesMaxOnWire), private: flag() },
    before: { private: false },
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
  deviceInvited: {
    kind: 8,
    says: "To the user: a code, of which this is the hash, lets one more device of theirs in.",
    body: { hash: bytes(digestBytes), expiresMs: uint() },
  },
  deviceAdded: {
    kind: 9,
    says: "To the user: one more device, by that code. The lsn is the device's id.",
    body: { deviceKey: bytes(digestBytes), code: uint() },
  },
  deviceRevoked: {
    kind: 10,
    says: "To the user: that device is let in no more.",
    body: { device: uint() },
  },
  kicked: {
    kind: 11,
    says: "To the room: `user` is no longer a member.",
    body: { user: uint(), reason: text(limits.reasonBytesMax) },
  },
  banned: {
    kind: 12,
    says:
      "To the room: `user` is no member and can't become one; to the lobby: is let in no more, with `device` or any (0).",
    body: { user: uint(), device: uint(), reason: text(limits.reasonBytesMax) },
  },
  unbanned: {
    kind: 13,
    says: "To the room: that ban is taken back.",
    body: { user: uint(), device: uint() },
  },
  muted: {
    kind: 14,
    says:
      "To the room: `user` can't write to it, for the lobby anywhere; `untilMs` 0: until unmuted.",
    body: { user: uint(), untilMs: uint(), reason: text(limits.reasonBytesMax) },
  },
  unmuted: { kind: 15, says: "To the room: `user` can write again.", body: { user: uint() } },
  moderates: {
    kind: 16,
    says: "To the room: `user` is its moderator, or no longer.",
    body: { user: uint(), on: flag() },
  },
  closed: {
    kind: 17,
    says: "To the room: it is private; what follows is seen by its members of that time alone.",
    body: {},
  },
  roomInvited: {
    kind: 18,
    says: "To the direct of both: who is invited may join the private room.",
    body: { room: uint(), name: text(nameBytesMaxOnWire) },
  },
  blocked: {
    kind: 19,
    says: "To the user: takes nothing more from `user`, or does so again.",
    body: { user: uint(), on: flag() },
  },
  ranked: {
    kind: 20,
    says: "To the lobby: `user` has this role now.",
    body: { user: uint(), role: uint(0xff) },
  },
  removed: {
    kind: 21,
    says: "To the lobby: the account of `user` is removed; all memberships end with this entry.",
    body: { user: uint(), reason: text(limits.reasonBytesMax) },
  },
  inviteRevoked: {
    kind: 22,
    says: "To the admins: that invite counts no more.",
    body: { invite: uint() },
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
