/**
 * What memberships and moderation change in the projections.
 *
 * @module
 */

import { codes } from "../errors.ts";
import type { EntryHeader } from "../log/entry.ts";
import type { EntryContent, EntryName } from "../log/entry_kinds.ts";
import { audienceKey, keyAudience, roomAudience } from "../protocol/audience.ts";
import { roles } from "../protocol/roles.ts";
import { adminsKey, lobbyRoom } from "./places.ts";
import type { Tables } from "./tables.ts";

/** Changes the projections as one kind of entry says. */
export type Projector<N extends EntryName> = (
  tables: Tables,
  header: EntryHeader,
  content: EntryContent<N>,
) => void;

/** The kinds that are projected here. */
export type Moderated =
  | "kicked"
  | "banned"
  | "unbanned"
  | "muted"
  | "unmuted"
  | "moderates"
  | "closed"
  | "roomInvited"
  | "blocked"
  | "ranked"
  | "removed"
  | "inviteRevoked";

/** What each kind of entry about moderation changes. */
export const moderationProjectors: { readonly [N in Moderated]: Projector<N> } = {
  kicked(tables, { lsn, audience }, { user }) {
    expel(tables, audience[1]!, user, lsn);
  },
  banned(tables, { lsn, audience }, { user, device }) {
    const room = audience[1]!;
    const { people: { shut }, rules } = tables;
    if (device !== 0) shut.setDevice(device, codes.banned);
    else if (room === lobbyRoom) shut.setUser(user, codes.banned);
    else {
      rules.setBanned(room, user, true);
      expel(tables, room, user, lsn);
    }
  },
  unbanned(tables, { audience }, { user, device }) {
    const room = audience[1]!;
    const { people: { shut }, rules } = tables;
    if (device !== 0) shut.setDevice(device, 0);
    else if (room === lobbyRoom) shut.setUser(user, 0);
    else rules.setBanned(room, user, false);
  },
  muted({ rules }, { audience }, { user, untilMs }) {
    rules.mute(audience[1]!, user, untilMs);
  },
  unmuted({ rules }, { audience }, { user }) {
    rules.unmute(audience[1]!, user);
  },
  moderates({ rules }, { audience }, { user, on }) {
    rules.setModerator(audience[1]!, user, on);
  },
  closed({ rules }, { lsn, audience }) {
    rules.close(audience[1]!, lsn);
  },
  roomInvited({ rules }, { audience, user }, { room }) {
    const other = audience[1] === user ? audience[2]! : audience[1]!;
    rules.setAdmitted(room, other, true);
  },
  blocked({ rules }, header, { user, on }) {
    rules.setBlocked(header.user, user, on);
  },
  ranked(tables, header, { user, role }) {
    if (role === roles.owner) setRole(tables, header.user, roles.admin, header.lsn);
    setRole(tables, user, role, header.lsn);
  },
  removed(tables, { lsn }, { user }) {
    for (const key of tables.rules.openRooms(user)) {
      if (key === adminsKey) tables.endSpan(key, user, lsn);
      else leave(tables, keyAudience(key)[1], user, lsn);
    }
    tables.people.shut.setUser(user, codes.removed);
  },
  inviteRevoked({ people }, _header, { invite }) {
    people.revokeInvite(invite);
  },
};

/**
 * Begins a membership of a room.
 *
 * @param tables the store's tables, in a transaction
 * @param room the room's id
 * @param user whose
 * @param lsn the entry that begins it
 * @example
 * ```ts
 * import { assert } from "@std/assert";
 * import { join } from "./moderated.ts";
 * import { openMemoryStore } from "./sqlite_log.ts";
 * import { Tables } from "./tables.ts";
 * const store = openMemoryStore();
 * const tables = new Tables(store.database);
 * join(tables, 1, 2, 9);
 * assert(tables.isMember("r1", 2));
 * store.close();
 * ```
 * @see docs/ARCHITECTURE.md, section "store"
 */
export function join(tables: Tables, room: number, user: number, lsn: number): void {
  tables.addSpan(audienceKey(roomAudience(room)), user, lsn);
  tables.countMember(room, 1);
}

/**
 * Ends a membership of a room.
 *
 * @param tables the store's tables, in a transaction
 * @param room the room's id
 * @param user whose
 * @param lsn the entry that ends it, which the user still sees
 * @example
 * ```ts
 * import { assertFalse } from "@std/assert";
 * import { join, leave } from "./moderated.ts";
 * import { openMemoryStore } from "./sqlite_log.ts";
 * import { Tables } from "./tables.ts";
 * const store = openMemoryStore();
 * const tables = new Tables(store.database);
 * join(tables, 1, 2, 9);
 * leave(tables, 1, 2, 10);
 * assertFalse(tables.isMember("r1", 2));
 * store.close();
 * ```
 * @see docs/ARCHITECTURE.md, section "store"
 */
export function leave(tables: Tables, room: number, user: number, lsn: number): void {
  tables.endSpan(audienceKey(roomAudience(room)), user, lsn);
  tables.countMember(room, -1);
}

/** Who is sent away is not its moderator on the way back in, and needs a new invitation. */
function expel(tables: Tables, room: number, user: number, lsn: number): void {
  const { rules } = tables;
  if (tables.isMember(audienceKey(roomAudience(room)), user)) {
    leave(tables, room, user, lsn);
  }
  rules.setAdmitted(room, user, false);
  if (rules.isModerator(room, user)) rules.setModerator(room, user, false);
}

function setRole(tables: Tables, user: number, role: number, lsn: number): void {
  const was = tables.people.roleOf(user);
  tables.people.setRole(user, role);
  if (was < roles.admin && role >= roles.admin) tables.addSpan(adminsKey, user, lsn);
  if (was >= roles.admin && role < roles.admin) tables.endSpan(adminsKey, user, lsn);
}
