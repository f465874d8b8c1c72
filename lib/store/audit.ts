/**
 * The operator's reading of who was let in, kept out and given rights, by whom and why.
 *
 * @module
 */

import type { DatabaseSync } from "node:sqlite";
import type { AuditLine, AuditPage } from "../log/audit.ts";
import { decodeEntry, type Entry, type EntryBytes } from "../log/entry.ts";
import type { EntryContent, EntryName } from "../log/entry_kinds.ts";
import { audienceKinds } from "../protocol/audience.ts";
import { roleName } from "../protocol/roles.ts";
import { prepareAll, type Statements } from "../sqlite/statements.ts";

const sql = {
  rows: "SELECT lsn, header, body FROM log WHERE lsn > ? ORDER BY lsn LIMIT ?",
  user: "SELECT name FROM users WHERE id = ?",
  room: "SELECT name FROM rooms WHERE id = ?",
} as const;

/** Entries that one page looks at: others ask the store in between. */
const pageEntries = 2_000;

/** What an entry says besides who did it and where. */
interface Said {
  /** The id of the user whom it is about. */
  readonly whom?: number;
  readonly more?: string;
  readonly reason?: string;
  /** The name of a room that is not its audience. */
  readonly room?: string;
}

type Reader<N extends EntryName> = (content: EntryContent<N>, entry: Entry) => Said;

/**
 * What is told of each kind; null for what changes nobody's rights. Blocks are left out: they are
 * between two users.
 */
const readers: { readonly [N in EntryName]: Reader<N> | null } = {
  registered: ({ role, invite }, { user }) => ({
    whom: user,
    more: `role=${roleName(role)}${invite === 0 ? "" : ` invite=${invite}`}`,
  }),
  created: (content) => ({ more: content.private ? "private" : "" }),
  joined: null,
  left: null,
  message: null,
  refused: null,
  invited: ({ role, uses, expiresMs }) => ({
    more: `role=${roleName(role)} uses=${uses} expires=${time(expiresMs)}`,
  }),
  deviceInvited: ({ expiresMs }, { audience }) => ({
    whom: audience[1]!,
    more: `expires=${time(expiresMs)}`,
  }),
  deviceAdded: ({ code }, { lsn }) => ({ more: `device=${lsn} code=${code}` }),
  deviceRevoked: ({ device }) => ({ more: `device=${device}` }),
  kicked: ({ user, reason }) => ({ whom: user, reason }),
  banned: ({ user, device, reason }) => ({ whom: user, more: deviceText(device), reason }),
  unbanned: ({ user, device }) => ({ whom: user, more: deviceText(device) }),
  muted: ({ user, untilMs, reason }) => ({
    whom: user,
    more: untilMs === 0 ? "" : `until=${time(untilMs)}`,
    reason,
  }),
  unmuted: ({ user }) => ({ whom: user }),
  moderates: ({ user, on }) => ({ whom: user, more: on ? "on" : "off" }),
  closed: () => ({}),
  roomInvited: ({ name }, { audience, user }) => ({
    whom: audience[1] === user ? audience[2]! : audience[1]!,
    room: name,
  }),
  blocked: null,
  ranked: ({ user, role }) => ({ whom: user, more: `role=${roleName(role)}` }),
  removed: ({ user, reason }) => ({ whom: user, reason }),
  inviteRevoked: ({ invite }) => ({ more: `invite=${invite}` }),
};

/**
 * Reads the log for the operator, a part at a time.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { Auditor } from "./audit.ts";
 * import { openMemoryStore } from "./sqlite_log.ts";
 * const store = openMemoryStore();
 * const { lines, next } = new Auditor(store.database).page(0);
 * assertEquals([lines.map(({ what, room }) => `${what} ${room}`), next], [["created lobby"], 0]);
 * store.close();
 * ```
 * @see docs/ARCHITECTURE.md, section "store"
 */
export class Auditor {
  readonly #statements: Statements<keyof typeof sql>;

  /**
   * Prepares the statements.
   *
   * @param database an open store; stays the caller's
   */
  constructor(database: DatabaseSync) {
    this.#statements = prepareAll(database, sql);
  }

  /**
   * Reads a part of the log.
   *
   * @param after the lsn before the first to be looked at
   * @returns what was found, and where to go on; owned by the caller
   * @throws {ProtocolError} when an entry's bytes are out of shape
   */
  page(after: number): AuditPage {
    const rows = this.#statements.rows.all(after, pageEntries) as unknown as readonly (
      & EntryBytes
      & { readonly lsn: number }
    )[];
    const lines = rows.flatMap((row) => this.#line(decodeEntry(row)) ?? []);
    return { lines, next: rows.length < pageEntries ? 0 : rows.at(-1)!.lsn };
  }

  #line(entry: Entry): AuditLine | null {
    const { lsn, timeMs, user, device, content, audience } = entry;
    const read = content && readers[content.kind] as Reader<EntryName> | null;
    if (!read) return null;
    const { whom, more = "", reason = "", room } = read(content, entry);
    const own = audience[0] === audienceKinds.room ? this.#name("room", audience[1]) : "";
    return {
      ...{ lsn, timeMs, what: content.kind, device, more, reason, room: room ?? own },
      actor: this.#name("user", user),
      whom: whom === undefined ? "" : this.#name("user", whom),
    };
  }

  #name(of: "user" | "room", id: number): string {
    const found = this.#statements[of].get(id) as { name: string } | undefined;
    return found?.name ?? "";
  }
}

function deviceText(device: number): string {
  return device === 0 ? "" : `device=${device}`;
}

function time(ms: number): string {
  return ms > 8.64e15 ? "never" : new Date(ms).toISOString();
}
