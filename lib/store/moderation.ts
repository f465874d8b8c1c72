/**
 * What moderators, admins and the owner may do to whom: their part of apply. Pure.
 *
 * @module
 */

import { type Code, codes } from "../errors.ts";
import { limits } from "../limits.ts";
import type { EntryContent } from "../log/entry_kinds.ts";
import {
  type Audience,
  audienceKey,
  audienceKinds,
  directAudience,
  roomAudience,
} from "../protocol/audience.ts";
import { isName, isReason, nameKey } from "../protocol/names.ts";
import { roleNames, roles } from "../protocol/roles.ts";
import { lobbyRoom } from "./places.ts";
import type { Tables } from "./tables.ts";
import type { Decider, Verdict } from "./verdict.ts";

/** How high somebody stands in a room: who acts on another has to stand above. */
const ranks = { member: 0, moderator: 1, admin: 2, owner: 3 } as const;

/** The actions that are decided here. */
export type Moderation =
  | "kick"
  | "ban"
  | "unban"
  | "mute"
  | "unmute"
  | "moderate"
  | "makePrivate"
  | "inviteTo"
  | "block"
  | "rank"
  | "remove"
  | "revokeInvite";

/** Who is to be acted on, and where. */
interface Aim {
  readonly room: number;
  readonly audience: Audience;
  readonly key: string;
  readonly target: number;
}

