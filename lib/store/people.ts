/**
 * The statements about who may come in, and who has: users, their devices, and invites.
 *
 * @module
 */

import type { DatabaseSync } from "node:sqlite";
import { roles } from "../protocol/roles.ts";
import { prepareAll, type Statements } from "../sqlite/statements.ts";
import { Devices } from "./devices.ts";
import { ShutOut } from "./shut.ts";

/** An invite as it stands at this point of the log. */
export interface StoredInvite {
  /** The lsn of the entry that made it. */
  readonly id: number;
  /** Who made it; 0 for the operator. */
  readonly user: number;
  /** The device that made it; 0 for the operator's. */
  readonly device: number;
  /** What who comes in with it becomes. */
  readonly role: number;
  /** How many more may come in with it. */
  readonly uses: number;
  /** From when on it counts no more; milliseconds since 1970-01-01 UTC. */
  readonly expiresMs: number;
}

const sql = {
  owner: `SELECT id FROM users WHERE role = ${roles.owner}`,
  roleOf: "SELECT role FROM users WHERE id = ?",
  setRole: "UPDATE users SET role = ? WHERE id = ?",
  inviteById: "SELECT id, user, device, role, uses, expiresMs FROM invites WHERE id = ?",
  revokeInvite: "UPDATE invites SET uses = 0 WHERE id = ?",
  inviteByHash: "SELECT id, user, device, role, uses, expiresMs FROM invites WHERE hash = ?",
  addUser: "INSERT INTO users (id, name, key, role) VALUES (?, ?, ?, ?)",
  addInvite: `INSERT INTO invites (id, user, device, hash, role, uses, expiresMs)
    VALUES (?, ?, ?, ?, ?, ?, ?)`,
  useInvite: "UPDATE invites SET uses = uses - 1 WHERE id = ?",
  voidInvites: "UPDATE invites SET uses = 0 WHERE role = ?",
} as const;

/**
 * Reads and writes these tables inside the caller's transaction.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { People } from "./people.ts";
 * import { openMemoryStore } from "./sqlite_log.ts";
 * const store = openMemoryStore();
 * assertEquals(new People(store.database).hasOwner(), false);
 * store.close();
 * ```
 * @see docs/ARCHITECTURE.md, section "store"
 */
export class People {
  /** Who is let in no more. */
  readonly shut: ShutOut;
  /** Their devices. */
  readonly devices: Devices;
  readonly #statements: Statements<keyof typeof sql>;

  /**
   * Prepares the statements.
   *
   * @param database an open database of the newest schema; stays the caller's
   */
  constructor(database: DatabaseSync) {
    this.shut = new ShutOut(database);
    this.devices = new Devices(database);
    this.#statements = prepareAll(database, sql);
  }

  /**
   * Tells whether the server has its owner.
   *
   * @returns whether a user is one
   */
  hasOwner(): boolean {
    return this.#statements.owner.get() !== undefined;
  }

  /**
   * Tells what a user is on the server.
   *
   * @param user the user's id
   * @returns one of `roles`; a member's where nobody has the id
   */
  roleOf(user: number): number {
    return row<{ role: number }>(this.#statements.roleOf.get(user))?.role ?? roles.member;
  }

  /**
   * Gives a user a role.
   *
   * @param user the user's id
   * @param role one of `roles`
   * @throws what SQLite throws when there would be a second owner
   */
  setRole(user: number, role: number): void {
    this.#statements.setRole.run(role, user);
  }

  /**
   * Finds an invite by its id.
   *
   * @param id the lsn of the entry that made it
   * @returns the invite, used up or expired ones too; null if there never was one
   */
  inviteById(id: number): StoredInvite | null {
    return row(this.#statements.inviteById.get(id));
  }

  /**
   * Lets nobody more come in with an invite.
   *
   * @param id the invite's
   */
  revokeInvite(id: number): void {
    this.#statements.revokeInvite.run(id);
  }

  /**
   * Finds an invite by its token's hash.
   *
   * @param hash 32 bytes
   * @returns the invite, used up or expired ones too; null if there never was one
   */
  inviteByHash(hash: Uint8Array): StoredInvite | null {
    return row(this.#statements.inviteByHash.get(hash));
  }

  /**
   * Adds a user.
   *
   * @param id the lsn of the entry that registered them
   * @param name as it was typed
   * @param key as `nameKey` writes it
   * @param role one of `roles`
   * @throws what SQLite throws when the key is taken, or a second owner would be
   */
  addUser(id: number, name: string, key: string, role: number): void {
    this.#statements.addUser.run(id, name, key, role);
  }

  /**
   * Adds an invite.
   *
   * @param invite its id, maker, role, uses and end
   * @param hash SHA-256 of its token; 32 bytes
   * @throws what SQLite throws when there is one with this hash
   */
  addInvite(invite: StoredInvite, hash: Uint8Array): void {
    const { id, user, device, role, uses, expiresMs } = invite;
    this.#statements.addInvite.run(id, user, device, hash, role, uses, expiresMs);
  }

  /**
   * Counts an invite's use.
   *
   * @param id the invite's; 0 for none
   */
  useInvite(id: number): void {
    if (id > 0) this.#statements.useInvite.run(id);
  }

  /** There is an owner now: whatever else was handed out to become one, counts no more. */
  voidOwnerInvites(): void {
    this.#statements.voidInvites.run(roles.owner);
  }
}

function row<T>(found: unknown): T | null {
  return (found as T | undefined) ?? null;
}
