/**
 * What each action becomes: the part of apply that knows rooms and rights. Pure.
 *
 * @module
 */

import { type Code, codes } from "../errors.ts";
import { limits } from "../limits.ts";
import type { DeviceRequest, Submission } from "../log/submission.ts";
import type { ActionName } from "../protocol/actions.ts";
import {
  type Audience,
  audienceKey,
  audienceKinds,
  directAudience,
  roomAudience,
} from "../protocol/audience.ts";
import { isName, isText, nameKey } from "../protocol/names.ts";
import { roles } from "../protocol/roles.ts";
import { invited } from "./admission.ts";
import { deviceDeciders } from "./device_rules.ts";
import { made, moderationDeciders, silence, userOf } from "./moderation.ts";
import { lobbyRoom } from "./places.ts";
import type { Tables } from "./tables.ts";
import type { Decider, Verdict } from "./verdict.ts";

const deciders: { readonly [N in ActionName]: Decider<N> } = {
  message(tables, { user, timeMs, userBytesMax = 0 }, { to, text, act }) {
    if (!isText(text)) return codes.badText;
    if (userBytesMax > 0 && tables.usage.of(user) >= userBytesMax) return codes.noSpace;
    const audience = talkAudience(tables, user, to, timeMs);
    return typeof audience === "number"
      ? audience
      : { audience, content: { kind: "message", text, act } };
  },
  join(tables, { user }, { room: name }, lsn) {
    if (!isName(name)) return codes.badRoomName;
    const room = tables.roomByKey(nameKey(name));
    if (room === null) return made(tables, user, name, false, lsn);
    if (tables.roomCount(user) >= limits.roomsPerUserMax) return codes.tooManyRooms;
    const audience = roomAudience(room);
    if (tables.isMember(audienceKey(audience), user)) return codes.alreadyMember;
    const { rules } = tables;
    if (rules.isBanned(room, user)) return codes.bannedHere;
    if (rules.isPrivate(room) && !rules.isAdmitted(room, user)) return codes.privateRoom;
    return { audience, content: { kind: "joined" } };
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
  invite(tables, request, { hash, role, uses, lifeMs }) {
    if (tables.people.roleOf(request.user) < roles.admin) return codes.noRight;
    // Whoever hands out more than they have could make themselves the owner.
    if (role > tables.people.roleOf(request.user) || role === roles.owner) return codes.noRight;
    const isBounded = uses >= 1 && uses <= limits.inviteUsesMax && lifeMs >= 1 &&
      lifeMs <= limits.inviteLifeMsMax;
    if (!isBounded) return codes.noRight;
    const content = invited(tables, { hash, role, uses, lifeMs, timeMs: request.timeMs });
    return typeof content === "number"
      ? codes.alreadySo
      : { audience: [audienceKinds.admins], content };
  },
  ...deviceDeciders,
  ...moderationDeciders,
};

function talkAudience(tables: Tables, user: number, to: string, timeMs: number): Audience | Code {
  const { rules } = tables;
  // Who is muted in the lobby is muted everywhere.
  const isMuted = rules.isMuted(lobbyRoom, user, timeMs);
  if (to.startsWith("@")) {
    const other = userOf(tables, to.slice(1));
    if (other === null) return codes.noUser;
    if (isMuted) return codes.muted;
    return silence(tables, user, other) ?? directAudience(user, other);
  }
  const room = tables.roomByKey(nameKey(to));
  if (room === null) return codes.noRoom;
  const audience = roomAudience(room);
  if (!tables.isMember(audienceKey(audience), user)) return codes.notMember;
  return isMuted || rules.isMuted(room, user, timeMs) ? codes.muted : audience;
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
 * const asked = { ...from, action: null, timeMs: 0, salt: new Uint8Array(16) } as const;
 * const { content } = decide(new Tables(store.database), asked, 3);
 * assertEquals(content, { kind: "refused", code: codes.unknownAction });
 * store.close();
 * ```
 * @see docs/PROTOCOL.md, section "Actions"
 */
export function decide(
  tables: Tables,
  request: Submission<DeviceRequest>,
  lsn: number,
): Verdict {
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
