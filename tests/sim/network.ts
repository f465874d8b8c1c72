/**
 * Byte streams that are split, merged, delayed, stopped and cut.
 *
 * @module
 */

import type { Socket } from "../../lib/net/link.ts";
import type { SeededRandom } from "../support/random.ts";
import type { EventQueue, Process } from "./clock.ts";

/** What the network of one world is like; it may change. */
export interface Weather {
  /** Milliseconds of every way. */
  latencyMs: number;
  /** Milliseconds that may be added. */
  jitterMs: number;
  /** Bytes on the way and unread, in one direction: more is not taken. */
  capacityBytes: number;
  /** Into how many pieces at most what is written at once is split. */
  piecesMax: number;
  /** Bytes that one read gives at most. */
  readBytesMax: number;
}

/** A network that stands in nobody's way. */
export const fairWeather: Readonly<Weather> = {
  latencyMs: 1,
  jitterMs: 0,
  capacityBytes: 1_000_000,
  piecesMax: 1,
  readBytesMax: 65_536,
};

/** Looks at the bytes of one direction as they are taken for sending. */
export type Tap = (bytes: Uint8Array) => void;

interface Read {
  readonly buffer: Uint8Array;
  readonly resolve: (count: number | null) => void;
  readonly reject: (error: Error) => void;
}

interface Write {
  readonly bytes: Uint8Array;
  readonly resolve: (count: number) => void;
  readonly reject: (error: Error) => void;
}

interface Piece {
  readonly bytes: Uint8Array;
  at: number;
  readonly dueMs: number;
}

/** One direction of a connection. */
class Pipe {
  tap: Tap = () => {};
  hung = false;
  /** Bytes of the longest write that was asked for. */
  mostBytes = 0;
  #pieces: Piece[] = [];
  #heldBytes = 0;
  #lastMs = 0;
  /** When the end arrives; infinite while the writer has not ended. */
  #endMs = Infinity;
  #reset = false;
  #refuses = false;
  #read: Read | null = null;
  #write: Write | null = null;

  constructor(
    readonly queue: EventQueue,
    readonly random: SeededRandom,
    readonly weather: Readonly<Weather>,
    readonly writer: Process,
    readonly reader: Process,
  ) {}

  write(bytes: Uint8Array): Promise<number> {
    return new Promise((resolve, reject) => {
      if (!this.writer.alive) return;
      this.mostBytes = Math.max(this.mostBytes, bytes.length);
      this.#write = { bytes, resolve, reject };
      this.#takeWrite();
    });
  }

  read(buffer: Uint8Array): Promise<number | null> {
    return new Promise((resolve, reject) => {
      if (!this.reader.alive) return;
      this.#read = { buffer, resolve, reject };
      this.#give();
    });
  }

