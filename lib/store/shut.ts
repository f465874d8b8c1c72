/**
 * Who is let in no more: users and devices, with the code that tells why.
 *
 * @module
 */

import type { DatabaseSync } from "node:sqlite";
import type { Code } from "../errors.ts";
import { prepareAll, type Statements } from "../sqlite/statements.ts";

const sql = {
  users: "SELECT id, shut AS code FROM users WHERE shut <> 0",
  devices: "SELECT id, shut AS code FROM devices WHERE shut <> 0",
  setUser: "UPDATE users SET shut = ? WHERE id = ?",
  setDevice: "UPDATE devices SET shut = ? WHERE id = ?",
} as const;

/** What is in memory of it: there are few, and each submission asks. */
interface Known {
  readonly users: Map<number, Code>;
  readonly devices: Map<number, Code>;
}

/**
 * Reads and writes who is shut out, inside the caller's transaction.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { ShutOut } from "./shut.ts";
 * import { openMemoryStore } from "./sqlite_log.ts";
 * const store = openMemoryStore();
 * assertEquals(new ShutOut(store.database).codeOf(2, 2), 0);
 * store.close();
 * ```
 * @see docs/ARCHITECTURE.md, section "store"
 */
export class ShutOut {
  readonly #statements: Statements<keyof typeof sql>;
  #known: Known | null = null;

  /**
   * Prepares the statements.
   *
   * @param database an open database of the newest schema; stays the caller's
   */
  constructor(database: DatabaseSync) {
    this.#statements = prepareAll(database, sql);
  }

  /**
   * Tells whether somebody is let in.
   *
   * @param user the user's id
   * @param device the device's id
   * @returns 0, or the code that says why not
   */
  codeOf(user: number, device: number): Code | 0 {
    const { users, devices } = this.#all();
    if (users.size === 0 && devices.size === 0) return 0;
    return users.get(user) ?? devices.get(device) ?? 0;
  }

  /**
   * Tells whether a device itself is let in, whatever is said of its user.
   *
   * @param device the device's id
   * @returns 0, or the code that says why not
   */
  codeOfDevice(device: number): Code | 0 {
    return this.#all().devices.get(device) ?? 0;
  }

  /**
   * Shuts a user out with all devices, or lets them in again.
   *
   * @param user the user's id
   * @param code why, or 0
   */
  setUser(user: number, code: Code | 0): void {
    this.#statements.setUser.run(code, user);
    set(this.#all().users, user, code);
  }

  /**
   * Shuts one device out, or lets it in again.
   *
   * @param device the device's id
   * @param code why, or 0
   */
  setDevice(device: number, code: Code | 0): void {
    this.#statements.setDevice.run(code, device);
    set(this.#all().devices, device, code);
  }

  /** The transaction was rolled back: what was noted in it is not so. */
  forget(): void {
    this.#known = null;
  }

  #all(): Known {
    const { users, devices } = this.#statements;
    return this.#known ??= { users: codesOf(users.all()), devices: codesOf(devices.all()) };
  }
}

function codesOf(rows: unknown): Map<number, Code> {
  return new Map((rows as { id: number; code: Code }[]).map(({ id, code }) => [id, code]));
}

function set(codes: Map<number, Code>, id: number, code: Code | 0): void {
  if (code === 0) codes.delete(id);
  else codes.set(id, code);
}
