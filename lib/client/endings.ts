/**
 * Why a conversation ends, and what the person at the screen can do about it. Pure.
 *
 * @module
 */

import { codes, explain } from "../errors.ts";
import { safe, type SafeText, safeText } from "../safe_text.ts";
import type { Ending } from "./events.ts";

/** The program's exit codes; one that a signal ended has 128 and the signal's number. */
export const exitCodes = {
  done: 0,
  /** The command line is wrong, or a file or standard output is not to be had. */
  usage: 1,
  /** The server finally refused: the name, or something that was asked for. */
  refused: 2,
  /** There was no connection, or none that may be trusted. */
  noConnection: 3,
  /** The server has the message, and whoever it is for not yet. */
  notYet: 4,
  /** This device is let in no more. */
  revoked: 5,
  /** Nothing was found. */
  nothing: 6,
} as const;

/** What the exit codes mean, for the command line's help. */
export const exitCodesText = `Exit codes:
  0      done; of send: the message has come as far as --wait says
  1      wrong usage, or the data folder or standard output can't be used
  2      refused by the server, or a room or user that is not known here
  3      no connection, no answer in time, or no server to be trusted;
         of send: the message is kept, and goes out with the next connection
  4      of send --wait: the server has the message, and it came no further in time,
         or that can't be known
  5      this device was revoked
  6      of search: nothing was found
  128+n  ended by signal n: 130 by Ctrl+C`;

/** Whom the client talks to, as whom: for messages. */
export interface Party {
  /** The server, as `host:port`. */
  readonly server: string;
  /** The user's name. */
  readonly name: string;
  /** The folder of this name on this server. */
  readonly folder: string;
}

/**
 * Reads an `error` packet that ends the conversation.
 *
 * @param code a wire code, known or not
 * @param detail what the server said, not safe
 * @param party whom it is about
 * @returns the ending
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { codes } from "../errors.ts";
 * import { endingOf } from "./endings.ts";
 * const party = { server: "chat:7667", name: "al", folder: "/d" };
 * assertEquals(endingOf(codes.shutdown, "", party).again, true);
 * assertEquals(endingOf(codes.nameTaken, "", party).exitCode, 2);
 * ```
 * @see docs/PROTOCOL.md, section "Errors"
 */
export function endingOf(code: number, detail: string, party: Party): Ending {
  return { ...explained(code, detail, party), code };
}

function explained(code: number, detail: string, party: Party): Ending {
  const name = safeText(party.name);
  const folder = safeText(party.folder);
  switch (code) {
    case codes.nameTaken:
      return refused(
        safe`the name ${name} belongs to another key on this server. Choose another with --name; \
if it is yours, give the folder in which its key is with --data`,
      );
    case codes.badName:
      return refused(safe`the server does not take the name ${name}: ${safeText(explain(code))}`);
    case codes.otherName:
      return refused(
        safe`the key in ${folder} is registered under another name on this server. Give that name \
with --name, or another folder with --data`,
      );
    case codes.inviteNeeded:
      return refused(
        safe`${safeText(party.server)} takes new users by invite only, and ${name} is new there. \
Ask whoever runs it for an invite (parleyd invite prints one), then type: \
parley join INVITE --name ${name}`,
      );
    case codes.badInvite:
      return refused(safe`${safeText(explain(code))}. Is it the whole link, and of this server?`);
    case codes.expiredInvite:
      return refused(safe`${safeText(explain(code))}. Ask for a new one`);
    case codes.usedInvite:
      return refused(
        safe`${
          safeText(explain(code))
        }: somebody came in with it. Ask for a new one, and if it was \
meant for you alone, say that somebody has used it`,
      );
    case codes.closed:
      return refused(safe`${safeText(explain(code))}, and ${name} is new there`);
    case codes.revoked:
    case codes.tooManyDevices:
    case codes.banned:
    case codes.removed:
      return shutOut(code, party);
    case codes.replaced:
      return final(
        safe`this device has connected again from somewhere else, and the server serves one \
connection of a device. Close one of the two, or give them different names with --name`,
      );
    case codes.noVersion:
      return final(safe`the server speaks no version of the protocol that this program knows: \
one of the two needs an upgrade`);
    case codes.badSignature:
    case codes.badFrame:
    case codes.badPacket:
    case codes.unexpected:
      return final(
        safe`the server did not accept what this program said (${withDetail(code, detail)}): \
versions that don't fit, or something between the two that changes what is said`,
      );
    default:
      return { again: true, exitCode: exitCodes.noConnection, why: withDetail(code, detail) };
  }
}

/**
 * The server has another key than at first contact.
 *
 * @param before its fingerprint then
 * @param now its fingerprint now
 * @param party whom it is about
 * @returns a final ending: nothing was said to that server
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { otherServer } from "./endings.ts";
 * const party = { server: "chat:7667", name: "al", folder: "/d" };
 * assertEquals(otherServer("aa", "bb", party).exitCode, 3);
 * ```
 * @see docs/PROTOCOL.md, section "Handshake"
 */
export function otherServer(before: string, now: string, party: Party): Ending {
  const folder = safeText(party.folder);
  return final(
    safe`WARNING: ${safeText(party.server)} has another identity key than before; nothing was \
sent to it. Fingerprint before: ${safeText(before)} — now: ${safeText(now)}. Either the server was \
set up anew, or somebody stands between you and it. Ask whoever runs it for its fingerprint \
(parleyd prints it when it starts). Only if it is the new one, delete \
${folder}/server.fingerprint and start again`,
  );
}

