/**
 * A client's disk: what is found there when the client starts again after a kill. The one file that
 * knows how the client keeps things: the mailbox's own store takes this file's place.
 *
 * What holds: a row is on the disk before it is sent, and a new epoch before it is used; what comes
 * in is written together, entries and cursor, and told and acknowledged only afterwards.
 *
 * @module
 */

import { equals } from "@std/bytes/equals";
import { Mailbox, type Own } from "../../lib/client/mailbox.ts";
import { type Answered, Outbox, type OutboxRow } from "../../lib/client/outbox.ts";
import type { ClientEvent } from "../../lib/client/events.ts";
import type { Entry } from "../../lib/log/entry.ts";
import type { PacketFields } from "../../lib/protocol/codec.ts";
import { idBytes } from "../../lib/protocol/packets.ts";
import type { Random } from "../../lib/seams.ts";
import { bytesKey } from "./clock.ts";

/** A cursor and the log that it counts in. */
export interface Cursor {
  readonly logId: Uint8Array;
  readonly lsn: number;
  readonly digest: Uint8Array;
}

/** What is on a client's disk. */
export interface Held {
  readonly epoch: Uint8Array | null;
  readonly nextN: number;
  readonly rows: readonly OutboxRow[];
  readonly own: Own | null;
  readonly cursor: Cursor | null;
  /** Ascending; those that a snapshot began with, and all after it. */
  readonly entries: readonly Entry[];
  /** The lsn of the snapshot that `entries` began with. */
  readonly floor: number;
  /** How many snapshots there were. */
  readonly snapshots: number;
}

const nothing: Held = {
  epoch: null,
  nextN: 1,
  rows: [],
  own: null,
  cursor: null,
  entries: [],
  floor: 0,
  snapshots: 0,
};

/** One change of what is held. */
type Change = (held: Held) => Held;

/** What a client holds durably; what is not committed is lost with its process. */
export class ClientDisk {
  /** Is called when something waits to be committed. */
  wake: () => void = () => {};
  /** Every row that was ever durable here, as `rowKey` writes it. */
  readonly known = new Set<string>();
  #held: Held = nothing;
  #changes: Change[] = [];

  /** What is durable. */
  get held(): Held {
    return this.#held;
  }

  /** Writes; it counts from the next commit on. */
  write(change: Change): void {
    this.#changes.push(change);
    this.wake();
  }

