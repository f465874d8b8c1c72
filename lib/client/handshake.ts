/**
 * The client's side of the handshake: who is the server, and who are we. A plain object.
 *
 * @module
 */

import { headerBytes } from "../framing.ts";
import type { Invite } from "../identity/invite.ts";
import { fingerprint } from "../identity/keys.ts";
import { clearChannel, deviceMessage, serverMessage } from "../identity/transcript.ts";
import { encodePacket, type PacketFields } from "../protocol/codec.ts";
import { digestBytes } from "../protocol/packets.ts";
import type { Random } from "../seams.ts";
import { version as programVersion } from "../version.ts";
import {
  notInvited,
  otherServer,
  type Party,
  unkeptPin,
  unprovenServer,
  unreadable,
} from "./endings.ts";
import type { Ending } from "./events.ts";

/** The server's key as this client knows it from first contact. */
export interface ServerPin {
  /** Its fingerprint, or null before first contact. */
  readonly held: string | null;
  /**
   * Keeps the fingerprint for good.
   *
   * @param fingerprint of the server's key; 64 hex digits
   * @throws what stands in the way of writing it
   */
  hold(fingerprint: string): void;
}

/** Who this client is, and whom it takes for the server. */
export interface HandshakeContext {
  /** For messages, and the name to log in with. */
  readonly party: Party;
  /** The device's public key; 32 bytes. */
  readonly deviceKey: Uint8Array<ArrayBuffer>;
  /** What is known of the server. */
  readonly pin: ServerPin;
  /** Gives the nonce. */
  readonly random: Random;
  /** What lets a new name in, and the only server that is told of it; null for none. */
  readonly invite: Pick<Invite, "fingerprint" | "token"> | null;
  /** SHA-256 of the certificate of this connection; 32 bytes. Absent in clear text. */
  readonly channel?: Uint8Array;
}

/** What the handshake needs done, and whom it tells; each `done` is called later, or never. */
export interface HandshakePorts {
  /**
   * Checks a signature.
   *
   * @param key a public key; 32 bytes
   * @param message what was signed
   * @param signature 64 bytes
   * @param done is told whether the key's owner signed exactly this
   */
  verify(
    key: Uint8Array,
    message: Uint8Array<ArrayBuffer>,
    signature: Uint8Array,
    done: (valid: boolean) => void,
  ): void;
  /**
   * Signs as this device.
   *
   * @param message what to sign
   * @param done is given the signature; 64 bytes
   */
  sign(message: Uint8Array<ArrayBuffer>, done: (signature: Uint8Array) => void): void;
  /**
   * The server proved a key for the first time.
   *
   * @param fingerprint the key's, which is held from now on
   */
  firstContact(fingerprint: string): void;
  /**
   * Sends a frame.
   *
   * @param frame length included
   */
  say(frame: Uint8Array): void;
  /**
   * The conversation can't go on.
   *
   * @param ending why
   */
  end(ending: Ending): void;
}

/** The protocol versions that this program speaks, highest first. */
const versions: readonly number[] = [1];

/**
 * Runs from `hello` to `login`.
 *
 * What holds: nothing but a nonce is said to a server that has not proved the key known from first
 * contact, nor to one that has not proved the key in the invite.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { systemRandom } from "../seams.ts";
 * import { Handshake, type HandshakePorts } from "./handshake.ts";
 * const said: Uint8Array[] = [];
 * const ports = { say: (frame: Uint8Array) => said.push(frame) } as unknown as HandshakePorts;
 * const context = {
 *   party: { server: "chat:7667", name: "al", folder: "/d" },
 *   deviceKey: new Uint8Array(32),
 *   pin: { held: null, hold: () => {} },
 *   random: systemRandom,
 *   invite: null,
 * };
 * new Handshake(ports, context).start();
 * assertEquals(said.length, 1);
 * ```
 * @see docs/PROTOCOL.md, section "Handshake"
 */
export class Handshake {
  readonly #ports: HandshakePorts;
  readonly #context: HandshakeContext;
  #hello: Uint8Array = new Uint8Array();

  /**
   * Starts with nothing said.
   *
   * @param ports verifying, signing, sending
   * @param context who is who
   */
  constructor(ports: HandshakePorts, context: HandshakeContext) {
    this.#ports = ports;
    this.#context = context;
  }

  /** Says `hello`. */
  start(): void {
    const nonce = this.#context.random.bytes(digestBytes);
    const frame = encodePacket("hello", { versions, nonce, software: `parley ${programVersion}` });
    this.#hello = frame.subarray(headerBytes);
    this.#ports.say(frame);
  }

  /**
   * Checks the server and answers with `login`.
   *
   * @param packet the fields of `challenge`
   */
  challenge({ version, nonce, serverKey, signature }: PacketFields<"challenge">): void {
    const { deviceKey, party, invite, channel = clearChannel } = this.#context;
    if (!versions.includes(version)) {
      this.#ports.end(unreadable(`version ${version} was not offered`));
      return;
    }
    const serverNonce = nonce;
    const transcript = {
      hello: this.#hello,
      version,
      serverNonce,
      serverKey,
      channel,
    };
    this.#ports.verify(serverKey, serverMessage(transcript), signature, (valid) => {
      if (!valid) this.#ports.end(unprovenServer(party));
      else if (this.#isKnown(serverKey)) {
        this.#login(deviceMessage(transcript, deviceKey, party.name, invite?.token ?? null));
      }
    });
  }

  #isKnown(serverKey: Uint8Array): boolean {
    const { party, pin, invite } = this.#context;
    const shown = fingerprint(serverKey);
    if (pin.held !== null && pin.held !== shown) {
      this.#ports.end(otherServer(pin.held, shown, party));
      return false;
    }
    if (invite && invite.fingerprint !== shown) {
      this.#ports.end(notInvited(invite.fingerprint, shown, party));
      return false;
    }
    if (pin.held === shown) return true;
    try {
      pin.hold(shown);
    } catch (error) {
      this.#ports.end(unkeptPin((error as Error).message, party));
      return false;
    }
    // An invite tells the fingerprint: there is nothing left to compare.
    if (!invite) this.#ports.firstContact(shown);
    return true;
  }

  #login(message: Uint8Array<ArrayBuffer>): void {
    const { deviceKey, party, invite } = this.#context;
    this.#ports.sign(message, (signature) => {
      const proved = { deviceKey, invite: invite?.token ?? null, signature };
      this.#ports.say(encodePacket("login", { ...proved, name: party.name }));
    });
  }
}