/**
 * The server has another key than the invite tells.
 *
 * @param invited the fingerprint in the invite
 * @param shown the server's
 * @param party whom it is about
 * @returns a final ending: the server was told of no invite
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { notInvited } from "./endings.ts";
 * const party = { server: "chat:7667", name: "al", folder: "/d" };
 * assertEquals(notInvited("aa", "bb", party).exitCode, 3);
 * ```
 * @see docs/PROTOCOL.md, section "Getting in"
 */
export function notInvited(invited: string, shown: string, party: Party): Ending {
  return final(
    safe`WARNING: ${
      safeText(party.server)
    } is not the server that this invite is for; nothing was sent to it. Fingerprint in the invite: ${
      safeText(invited)
    } — of the server: ${
      safeText(shown)
    }. Either the invite is of another server, or somebody stands between you and it. Ask whoever gave you the invite`,
  );
}

/**
 * The server speaks TLS, and this program was told to speak clear text.
 *
 * @param party whom it is about
 * @returns a final ending
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { tlsServer } from "./endings.ts";
 * assertEquals(tlsServer({ server: "chat:7667", name: "al", folder: "/d" }).again, false);
 * ```
 * @see docs/PROTOCOL.md, section "Transport"
 */
export function tlsServer(party: Party): Ending {
  return final(
    safe`${
      safeText(party.server)
    } speaks TLS, and this program was told to speak clear text. Start it again without --plaintext`,
  );
}

/**
 * The server speaks clear text, and this program does so only when it is told to.
 *
 * @param party whom it is about
 * @returns a final ending: nothing was said to that server
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { clearServer } from "./endings.ts";
 * assertEquals(clearServer({ server: "chat:7667", name: "al", folder: "/d" }).again, false);
 * ```
 * @see docs/PROTOCOL.md, section "Transport"
 */
export function clearServer(party: Party): Ending {
  return final(
    safe`${
      safeText(party.server)
    } speaks clear text, which everybody on the way can read and change; nothing was sent to it. Ask whoever runs it to start parleyd without --plaintext. If both of you want clear text all the same, start parley with --plaintext`,
  );
}

/**
 * The server could not prove the key that it showed.
 *
 * @param party whom it is about
 * @returns a final ending
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { unprovenServer } from "./endings.ts";
 * assertEquals(unprovenServer({ server: "chat:7667", name: "al", folder: "/d" }).again, false);
 * ```
 * @see docs/PROTOCOL.md, section "Handshake"
 */
export function unprovenServer(party: Party): Ending {
  return final(
    safe`WARNING: ${safeText(party.server)} did not prove its identity key: its signature is not \
for this connection. Nothing was sent to it. Somebody may stand between you and it, and pass on \
what the two of you say. Try from another network, and tell whoever runs the server`,
  );
}

/**
 * The server's fingerprint can't be kept, so that another server would not be noticed later.
 *
 * @param reason what stands in the way
 * @param party whom it is about
 * @returns a final ending
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { unkeptPin } from "./endings.ts";
 * const party = { server: "chat:7667", name: "al", folder: "/d" };
 * assertEquals(unkeptPin("disk full", party).again, false);
 * ```
 * @see docs/PROTOCOL.md, section "Handshake"
 */
export function unkeptPin(reason: string, party: Party): Ending {
  return final(
    safe`the server's fingerprint can't be kept in ${safeText(party.folder)}: ${safeText(reason)}`,
  );
}

/**
 * The server said something that breaks the protocol.
 *
 * @param detail what exactly
 * @returns a final ending: the same would come again
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { unreadable } from "./endings.ts";
 * assertEquals(unreadable("no CBOR").exitCode, 3);
 * ```
 * @see docs/PROTOCOL.md, section "Errors"
 */
export function unreadable(detail: string): Ending {
  return final(
    safe`the server sent something that this program can't read (${safeText(detail)}): one of the \
two needs an upgrade, or no parleyd listens there`,
  );
}

/**
 * Ends because this device can't keep what comes.
 *
 * @param error what the disk said
 * @param party whom it is about
 * @returns the ending, which is final: what is in memory is no longer what is on the disk
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { unwritable } from "./endings.ts";
 * const party = { server: "a:1", name: "al", folder: "data" };
 * assertEquals(unwritable(new Error("full"), party).again, false);
 * ```
 */
export function unwritable(error: Error, { folder }: Party): Ending {
  return final(
    safe`the mailbox in ${safeText(folder)} can't be written: ${safeText(error.message)}. Nothing \
is lost: what came and was not kept comes again when there is room`,
  );
}

/** Somebody or something is let in no more. */
function shutOut(code: number, party: Party): Ending {
  const [why, name] = [safeText(explain(code)), safeText(party.name)];
  const [server, folder] = [safeText(party.server), safeText(party.folder)];
  switch (code) {
    case codes.revoked:
      return {
        ...final(
          safe`${why}: it gets in no more as ${name}. Another device of yours makes a code for a new \
one with /device add, or whoever runs ${server} with parleyd recover ${name}; then put ${folder} \
away, and use the code with parley join`,
        ),
        exitCode: exitCodes.revoked,
      };
    case codes.tooManyDevices:
      return refused(why);
    default:
      return refused(safe`${why}. Ask whoever runs ${server}`);
  }
}

function withDetail(code: number, detail: string): SafeText {
  const said = safeText(explain(code));
  return detail === "" ? said : safe`${said}: ${safeText(detail)}`;
}

function refused(why: SafeText): Ending {
  return { again: false, exitCode: exitCodes.refused, why };
}

function final(why: SafeText): Ending {
  return { again: false, exitCode: exitCodes.noConnection, why };
}
