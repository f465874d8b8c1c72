/**
 * The start of a conversation: version, identity, login. A plain object.
 *
 * @module
 */

import { type Code, codes } from "../errors.ts";
import {
  clearChannel,
  deviceMessage,
  serverMessage,
  type Transcript,
} from "../identity/transcript.ts";
import { tokenHash } from "../identity/invite.ts";
import type { KnownDevice } from "../log/log.ts";
import type { Registration } from "../log/submission.ts";
import { encodePacket, type Packet } from "../protocol/codec.ts";
import { nameKey } from "../protocol/names.ts";
import { digestBytes } from "../protocol/packets.ts";
import type { Random } from "../seams.ts";
import type { Who } from "./logins.ts";
import type { SessionPorts } from "./ports.ts";

/** The protocol versions that this program speaks, highest first. */
export const protocolVersions: readonly number[] = [1];

/** What a handshake needs besides the ports. */
export interface HandshakeContext {
  /** The server's identity key; 32 bytes. */
  readonly serverKey: Uint8Array;
  /** Gives the nonces. */
  readonly random: Random;
  /** Who may be registered. */
  readonly registration: Registration;
  /** SHA-256 of the certificate of this connection; 32 bytes. Absent in clear text. */
  readonly channel?: Uint8Array;
}

/** What a handshake tells its session. */
export interface HandshakeListener {
  /**
   * A packet is to be sent.
   *
   * @param frame the whole frame, the listener's from now on
   */
  say(frame: Uint8Array): void;
  /**
   * The other side is not who it says, or can't go on.
   *
   * @param code what it is told
   * @param detail what exactly; never text of the other side
   */
  fail(code: Code, detail: string): void;
  /**
   * The device proved its key: from now on nobody else speaks for it.
   *
   * @param who the device and its user
   */
  takesOver(who: Who): void;
  /**
   * This is who the device is, and nothing that it said before is under way any more.
   *
   * @param device the device, its user and its latest outbox
   */
  proved(device: KnownDevice): void;
}

/**
 * Runs from `hello` to a proved device.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { systemRandom } from "../seams.ts";
 * import { Handshake } from "./handshake.ts";
 * import type { SessionPorts } from "./ports.ts";
 * const failures: number[] = [];
 * const listener = { say: () => {}, fail: (code: number) => failures.push(code),
 *   takesOver: () => {}, proved: () => {} };
 * const context = { serverKey: new Uint8Array(32), random: systemRandom, registration: "open" } as const;
 * const handshake = new Handshake({} as SessionPorts, context, listener);
 * const hello = { packet: "hello", versions: [99], nonce: new Uint8Array(32), software: "" } as const;
 * handshake.hello(hello, new Uint8Array());
 * assertEquals(failures, [5], "no version in common");
 * ```
 * @see docs/PROTOCOL.md, section "Handshake"
 */
export class Handshake {
  readonly #ports: SessionPorts;
  readonly #context: HandshakeContext;
  readonly #listener: HandshakeListener;
  #transcript: Transcript | null = null;

  /**
   * Starts before `hello`.
   *
   * @param ports signing, verifying, asking the log
   * @param context the server's key and randomness
   * @param listener the session
   */
  constructor(ports: SessionPorts, context: HandshakeContext, listener: HandshakeListener) {
    this.#ports = ports;
    this.#context = context;
    this.#listener = listener;
  }

  /**
   * Answers `hello` with `challenge`.
   *
   * @param packet the checked packet
   * @param payload its bytes as they came; copied
   */
  hello({ versions }: Packet<"hello">, payload: Uint8Array): void {
    const version = protocolVersions.find((own) => versions.includes(own));
    if (version === undefined) {
      this.#listener.fail(codes.noVersion, `this server speaks ${protocolVersions.join(", ")}`);
      return;
    }
    const { serverKey, random, channel = clearChannel } = this.#context;
    const nonce = random.bytes(digestBytes);
    const hello = payload.slice();
    const transcript = { hello, version, serverNonce: nonce, serverKey, channel };
    this.#ports.sign(serverMessage(transcript), (signature) => {
      this.#transcript = transcript;
      this.#listener.say(encodePacket("challenge", { version, nonce, serverKey, signature }));
    });
  }

  /**
   * Checks `login`, and asks for a new name to be registered. A key that is known needs no invite:
   * what it has of one is passed over. It waits for no pause either, since others behind the same
   * address may have failed.
   *
   * @param packet the checked packet
   */
  login({ deviceKey, name, invite, signature }: Packet<"login">): void {
    if (!this.#transcript) {
      this.#listener.fail(codes.unexpected, "login before challenge");
      return;
    }
    const message = deviceMessage(this.#transcript, deviceKey, name, invite);
    this.#ports.verify(deviceKey, message, signature, (valid) => {
      if (!valid) this.#listener.fail(codes.badSignature, "login");
      else this.#identify(deviceKey, name, () => this.#register(deviceKey, name, invite));
    });
  }

  #identify(deviceKey: Uint8Array, name: string, unknown: () => void): void {
    this.#ports.identify(deviceKey, (known) => {
      if (!known) unknown();
      else if (known.shut) this.#listener.fail(known.shut, "login");
      else if (nameKey(known.name) !== nameKey(name)) {
        this.#listener.fail(codes.otherName, "login");
      } else this.#settle(deviceKey, known);
    });
  }

  /** Where the outbox stands is asked again: only now does nobody move it any more. */
  #settle(deviceKey: Uint8Array, who: KnownDevice): void {
    this.#listener.takesOver(who);
    this.#ports.settled(who.device, () => {
      this.#ports.identify(deviceKey, (known) => {
        if (known?.shut) this.#listener.fail(known.shut, "login");
        else if (known) this.#listener.proved(known);
      });
    });
  }

  #register(deviceKey: Uint8Array, name: string, token: Uint8Array | null): void {
    const pauseMs = this.#ports.pauseMs();
    if (pauseMs > 0) {
      const seconds = Math.ceil(pauseMs / 1_000);
      this.#listener.fail(codes.full, `too many failed logins; again in ${seconds} s`);
      return;
    }
    const sizeBytes = deviceKey.length + name.length;
    const { registration } = this.#context;
    const invite = token && tokenHash(token);
    const asked = { by: "server", registration, invite, name, deviceKey, sizeBytes } as const;
    this.#ports.submit(asked, (outcome) => {
      if (outcome.outcome === "accepted") {
        // Who it is says the log: a new user, or one more device of one.
        this.#identify(deviceKey, name, () => this.#listener.fail(codes.internal, "login"));
      } else if (outcome.code === codes.nameTaken) {
        // The same key may have been registered by another connection in the same moment.
        const taken = () => this.#listener.fail(codes.nameTaken, "login");
        this.#identify(deviceKey, name, taken);
      } else this.#listener.fail(outcome.code, "login");
    });
  }
}
