/**
 * What an entry changes in who is given what, for the hub, which reads no entries. Pure.
 *
 * @module
 */

import { codes } from "../errors.ts";
import type { EntryHeader } from "../log/entry.ts";
import type { EntryContent } from "../log/entry_kinds.ts";
import type { Change } from "../log/submission.ts";
import { audienceKey } from "../protocol/audience.ts";
import { roles } from "../protocol/roles.ts";
import { adminsKey, lobbyKey } from "./places.ts";
import type { Tables } from "./tables.ts";

const none: readonly Change[] = [];

/**
 * Tells what an entry changes.
 *
 * @param tables the store's tables before it
 * @param header the entry's header
 * @param content what it says
 * @returns the changes in the order in which they happen; mostly none
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { changesOf } from "./changes.ts";
 * import { openMemoryStore } from "./sqlite_log.ts";
 * import { Tables } from "./tables.ts";
 * const store = openMemoryStore();
 * const tables = new Tables(store.database);
 * const header = {
 *   lsn: 9, prev: 3, timeMs: 5, audience: [0, 1], user: 2, device: 2, epoch: null, n: 0, id: null,
 * } as const;
 * const changes = changesOf(tables, header, { kind: "joined" });
 * assertEquals(changes, [{ what: "joins", audience: "r1", user: 2 }]);
 * store.close();
 * ```
 * @see docs/ARCHITECTURE.md, section "hub"
 */
export function changesOf(
  tables: Tables,
  header: EntryHeader,
  content: EntryContent,
): readonly Change[] {
  const { user } = header;
  const audience = audienceKey(header.audience);
  switch (content.kind) {
    case "registered":
      return content.role < roles.admin
        ? [{ what: "joins", audience, user }]
        : [{ what: "joins", audience, user }, { what: "joins", audience: adminsKey, user }];
    case "created":
    case "joined":
      return user === 0 ? none : [{ what: "joins", audience, user }];
    case "left":
      return [{ what: "leaves", audience, user }];
    case "kicked":
      return [{ what: "leaves", audience, user: content.user }];
    case "banned":
      return ofBan(tables, audience, content);
    case "deviceRevoked":
      return [{ what: "shut", user, device: content.device, code: codes.revoked }];
    case "ranked":
      return ofRank(tables, content);
    case "removed":
      return ofRemoval(tables, content.user);
    default:
      return none;
  }
}

function ofBan(
  tables: Tables,
  audience: string,
  { user, device }: EntryContent<"banned">,
): readonly Change[] {
  if (audience === lobbyKey) return [{ what: "shut", user, device, code: codes.banned }];
  return tables.isMember(audience, user) ? [{ what: "leaves", audience, user }] : none;
}

/** Who makes another the owner was it, and stays an admin. */
function ofRank(tables: Tables, { user, role }: EntryContent<"ranked">): readonly Change[] {
  const wasAdmin = tables.people.roleOf(user) >= roles.admin;
  if (wasAdmin === role >= roles.admin) return none;
  return [{ what: wasAdmin ? "leaves" : "joins", audience: adminsKey, user }];
}

function ofRemoval(tables: Tables, user: number): readonly Change[] {
  const left = tables.rules.openRooms(user);
  return [
    ...left.map((audience) => ({ what: "leaves", audience, user }) as const),
    { what: "shut", user, device: 0, code: codes.removed },
  ];
}
