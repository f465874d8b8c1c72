/**
 * A client of a world: the real connection on a disk that outlives its process.
 *
 * @module
 */

import { Connection } from "../../lib/client/connection.ts";
import type { ClientEvent } from "../../lib/client/events.ts";
import type { OutboxRow } from "../../lib/client/outbox_store.ts";
import type { Socket } from "../../lib/net/link.ts";
import type { Action } from "../../lib/protocol/codec.ts";
import type { SeededRandom } from "../support/random.ts";
import { type EventQueue, Process } from "./clock.ts";
import { simKey, simVerify } from "./crypto.ts";
import { ClientDisk, type Held, type Running, type SimBatch } from "./disk.ts";

/** Is told what a client does. */
export interface ClientWatcher {
  /** A row is on the disk and may be sent. */
  typed(client: SimClient, row: OutboxRow): void;
  /** Something is shown to the person at the screen. */
  shown(client: SimClient, event: ClientEvent): void;
  /** The disk has changed. */
  committed(client: SimClient, before: Held, after: Held): void;
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
    this.disk.lose();
  }

  /** The person at the screen asks for something. */
  type(action: Action): void {
    if (!this.connection || this.process?.isFrozen) return;
    this.watcher.typed(this, this.connection.submit(action));
  }

  #tell(event: ClientEvent): void {
    if (event.kind === "ended") this.ending = String(event.ending.why);
    this.watcher.shown(this, event);
    if (event.kind === "entry") this.connection?.stored(event.shown.entry.lsn);
  }
}

/** A batch that says it is committed before it is. */
function late(batch: SimBatch, process: Process): Pick<SimBatch, "isOpen" | "commit"> {
  return { isOpen: false, commit: () => void process.set(50, () => batch.commit()) };
}
