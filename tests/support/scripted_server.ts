/**
 * A server that says what a test tells it to: a conversation's ports on one side, packets on the
 * other. Time stands still unless the test moves it.
 *
 * @module
 */

import { Conversation, type ConversationContext } from "../../lib/client/conversation.ts";
import type { ClientEvent, Ending } from "../../lib/client/events.ts";
import { Requests } from "../../lib/client/requests.ts";
import { ProtocolError } from "../../lib/errors.ts";
import { FrameDecoder, headerBytes } from "../../lib/framing.ts";
import {
  fingerprint,
  type IdentityKey,
  keyFromSeed,
  verifySignature,
} from "../../lib/identity/keys.ts";
import { clearChannel, deviceMessage, serverMessage } from "../../lib/identity/transcript.ts";
import { limits } from "../../lib/limits.ts";
import { encodeEntry, type EntryHeader } from "../../lib/log/entry.ts";
import type { EntryContent } from "../../lib/log/entry_kinds.ts";
import { decodeItem } from "../../lib/protocol/cbor.ts";
import {
  decodePacket,
  encodePacket,
  type Packet,
  type PacketFields,
} from "../../lib/protocol/codec.ts";
import type { Item } from "../../lib/protocol/fields.ts";
import type { PacketName } from "../../lib/protocol/packets.ts";
import { safe } from "../../lib/safe_text.ts";
import { type MemoryMailbox, memoryMailbox } from "./memory_mailbox.ts";
import { SeededRandom } from "./random.ts";

/** The log id of all scripted servers that do not say another. */
export const scriptedLogId: Uint8Array = new Uint8Array(16).fill(5);

/** This client's user and device id on scripted servers. */
export const ownId = 2;

/** The server's identity key of a scripted server. */
export async function serverIdentity(): Promise<IdentityKey> {
  return await keyFromSeed(new Uint8Array(32).fill(0x11));
}

/** The fields of `welcome`, with whatever a test wants otherwise. */
export function welcomeFields(
  other: Partial<PacketFields<"welcome">> = {},
): PacketFields<"welcome"> {
  const own = { user: ownId, device: ownId, name: "alice", logId: scriptedLogId };
  return { ...limits, ...own, head: 9, epoch: null, n: 0, timeMs: 0, ...other };
}

/** The items of an `entry` packet. */
export function entryPacket(
  lsn: number,
  content: EntryContent,
  other: Partial<EntryHeader> = {},
): PacketFields<"entry"> {
  const from = { user: 3, device: 3, epoch: null, n: 0, id: null };
  const { header, body } = encodeEntry(
    { lsn, prev: 0, timeMs: 0, audience: [0, 1], ...from, ...other },
    content,
  );
  return { header: decodeItem(header) as Item[], body: decodeItem(body) as Item[] };
}

/** A message to the lobby. */
export function messagePacket(
  lsn: number,
  text: string,
  other: Partial<EntryHeader> = {},
): PacketFields<"entry"> {
  return entryPacket(lsn, { kind: "message", text, act: false }, other);
}

/** What outlives a conversation. */
export interface Kept extends MemoryMailbox {
  readonly requests: Requests;
  held: string | null;
  invite: ConversationContext["invite"];
  /** Under TLS, the hash of the certificate. */
  channel?: Uint8Array;
}

export function makeKept(): Kept {
  return {
    ...memoryMailbox(),
    requests: new Requests(),
    held: null,
    invite: null,
  };
}

/** One connection between a client's conversation and a scripted server. */
export class ScriptedServer {
  readonly conversation: Conversation;
  readonly events: ClientEvent[] = [];
  readonly endings: Ending[] = [];
  nowMs = 1_000;
  heardMs = 1_000;
  readonly #decoder = new FrameDecoder(limits.frameBytesMax);
  #crypto: Promise<unknown> = Promise.resolve();
  #hello: Uint8Array = new Uint8Array();
  readonly #channel: Uint8Array;

