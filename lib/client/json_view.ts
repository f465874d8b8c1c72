/**
 * Lines for programs: one JSON object each, with keys that stay. Pure.
 *
 * @module
 */

import { encodeHex } from "@std/encoding/hex";
import type { EntryContent } from "../log/entry_kinds.ts";
import { codeName, explain } from "../errors.ts";
import { type SafeText, safeText } from "../safe_text.ts";
import type { MadeLink } from "./codes.ts";
import type {
  ClientEvent,
  InfoAnswer,
  ListedMember,
  ListedRoom,
  Place,
  ShownEntry,
} from "./events.ts";
import { snapshotText } from "./notices.ts";
import type { Receipt } from "./receipt_store.ts";
import { dateOf, typed, type View } from "./view.ts";

/** What acts or hides on a screen: all that safe_text.ts marks, and more. */
const acting = /[\p{C}\p{Zl}\p{Zp}\p{DI}\p{NChar}\p{VS}\u200c\u200d]|\p{M}{9,}/gv;

/** What JSON can hold. */
export type Json = string | number | boolean | null | readonly Json[] | {
  readonly [key: string]: Json;
};

/**
 * Writes a value as one line of JSON that a terminal can show.
 *
 * @param value any JSON value; its texts may be anybody's
 * @returns JSON that reads back as the same value; what would act or hide is escaped
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { jsonLine } from "./json_view.ts";
 * assertEquals(String(jsonLine({ text: "a\x9b\u202e" })), '{"text":"a\\u009b\\u202e"}');
 * ```
 * @see RFC 8259
 */
export function jsonLine(value: Json): SafeText {
  return safeText(JSON.stringify(value).replaceAll(acting, escapeUnits));
}

function escapeUnits(characters: string): string {
  let escaped = "";
  for (let at = 0; at < characters.length; at++) {
    escaped += `\\u${characters.charCodeAt(at).toString(16).padStart(4, "0")}`;
  }
  return escaped;
}

/**
 * Makes lines such as `{"lsn":7,"time":"…","kind":"message","room":"lobby","user":"alice",…}`.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { safe } from "../safe_text.ts";
 * import { JsonView } from "./json_view.ts";
 * const [line] = new JsonView().notSent(safe`no`, "hi");
 * assertEquals(JSON.parse(line!), { kind: "notSent", reason: "no", text: "hi" });
 * ```
 */
export class JsonView implements View {
  /**
   * Shows an entry, of a later version's kind too.
   *
   * @param shown the entry and its names
   * @returns one line
   */
  entry(shown: ShownEntry): SafeText[] {
    const { entry, user, own } = shown;
    const { lsn, timeMs, content } = entry;
    const time = dateOf(timeMs).toISOString();
    const kind = content?.kind ?? (entry.erased ? "erased" : "unknown");
    const start = { lsn, time, kind, ...whereOf(shown.place), user, own };
    return [jsonLine({ ...start, ...bodyOf(shown) })];
  }

  /**
   * Shows messages that were found.
   *
   * @param found ascending
   * @returns a line for each, as for one that comes
   */
  found(found: readonly ShownEntry[]): SafeText[] {
    return found.flatMap((shown) => this.entry(shown));
  }

  /**
   * Shows rooms.
   *
   * @param rooms the answer to `/rooms`
   * @returns one line for all
   */
  rooms(rooms: readonly ListedRoom[]): SafeText[] {
    const listed = rooms.map(({ name, members, member }) => ({ name, members, member }));
    return [jsonLine({ kind: "rooms", rooms: listed })];
  }

  /**
   * Shows who is in a room.
   *
   * @param room its name
   * @param code 0, or why there is no answer
   * @param members the answer to `/who`
   * @returns one line for all
   */
  members(room: string, code: number, members: readonly ListedMember[]): SafeText[] {
    if (code !== 0) {
      return [jsonLine({ kind: "members", room, code: codeName(code), reason: explain(code) })];
    }
    const listed = members.map(({ name, present }) => ({ name, present }));
    return [jsonLine({ kind: "members", room, members: listed })];
  }

