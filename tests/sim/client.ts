/**
 * A client of a world: the real connection on a disk that outlives its process.
 *
 * @module
 */

import { Connection } from "../../lib/client/connection.ts";
import type { ClientEvent } from "../../lib/client/events.ts";
import type { MailboxStore } from "../../lib/client/mailbox_store.ts";
import type { OutboxRow } from "../../lib/client/outbox_store.ts";
import type { Receipt } from "../../lib/client/receipt_store.ts";
import type { Socket } from "../../lib/net/link.ts";
import { audienceKey, type TalkAudience } from "../../lib/protocol/audience.ts";
import type { Action } from "../../lib/protocol/codec.ts";
import type { SeededRandom } from "../support/random.ts";
import { type EventQueue, Process } from "./clock.ts";
import { simKey, simVerify } from "./crypto.ts";
import { ClientDisk, type DiskCopy, type Held, type Running, type SimBatch } from "./disk.ts";

/** Is told what a client does. */
export interface ClientWatcher {
  /** A row is on the disk and may be sent. */
  typed(client: SimClient, row: OutboxRow): void;
  /** Something is shown to the person at the screen. */
  shown(client: SimClient, event: ClientEvent): void;
  /** The disk has changed. */
  committed(client: SimClient, before: Held, after: Held): void;
  /** The person has seen a room up to an entry. */
  read(client: SimClient, room: TalkAudience, lsn: number): void;
}

/** What a client's fault may be: acknowledged before it is committed. */
export type Settling = "after commit" | "before commit";

/** One device, started and killed any number of times. */
export class SimClient {
  readonly wall = { offsetMs: 0 };
  readonly disk = new ClientDisk();
  /** The running program; null while it is not running. */
  process: Process | null = null;
  connection: Connection | null = null;
  running: Running | null = null;
  /** How far own messages have come, as this process was told last. */
  readonly receipts = new Map<number, Receipt>();
  /** Whether its disk was put back to an older one after pages of history had been asked for. */
  mayLackPast = false;
  #hasAsked = false;
  /** Why it does not connect any more, if it does not. */
  ending: string | null = null;
  readonly #key;

  /**
   * @param name the user's
   * @param publicKey the device's
   */
  constructor(
    readonly queue: EventQueue,
    readonly random: SeededRandom,
    readonly watcher: ClientWatcher,
    readonly name: string,
    readonly publicKey: Uint8Array<ArrayBuffer>,
    readonly dial: (client: SimClient, signal: AbortSignal) => Promise<Socket>,
    readonly planted: { readonly settling: Settling },
  ) {
    this.#key = simKey(publicKey);
  }

  /** Things asked for that have no answer yet. */
  get unsent(): number {
    return this.running?.outbox.unanswered ?? 0;
  }

  /** Starts on what is on the disk. */
  start(): void {
    const process = this.process = new Process(this.queue, this.wall);
    const { random, watcher } = this;
    const running = this.running = this.disk.run(random, (before, after) => {
      watcher.committed(this, before, after);
    });
    const { batch, ...kept } = running;
    const connection = this.connection = new Connection({
      ...kept,
      batch: this.planted.settling === "after commit" ? batch : late(batch, process),
      party: { server: "sim:1", name: this.name, folder: "/sim" },
      key: this.#key,
      pin: { held: null, hold: () => {} },
      invite: null,
      verify: simVerify,
      seams: { clock: process, timers: process, random },
      dial: (signal) => this.dial(this, signal),
      tell: (event) => process.alive && this.#tell(event),
    });
    connection.start();
  }

  /** Ends without a word; what is on the disk stays. */
  kill(): void {
    if (this.process) this.process.alive = false;
    this.process = null;
    this.connection = null;
    this.running = null;
    this.receipts.clear();
    this.disk.lose();
  }

  /** The person at the screen asks for something. */
  type(action: Action): void {
    if (!this.connection || this.process?.isFrozen) return;
    this.watcher.typed(this, this.connection.submit(action));
  }

  /** The person waits for an own message's receipts. */
  follow(lsn: number): void {
    this.running!.receipts.want(lsn);
    this.connection!.changed();
  }

  /** The person has read what is there of a room, and shares that or does so no more. */
  read(room: TalkAudience, isShared: boolean): void {
    const { receipts, store } = this.running!;
    receipts.share(isShared);
    const lsn = newest(store, room);
    this.watcher.read(this, room, lsn);
    receipts.read(room, lsn);
    this.connection!.changed();
  }

  /** The person asks what was said before. */
  history(room: TalkAudience, before: number): void {
    this.#hasAsked = true;
    this.connection!.ask({ kind: "history", room, before });
  }

  /** An older copy of the disk is put in its place. */
  restore(copy: DiskCopy): void {
    this.mayLackPast ||= this.#hasAsked;
    this.disk.restore(copy);
  }

  #tell(event: ClientEvent): void {
    if (event.kind === "receipt") this.receipts.set(event.receipt.lsn, event.receipt);
    if (event.kind === "snapshot") this.receipts.clear();
    if (event.kind === "ended") this.ending = String(event.ending.why);
    this.watcher.shown(this, event);
    if (event.kind === "entry") this.connection?.stored(event.shown.entry.lsn);
  }
}

/** A batch that says it is committed before it is. */
function late(batch: SimBatch, process: Process): Pick<SimBatch, "isOpen" | "commit"> {
  return { isOpen: false, commit: () => void process.set(50, () => batch.commit()) };
}

/** @returns the lsn of the last entry of a room that is held; 0 for none */
export function newest(store: MailboxStore, room: TalkAudience): number {
  return store.before(audienceKey(room), Number.MAX_SAFE_INTEGER, 1)[0]?.entry.lsn ?? 0;
}
