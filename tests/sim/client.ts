/**
 * A client of a world: the real connection on a disk that outlives its process.
 *
 * @module
 */

import { Connection } from "../../lib/client/connection.ts";
import type { ClientEvent } from "../../lib/client/events.ts";
import type { OutboxRow } from "../../lib/client/outbox.ts";
import type { Socket } from "../../lib/net/link.ts";
import type { Action } from "../../lib/protocol/codec.ts";
import type { SeededRandom } from "../support/random.ts";
import { type EventQueue, Process } from "./clock.ts";
import { simKey, simVerify } from "./crypto.ts";
import { ClientDisk, DiskMailbox, DiskOutbox, type Held } from "./disk.ts";

/** Is told what a client does. */
export interface ClientWatcher {
  /** A row is on the disk and may be sent. */
  typed(client: SimClient, row: OutboxRow): void;
  /** Something is shown to the person at the screen. */
  shown(client: SimClient, event: ClientEvent): void;
  /** The disk has changed. */
  committed(client: SimClient, before: Held, after: Held): void;
}

/** What a client's fault may be: told and acknowledged before it is committed. */
export type Settling = "after commit" | "before commit";

/** One device, started and killed any number of times. */
export class SimClient {
  readonly wall = { offsetMs: 0 };
  disk = new ClientDisk();
  /** The running program; null while it is not running. */
  process: Process | null = null;
  connection: Connection | null = null;
  mailbox: DiskMailbox | null = null;
  /** Why it does not connect any more, if it does not. */
  ending: string | null = null;
  readonly #key;
  #told: ClientEvent[] = [];
  #willCommit = false;
  #settled: (() => void)[] = [];

  /**
   * @param name the user's
   * @param publicKey the device's
   * @param commitMs milliseconds of a commit at most
   */
  constructor(
    readonly queue: EventQueue,
    readonly random: SeededRandom,
    readonly watcher: ClientWatcher,
    readonly name: string,
    readonly publicKey: Uint8Array<ArrayBuffer>,
    readonly commitMs: number,
    readonly dial: (client: SimClient, signal: AbortSignal) => Promise<Socket>,
    readonly planted: { readonly settling: Settling },
  ) {
    this.#key = simKey(publicKey);
  }

  /** Starts on what is on the disk. */
  start(): void {
    const process = this.process = new Process(this.queue, this.wall);
    this.#told = [];
    this.#willCommit = false;
    this.#settled = [];
    const { random } = this;
    this.mailbox = new DiskMailbox(this.disk);
    this.disk.wake = () => this.#soon();
    const connection = this.connection = new Connection({
      party: { server: "sim:1", name: this.name, folder: "/sim" },
      key: this.#key,
      pin: { held: null, hold: () => {} },
      verify: simVerify,
      mailbox: this.mailbox,
      outbox: new DiskOutbox(this.disk, random),
      seams: { clock: process, timers: process, random },
      dial: (signal) => this.dial(this, signal),
      tell: (event) => process.alive && this.#tell(event),
      settled: () => {
        this.#soon();
        return new Promise((resolve) => this.#settled.push(resolve));
      },
    });
    connection.start();
  }

  /** Ends without a word; what is on the disk stays. */
  kill(): void {
    if (this.process) this.process.alive = false;
    this.process = null;
    this.connection = null;
    this.mailbox = null;
    this.disk.lose();
  }

  /** The person at the screen asks for something. */
  type(action: Action): void {
    if (!this.connection || this.process?.isFrozen) return;
    const before = this.disk.held;
    const row = this.connection.submit(action);
    this.watcher.committed(this, before, this.disk.held);
    this.watcher.typed(this, row);
  }

  #tell(event: ClientEvent): void {
    if (event.kind === "ended") this.ending = String(event.ending.why);
    this.#told.push(event);
    this.#soon();
    if (this.planted.settling === "before commit" && event.kind === "entry") {
      this.connection?.stored(event.shown.entry.lsn);
    }
  }

  /** What came in this turn is committed together, then shown, then acknowledged. */
  #soon(): void {
    if (this.#willCommit) return;
    this.#willCommit = true;
    this.process!.set(this.random.below(this.commitMs + 1), () => this.#commit());
  }

  #commit(): void {
    this.#willCommit = false;
    const before = this.disk.held;
    this.disk.commit();
    this.watcher.committed(this, before, this.disk.held);
    const told = this.#told;
    this.#told = [];
    let stored = 0;
    for (const event of told) {
      this.watcher.shown(this, event);
      if (event.kind === "entry") stored = event.shown.entry.lsn;
    }
    if (stored > 0) this.connection!.stored(stored);
    for (const resolve of this.#settled.splice(0)) resolve();
  }
}
