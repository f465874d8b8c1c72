/**
 * The slash commands about devices, and about who may come in.
 *
 * @module
 */

import { codes, explain } from "../errors.ts";
import { limits } from "../limits.ts";
import type { Action } from "../protocol/codec.ts";
import { isName, nameKey } from "../protocol/names.ts";
import { roleNames, roles } from "../protocol/roles.ts";
import { safe, type SafeText, safeText } from "../safe_text.ts";
import type { Codes } from "./codes.ts";
import type { Query } from "./requests.ts";
import { type CommandOf, lengthMs, unitMs } from "./slash_command.ts";

/** What these commands need. */
export interface DeviceDesk {
  /** Makes codes and invites. */
  readonly codes: Codes;
  /**
   * Asks for something that becomes an entry.
   *
   * @param action what
   */
  submit(action: Action): void;
  /**
   * Asks the server.
   *
   * @param query what
   */
  ask(query: Query): void;
}

/** The commands. */
export const deviceCommands: readonly CommandOf<DeviceDesk>[] = [
  {
    name: "devices",
    args: "[user]",
    says: "list your devices; an admin may list those of others",
    run: (desk, rest) => {
      const user = rest.trim().replace(/^@/, "");
      if (user !== "" && !isName(user)) return safeText(explain(codes.badName));
      return done(desk.ask({ kind: "devices", user }));
    },
  },
  {
    name: "device",
    args: "add [10m|24h] | revoke <device>",
    says: "let one more device of yours in, or one in no more",
    run: device,
  },
  {
    name: "link",
    args: "[member|admin] [uses] [24h|7d]",
    says: "make an invite to this server, as an admin",
    run: link,
  },
  {
    name: "unlink",
    args: "<invite>",
    says: "let an invite count no more",
    run: (desk, rest) => {
      if (!/^[1-9]\d{0,14}$/.test(rest.trim())) return safe`write it as /unlink <invite>`;
      return done(desk.submit({ action: "revokeInvite", invite: Number(rest.trim()) }));
    },
  },
];

function device(desk: DeviceDesk, rest: string): SafeText | null {
  const [word = "", id = "", ...more] = nameKey(rest).trim().split(/\s+/);
  if (word === "add" && id === "") return done(desk.submit(desk.codes.forDevice()));
  const lifeMs = lengthMs(id);
  if (word === "add" && lifeMs !== null && more.length === 0) return add(desk, lifeMs);
  if (word === "revoke" && /^[1-9]\d{0,14}$/.test(id) && more.length === 0) {
    return done(desk.submit({ action: "revokeDevice", device: Number(id) }));
  }
  return safe`write it as /device add, or /device revoke <device> (/devices lists them)`;
}

function add(desk: DeviceDesk, lifeMs: number): SafeText | null {
  if (lifeMs > 0 && lifeMs <= limits.deviceCodeLifeMsMax) {
    return done(desk.submit(desk.codes.forDevice(lifeMs)));
  }
  return safe`a link for a device counts for at most ${
    limits.deviceCodeLifeMsMax / unitMs.h
  } hours`;
}

function link(desk: DeviceDesk, rest: string): SafeText | null {
  let [role, uses, lifeMs]: number[] = [roles.member, 1, unitMs.d];
  for (const word of nameKey(rest).split(/\s+/).filter((one) => one !== "")) {
    const name = roleNames.find((one) => one === word && one !== "owner");
    const ms = lengthMs(word);
    if (name !== undefined) role = roles[name];
    else if (ms !== null) lifeMs = ms;
    else if (/^\d{1,4}$/.test(word)) uses = Number(word);
    else return safe`write it as /link [member|admin] [uses] [24h|7d]`;
  }
  if (uses! < 1 || uses! > limits.inviteUsesMax) {
    return safe`an invite has 1 to ${limits.inviteUsesMax} uses`;
  }
  if (lifeMs! < 1 || lifeMs! > limits.inviteLifeMsMax) {
    return safe`an invite counts for at most ${limits.inviteLifeMsMax / unitMs.d} days`;
  }
  return done(desk.submit(desk.codes.forOthers(role!, uses!, lifeMs!)));
}

function done(_: void): null {
  return null;
}
