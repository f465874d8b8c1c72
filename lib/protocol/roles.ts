/**
 * Roles: what a user is on a server, as numbers in entries and as words for people.
 *
 * @module
 */

/** The roles and their numbers, which are never used for another. */
export const roles = { member: 0, admin: 1, owner: 2 } as const;

/** The name of a role. */
export type RoleName = keyof typeof roles;

/** The names of all roles, for command lines and checks. */
export const roleNames: readonly RoleName[] = Object.keys(roles) as RoleName[];

/**
 * Tells a role's name.
 *
 * @param role a number from an entry, known or not
 * @returns the name, or `role-N` for a role of a later version
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { roleName, roles } from "./roles.ts";
 * assertEquals([roleName(roles.owner), roleName(9)], ["owner", "role-9"]);
 * ```
 * @see docs/PROTOCOL.md, section "Getting in"
 */
export function roleName(role: number): string {
  return roleNames.find((name) => roles[name] === role) ?? `role-${role}`;
}
