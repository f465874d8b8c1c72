/**
 * A client that only counts and acknowledges: as cheap as the protocol lets it be, so that the
 * server is what is measured.
 */

import { limits } from "../lib/limits.ts";
import { encodePacket } from "../lib/protocol/codec.ts";
import { packets } from "../lib/protocol/packets.ts";
import type { WireClient } from "../tests/support/wire_client.ts";

const entryKind = packets.entry.kind;
const acceptedKind = packets.accepted.kind;

/** Reads the CBOR unsigned integer at `at`. */
function uintAt(bytes: Uint8Array, at: number): number {
  const first = bytes[at]!;
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  if (first < 24) return first;
  if (first === 24) return bytes[at + 1]!;
  if (first === 25) return view.getUint16(at + 1);
  if (first === 26) return view.getUint32(at + 1);
  return Number(view.getBigUint64(at + 1));
}

/** Counts entries on a connection that has logged in, and acknowledges them. */
export class CountingClient {
  entries = 0;
  acceptedRuns = 0;
  accepted: ((count: number) => void) | null = null;
  /** A wake-up for whoever waits for a count. */
  changed: (() => void) | null = null;
  lastLsn = 0;
  #unacked = 0;

  constructor(readonly wire: WireClient) {
    wire.divert((payload) => this.#take(payload), () => this.#afterRead());
  }

  #afterRead(): void {
    if (this.#unacked >= limits.ackEntries) {
      this.#unacked = 0;
      void this.wire.bytes(encodePacket("ack", { lsn: this.lastLsn }));
    }
    this.changed?.();
  }

  #take(payload: Uint8Array): void {
    if (payload[1] === entryKind) {
      this.entries++;
      this.#unacked++;
      this.lastLsn = uintAt(payload, 4);
    } else if (payload[1] === acceptedKind) {
      this.acceptedRuns++;
      // [kind, epoch, n, lsns]: past the epoch stands n, past n the array of lsns.
      const nAt = 2 + 1 + 16;
      const size = [1, 2, 3, 5, 9][Math.max(0, payload[nAt]! - 23)]!;
      const lsns = payload[nAt + size]!;
      this.accepted?.(lsns === 0x98 ? payload[nAt + size + 1]! : lsns - 0x80);
    }
  }
}
