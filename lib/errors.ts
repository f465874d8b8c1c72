/**
 * Error classes and the codes that go over the wire, so that nobody ever has to read an error's
 * English to know what happened.
 *
 * @module
 */

/**
 * Wire codes. Below 32 a connection's errors, from 32 on refusals for later (nothing was taken),
 * from 64 on final refusals (the number is taken, the log says why).
 *
 * @see docs/PROTOCOL.md, section "Errors"
 */
export const codes = {
  badFrame: 1,
  badPacket: 2,
  unknownKind: 3,
  unexpected: 4,
  noVersion: 5,
  badSignature: 6,
  nameTaken: 7,
  badName: 8,
  tooSlow: 9,
  noAnswer: 10,
  shutdown: 11,
  replaced: 12,
  full: 13,
  internal: 14,
  otherName: 15,
  damaged: 16,
  inviteNeeded: 17,
  badInvite: 18,
  expiredInvite: 19,
  usedInvite: 20,
  closed: 21,
  revoked: 22,
  banned: 23,
  removed: 24,
  gap: 32,
  busy: 33,
  conflict: 34,
  unavailable: 35,
  noRoom: 64,
  noUser: 65,
  notMember: 66,
  alreadyMember: 67,
  lobbyStays: 68,
  badRoomName: 69,
  badText: 70,
  unknownAction: 71,
  tooManyRooms: 72,
  ownerTaken: 73,
  noDevice: 74,
  lastDevice: 75,
  tooManyDevices: 76,
  noRight: 77,
  bannedHere: 78,
  muted: 79,
  notOwn: 80,
  privateRoom: 81,
  blockedBy: 82,
  noInvite: 83,
  alreadySo: 84,
  noMember: 85,
  badReason: 86,
  blocking: 87,
  tooManyBlocks: 88,
  noSpace: 89,
} as const;

/** One of the wire codes, by its number. */
export type Code = (typeof codes)[keyof typeof codes];

/** The name of a wire code, as docs and logs use it. */
export type CodeName = keyof typeof codes;

const namesByCode: ReadonlyMap<number, CodeName> = new Map(
  (Object.keys(codes) as CodeName[]).map((name) => [codes[name], name]),
);

const explanations: Readonly<Record<CodeName, string>> = {
  badFrame: "a frame longer than allowed here",
  badPacket: "a packet that is no valid CBOR, or has a field out of its bounds",
  unknownKind: "a packet kind that this side does not know",
  unexpected: "a packet that is not allowed at this point of the conversation",
  noVersion: "no protocol version in common",
  badSignature: "the signature does not prove this key",
  nameTaken: "this name belongs to another key",
  badName: "a name is 1 to 32 of letters, digits, '-', '_' and '.'",
  tooSlow: "the other side stopped reading or acknowledging",
  noAnswer: "nothing was heard in time",
  shutdown: "the server is stopping",
  replaced: "this device has connected again",
  full: "the server has no room for another connection",
  internal: "the server failed; its journal says why",
  otherName: "this key is registered under another name",
  inviteNeeded: "this server takes new users by invite only",
  badInvite: "this server knows no such invite",
  expiredInvite: "this invite has expired",
  usedInvite: "this invite is used up",
  closed: "this server takes no new users",
  revoked: "this device was revoked",
  banned: "this user or this device was banned from this server",
  removed: "this account was removed",
  damaged: "an entry in the server's log is damaged, and is not given out",
  gap: "a number was skipped; send again from the one after the last taken",
  busy: "too much is waiting; send again later",
  conflict: "this number was taken by something else; open a new epoch",
  unavailable: "the server can't write now; send again later",
  noRoom: "there is no such room",
  noUser: "there is no such user",
  notMember: "you are not a member of this room",
  alreadyMember: "you are a member of this room already",
  lobbyStays: "the lobby is everybody's; nobody leaves it",
  badRoomName: "a room's name is 1 to 32 of letters, digits, '-', '_' and '.'",
  badText: "a text is 1 to 8192 bytes, with no control characters but newline and tab",
  tooManyRooms: "you are a member of as many rooms as one may be; leave one first",
  ownerTaken: "this server has its owner, and there is only one",
  notOwn: "this is no message of yours",
  noDevice: "there is no such device of yours that is let in",
  lastDevice: "this is your only device: without it you could not get in any more",
  tooManyDevices: "there are as many devices of this user as may be; revoke one first",
  noRight: "you may not do this here",
  bannedHere: "this user is banned from this room",
  muted: "you may not write here now: a moderator muted you",
  privateRoom: "this room is private; one of its members has to invite you",
  blockedBy: "this user takes no messages from you",
  noInvite: "there is no such invite that still counts",
  alreadySo: "this is so already",
  noMember: "this user is not a member of this room",
  badReason: "a reason is one line of at most 200 bytes, without control characters",
  blocking: "you have blocked this user; unblock them first",
  noSpace: "you have used up the space that this server gives one user",
  tooManyBlocks: "you have blocked as many users as one may; unblock one first",
  unknownAction: "this server does not know what was asked for",
};

/**
 * Tells a wire code's name, for journals and JSON output, where a number would be opaque.
 *
 * @param code a number from the wire, known or not
 * @returns the name, or `code-N` for a code of a later version
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { codeName, codes } from "./errors.ts";
 * assertEquals(codeName(codes.noRoom), "noRoom");
 * assertEquals(codeName(9999), "code-9999");
 * ```
 * @see docs/PROTOCOL.md, section "Errors"
 */
export function codeName(code: number): string {
  return namesByCode.get(code) ?? `code-${code}`;
}

/**
 * Explains a wire code in one sentence, since a person sees the reason at the thing refused.
 *
 * @param code a number from the wire, known or not
 * @returns a sentence without full stop
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { codes, explain } from "./errors.ts";
 * assertEquals(explain(codes.noRoom), "there is no such room");
 * ```
 * @see docs/PROTOCOL.md, section "Errors"
 */
export function explain(code: number): string {
  const name = namesByCode.get(code);
  return name ? explanations[name] : `an error that this version does not know (${code})`;
}

/**
 * The other side broke the protocol: carries the code that it is told, so that the shell need not
 * decide anything.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { codes, ProtocolError } from "./errors.ts";
 * assertEquals(new ProtocolError(codes.badFrame, "4 GiB").code, codes.badFrame);
 * ```
 * @see docs/PROTOCOL.md, section "Errors"
 */
export class ProtocolError extends Error {
  /** The class's name, which stands before the message wherever the error is printed. */
  override name = "ProtocolError";

  /**
   * Joins the code's name and the detail to the message, so that a stack trace tells both.
   *
   * @param code what the other side is told
   * @param detail what exactly was wrong, for the journal; never text of the other side
   */
  constructor(readonly code: Code, readonly detail: string) {
    super(`${codeName(code)}: ${detail}`);
  }
}
