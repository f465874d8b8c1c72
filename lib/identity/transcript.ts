/**
 * What is signed at login: everything that both sides said, so that no signature serves anywhere
 * else.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { concat } from "@std/bytes/concat";
import { tokenHash } from "./invite.ts";

/** What both sides know after `hello` and `challenge`. */
export interface Transcript {
  /** The payload of `hello` as it went over the wire: versions offered and the client's nonce. */
  readonly hello: Uint8Array;
  /** The version that the server took. */
  readonly version: number;
  /** The server's nonce; 32 bytes. */
  readonly serverNonce: Uint8Array;
  /** The server's identity key; 32 bytes. */
  readonly serverKey: Uint8Array;
  /** SHA-256 of the TLS certificate; 32 zero bytes in clear text. */
  readonly channel: Uint8Array;
}

/** What stands for the channel where there is no TLS. */
export const clearChannel: Uint8Array = new Uint8Array(32);

const utf8 = new TextEncoder();
const serverLabel = utf8.encode("parley server\0");
const deviceLabel = utf8.encode("parley device\0");

/**
 * The bytes that the server signs in `challenge`.
 *
 * @param transcript what was said so far
 * @returns the bytes, owned by the caller
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { clearChannel, serverMessage } from "./transcript.ts";
 * const bytes = serverMessage({
 *   hello: new Uint8Array(3), version: 1, serverNonce: new Uint8Array(32),
 *   serverKey: new Uint8Array(32), channel: clearChannel,
 * });
 * assertEquals(bytes.length, 14 + 32 + 2 + 32 + 32 + 32);
 * ```
 * @see docs/PROTOCOL.md, section "Handshake"
 */
export function serverMessage(transcript: Transcript): Uint8Array<ArrayBuffer> {
  return concat([serverLabel, core(transcript)]);
}

/** What stands for the token's hash where a login has no invite. */
const noInvite = new Uint8Array(32);

/**
 * The bytes that a device signs in `login`: the invite too, so that nobody on the way can put
 * another in its place.
 *
 * @param transcript what was said so far
 * @param deviceKey the device's public key; 32 bytes
 * @param name the name as it stands in `login`
 * @param invite the token as it stands in `login`, 16 bytes; null for none
 * @returns the bytes, owned by the caller
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { clearChannel, deviceMessage } from "./transcript.ts";
 * const transcript = {
 *   hello: new Uint8Array(3), version: 1, serverNonce: new Uint8Array(32),
 *   serverKey: new Uint8Array(32), channel: clearChannel,
 * };
 * const bytes = deviceMessage(transcript, new Uint8Array(32), "al", null);
 * assertEquals(bytes.length, 144 + 32 + 32 + 2);
 * ```
 * @see docs/PROTOCOL.md, section "Handshake"
 */
export function deviceMessage(
  transcript: Transcript,
  deviceKey: Uint8Array,
  name: string,
  invite: Uint8Array | null,
): Uint8Array<ArrayBuffer> {
  const hash = invite === null ? noInvite : tokenHash(invite);
  return concat([deviceLabel, core(transcript), deviceKey, hash, utf8.encode(name)]);
}

function core({ hello, version, serverNonce, serverKey, channel }: Transcript): Uint8Array {
  const versionBytes = new Uint8Array([version >> 8, version & 0xff]);
  const helloHash = createHash("sha256").update(hello).digest();
  return concat([helloHash, versionBytes, serverNonce, serverKey, channel]);
}
