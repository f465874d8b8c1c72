/**
 * What a device can ask to become an entry: the part of `submit` that users mean.
 *
 * @module
 */

import { limits } from "../limits.ts";
import { type Field, flag, text } from "./fields.ts";
import { nameBytesMaxOnWire } from "./names.ts";

/** Bytes of a text in a packet, before the rule for texts gives its own answer. */
const textBytesMaxOnWire = limits.frameBytesMax - 1024;

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
