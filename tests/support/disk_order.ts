/**
 * Checks that nothing was promised before it was on the disk.
 *
 * @module
 */

import { encodeHex } from "@std/encoding/hex";
import { FrameDecoder } from "../../lib/framing.ts";
import { limits } from "../../lib/limits.ts";
import { itemsEntry } from "../../lib/log/entry.ts";
import { decodePacket, type Packet } from "../../lib/protocol/codec.ts";
import type { Bytes, Happening, Sync } from "./strace_log.ts";

/** What one side must have on its disk, and by what it says that it has. */
export interface OrderRule {
  /** Whose packets come in. */
  readonly from: "client" | "server";
  /** What came with this packet and is to be durable before it is promised: any names. */
  came(packet: Packet): string[];
  /** Which of what came is promised by this packet. */
  promised(packet: Packet, open: Iterable<string>): Iterable<string>;
}

/** The server: a submission is durable before its `accepted`. A repeat has no sync of its own. */
export const acceptedRule: OrderRule = {
  from: "client",
  came: (packet) => packet.packet === "submit" ? [rowName(packet.epoch, packet.n)] : [],
  promised: (packet) =>
    packet.packet === "accepted"
      ? packet.lsns.map((_, at) => rowName(packet.epoch, packet.n + at))
      : [],
};

/** The client: entries are durable before the `ack` that covers them. */
export const ackRule: OrderRule = {
  from: "server",
  came: (packet) =>
    packet.packet === "entry" ? [String(itemsEntry(packet.header, packet.body).lsn)] : [],
  promised: (packet, open) =>
    packet.packet === "ack" ? [...open].filter((lsn) => Number(lsn) <= packet.lsn) : [],
};

/** What was checked, and what was wrong. */
export interface OrderReport {
  /** Promises that were looked at. */
  readonly promises: number;
  readonly findings: readonly string[];
}

/**
 * Checks the order of one process.
 *
 * @param happenings of the process, as `readStrace` gives them
 * @param rule what has to be durable before what is said
 * @param isStore whether a file is where it has to be durable
 */
export function checkDiskOrder(
  happenings: readonly Happening[],
  rule: OrderRule,
  isStore: (path: string) => boolean,
): OrderReport {
  const syncs = happenings.filter((one): one is Sync => one.kind === "sync" && isStore(one.path));
  const links = new Map<string, LinkOrder>();
  // In the order of what each end may know: a write counts from its call on.
  const transfers = happenings.filter((one): one is Bytes => one.kind !== "sync")
    .toSorted((a, b) => a.at - b.at);
  const findings: string[] = [];
  let promises = 0;
  for (const transfer of transfers) {
    let link = links.get(transfer.link);
    if (!link) links.set(transfer.link, link = new LinkOrder(rule));
    for (const { name, cameAt } of link.take(transfer)) {
      promises++;
      const isDurable = cameAt !== undefined &&
        syncs.some(({ begin, end }) => begin > cameAt && end < transfer.at);
      if (!isDurable) {
        findings.push(
          `line ${transfer.at + 1}: ${name} is promised and not durable` +
            (cameAt === undefined ? ": it never came" : `; it came in line ${cameAt + 1}`),
        );
      }
    }
  }
  return { promises, findings };
}

class LinkOrder {
  readonly #frames = {
    received: new FrameDecoder(limits.frameBytesMax),
    sent: new FrameDecoder(limits.frameBytesMax),
  };
  readonly #open = new Map<string, number>();

  constructor(readonly rule: OrderRule) {}

  /** @returns what is promised by these bytes, and where it came */
  take({ kind, bytes, at }: Bytes): { name: string; cameAt: number | undefined }[] {
    const { rule } = this;
    const other = rule.from === "client" ? "server" : "client";
    const packets = [...this.#frames[kind].push(bytes)]
      .map((payload) => decodePacket(payload, kind === "received" ? rule.from : other));
    if (kind === "received") {
      for (const name of packets.flatMap((packet) => rule.came(packet))) this.#open.set(name, at);
      return [];
    }
    return packets.flatMap((packet) =>
      [...rule.promised(packet, this.#open.keys())].map((name) => {
        const cameAt = this.#open.get(name);
        this.#open.delete(name);
        return { name, cameAt };
      })
    );
  }
}

function rowName(epoch: Uint8Array, n: number): string {
  return `${encodeHex(epoch)}/${n}`;
}
