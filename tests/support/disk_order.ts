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
import type { Bytes, Happening, Stored, Sync } from "./strace_log.ts";

/** Something that is to be durable before it is promised. */
export interface Came {
  /** Any name for it. */
  readonly name: string;
  /** Bytes by which it is known in the store's files, such as its random id; null if there are none. */
  readonly mark: Uint8Array | null;
}

/** What one side must have on its disk, and by what it says that it has. */
export interface OrderRule {
  /** Whose packets come in. */
  readonly from: "client" | "server";
  /** What came with this packet and is to be durable before it is promised. */
  came(packet: Packet): Came[];
  /** What this packet tells of the sender's own making: it came with no packet, and is durable before. */
  made?(packet: Packet): Came[];
  /** Which of it is promised by this packet; what never came is a finding. */
  promised(packet: Packet, isOpen: (name: string) => boolean, open: Iterable<string>): string[];
}

/**
 * The server: a submission is durable before it is answered, and before anybody is given its entry.
 * Leave repeats out of a traced run: they have no sync of their own.
 */
export const acceptedRule: OrderRule = {
  from: "client",
  came: (packet) =>
    packet.packet === "submit" ? [{ name: rowName(packet.epoch, packet.n), mark: packet.id }] : [],
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
  came(packet) {
    if (packet.packet !== "entry") return [];
    const { lsn, id } = itemsEntry(packet.header, packet.body);
    return [{ name: String(lsn), mark: id }];
  },
  promised: (packet, _, open) =>
    packet.packet === "ack" ? [...open].filter((lsn) => Number(lsn) <= packet.lsn) : [],
};

/** The client: a row of the outbox is durable before it is submitted. */
export const submitRule: OrderRule = {
  from: "server",
  came: () => [],
  made: (packet) =>
    packet.packet === "submit" ? [{ name: encodeHex(packet.id), mark: packet.id }] : [],
  promised: (packet) => packet.packet === "submit" ? [encodeHex(packet.id)] : [],
};

/** What was checked, and what was wrong. */
export interface OrderReport {
  /** How much was promised, each counted at its first promise. */
  readonly promises: number;
  readonly findings: readonly string[];
}

/**
 * Checks the order of one process: between the coming of something and its promise it is written to
 * the store, and a sync of that file begins and ends. What has no mark is only asked for the sync.
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
  const disk = new Disk(happenings, isStore);
  // In the order of what each end may know: a write counts from its call on.
  const transfers = happenings.filter((one): one is Bytes => "link" in one)
    .toSorted((a, b) => a.at - b.at);
  const packetsOf = packetReader(rule.from);
  const open = new Map<string, { readonly at: number; readonly mark: Uint8Array | null }>();
  const done = new Set<string>();
  const findings: string[] = [];
  const promise = (name: string, at: number) => {
    const came = open.get(name);
    open.delete(name);
    done.add(name);
    if (came && disk.has(came.mark, came.at, at)) return;
    const cameFrom = came && came.at >= 0 ? `; it came in line ${came.at + 1}` : "";
    const where = came ? cameFrom : ": it never came";
    findings.push(`line ${at + 1}: ${name} is promised and not durable${where}`);
  };
  for (const { kind, at, packet } of transfers.flatMap(packetsOf)) {
    // What is durable already may come again, such as after a lost connection.
    if (kind === "received") {
      for (const { name, mark } of rule.came(packet)) {
        if (!done.has(name)) open.set(name, { at, mark });
      }
    } else {
      for (const { name, mark } of rule.made?.(packet) ?? []) open.set(name, { at: -1, mark });
      const names = rule.promised(packet, (name) => open.has(name), open.keys());
      for (const name of names) if (!done.has(name)) promise(name, at);
    }
  }
  return { promises: done.size, findings };
}

/** The store's files, as far as the log tells. */
class Disk {
  readonly #writes: Stored[] = [];
  readonly #syncs: Sync[] = [];

  constructor(happenings: readonly Happening[], isStore: (path: string) => boolean) {
    for (const one of happenings) {
      if (one.kind === "sync" && isStore(one.path)) this.#syncs.push(one);
      else if (one.kind === "stored" && isStore(one.path)) this.#writes.push(one);
    }
  }

  /** Whether bytes with this mark were written after one place and synced before another. */
  has(mark: Uint8Array | null, after: number, before: number): boolean {
    const isSynced = (path: string | null, from: number) =>
      this.#syncs.some(({ path: synced, begin, end }) =>
        (path === null || path === synced) && begin > from && end < before
      );
    if (mark === null) return isSynced(null, after);
    const hex = encodeHex(mark);
    return this.#writes.some((write) =>
      write.begin > after && write.end < before && write.hex.includes(hex) &&
      isSynced(write.path, write.end)
    );
  }
}

interface Said {
  readonly kind: Bytes["kind"];
  readonly at: number;
  readonly packet: Packet;
}

/** Takes the packets out of the bytes of any number of connections. */
function packetReader(from: "client" | "server"): (bytes: Bytes) => Said[] {
  const decoders = new Map<string, FrameDecoder>();
  const other = from === "client" ? "server" : "client";
  return ({ kind, link, bytes, at }) => {
    const key = `${kind} ${link}`;
    const decoder = decoders.get(key) ?? new FrameDecoder(limits.frameBytesMax);
    decoders.set(key, decoder);
    const side = kind === "received" ? from : other;
    return decoder.push(bytes).map((payload) => ({
      kind,
      at,
      packet: decodePacket(payload, side),
    }));
  };
}

function rowName(epoch: Uint8Array, n: number): string {
  return `${encodeHex(epoch)}/${n}`;
}
