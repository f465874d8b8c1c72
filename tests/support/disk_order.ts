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
  /** Which of it is promised by this packet; what never came is a finding. */
  promised(packet: Packet, isOpen: (name: string) => boolean, open: Iterable<string>): string[];
}

/**
 * The server: a submission is durable before it is answered, and before anybody is given its entry.
 * Leave repeats out of a traced run: they have no sync of their own.
 */
export const acceptedRule: OrderRule = {
  from: "client",
  came: (packet) => packet.packet === "submit" ? [rowName(packet.epoch, packet.n)] : [],
  promised(packet, isOpen) {
    switch (packet.packet) {
      case "accepted":
        return packet.lsns.map((_, at) => rowName(packet.epoch, packet.n + at));
      case "refused":
        return [rowName(packet.epoch, packet.n)];
      case "entry": {
        const { epoch, n } = itemsEntry(packet.header, packet.body);
        return epoch ? [rowName(epoch, n)].filter(isOpen) : [];
      }
      default:
        return [];
    }
  },
};

/** The client: entries are durable before the `ack` that covers them. */
export const ackRule: OrderRule = {
  from: "server",
  came: (packet) =>
    packet.packet === "entry" ? [String(itemsEntry(packet.header, packet.body).lsn)] : [],
  promised: (packet, _, open) =>
    packet.packet === "ack" ? [...open].filter((lsn) => Number(lsn) <= packet.lsn) : [],
};

/** What was checked, and what was wrong. */
export interface OrderReport {
  /** How much was promised, each counted at its first promise. */
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
  // In the order of what each end may know: a write counts from its call on.
  const transfers = happenings.filter((one): one is Bytes => one.kind !== "sync")
    .toSorted((a, b) => a.at - b.at);
  const packetsOf = packetReader(rule.from);
  const open = new Map<string, number>();
  const done = new Set<string>();
  const findings: string[] = [];
  const promise = (name: string, at: number) => {
    const cameAt = open.get(name);
    open.delete(name);
    done.add(name);
    const isDurable = cameAt !== undefined &&
      syncs.some(({ begin, end }) => begin > cameAt && end < at);
    if (isDurable) return;
    const came = cameAt === undefined ? ": it never came" : `; it came in line ${cameAt + 1}`;
    findings.push(`line ${at + 1}: ${name} is promised and not durable${came}`);
  };
  for (const transfer of transfers) {
    for (const packet of packetsOf(transfer)) {
      const { at } = transfer;
      // What is durable already may come again, such as after a lost connection.
      const isNew = (name: string) => !done.has(name);
      if (transfer.kind === "received") {
        for (const name of rule.came(packet).filter(isNew)) open.set(name, at);
      } else {
        const names = rule.promised(packet, (name) => open.has(name), open.keys());
        for (const name of names.filter(isNew)) promise(name, at);
      }
    }
  }
  return { promises: done.size, findings };
}

/** Takes the packets out of the bytes of any number of connections. */
function packetReader(from: "client" | "server"): (bytes: Bytes) => Packet[] {
  const decoders = new Map<string, FrameDecoder>();
  const other = from === "client" ? "server" : "client";
  return ({ kind, link, bytes }) => {
    const key = `${kind} ${link}`;
    const decoder = decoders.get(key) ?? new FrameDecoder(limits.frameBytesMax);
    decoders.set(key, decoder);
    const side = kind === "received" ? from : other;
    return decoder.push(bytes).map((payload) => decodePacket(payload, side));
  };
}

function rowName(epoch: Uint8Array, n: number): string {
  return `${encodeHex(epoch)}/${n}`;
}