/** The decisions about moderation, by the action. */
export const moderationDeciders: { readonly [N in Moderation]: Decider<N> } = {
  kick(tables, { user }, { room, user: name, reason }) {
    return aimed(tables, user, room, name, reason, ({ room, audience, key, target }) => {
      if (room === lobbyRoom) return codes.lobbyStays;
      if (!tables.isMember(key, target)) return codes.noMember;
      return { audience, content: { kind: "kicked", user: target, reason } };
    });
  },
  ban(tables, { user }, { room, user: name, device, reason }) {
    return aimed(tables, user, room, name, reason, ({ room, audience, target }) => {
      const code = banCode(tables, room, target, device, true);
      return code ?? { audience, content: { kind: "banned", user: target, device, reason } };
    });
  },
  unban(tables, { user }, { room, user: name, device }) {
    return aimed(tables, user, room, name, "", ({ room, audience, target }) => {
      const code = banCode(tables, room, target, device, false);
      return code ?? { audience, content: { kind: "unbanned", user: target, device } };
    });
  },
  mute(tables, { user, timeMs }, { room, user: name, forMs, reason }) {
    return aimed(tables, user, room, name, reason, ({ audience, key, target }) => {
      // A guest's own rooms hold mutes for no more than once came in: they are kept for ever.
      if (!tables.isMember(key, target)) return codes.noMember;
      const untilMs = forMs === 0 ? 0 : Math.min(timeMs + forMs, Number.MAX_SAFE_INTEGER);
      return { audience, content: { kind: "muted", user: target, untilMs, reason } };
    });
  },
  unmute(tables, { user, timeMs }, { room, user: name }) {
    return aimed(tables, user, room, name, "", ({ room, audience, target }) => {
      if (!tables.rules.isMuted(room, target, timeMs)) return codes.alreadySo;
      return { audience, content: { kind: "unmuted", user: target } };
    });
  },
  moderate(tables, { user }, { room, user: name, on }) {
    return aimed(tables, user, room, name, "", ({ room, audience, key, target }) => {
      // There the admins do it: what is done in the lobby holds for the whole server.
      if (room === lobbyRoom) return codes.noRight;
      if (on && !tables.isMember(key, target)) return codes.noMember;
      if (tables.rules.isModerator(room, target) === on) return codes.alreadySo;
      return { audience, content: { kind: "moderates", user: target, on } };
    });
  },
  makePrivate(tables, { user }, { room: name }, lsn) {
    if (!isName(name)) return codes.badRoomName;
    const room = tables.roomByKey(nameKey(name));
    if (room === null) return made(tables, user, name, true, lsn);
    const audience = roomAudience(room);
    if (room === lobbyRoom) return codes.lobbyStays;
    if (!tables.isMember(audienceKey(audience), user)) return codes.notMember;
    if (rankOf(tables, user, room) < ranks.moderator) return codes.noRight;
    if (tables.rules.isPrivate(room)) return codes.alreadySo;
    return { audience, content: { kind: "closed" } };
  },
  inviteTo(tables, { user, timeMs }, { room: name, user: whom }) {
    const room = tables.roomByKey(nameKey(name));
    if (room === null) return codes.noRoom;
    const key = audienceKey(roomAudience(room));
    if (!tables.isMember(key, user)) return codes.notMember;
    const target = userOf(tables, whom);
    if (target === null) return codes.noUser;
    if (tables.isMember(key, target)) return codes.alreadySo;
    if (tables.rules.isBanned(room, target)) return codes.bannedHere;
    // It stands in their direct, as a message does.
    if (tables.rules.isMuted(lobbyRoom, user, timeMs)) return codes.muted;
    const silent = silence(tables, user, target);
    if (silent !== null) return silent;
    const content = { kind: "roomInvited", room, name: tables.roomName(room) } as const;
    return { audience: directAudience(user, target), content };
  },
  block(tables, { user }, { user: name, on }) {
    const other = tables.userByKey(nameKey(name));
    if (other === null || other === user) return codes.noUser;
    if (tables.rules.hasBlocked(user, other) === on) return codes.alreadySo;
    if (on && tables.rules.blockCount(user) >= limits.blocksPerUserMax) return codes.tooManyBlocks;
    return { audience: [audienceKinds.user, user], content: { kind: "blocked", user: other, on } };
  },
  rank(tables, { user }, { user: name, role }) {
    const target = userOf(tables, name);
    if (target === null) return codes.noUser;
    if (tables.people.roleOf(user) !== roles.owner || target === user) return codes.noRight;
    if (role >= roleNames.length) return codes.noRight;
    // Nobody could take back the ban of an owner.
    if (role === roles.owner && tables.people.shut.codeOf(target, 0) !== 0) return codes.noRight;
    if (tables.people.roleOf(target) === role) return codes.alreadySo;
    return inLobby({ kind: "ranked", user: target, role });
  },
  remove(tables, { user }, { user: name, reason }) {
    const target = userOf(tables, name);
    if (target === null) return codes.noUser;
    if (!isReason(reason)) return codes.badReason;
    const isOwn = target === user;
    const role = tables.people.roleOf(user);
    // The owner hands the server over first: without one nobody could name another.
    if (isOwn && role === roles.owner) return codes.noRight;
    const rank = rankOf(tables, user, lobbyRoom);
    const isAbove = rank >= ranks.admin && rank > rankOf(tables, target, lobbyRoom);
    return isOwn || isAbove ? inLobby({ kind: "removed", user: target, reason }) : codes.noRight;
  },
  revokeInvite(tables, { user }, { invite }) {
    if (tables.people.roleOf(user) < roles.admin) return codes.noRight;
    const found = tables.people.inviteById(invite);
    if (found === null || found.uses === 0) return codes.noInvite;
    return { audience: [audienceKinds.admins], content: { kind: "inviteRevoked", invite } };
  },
};

/**
 * Makes a room.
 *
 * @param tables the store's tables, in a transaction
 * @param user who makes it
 * @param name its name, which no room has
 * @param isPrivate whether it is private from the start
 * @param lsn the place in the log that the entry will have, and the room's id
 * @returns the entry, or the code of why there is none
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { made } from "./moderation.ts";
 * import { openMemoryStore } from "./sqlite_log.ts";
 * import { Tables } from "./tables.ts";
 * const store = openMemoryStore();
 * const content = { kind: "created", name: "dev", private: false } as const;
 * assertEquals(made(new Tables(store.database), 2, "dev", false, 5), { audience: [0, 5], content });
 * store.close();
 * ```
 * @see docs/PROTOCOL.md, section "Rooms and rights"
 */