  /** The writer says that nothing more comes. */
  end(): void {
    if (this.#endMs < Infinity) return;
    this.#endMs = this.#due();
    this.queue.at(this.#endMs - this.queue.nowMs, () => this.#give());
  }

  /** The writer's own end is closed: what it waits for fails. */
  abandonWrite(): void {
    this.#write?.reject(new Error("closed"));
    this.#write = null;
  }

  /** The reader is gone: what it waits for fails, and the writer hears of it when it writes. */
  abandonRead(): void {
    this.#read?.reject(new Error("closed"));
    this.#read = null;
    this.queue.at(this.weather.latencyMs, () => {
      if (!this.hung) this.#refuse();
    });
  }

  /** Everything on the way is lost, and both sides hear of it. */
  reset(): void {
    this.#reset = true;
    this.#give();
    this.#refuse();
  }

  /** What was held up goes on. */
  goOn(): void {
    this.hung = false;
    this.#give();
  }

  #refuse(): void {
    this.#refuses = true;
    if (this.#write) this.writer.run(() => this.#takeWrite());
  }

  #takeWrite(): void {
    const write = this.#write;
    if (!write) return;
    if (this.#refuses) {
      this.#write = null;
      write.reject(new Error("broken pipe"));
      return;
    }
    const room = this.weather.capacityBytes - this.#heldBytes;
    if (room <= 0) return;
    const taken = write.bytes.slice(0, room);
    this.#write = null;
    this.tap(taken);
    this.#send(taken);
    write.resolve(taken.length);
  }

  #send(bytes: Uint8Array): void {
    this.#heldBytes += bytes.length;
    const pieces = 1 + this.random.below(this.weather.piecesMax);
    let at = 0;
    for (let left = pieces; left > 0 && at < bytes.length; left--) {
      const rest = bytes.length - at;
      const length = left === 1 ? rest : 1 + this.random.below(rest);
      this.#pieces.push({ bytes: bytes.subarray(at, at + length), at: 0, dueMs: this.#due() });
      at += length;
      this.queue.at(this.#lastMs - this.queue.nowMs, () => this.#give());
    }
  }

  #due(): number {
    const { latencyMs, jitterMs } = this.weather;
    const dueMs = this.queue.nowMs + latencyMs + this.random.below(jitterMs + 1);
    return (this.#lastMs = Math.max(this.#lastMs, dueMs));
  }

  #give(): void {
    if (this.#read) this.reader.run(() => this.#giveNow());
  }

  #giveNow(): void {
    const read = this.#read;
    if (!read) return;
    if (this.#reset) {
      this.#read = null;
      read.reject(new Error("connection reset"));
      return;
    }
    if (this.hung) return;
    const count = this.#fill(read.buffer);
    if (count === 0 && this.#endMs > this.queue.nowMs) return;
    this.#read = null;
    read.resolve(count === 0 ? null : count);
    if (count > 0 && this.#write) this.writer.run(() => this.#takeWrite());
  }

  #fill(buffer: Uint8Array): number {
    const most = Math.min(buffer.length, this.weather.readBytesMax);
    let count = 0;
    while (count < most) {
      const piece = this.#pieces[0];
      if (!piece || piece.dueMs > this.queue.nowMs) break;
      const part = piece.bytes.subarray(piece.at, piece.at + most - count);
      buffer.set(part, count);
      count += part.length;
      piece.at += part.length;
      if (piece.at === piece.bytes.length) this.#pieces.shift();
    }
    this.#heldBytes -= count;
    return count;
  }
}

/** One end of a connection. */
class End implements Socket {
  #closed = false;

  constructor(readonly incoming: Pipe, readonly outgoing: Pipe) {}

  read(buffer: Uint8Array): Promise<number | null> {
    return this.#closed ? Promise.reject(new Error("closed")) : this.incoming.read(buffer);
  }

  write(bytes: Uint8Array): Promise<number> {
    return this.#closed ? Promise.reject(new Error("closed")) : this.outgoing.write(bytes);
  }

  closeWrite(): Promise<void> {
    this.outgoing.end();
    return Promise.resolve();
  }

  close(): void {
    if (this.#closed) throw new Error("closed");
    this.#closed = true;
    this.outgoing.abandonWrite();
    this.outgoing.end();
    this.incoming.abandonRead();
  }

  /** The kernel closes what a dead process leaves. */
  orphan(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.outgoing.end();
    this.incoming.abandonRead();
  }
}

/** Both ends of a connection, and what may happen to it between them. */
export class Wire {
  readonly client: End;
  readonly server: End;
  readonly #up: Pipe;
  readonly #down: Pipe;

  constructor(
    queue: EventQueue,
    random: SeededRandom,
    weather: Weather,
    client: Process,
    server: Process,
  ) {
    this.#up = new Pipe(queue, random, weather, client, server);
    this.#down = new Pipe(queue, random, weather, server, client);
    this.client = new End(this.#down, this.#up);
    this.server = new End(this.#up, this.#down);
  }

  /** Looks at what either side sends. */
  watch(up: Tap, down: Tap): void {
    this.#up.tap = up;
    this.#down.tap = down;
  }

  /** The most that either side had waiting: a link takes all of it for one write. */
  get mostBytes(): { readonly up: number; readonly down: number } {
    return { up: this.#up.mostBytes, down: this.#down.mostBytes };
  }

  /** Nothing comes through any more, in one direction or both. */
  hang(direction: "up" | "down" | "both"): void {
    if (direction !== "down") this.#up.hung = true;
    if (direction !== "up") this.#down.hung = true;
  }

  /** Whether nothing comes through, in one direction or both. */
  get isHung(): boolean {
    return this.#up.hung || this.#down.hung;
  }

  /** What was held up comes through. */
  goOn(): void {
    this.#up.goOn();
    this.#down.goOn();
  }

  /** The connection breaks, and both sides know. */
  cut(): void {
    this.#up.reset();
    this.#down.reset();
  }
}