  /** Everything written becomes durable, or nothing of it. */
  commit(): void {
    const before = new Set(this.#held.rows);
    for (const change of this.#changes) this.#held = change(this.#held);
    for (const row of this.#held.rows) if (!before.has(row)) this.known.add(rowKey(row));
    this.#changes = [];
  }

  /** The process was killed. */
  lose(): void {
    this.#changes = [];
    this.wake = () => {};
  }

  /** Puts an older copy in its place. */
  restore(held: Held): void {
    this.#changes = [];
    this.#held = held;
  }
}

/** @returns what tells a row, its place included, from all others */
export function rowKey({ epoch, n, id }: Pick<OutboxRow, "epoch" | "n" | "id">): string {
  return `${bytesKey(epoch)} ${n} ${bytesKey(id)}`;
}

/** Plays back what is known, then goes on with what is new. */
class Playback implements Random {
  readonly #known: Uint8Array[];
  /** What was drawn last. */
  last: Uint8Array<ArrayBuffer> = new Uint8Array();

  constructor(readonly random: Random, known: readonly Uint8Array[]) {
    this.#known = [...known];
  }

  bytes(count: number): Uint8Array<ArrayBuffer> {
    this.last = this.#known.shift()?.slice() ?? this.random.bytes(count);
    return this.last;
  }
}

/** An outbox that is found again on its disk. */
export class DiskOutbox extends Outbox {
  readonly #disk: ClientDisk;
  readonly #playback: Playback;
  #epoch: Uint8Array;
  #loading = true;

  /** Loads what the disk holds. */
  constructor(disk: ClientDisk, random: Random) {
    const { epoch, nextN, rows } = disk.held;
    const ids = Array.from(
      { length: nextN - 1 },
      (_, at) => rows.find(({ n }) => n === at + 1)?.id ?? new Uint8Array(idBytes),
    );
    const playback = new Playback(random, epoch ? [epoch, ...ids] : []);
    super(playback);
    this.#disk = disk;
    this.#playback = playback;
    this.#epoch = playback.last;
    for (let n = 1; n < nextN; n++) {
      const row = rows.find((one) => one.n === n);
      this.add(row?.action ?? { action: "message", to: "", text: "", act: false });
      if (!row) super.accepted({ epoch: this.#epoch, n, lsns: [0] });
    }
    this.#loading = false;
  }

  override add(action: OutboxRow["action"]): OutboxRow {
    const row = super.add(action);
    if (this.#loading) return row;
    this.#disk.write((held) => ({
      ...held,
      epoch: row.epoch,
      nextN: row.n + 1,
      rows: [...held.rows, row],
    }));
    this.#disk.commit();
    return row;
  }

  override due(nowMs: number): Uint8Array[] {
    const before = this.#playback.last;
    const frames = super.due(nowMs);
    const epoch = this.#playback.last;
    if (epoch !== before) this.#begin(epoch);
    return frames;
  }

  override accepted(packet: PacketFields<"accepted">): Answered[] {
    return this.#retire(super.accepted(packet));
  }

  override refused(packet: PacketFields<"refused">): Answered[] {
    return this.#retire(super.refused(packet));
  }

  override entry(entry: Entry): { row: OutboxRow | null; answered: Answered[] } {
    const result = super.entry(entry);
    this.#retire(result.answered);
    return result;
  }

  #begin(epoch: Uint8Array): void {
    this.#epoch = epoch;
    this.#disk.write((held) => {
      const rows = held.rows.map((row, at) => ({ ...row, epoch, n: at + 1 }));
      return { ...held, epoch, nextN: rows.length + 1, rows };
    });
    this.#disk.commit();
  }

  #retire(answered: Answered[]): Answered[] {
    for (const { row } of answered) {
      this.#disk.write((held) => ({
        ...held,
        rows: held.rows.filter(({ id }) => !equals(id, row.id)),
      }));
    }
    return answered;
  }
}

/** A mailbox that is found again on its disk. */
export class DiskMailbox extends Mailbox {
  /** Who this device is, as the last welcome said. */
  own: Own | null = null;
  readonly #disk: ClientDisk;
  #staged: Entry[] | null = null;

  /** Loads what the disk holds. */
  constructor(disk: ClientDisk) {
    super();
    this.#disk = disk;
    const { own, cursor, entries } = disk.held;
    if (!own) return;
    super.welcome(cursor ? { ...own, logId: cursor.logId } : own);
    if (cursor) super.upto(cursor);
    for (const entry of entries) if (entry.lsn > (cursor?.lsn ?? 0)) super.entry(entry, null);
  }

  override welcome(own: Own): void {
    super.welcome(own);
    this.own = own;
    this.#staged = null;
    this.#disk.write((held) => ({ ...held, own }));
  }

  override snapshot(packet: PacketFields<"snapshot">): ClientEvent[] {
    this.#staged = [];
    return super.snapshot(packet);
  }

  override entry(entry: Entry, row: OutboxRow | null): ClientEvent[] {
    if (this.#staged) this.#staged.push(entry);
    else this.#disk.write((held) => ({ ...held, entries: withEntry(held.entries, entry) }));
    return super.entry(entry, row);
  }

  override upto(packet: PacketFields<"upto">): void {
    super.upto(packet);
    const staged = this.#staged;
    this.#staged = null;
    this.#disk.write((held) => {
      const snapshots = held.snapshots + 1;
      const before = staged ? { entries: staged, floor: packet.lsn, snapshots } : {};
      return { ...held, ...before, cursor: { logId: held.own!.logId, ...packet } };
    });
  }
}

function withEntry(entries: readonly Entry[], entry: Entry): readonly Entry[] {
  const last = entries.at(-1)?.lsn ?? 0;
  if (entry.lsn > last) return [...entries, entry];
  return entries.some(({ lsn }) => lsn === entry.lsn)
    ? entries
    : [...entries, entry].sort((a, b) => a.lsn - b.lsn);
}
