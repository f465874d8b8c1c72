/**
 * The slash commands of those who look after rooms and the server.
 *
 * @module
 */

import { codes, explain } from "../errors.ts";
import type { Action } from "../protocol/codec.ts";
import { isName, isReason, lobbyName, nameKey } from "../protocol/names.ts";
import { type RoleName, roleNames, roles } from "../protocol/roles.ts";
import { safe, type SafeText, safeText } from "../safe_text.ts";
import { type CommandOf, lengthMs } from "./slash_command.ts";

/** What these commands need. */
export interface ModerationDesk {
  /** The name of the room that typed text goes to. */
  readonly current: string;
  /**
   * Finds a room that we are a member of.
   *
   * @param room its name in any case
   * @returns its name as the server writes it, or null
   */
  membership(room: string): string | null;
  /**
   * Makes a room the current one.
   *
   * @param room its name
   */
  goTo(room: string): void;
  /**
   * Asks for something that becomes an entry.
   *
   * @param action what
   */
  submit(action: Action): void;
}

/** The commands; in the lobby, `/ban`, `/unban`, `/mute` and `/unmute` hold for the whole server. */
export const moderationCommands: readonly CommandOf<ModerationDesk>[] = [
  command(
    "kick",
    "<user> [reason]",
    "send a user out of this room",
    (desk, rest) =>
      onUser(rest, true, (user, reason) => ({ action: "kick", room: desk.current, user, reason })),
  ),
  command(
    "ban",
    "<user>[#device] [reason]",
    "keep a user out of this room; in the lobby: off the server, with one device or with all",
    (desk, rest) =>
      onUser(rest, true, (user, reason, device) => ({
        ...{ action: "ban", room: desk.current, user, device, reason },
      } as const)),
  ),
  command(
    "unban",
    "<user>[#device]",
    "take a ban back",
    (desk, rest) =>
      onUser(rest, false, (user, _, device) => ({
        ...{ action: "unban", room: desk.current, user, device },
      } as const)),
  ),
  command(
    "mute",
    "<user> [30m|2h|7d] [reason]",
    "let a user not write in this room, in the lobby: anywhere",
    (desk, rest) =>
      onUser(rest, true, (user, said) => {
        const [, word = "", rest = ""] = /^(\S*)\s*([^]*)$/.exec(said) ?? [];
        const forMs = lengthMs(word);
        const how = forMs === null ? { forMs: 0, reason: said } : { forMs, reason: rest };
        return { action: "mute", room: desk.current, user, ...how };
      }),
  ),
  command(
    "unmute",
    "<user>",
    "let a muted user write again",
    (desk, rest) => onUser(rest, false, (user) => ({ action: "unmute", room: desk.current, user })),
  ),
  command("moderator", "<user> [off]", "let a member moderate this room, or no longer", (
    desk,
    rest,
  ) =>
    onUser(rest, true, (user, word) => {
      const on = nameKey(word) !== "off";
      return on && word !== "" ? null : { action: "moderate", room: desk.current, user, on };
    })),
  command(
    "private",
    "[room]",
    "make this room private, for good, or make a new room that is",
    (desk, rest) => {
      const room = rest.trim() || desk.current;
      if (!isName(room)) return safeText(explain(codes.badRoomName));
      if (nameKey(room) === lobbyName) return safe`the lobby is everybody's`;
      // A new room is to be talked in, as after /join.
      if (desk.membership(room) === null) desk.goTo(room);
      return { action: "makePrivate", room };
    },
  ),
  command(
    "invite",
    "<user> [room]",
    "invite a user to this room, or another",
    (desk, rest) =>
      onUser(rest, true, (user, room) => {
        const to = room === "" ? desk.current : room;
        return isName(to) ? { action: "inviteTo", room: to, user } : null;
      }),
  ),
  command(
    "block",
    "<user>",
    "take no messages of a user, and see nothing of what they write in rooms",
    (_, rest) => onUser(rest, false, (user) => ({ action: "block", user, on: true })),
  ),
  command(
    "unblock",
    "<user>",
    "take messages of a blocked user again",
    (_, rest) => onUser(rest, false, (user) => ({ action: "block", user, on: false })),
  ),
  command(
    "role",
    "<user> member|admin|owner",
    "give a user a role on this server",
    (_, rest) =>
      onUser(rest, true, (user, word) => {
        const role = roleNames.find((name) => name === nameKey(word)) as RoleName | undefined;
        return role === undefined ? null : { action: "rank", user, role: roles[role] };
      }),
  ),
  command(
    "remove",
    "<user> forever [reason]",
    "remove an account for good, your own or another's",
    (_, rest) =>
      onUser(rest, true, (user, said) => {
        const [, word = "", reason = ""] = /^(\S*)\s*([^]*)$/.exec(said) ?? [];
        return nameKey(word) === "forever" ? { action: "remove", user, reason } : null;
      }),
  ),
];

type Act = (desk: ModerationDesk, rest: string) => Asked;

/** What came of a typed line: an action, why there is none, or null for a wrong usage. */
type Asked = Action | SafeText | null;

function command(name: string, args: string, says: string, act: Act): CommandOf<ModerationDesk> {
  const run = (desk: ModerationDesk, rest: string) => {
    const asked = act(desk, rest);
    if (asked === null) return safe`write it as /${safeText(`${name} ${args}`)}`;
    return typeof asked === "object" ? done(desk.submit(asked)) : asked;
  };
  return { name, args, says, run };
}

/** Reads whom it is about, and what stands behind: a reason, or a word with a meaning. */
function onUser(
  rest: string,
  mayFollow: boolean,
  act: (user: string, said: string, device: number) => Action | null,
): Asked {
  const [, user = "", device = "0", said = ""] = /^@?([^\s#]*)(?:#(\d{1,15}))?\s*([^]*)$/
    .exec(rest.trim()) ?? [];
  if (user === "" || !mayFollow && said !== "") return null;
  if (!isName(user)) return safeText(explain(codes.badName));
  if (!isReason(said)) return safeText(explain(codes.badReason));
  return act(user, said, Number(device));
}

function done(_: void): null {
  return null;
}
