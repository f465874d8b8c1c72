/**
 * Links that let somebody in: a further device of one's own, or somebody new.
 *
 * @module
 */

import { encodeHex } from "@std/encoding/hex";
import { inviteLink, tokenHash } from "../identity/invite.ts";
import type { Address } from "../net/tcp.ts";
import type { Action } from "../protocol/codec.ts";
import { tokenBytes } from "../protocol/packets.ts";
import type { Random } from "../seams.ts";
import type { ShownEntry } from "./events.ts";

/** Milliseconds that a code for a device counts: long enough to walk to the other one. */
export const deviceCodeLifeMs = 10 * 60_000;

/** Tokens whose entry has not come yet; a further one takes the place of the oldest. */
const tokensMax = 16;

/** A link that counts. */
export interface MadeLink {
  /** What its bearer is let in as. */
  readonly lets: "device" | "user";
  /** The link; whoever has it can use it. */
  readonly link: string;
  /** Until when; milliseconds since 1970-01-01 UTC. */
  readonly expiresMs: number;
}

/** Where the links lead. */
export interface CodesPorts {
  /** The server as this device reaches it. */
  readonly address: Address;
  /** The user's name. */
  readonly name: string;
  /** The server's fingerprint, 64 hex digits; null before first contact. */
  readonly fingerprint: () => string | null;
  /** Gives the tokens. */
  readonly random: Random;
}

/**
 * Makes tokens, submits their hashes, and tells the links once they are durable on the server.
 *
 * What holds: a token is in this memory alone. A program that ends before it is told loses it, and
 * nobody can use what the log then holds.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { systemRandom } from "../seams.ts";
 * import { Codes } from "./codes.ts";
 * import type { ShownEntry } from "./events.ts";
 * const address = { hostname: "chat.example", port: 7667 };
 * const fingerprint = () => "ab".repeat(32);
 * const codes = new Codes({ address, name: "alice", fingerprint, random: systemRandom });
 * const { hash } = codes.forDevice();
 * const content = { kind: "deviceInvited", hash, expiresMs: 5 };
 * const made = codes.take({ entry: { content } } as ShownEntry);
 * assertEquals(made?.link.startsWith("parley://alice@chat.example:7667/abab"), true);
 * ```
 * @see docs/PROTOCOL.md, section "Devices"
 */
export class Codes {
  readonly #ports: CodesPorts;
  readonly #tokens = new Map<string, Uint8Array>();

  /**
   * Starts with none made.
   *
   * @param ports where they lead
   */
  constructor(ports: CodesPorts) {
    this.#ports = ports;
  }

  /**
   * Makes a code for a further device of one's own.
   *
   * @param lifeMs milliseconds for which it counts
   * @returns what to submit
   */
  forDevice(lifeMs: number = deviceCodeLifeMs): Extract<Action, { action: "addDevice" }> {
    return { action: "addDevice", hash: this.#make(), lifeMs };
  }

  /**
   * Makes an invite for others.
   *
   * @param role what who comes in with it becomes; one of `roles`
   * @param uses how many may come in
   * @param lifeMs milliseconds for which it counts
   * @returns what to submit
   */
  forOthers(
    role: number,
    uses: number,
    lifeMs: number,
  ): Extract<Action, { action: "invite" }> {
    return { action: "invite", hash: this.#make(), role, uses, lifeMs };
  }

  /**
   * Tells the link that an entry made count; once.
   *
   * @param shown any entry
   * @returns the link, or null where the entry is of something else, or of another program
   */
  take({ entry: { content } }: ShownEntry): MadeLink | null {
    if (content?.kind !== "deviceInvited" && content?.kind !== "invited") return null;
    const key = encodeHex(content.hash);
    const token = this.#tokens.get(key);
    const fingerprint = this.#ports.fingerprint();
    if (!token || fingerprint === null) return null;
    this.#tokens.delete(key);
    const { address, name } = this.#ports;
    const isDevice = content.kind === "deviceInvited";
    const link = inviteLink({ name: isDevice ? name : null, ...address, fingerprint, token });
    return { lets: isDevice ? "device" : "user", link, expiresMs: content.expiresMs };
  }

  #make(): Uint8Array {
    const token = this.#ports.random.bytes(tokenBytes);
    const hash = tokenHash(token);
    this.#tokens.set(encodeHex(hash), token);
    const [oldest] = this.#tokens.keys();
    if (this.#tokens.size > tokensMax) this.#tokens.delete(oldest!);
    return hash;
  }
}