  /**
   * Shows a user's devices.
   *
   * @param answer the answer to `/devices`
   * @returns one line of JSON
   */
  devices({ user, code, devices }: Extract<ClientEvent, { kind: "devices" }>): SafeText[] {
    const whose: { readonly [key: string]: Json } = user === "" ? {} : { user };
    if (code !== 0) {
      return [jsonLine({ kind: "devices", ...whose, code: codeName(code), reason: explain(code) })];
    }
    const listed = devices.map(({ device, addedMs, seenMs, shut, connected, own }) => ({
      ...{ device, added: dateOf(addedMs).toISOString(), connected, own },
      seen: seenMs === 0 ? null : dateOf(seenMs).toISOString(),
      shut: shut === 0 ? null : codeName(shut),
    }));
    return [jsonLine({ kind: "devices", ...whose, devices: listed })];
  }

  /**
   * Shows a link that lets somebody in.
   *
   * @param made the link; it counts
   * @returns one line of JSON
   */
  link({ lets, link, expiresMs }: MadeLink): SafeText[] {
    return [jsonLine({ kind: "link", lets, link, expires: dateOf(expiresMs).toISOString() })];
  }

  /**
   * Shows what was not sent.
   *
   * @param reason why
   * @param text what; not safe
   * @returns one line
   */
  notSent(reason: SafeText, text: string): SafeText[] {
    return [jsonLine({ kind: "notSent", reason, text })];
  }

  /**
   * Says that everything comes anew, and that lsns may begin anew.
   *
   * @param reason of `snapshot`, other than 0
   * @returns one line
   */
  resync(reason: number): SafeText[] {
    return [jsonLine({ kind: "resync", reason, text: snapshotText(reason) })];
  }

  /**
   * Shows how far an own message has come.
   *
   * @param receipt as the server told it
   * @returns one line
   */
  receipt({ lsn, recipients, delivered, read }: Receipt): SafeText[] {
    return [jsonLine({ kind: "receipt", lsn, recipients, delivered, read })];
  }

  /**
   * Shows who has an own message.
   *
   * @param answer the answer to `/info`
   * @returns one line for all
   */
  info({ lsn, code, states }: InfoAnswer): SafeText[] {
    if (code !== 0) {
      return [jsonLine({ kind: "info", lsn, code: codeName(code), reason: explain(code) })];
    }
    const recipients = states.map(({ name, state, sinceMs }) => ({
      name,
      state,
      since: sinceMs === 0 ? null : dateOf(sinceMs).toISOString(),
    }));
    return [jsonLine({ kind: "info", lsn, recipients })];
  }

  /**
   * Shows a note.
   *
   * @param line any
   * @returns one line
   */
  note(line: SafeText): SafeText[] {
    return [jsonLine({ kind: "note", text: line })];
  }
}

function whereOf(place: Place): { readonly [key: string]: Json } {
  switch (place.kind) {
    case "room":
      return { room: place.name };
    case "direct":
      return { with: place.other };
    case "own":
      return {};
  }
}

function bodyOf({ entry, row, about, isHidden }: ShownEntry): { readonly [key: string]: Json } {
  const { content, epoch, n } = entry;
  if (content === null) return {};
  switch (content.kind) {
    case "message":
      return { text: content.text, act: content.act, ...(isHidden ? { blocked: true } : {}) };
    case "registered":
      return { deviceKey: encodeHex(content.deviceKey) };
    case "refused": {
      const { code } = content;
      const text = row ? typed(row.action) : null;
      const number = { epoch: epoch ? encodeHex(epoch) : null, n };
      return { ...number, code: codeName(code), reason: explain(code), text };
    }
    default:
      return moderationOf(content, about);
  }
}

/** All that an entry about moderation says, with the name of whom it is about. */
function moderationOf(
  content: EntryContent,
  about: string | null,
): { readonly [key: string]: Json } {
  const said: { [key: string]: Json } = about === null ? {} : { about };
  for (const [name, value] of Object.entries(content)) {
    // Who did it is told already, and whom it is about by name.
    if (name === "kind" || name === "user") continue;
    said[name] = value instanceof Uint8Array ? encodeHex(value) : value;
  }
  return said;
}
