/**
 * Looks at what both sides of a connection send: the server's word against the log, the client's
 * against its disk, and both against the bounds.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { FrameDecoder, headerBytes } from "../../lib/framing.ts";
import { limits } from "../../lib/limits.ts";
import { decodePacket } from "../../lib/protocol/codec.ts";
import { packets } from "../../lib/protocol/packets.ts";
import { FarDevice, lsnOf } from "../support/hub_device.ts";
import { bytesKey } from "./clock.ts";
import type { Checks, Era } from "./checks.ts";
import type { SimClient } from "./client.ts";
import { rowKey } from "./disk.ts";
import { HistoryChecks } from "./history_checks.ts";
import type { SimServer } from "./server.ts";

/** Bytes that may wait for one connection on either side: the bounds, and the frame that met them. */
export const waitingMax = {
  up: 2 * limits.windowBytesMax + limits.frameBytesMax,
  down: limits.answerBytesMax + limits.creditBytesMax + limits.frameBytesMax,
};

/** What stands before a packet's kind from 24 on. */
const longKind = 0x18;

const delivered: ReadonlySet<number> = new Set(
  [packets.users, packets.room, packets.members, packets.entry, packets.upto]
    .map(({ kind }) => kind),
);

/** One connection, overheard. */
export class Wiretap {
  readonly #up = new FrameDecoder(limits.frameBytesMax);
  readonly #down = new FrameDecoder(limits.frameBytesMax);
  readonly #era: Era;
  #far: FarDevice | null = null;
  #history: HistoryChecks | null = null;
  #isBegun = false;
  #cursor = 0;
  #snapshotHead = 0;
  #flying: { readonly lsn: number; readonly bytes: number }[] = [];
  #flyingBytes = 0;

  constructor(
    readonly checks: Checks,
    readonly server: SimServer,
    readonly client: SimClient,
  ) {
    this.#era = checks.era;
  }

  /** The client sends. */
  readonly up = (bytes: Uint8Array): void => {
    this.checks.hold(() => this.#up.pushEach(bytes, (payload) => this.#sent(payload)));
  };

  /** The server sends. */
  readonly down = (bytes: Uint8Array): void => {
    this.checks.trace.note(6, bytes.length);
    this.checks.hold(() => this.#down.pushEach(bytes, (payload) => this.#told(payload)));
  };

  #sent(payload: Uint8Array): void {
    if (payload[1] === packets.resume.kind) {
      const packet = decodePacket(payload, "client");
      if (packet.packet === "resume") this.#cursor = packet.cursor;
    } else if (payload[1] === packets.submit.kind) {
      const packet = decodePacket(payload, "client");
      if (packet.packet !== "submit") return;
      assert(this.client.disk.known.has(rowKey(packet)), "sent before it was on the disk");
    } else if (payload[1] === longKind && payload[2] === packets.history.kind) {
      const packet = decodePacket(payload, "client");
      if (packet.packet === "history") this.#history!.asks(packet);
    } else if (payload[1] === packets.ack.kind) {
      const packet = decodePacket(payload, "client");
      if (packet.packet === "ack") this.#acknowledged(packet.lsn);
    }
  }

  #acknowledged(lsn: number): void {
    while (this.#flying[0] && this.#flying[0].lsn <= lsn) {
      this.#flyingBytes -= this.#flying.shift()!.bytes;
    }
    const { cursor, entries } = this.client.disk.held;
    if (lsn <= this.#snapshotHead || lsn <= (cursor?.lsn ?? 0)) return;
    assert(entries.some((entry) => entry.lsn === lsn), `ack before commit: ${lsn}`);
  }

  #told(payload: Uint8Array): void {
    const kind = payload[1]!;
    if (delivered.has(kind)) {
      if (!this.#isBegun) {
        this.#isBegun = true;
        this.#far!.connected({ from: this.#cursor });
      }
      this.#far!.payload(payload);
      if (kind === packets.entry.kind) this.#count(payload);
      return;
    }
    const packet = decodePacket(payload, "server");
    switch (packet.packet) {
      case "welcome": {
        this.#history = new HistoryChecks(this.#era.oracle, packet.user);
        const digest = this.server.store.database.prepare("SELECT digest FROM log WHERE lsn = ?");
        this.#far = new FarDevice(packet, this.#era.oracle, (lsn) => {
          const found = digest.get(lsn) as { digest: Uint8Array } | undefined;
          assert(found, `upto ahead of the log: ${lsn}`);
          return found.digest;
        });
        break;
      }
      case "snapshot":
        this.#isBegun = true;
        this.#snapshotHead = packet.head;
        this.#far!.connected({ head: packet.head });
        break;
      case "past":
        this.#history!.answers(packet);
        break;
      case "accepted":
        packet.lsns.forEach((lsn, at) => this.#answered(packet.epoch, packet.n + at, lsn));
        break;
      case "refused":
        this.#answered(packet.epoch, packet.n, packet.lsn);
        break;
    }
  }

  #answered(epoch: Uint8Array, n: number, lsn: number): void {
    const taken = this.#era.taken.get(`${this.#far!.device} ${bytesKey(epoch)} ${n}`);
    assertEquals(lsn, taken, `accepted and not durable: ${n}`);
  }

  #count(payload: Uint8Array): void {
    const bytes = payload.length + headerBytes;
    this.#flying.push({ lsn: lsnOf(payload), bytes });
    this.#flyingBytes += bytes;
    assert(this.#flying.length <= limits.creditEntriesMax, "credit: more entries than allowed");
    assert(this.#flyingBytes <= limits.creditBytesMax, "credit: more bytes than allowed");
  }
}