  private constructor(readonly key: IdentityKey, readonly device: IdentityKey, kept: Kept) {
    this.#channel = kept.channel ?? clearChannel;
    const context: ConversationContext = {
      ...kept,
      party: { server: "chat:7667", name: "alice", folder: "/data" },
      deviceKey: device.publicKey,
      pin: {
        get held() {
          return kept.held;
        },
        hold: (text) => {
          kept.held = text;
        },
      },
      random: new SeededRandom(2),
      invite: kept.invite,
    };
    const later = <T>(work: Promise<T>, done: (value: T) => void) => {
      this.#crypto = Promise.all([this.#crypto, work.then(done)]);
    };
    this.conversation = new Conversation(
      {
        wake: () => {},
        lastHeardMs: () => this.heardMs,
        tell: (event) => this.events.push(event),
        end: (ending) => this.endings.push(ending),
        verify: (key, message, signature, done) =>
          later(verifySignature(key, message, signature), done),
        sign: (message, done) => later(device.sign(message), done),
      },
      context,
      this.nowMs,
    );
  }

  /** Takes a client's `hello`. */
  static async connect(kept: Kept, seed = 0x11): Promise<ScriptedServer> {
    const key = await keyFromSeed(new Uint8Array(32).fill(seed));
    const device = await keyFromSeed(new Uint8Array(32).fill(0x22));
    const server = new ScriptedServer(key, device, kept);
    server.conversation.start();
    return server;
  }

  /** Connects and lets the client log in. */
  static async open(
    kept: Kept,
    other: Partial<PacketFields<"welcome">> = {},
  ): Promise<ScriptedServer> {
    const server = await ScriptedServer.connect(kept);
    await server.challenge();
    server.heard();
    server.say("welcome", welcomeFields(other));
    return server;
  }

  /** Says `challenge`, and lets the client check it. */
  async challenge(spoil: (signature: Uint8Array) => void = () => {}, version = 1): Promise<void> {
    await this.sayChallenge(spoil, version);
    await this.settle();
  }

  /** Says `challenge`, signed as it must be unless a test wants it otherwise. */
  async sayChallenge(
    spoil: (signature: Uint8Array) => void = () => {},
    version = 1,
  ): Promise<void> {
    const hello = this.conversation.take()!.subarray(headerBytes);
    this.#hello = hello;
    const nonce = new Uint8Array(32).fill(4);
    const serverKey = this.key.publicKey;
    const transcript = {
      hello,
      version,
      serverNonce: nonce,
      serverKey,
      channel: this.#channel,
    };
    const signature = await this.key.sign(serverMessage(transcript));
    spoil(signature);
    this.say("challenge", { version, nonce, serverKey, signature });
  }

  /** Whether a `login` is signed by the device over what was said. */
  async proves({ deviceKey, name, invite, signature }: Packet<"login">): Promise<boolean> {
    const transcript = {
      hello: this.#hello,
      version: 1,
      serverNonce: new Uint8Array(32).fill(4),
      serverKey: this.key.publicKey,
      channel: this.#channel,
    };
    return await verifySignature(
      deviceKey,
      deviceMessage(transcript, deviceKey, name, invite),
      signature,
    );
  }

  /** Waits for signatures and checks that are under way. */
  async settle(): Promise<void> {
    for (let at = 0; at < 3; at++) await this.#crypto;
  }

  /** Says a packet, as a link would hand it over. */
  say<N extends PacketName>(name: N, fields: PacketFields<N>): void {
    this.payload(encodePacket(name, fields).subarray(headerBytes));
  }

  /** Says any bytes. */
  payload(payload: Uint8Array): void {
    this.heardMs = this.nowMs;
    try {
      this.conversation.payload(payload, this.nowMs);
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      this.conversation.broken(error);
    }
  }

  /** The link is gone. */
  lose(): void {
    this.conversation.end({ again: true, exitCode: 3, why: safe`lost` });
  }

  /** Moves the time on and lets the client look at it. */
  later(ms: number): void {
    this.nowMs += ms;
    this.conversation.tick(this.nowMs);
  }

  /** @returns what the client said since the last time */
  heard(): Packet[] {
    const bytes = this.conversation.take();
    if (!bytes) return [];
    return this.#decoder.push(bytes).map((payload) => decodePacket(payload, "client"));
  }

  /** @returns the kinds of what the client said since the last time */
  heardKinds(): string[] {
    return this.heard().map(({ packet }) => packet);
  }

  /** @returns the texts of all messages that are to be shown, in order */
  shownTexts(): string[] {
    return this.events.flatMap((event) => {
      if (event.kind !== "entry") return [];
      const { content } = event.shown.entry;
      return content?.kind === "message" ? [content.text] : [];
    });
  }
}

/** The fingerprint of a scripted server. */
export async function scriptedFingerprint(): Promise<string> {
  return fingerprint((await serverIdentity()).publicKey);
}
