/**
 * What each action becomes: the part of apply that knows rooms and rights. Pure.
 *
 * @module
 */

import { type Code, codes } from "../errors.ts";
import { limits } from "../limits.ts";
import type { EntryContent } from "../log/entry_kinds.ts";
import type { DeviceRequest } from "../log/submission.ts";
import type { ActionName } from "../protocol/actions.ts";
import { type Audience, audienceKey, audienceKinds, directAudience } from "../protocol/audience.ts";
import type { Action } from "../protocol/codec.ts";
import { isName, isText, nameKey } from "../protocol/names.ts";
import { lobbyRoom } from "./project.ts";
import type { Tables } from "./tables.ts";

/** What an action becomes. */
export interface Verdict {
  /** Whom the entry is meant for. */
  readonly audience: Audience;
  /** What it says. */
  readonly content: EntryContent;
}

/** Decides about one kind of action: what it becomes, or the code of a final refusal. */
export type Decider<N extends ActionName> = (
  tables: Tables,
  request: DeviceRequest,
  action: Action<N>,
  lsn: number,
) => Verdict | Code;

const deciders: { readonly [N in ActionName]: Decider<N> } = {
  message(tables, { user }, { to, text, act }) {
    if (!isText(text)) return codes.badText;
    const audience = talkAudience(tables, user, to);
    return typeof audience === "number"
      ? audience
      : { audience, content: { kind: "message", text, act } };
  },
  join(tables, { user }, { room: name }, lsn) {
    if (!isName(name)) return codes.badRoomName;
    if (tables.roomCount(user) >= limits.roomsPerUserMax) return codes.tooManyRooms;
    const room = tables.roomByKey(nameKey(name));
    if (room === null) {
      return { audience: roomAudience(lsn), content: { kind: "created", name } };
    }
    const audience = roomAudience(room);
    return tables.isMember(audienceKey(audience), user)
      ? codes.alreadyMember
      : { audience, content: { kind: "joined" } };
  },
  leave(tables, { user }, { room: name }) {
    const room = tables.roomByKey(nameKey(name));
    if (room === null) return codes.noRoom;
    if (room === lobbyRoom) return codes.lobbyStays;
    const audience = roomAudience(room);
    return tables.isMember(audienceKey(audience), user)
      ? { audience, content: { kind: "left" } }
      : codes.notMember;
  },
};

/**
 * The audience of a room.
 *
 * @param room its id
 * @returns whom its entries are meant for
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { roomAudience } from "./deciders.ts";
 * assertEquals(roomAudience(1), [0, 1]);
 * ```
 * @see docs/PROTOCOL.md, section "Audiences"
 */
export function roomAudience(room: number): Audience {
  return [audienceKinds.room, room];
}

function talkAudience(tables: Tables, user: number, to: string): Audience | Code {
  if (to.startsWith("@")) {
    const other = tables.userByKey(nameKey(to.slice(1)));
    return other === null ? codes.noUser : directAudience(user, other);
  }
  const room = tables.roomByKey(nameKey(to));
  if (room === null) return codes.noRoom;
  const audience = roomAudience(room);
  return tables.isMember(audienceKey(audience), user) ? audience : codes.notMember;
}

/**
 * Decides what a device's action becomes. A final refusal is an entry too, for that device alone.
 *
 * @param tables the store's tables, in a transaction
 * @param request what the device asks
 * @param lsn the place in the log that the entry will have
 * @returns the entry's audience and what it says
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { codes } from "../errors.ts";
 * import { decide } from "./deciders.ts";
 * import { openMemoryStore } from "./sqlite_log.ts";
 * import { Tables } from "./tables.ts";
 * const store = openMemoryStore();
 * const [epoch, id] = [new Uint8Array(16), new Uint8Array(16)];
 * const from = { by: "device", user: 2, device: 2, epoch, n: 1, id, sizeBytes: 9 } as const;
 * const { content } = decide(new Tables(store.database), { ...from, action: null }, 3);
 * assertEquals(content, { kind: "refused", code: codes.unknownAction });
 * store.close();
 * ```
 * @see docs/PROTOCOL.md, section "Actions"
 */
export function decide(tables: Tables, request: DeviceRequest, lsn: number): Verdict {
  const { action } = request;
  const verdict = action === null
    ? codes.unknownAction
    : (deciders[action.action] as Decider<ActionName>)(tables, request, action, lsn);
  return typeof verdict === "number"
    ? {
      audience: [audienceKinds.device, request.device],
      content: { kind: "refused", code: verdict },
    }
    : verdict;
}
