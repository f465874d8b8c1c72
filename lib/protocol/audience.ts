/**
 * Whom an entry is meant for: fixed at the entry, never decided at the time of sending.
 *
 * @module
 */

import { type Field, uint } from "./fields.ts";

/** The first place of an audience. */
export const audienceKinds = { room: 0, direct: 1, user: 2, device: 3, admins: 4 } as const;

/** A room of any number of members, by its id: the lsn of the entry that made it. */
export type RoomAudience = readonly [typeof audienceKinds.room, number];

/** A room of two, by the user ids in ascending order; both are the same for notes to oneself. */
export type DirectAudience = readonly [typeof audienceKinds.direct, number, number];

/** Everything that people can talk in. */
export type TalkAudience = RoomAudience | DirectAudience;

/** Any audience of an entry. */
export type Audience =
  | TalkAudience
  | readonly [typeof audienceKinds.user, number]
  | readonly [typeof audienceKinds.device, number]
  | readonly [typeof audienceKinds.admins];

const id = uint();
const lengths = [2, 3, 2, 2, 1];

function isAudience(value: unknown): value is Audience {
  if (!Array.isArray(value) || value.length !== lengths[value[0]]) return false;
  if (!value.every((part) => id.check(part))) return false;
  return value[0] !== audienceKinds.direct || value[1]! <= value[2]!;
}

/** Any audience, as a field. */
export const audienceField: Field<Audience> = { says: "audience", check: isAudience };

/** A room or a direct, as a field. */
export const roomField: Field<TalkAudience> = {
  says: "audience of kind room or direct",
  check: (value): value is TalkAudience =>
    isAudience(value) && (value[0] === audienceKinds.room || value[0] === audienceKinds.direct),
};

/**
 * The audience of a room.
 *
 * @param room its id
 * @returns whom its entries are meant for
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { roomAudience } from "./audience.ts";
 * assertEquals(roomAudience(1), [0, 1]);
 * ```
 * @see docs/PROTOCOL.md, section "Audiences"
 */
export function roomAudience(room: number): RoomAudience {
  return [audienceKinds.room, room];
}

/**
 * The audience of what two users say to each other.
 *
 * @param a a user's id
 * @param b the other's; may be the same
 * @returns the sorted pair
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { directAudience } from "./audience.ts";
 * assertEquals(directAudience(9, 4), directAudience(4, 9));
 * ```
 * @see docs/PROTOCOL.md, section "Audiences"
 */
export function directAudience(a: number, b: number): DirectAudience {
  return [audienceKinds.direct, Math.min(a, b), Math.max(a, b)];
}

/**
 * An audience as a short text, for map keys and table columns.
 *
 * @param audience any audience
 * @returns such as `r1`, `d2-9`, `u2`, `v2`, `a`; never the same for two audiences
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { audienceKey, directAudience } from "./audience.ts";
 * assertEquals(audienceKey(directAudience(9, 2)), "d2-9");
 * ```
 * @see docs/PROTOCOL.md, section "Audiences"
 */
export function audienceKey(audience: Audience): string {
  switch (audience[0]) {
    case audienceKinds.room:
      return `r${audience[1]}`;
    case audienceKinds.direct:
      return `d${audience[1]}-${audience[2]}`;
    case audienceKinds.user:
      return `u${audience[1]}`;
    case audienceKinds.device:
      return `v${audience[1]}`;
    case audienceKinds.admins:
      return "a";
  }
}

/**
 * Reads back what `audienceKey` wrote for a room or a direct.
 *
 * @param key such as `r1` or `d2-9`
 * @returns the audience
 * @throws {RangeError} for the key of no room and no direct
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { keyAudience } from "./audience.ts";
 * assertEquals(keyAudience("d2-9"), [1, 2, 9]);
 * ```
 * @see docs/PROTOCOL.md, section "Audiences"
 */
export function keyAudience(key: string): TalkAudience {
  const ids = key.slice(1).split("-").map(Number);
  const audience = [key[0] === "d" ? audienceKinds.direct : audienceKinds.room, ...ids];
  if (!roomField.check(audience) || audienceKey(audience) !== key) {
    throw new RangeError(`no room and no direct: ${key}`);
  }
  return audience;
}
