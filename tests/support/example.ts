/**
 * The conversation of docs/PROTOCOL.md's worked example: a client's frames in, a server's frames
 * out, by the real codec, identity, apply and pages, with every seed fixed. It is no session: it
 * answers this one conversation and nothing else.
 *
 * @module
 */

import { encodeFrame, FrameDecoder, headerBytes } from "../../lib/framing.ts";
import { keyFromSeed, verifySignature } from "../../lib/identity/keys.ts";
import {
  clearChannel,
  deviceMessage,
  serverMessage,
  type Transcript,
} from "../../lib/identity/transcript.ts";
import { limits } from "../../lib/limits.ts";
import { type SnapshotPosition, snapshotReasons, snapshotStart } from "../../lib/log/log.ts";
import type { AcceptedOutcome, RefusedOutcome, Request } from "../../lib/log/submission.ts";
import { decodePacket, encodePacket, itemAction, type Packet } from "../../lib/protocol/codec.ts";
import { PageReader } from "../../lib/store/pages.ts";
import { SnapshotReader } from "../../lib/store/snapshot.ts";
import { openMemoryStore, type SqliteLog } from "../../lib/store/sqlite_log.ts";
import { ManualClock } from "./random.ts";
import { openly } from "./openly.ts";

type Bytes = Uint8Array<ArrayBuffer>;

function repeated(byte: number, count: number): Bytes {
  return new Uint8Array(count).fill(byte);
}

/** Everything that is random or of the hour elsewhere. */
export const exampleSeeds = {
  serverSeed: repeated(0x11, 32),
  deviceSeed: repeated(0x22, 32),
  clientNonce: repeated(0x33, 32),
  serverNonce: repeated(0x44, 32),
  logId: repeated(0x55, 16),
  epoch: repeated(0x66, 16),
  ids: [repeated(0x71, 16), repeated(0x72, 16)],
  salts: [1, 2, 3, 4].map((n) => repeated(0xa0 + n, 16)),
  startMs: 1_700_000_000_000,
  name: "alice",
} as const;

const { serverSeed, serverNonce, salts, startMs } = exampleSeeds;

/** The server's side of the example. */
export class ExampleServer {
  readonly store: SqliteLog;
  readonly #clock = new ManualClock(startMs);
  readonly #salts = salts.slice(1);
  readonly #known = { user: 0, device: 0 };
  #transcript: Transcript | null = null;
  #sent = 0;

  constructor() {
    const fixed: Bytes[] = [exampleSeeds.logId, salts[0]!];
    this.store = openMemoryStore(this.#clock, { bytes: () => fixed.shift()! });
  }

  /** @returns the frames that answer a frame */
  async answer(frame: Uint8Array): Promise<Uint8Array[]> {
    const payload = frame.slice(headerBytes);
    const packet = decodePacket(payload, "client");
    switch (packet.packet) {
      case "hello":
        return [await this.#challenge(payload)];
      case "login":
        return [await this.#welcome(packet)];
      case "resume":
        return this.#snapshot();
      case "submit":
        return this.#submit(packet, frame.length);
      case "ping":
        return [encodePacket("pong", { token: packet.token })];
      case "ack":
        return [];
      default:
        throw new Error(`the example has no ${packet.packet}`);
    }
  }

  async #challenge(hello: Bytes): Promise<Uint8Array> {
    const key = await keyFromSeed(serverSeed);
    const serverKey = key.publicKey;
    this.#transcript = { hello, version: 1, serverNonce, serverKey, channel: clearChannel };
    const signature = await key.sign(serverMessage(this.#transcript));
    return encodePacket("challenge", { version: 1, nonce: serverNonce, serverKey, signature });
  }

  async #welcome({ deviceKey, name, invite, signature }: Packet<"login">): Promise<Uint8Array> {
    const message = deviceMessage(this.#transcript!, deviceKey, name, invite);
    if (!await verifySignature(deviceKey, message, signature)) throw new Error("badSignature");
    this.#append({ ...openly, name, deviceKey, sizeBytes: 0 });
    const { lsn, logId, timeMs } = this.store.head();
    this.#known.user = this.#known.device = lsn;
    const { frameBytesMax, textBytesMax, windowCountMax, windowBytesMax } = limits;
    const { creditEntriesMax, creditBytesMax, deadAfterMs } = limits;
    const told = { frameBytesMax, textBytesMax, windowCountMax, windowBytesMax, deadAfterMs };
    const credit = { creditEntriesMax, creditBytesMax };
    const start = { ...this.#known, name, logId, head: lsn, epoch: null, n: 0, timeMs };
    return encodePacket("welcome", { ...start, ...told, ...credit });
  }

  #snapshot(): Uint8Array[] {
    const { database } = this.store;
    const head = this.store.head().lsn;
    const reader = new SnapshotReader(database, new PageReader(database));
    const sent = [encodePacket("snapshot", { reason: snapshotReasons.asked, head })];
    let position: SnapshotPosition | null = snapshotStart;
    while (position) {
      const request = { ...this.#known, head, entriesMax: 256, bytesMax: 262_144, position };
      const page = reader.page(request);
      sent.push(page.bytes);
      position = page.next;
    }
    this.#sent = head;
    return sent.flatMap(frames);
  }

  #submit(packet: Packet<"submit">, sizeBytes: number): Uint8Array[] {
    const { epoch, n, id } = packet;
    const action = itemAction(packet.action);
    const request = { by: "device", ...this.#known, epoch, n, id, action, sizeBytes } as const;
    const outcome = this.#append(request);
    const answer = outcome.outcome === "accepted"
      ? encodePacket("accepted", { epoch, n, lsns: [outcome.lsn] })
      : encodePacket("refused", { epoch, n, lsn: outcome.lsn, code: outcome.code });
    const head = this.store.head().lsn;
    const page = new PageReader(this.store.database).page({
      ...this.#known,
      after: this.#sent,
      head,
      entriesMax: 256,
      bytesMax: 262_144,
    });
    this.#sent = head;
    return [answer, ...frames(page.bytes)];
  }

  #append(request: Request): AcceptedOutcome | RefusedOutcome {
    this.#clock.nowMs += 1_000;
    const certain = { timeMs: this.#clock.nowMs, salt: this.#salts.shift()! };
    const outcome = this.store.append([{ ...request, ...certain }]).outcomes[0]!;
    if (outcome.outcome === "later") throw new Error("the example has no later");
    return outcome;
  }
}

function frames(bytes: Uint8Array): Uint8Array[] {
  return new FrameDecoder(limits.frameBytesMax).push(bytes).map(encodeFrame);
}
