/**
 * What a device can ask to become an entry: the part of `submit` that users mean.
 *
 * @module
 */

import { limits } from "../limits.ts";
import { bytes, type Field, flag, text, uint } from "./fields.ts";
import { nameBytesMaxOnWire, reasonBytesMaxOnWire } from "./names.ts";
import { digestBytes } from "./packets.ts";

/** Bytes of a text in a packet, before the rule for texts gives its own answer. */
const textBytesMaxOnWire = limits.frameBytesMax - 1024;

const room = text(nameBytesMaxOnWire);
const user = text(nameBytesMaxOnWire);
const reason = text(reasonBytesMaxOnWire);

/**
 * The actions: number, fields in order, and what each does. `to` is a room's name, or `@` and a
 * user's name. Texts and names are wider here than the rules allow, so that the answer to a bad one
 * is a refusal that its sender sees, and not a closed connection.
 *
 * @see docs/PROTOCOL.md, section "Actions"
 */
export const actions = {
  message: {
    kind: 1,
    says: "A text to a room or a user. `act` is set for what `/me` writes.",
    fields: {
      to: text(nameBytesMaxOnWire),
      text: text(textBytesMaxOnWire),
      act: flag(),
    },
  },
  join: {
    kind: 2,
    says: "Become a member of a room; a room that is not there is made.",
    fields: { room: text(nameBytesMaxOnWire) },
  },
  leave: {
    kind: 3,
    says: "Leave a room.",
    fields: { room: text(nameBytesMaxOnWire) },
  },
  addDevice: {
    kind: 4,
    says: "Make a code by which one more device of one's own gets in; `hash` is SHA-256 of it.",
    fields: { hash: bytes(digestBytes), lifeMs: uint() },
  },
  revokeDevice: {
    kind: 5,
    says: "Let a device of one's own in no more, for good.",
    fields: { device: uint() },
  },
  kick: {
    kind: 6,
    says: "End a user's membership of a room.",
    fields: { room, user, reason },
  },
  ban: {
    kind: 7,
    says:
      "Let a user no more into a room; in the lobby: on the server, with one device or all (0).",
    fields: { room, user, device: uint(), reason },
  },
  unban: {
    kind: 8,
    says: "Take a ban back.",
    fields: { room, user, device: uint() },
  },
  mute: {
    kind: 9,
    says: "Let a user not write to a room, in the lobby: anywhere, for `forMs`; 0: until unmuted.",
    fields: { room, user, forMs: uint(), reason },
  },
  unmute: {
    kind: 10,
    says: "Let a muted user write again.",
    fields: { room, user },
  },
  moderate: {
    kind: 11,
    says: "Make a member the moderator of a room, or no longer.",
    fields: { room, user, on: flag() },
  },
  makePrivate: {
    kind: 12,
    says:
      "Make a room private, for good; one that is not there is made, and private from the start.",
    fields: { room },
  },
  inviteTo: {
    kind: 13,
    says: "Let a user join a room that is private.",
    fields: { room, user },
  },
  block: {
    kind: 14,
    says: "Take no directs and invitations of a user, or take them again.",
    fields: { user, on: flag() },
  },
  rank: {
    kind: 15,
    says: "Give a user a role on the server; who makes another the owner is an admin from then on.",
    fields: { user, role: uint(0xff) },
  },
  remove: {
    kind: 16,
    says: "Remove an account, one's own or another's, for good; the name is never given again.",
    fields: { user, reason },
  },
  invite: {
    kind: 17,
    says: "Make an invite to the server; `hash` is SHA-256 of its token.",
    fields: { hash: bytes(digestBytes), role: uint(0xff), uses: uint(), lifeMs: uint() },
  },
  revokeInvite: {
    kind: 18,
    says: "Let an invite, by its id, count no more.",
    fields: { invite: uint() },
  },
} as const satisfies Record<string, ActionSpec>;

/** One row of the table of actions. */
export interface ActionSpec {
  /** The number in the first place of the array in `submit`: 1 to 2^53-1, never used for another. */
  readonly kind: number;
  /** What it asks for, in one line, as the table of docs/PROTOCOL.md shows it. */
  readonly says: string;
  /** Its fields by name, in the order in which they follow the kind. */
  readonly fields: Readonly<Record<string, Field<unknown>>>;
}

/** The name of an action. */
export type ActionName = keyof typeof actions;
