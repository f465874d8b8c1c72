/**
 * Who is let in: the part of apply that decides about registrations and invites. Pure.
 *
 * @module
 */

import { type Code, codes } from "../errors.ts";
import type { EntryContent } from "../log/entry_kinds.ts";
import type { InviteRequest, RegisterRequest, Submission } from "../log/submission.ts";
import { isName, nameKey } from "../protocol/names.ts";
import { roles } from "../protocol/roles.ts";
import { type AdmittedDevice, admittedDevice, isHanded } from "./device_rules.ts";
import type { StoredInvite } from "./people.ts";
import type { Tables } from "./tables.ts";

interface Admission {
  readonly role: number;
  readonly invite: number;
}

/** Who is let in: somebody new, or one more device of a user. */
export type Admitted = AdmittedDevice | {
  /** The new user has no id yet. */
  readonly user: null;
  /** What the entry is to say. */
  readonly content: EntryContent<"registered">;
};

const byNobody: Admission = { role: roles.member, invite: 0 };

/**
 * Decides about a login with an unknown key.
 *
 * A key that is known by now was registered by its owner's other connection, which then may have
 * used the invite up: that comes first. The name comes last, so that who may not come in does not
 * learn whose names there are; and since nothing is written before all is decided, a name that is
 * taken costs no invite.
 *
 * @param tables the store's tables, in a transaction
 * @param submission what the login asks, with its time
 * @returns what the entry is to say, or the code of why there is none
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { codes } from "../errors.ts";
 * import { openMemoryStore } from "./sqlite_log.ts";
 * const store = openMemoryStore();
 * const asked = { by: "server", name: "al", deviceKey: new Uint8Array(32), sizeBytes: 0 } as const;
 * const how = { registration: "invite", invite: null, timeMs: 0, salt: new Uint8Array(16) } as const;
 * const [outcome] = store.append([{ ...asked, ...how }]).outcomes;
 * assertEquals(outcome, { outcome: "later", code: codes.inviteNeeded, last: 0 });
 * store.close();
 * ```
 * @see docs/PROTOCOL.md, section "Getting in"
 */
export function admitted(
  tables: Tables,
  submission: Submission<RegisterRequest>,
): Admitted | Code {
  const { name, deviceKey } = submission;
  if (!isName(name)) return codes.badName;
  if (tables.people.devices.byKey(deviceKey) !== null) return codes.nameTaken;
  const device = admittedDevice(tables, submission);
  if (device !== null) return device;
  const admission = admissionOf(tables, submission);
  if (typeof admission === "number") return admission;
  if (tables.userByKey(nameKey(name)) !== null) return codes.nameTaken;
  return { user: null, content: { kind: "registered", name, deviceKey, ...admission } };
}

/** An invite that was given counts where none is needed too: it may hold more than a membership. */
function admissionOf(
  tables: Tables,
  { registration, invite: hash, timeMs }: Submission<RegisterRequest>,
): Admission | Code {
  if (registration === "closed") return codes.closed;
  if (hash === null) return registration === "open" ? byNobody : codes.inviteNeeded;
  const invite = tables.people.inviteByHash(hash);
  if (invite === null) return codes.badInvite;
  if (invite.uses === 0) return codes.usedInvite;
  if (timeMs >= invite.expiresMs || !mayMake(tables, invite)) return codes.expiredInvite;
  return { role: invite.role, invite: invite.id };
}

/** Or an admin who was sent away would come back by an invite from before. */
function mayMake({ people }: Tables, { user, device, role }: StoredInvite): boolean {
  if (user === 0) return true;
  const isOut = people.shut.codeOf(user, device) !== 0;
  return !isOut && people.roleOf(user) >= Math.max(roles.admin, role);
}

/**
 * Decides about an invite.
 *
 * @param tables the store's tables, in a transaction
 * @param submission what the operator asks, with its time
 * @returns what the entry is to say, or the code of why there is none
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { openMemoryStore } from "./sqlite_log.ts";
 * const store = openMemoryStore();
 * const asked = { by: "operator", role: 2, uses: 1, lifeMs: 60_000, sizeBytes: 0 } as const;
 * const hash = new Uint8Array(32);
 * const result = store.append([{ ...asked, hash, timeMs: 0, salt: new Uint8Array(16) }]);
 * assertEquals(result.outcomes, [{ outcome: "accepted", lsn: 2 }]);
 * store.close();
 * ```
 * @see docs/PROTOCOL.md, section "Getting in"
 */
export function invited(
  tables: Tables,
  { hash, role, uses, lifeMs, timeMs }: Pick<
    Submission<InviteRequest>,
    "hash" | "role" | "uses" | "lifeMs" | "timeMs"
  >,
): EntryContent<"invited"> | Code {
  if (role === roles.owner && tables.people.hasOwner()) return codes.ownerTaken;
  if (isHanded(tables, hash)) return codes.conflict;
  // There is one owner: the second to come would find the invite void.
  const counted = role === roles.owner ? 1 : uses;
  return { kind: "invited", hash, role, uses: counted, expiresMs: timeMs + lifeMs };
}
