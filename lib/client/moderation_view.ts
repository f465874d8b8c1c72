/**
 * What moderators do, in words: as lines of text, and as the commands that asked for it.
 *
 * @module
 */

import type { Action } from "../protocol/codec.ts";
import type { EntryContent } from "../log/entry_kinds.ts";
import { lobbyName, nameKey } from "../protocol/names.ts";
import { roleName, roles } from "../protocol/roles.ts";
import { safe, type SafeText, safeText } from "../safe_text.ts";
import type { ShownEntry } from "./events.ts";

/**
 * Tells an entry about moderation.
 *
 * @param shown the entry with its names
 * @param content what it says
 * @param when writes a time, such as a mute's end
 * @returns one line; null where the entry is of another kind
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import type { ShownEntry } from "./events.ts";
 * import { moderationLine } from "./moderation_view.ts";
 * const place = { kind: "room", name: "dev" } as const;
 * const shown = { user: "al", about: "bo", place } as ShownEntry;
 * const line = moderationLine(shown, { kind: "kicked", user: 3, reason: "" }, () => "");
 * assertEquals(String(line), "<-- al kicked bo from dev");
 * ```
 */
export function moderationLine(
  shown: ShownEntry,
  content: EntryContent,
  when: (timeMs: number) => string,
): SafeText | null {
  const { user, about, place } = shown;
  const who = user === "" ? safe`the server` : safeText(user);
  const whom = safeText(about ?? "");
  const room = safeText(place.kind === "room" ? place.name : "");
  const inLobby = place.kind === "room" && nameKey(place.name) === lobbyName;
  const where = inLobby ? safe`this server` : room;
  const why = "reason" in content ? because(content.reason) : safe``;
  switch (content.kind) {
    case "kicked":
      return safe`<-- ${who} kicked ${whom} from ${room}${why}`;
    case "banned":
      return content.device === 0
        ? safe`<-- ${who} banned ${whom} from ${where}${why}`
        : safe`<-- ${who} banned device ${content.device} of ${whom} from ${where}${why}`;
    case "unbanned":
      return content.device === 0
        ? safe`--> ${who} let ${whom} into ${where} again`
        : safe`--> ${who} let device ${content.device} of ${whom} into ${where} again`;
    case "muted": {
      const until = content.untilMs === 0
        ? safe``
        : safe` until ${safeText(when(content.untilMs))}`;
      return safe`--- ${who} muted ${whom} in ${where}${until}${why}`;
    }
    case "unmuted":
      return safe`--- ${who} lets ${whom} write in ${where} again`;
    case "moderates":
      return content.on
        ? safe`--- ${who} made ${whom} a moderator of ${room}`
        : safe`--- ${whom} is no moderator of ${room} any more, says ${who}`;
    case "closed":
      return safe`--- ${who} made ${room} private: from here on it is between its members`;
    default:
      return serverLine(shown, content);
  }
}

/** What is of no one room: invitations, blocks, roles, accounts and invites. */
function serverLine(
  { entry: { lsn }, user, about, place, own }: ShownEntry,
  content: EntryContent,
): SafeText | null {
  const who = user === "" ? safe`the server` : safeText(user);
  const whom = safeText(about ?? "");
  switch (content.kind) {
    case "roomInvited": {
      const to = place.kind === "direct" ? safeText(place.other) : safe``;
      const name = safeText(content.name);
      return own
        ? safe`--- you invited ${to} to ${name}`
        : safe`--- ${who} invites you to ${name} (/join ${name})`;
    }
    case "deviceInvited":
      return safe`--- ${who} made a code for one more device of yours`;
    case "deviceAdded":
      return safe`--- one more device of yours has come in: ${lsn} (/device revoke ${lsn} if it is not)`;
    case "deviceRevoked":
      return safe`--- you revoked your device ${content.device}`;
    case "blocked":
      return content.on
        ? safe`--- you take nothing more from ${whom} (/unblock ${whom})`
        : safe`--- you take messages from ${whom} again`;
    case "ranked":
      return safe`--- ${who} made ${whom} ${roleWords(content.role)}`;
    case "removed":
      return user === about
        ? safe`<-- ${whom} removed their account${because(content.reason)}`
        : safe`<-- ${who} removed the account of ${whom}${because(content.reason)}`;
    case "invited":
      return safe`--- ${who} made an invite for ${content.uses} as ${
        safeText(roleName(content.role))
      }`;
    case "inviteRevoked":
      return safe`--- ${who} revoked invite ${content.invite}`;
    default:
      return null;
  }
}

function because(reason: string): SafeText {
  return reason === "" ? safe`` : safe`: ${safeText(reason)}`;
}

function roleWords(role: number): SafeText {
  const name = safeText(roleName(role));
  if (role === roles.member) return safe`a member`;
  return role === roles.admin ? safe`an admin` : safe`the ${name}`;
}

/** The actions of moderation. */
export type Moderating = Exclude<Action, { readonly action: "message" | "join" | "leave" }>;

/**
 * Tells an action of moderation in the words in which it would be typed.
 *
 * @param action such an action
 * @returns its text, not safe
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { typedModeration } from "./moderation_view.ts";
 * assertEquals(typedModeration({ action: "block", user: "bo", on: true }), "/block bo");
 * ```
 */
export function typedModeration(action: Moderating): string {
  switch (action.action) {
    case "addDevice":
      return "/device add";
    case "revokeDevice":
      return `/device revoke ${action.device}`;
    case "kick":
    case "ban":
    case "mute":
      return `/${action.action} ${action.user} ${action.reason}`.trim();
    case "unban":
    case "unmute":
      return `/${action.action} ${action.user}`;
    case "moderate":
      return `/moderator ${action.user}${action.on ? "" : " off"}`;
    case "makePrivate":
      return `/private ${action.room}`;
    case "inviteTo":
      return `/invite ${action.user} ${action.room}`;
    case "block":
      return `/${action.on ? "block" : "unblock"} ${action.user}`;
    case "rank":
      return `/role ${action.user} ${roleName(action.role)}`;
    case "remove":
      return `/remove ${action.user} forever ${action.reason}`.trim();
    case "invite":
      return "/link";
    case "revokeInvite":
      return `/unlink ${action.invite}`;
  }
}
