/**
 * How a user's further devices get in, and are kept out again: their part of apply. Pure.
 *
 * @module
 */

import { type Code, codes } from "../errors.ts";
import { limits } from "../limits.ts";
import type { EntryContent } from "../log/entry_kinds.ts";
import type { RecoverRequest, RegisterRequest, Submission } from "../log/submission.ts";
import { audienceKinds } from "../protocol/audience.ts";
import { nameKey } from "../protocol/names.ts";
import { userOf } from "./moderation.ts";
import type { Tables } from "./tables.ts";
import type { Decider, Verdict } from "./verdict.ts";

/** The decisions about devices, by the action. */
export const deviceDeciders: {
  readonly addDevice: Decider<"addDevice">;
  readonly revokeDevice: Decider<"revokeDevice">;
} = {
  addDevice(tables, { user, timeMs }, { hash, lifeMs }) {
    if (lifeMs < 1 || lifeMs > limits.deviceCodeLifeMsMax) return codes.noRight;
    if (tables.people.devices.count(user) >= limits.devicesPerUserMax) return codes.tooManyDevices;
    return coded(tables, user, hash, timeMs + lifeMs);
  },
  revokeDevice(tables, { user }, { device }) {
    const { devices, shut } = tables.people;
    const code = shut.codeOfDevice(device);
    if (devices.userOf(device) !== user || code === codes.revoked) return codes.noDevice;
    // A banned device is revoked too: its user may know that it was stolen, who bans may not.
    if (code === 0 && devices.countOpen(user) <= 1) return codes.lastDevice;
    return { audience: [audienceKinds.user, user], content: { kind: "deviceRevoked", device } };
  },
};

/**
 * Decides about a code for a user who lost all devices.
 *
 * @param tables the store's tables, in a transaction
 * @param submission what the operator asks, with its time
 * @returns the entry, or the code of why there is none
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { codes } from "../errors.ts";
 * import { openMemoryStore } from "./sqlite_log.ts";
 * const store = openMemoryStore();
 * const asked = { by: "recovery", name: "al", lifeMs: 60_000, sizeBytes: 0 } as const;
 * const hash = new Uint8Array(32);
 * const result = store.append([{ ...asked, hash, timeMs: 0, salt: new Uint8Array(16) }]);
 * assertEquals(result.outcomes, [{ outcome: "later", code: codes.noUser, last: 0 }]);
 * store.close();
 * ```
 * @see docs/PROTOCOL.md, section "Devices"
 */
export function recovered(
  tables: Tables,
  { name, hash, lifeMs, timeMs }: Submission<RecoverRequest>,
): Verdict | Code {
  const user = userOf(tables, name);
  return user === null ? codes.noUser : coded(tables, user, hash, timeMs + lifeMs);
}

/**
 * Whether a token was handed out, as an invite or as a code: one token is one thing, or who came in
 * by an invite could make a code of its token, and spoil it for all others.
 *
 * @param tables the store's tables, in a transaction
 * @param hash SHA-256 of the token; 32 bytes
 * @returns true also for one that counts no more
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { isHanded } from "./device_rules.ts";
 * import { openMemoryStore } from "./sqlite_log.ts";
 * import { Tables } from "./tables.ts";
 * const store = openMemoryStore();
 * assertEquals(isHanded(new Tables(store.database), new Uint8Array(32)), false);
 * store.close();
 * ```
 * @see docs/PROTOCOL.md, section "Getting in"
 */
export function isHanded({ people }: Tables, hash: Uint8Array): boolean {
  return people.devices.codeByHash(hash) !== null || people.inviteByHash(hash) !== null;
}

function coded(
  tables: Tables,
  user: number,
  hash: Uint8Array,
  expiresMs: number,
): Verdict | Code {
  if (isHanded(tables, hash)) return codes.alreadySo;
  return {
    audience: [audienceKinds.user, user],
    content: { kind: "deviceInvited", hash, expiresMs },
  };
}

/** One more device of a user. */
export interface AdmittedDevice {
  /** The user's id. */
  readonly user: number;
  /** What the entry is to say. */
  readonly content: EntryContent<"deviceAdded">;
}

/**
 * Decides about a login with an unknown key and what may be a code for a device.
 *
 * A code counts in every mode of registration: nobody new comes in. Who shows it with another name
 * than its user's hears what who guesses hears.
 *
 * @param tables the store's tables, in a transaction
 * @param submission what the login asks, with its time
 * @returns the device, the code of why it is not let in, or null for what is no code
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { admittedDevice } from "./device_rules.ts";
 * import { openMemoryStore } from "./sqlite_log.ts";
 * import { Tables } from "./tables.ts";
 * const store = openMemoryStore();
 * const asked = { by: "server", registration: "open", invite: null, name: "al", sizeBytes: 0 } as const;
 * const login = { ...asked, deviceKey: new Uint8Array(32), timeMs: 0, salt: new Uint8Array(16) };
 * assertEquals(admittedDevice(new Tables(store.database), login), null);
 * store.close();
 * ```
 * @see docs/PROTOCOL.md, section "Devices"
 */
export function admittedDevice(
  tables: Tables,
  { invite: hash, name, deviceKey, timeMs }: Submission<RegisterRequest>,
): AdmittedDevice | Code | null {
  const code = hash && tables.people.devices.codeByHash(hash);
  if (!code) return null;
  const { user } = code;
  if (tables.userByKey(nameKey(name)) !== user) return codes.badInvite;
  const shut = tables.people.shut.codeOf(user, 0);
  if (shut !== 0) return shut;
  if (code.used) return codes.usedInvite;
  // Who took a device away makes codes with it as long as that lasts: they last no longer.
  const isMakerOut = tables.people.shut.codeOfDevice(code.device) !== 0;
  if (isMakerOut || timeMs >= code.expiresMs) return codes.expiredInvite;
  if (tables.people.devices.count(user) >= limits.devicesPerUserMax) return codes.tooManyDevices;
  return { user, content: { kind: "deviceAdded", deviceKey, code: code.id } };
}