export function made(
  tables: Tables,
  user: number,
  name: string,
  isPrivate: boolean,
  lsn: number,
): Verdict | Code {
  if (tables.roomCount(user) >= limits.roomsPerUserMax) return codes.tooManyRooms;
  return {
    audience: roomAudience(lsn),
    content: { kind: "created", name, private: isPrivate },
  };
}

/**
 * Tells why a direct can't be written.
 *
 * @param tables the store's tables, in a transaction
 * @param user who writes
 * @param other to whom
 * @returns the code of a refusal, or null where both take what the other writes
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { silence } from "./moderation.ts";
 * import { openMemoryStore } from "./sqlite_log.ts";
 * import { Tables } from "./tables.ts";
 * const store = openMemoryStore();
 * assertEquals(silence(new Tables(store.database), 2, 3), null);
 * store.close();
 * ```
 * @see docs/PROTOCOL.md, section "Rooms and rights"
 */
export function silence(tables: Tables, user: number, other: number): Code | null {
  if (tables.rules.hasBlocked(other, user)) return codes.blockedBy;
  return tables.rules.hasBlocked(user, other) ? codes.blocking : null;
}

/**
 * Finds a user who has an account.
 *
 * @param tables the store's tables, in a transaction
 * @param name in any case
 * @returns the user's id, or null where there is none, or none any more
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { userOf } from "./moderation.ts";
 * import { openMemoryStore } from "./sqlite_log.ts";
 * import { Tables } from "./tables.ts";
 * const store = openMemoryStore();
 * assertEquals(userOf(new Tables(store.database), "nobody"), null);
 * store.close();
 * ```
 * @see docs/PROTOCOL.md, section "Rooms and rights"
 */
export function userOf(tables: Tables, name: string): number | null {
  const user = tables.userByKey(nameKey(name));
  if (user === null) return null;
  return tables.people.shut.codeOf(user, 0) === codes.removed ? null : user;
}

/** Whom, where, and whether the asker stands above: what is the same for all that is done to one. */
function aimed(
  tables: Tables,
  user: number,
  roomName: string,
  name: string,
  reason: string,
  then: (aim: Aim) => Verdict | Code,
): Verdict | Code {
  const room = tables.roomByKey(nameKey(roomName));
  if (room === null) return codes.noRoom;
  const audience = roomAudience(room);
  const key = audienceKey(audience);
  if (!tables.isMember(key, user)) return codes.notMember;
  const rank = rankOf(tables, user, room);
  // What is done in the lobby holds for the whole server.
  if (rank < (room === lobbyRoom ? ranks.admin : ranks.moderator)) return codes.noRight;
  const target = userOf(tables, name);
  if (target === null) return codes.noUser;
  if (rankOf(tables, target, room) >= rank) return codes.noRight;
  if (!isReason(reason)) return codes.badReason;
  return then({ room, audience, key, target });
}

function rankOf(tables: Tables, user: number, room: number): number {
  switch (tables.people.roleOf(user)) {
    case roles.owner:
      return ranks.owner;
    case roles.admin:
      return ranks.admin;
    default:
      return tables.rules.isModerator(room, user) ? ranks.moderator : ranks.member;
  }
}

/** Why a ban can't be set or taken back; null if it can. A device is banned from the server alone. */
function banCode(
  tables: Tables,
  room: number,
  target: number,
  device: number,
  on: boolean,
): Code | null {
  const { people, rules } = tables;
  if (device === 0) {
    const isBanned = room === lobbyRoom
      ? people.shut.codeOf(target, 0) === codes.banned
      : rules.isBanned(room, target);
    return isBanned === on ? codes.alreadySo : null;
  }
  if (room !== lobbyRoom) return codes.noRight;
  if (people.devices.userOf(device) !== target) return codes.noUser;
  const code = people.shut.codeOfDevice(device);
  if (on) return code === 0 ? null : codes.alreadySo;
  return code === codes.banned ? null : codes.alreadySo;
}

function inLobby(content: EntryContent): Verdict {
  return { audience: roomAudience(lobbyRoom), content };
}
