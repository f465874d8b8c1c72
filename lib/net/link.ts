/**
 * One connection as the rest knows it: payloads come in, bytes go out, one write at a time.
 *
 * @module
 */

import { FrameDecoder } from "../framing.ts";
import { limits } from "../limits.ts";
import type { Clock, Timers } from "../seams.ts";

/** What a connection needs of a socket: `Deno.TcpConn`, one under TLS, or a stand-in in tests. */
export interface Socket {
  /** SHA-256 of the certificate under which it speaks; 32 bytes. Absent in clear text. */
  readonly channel?: Uint8Array;
  /** Whether TLS came where clear text was wanted. */
  readonly metTls?: boolean;
  /**
   * Waits for bytes.
   *
   * @param buffer is filled from its start; the link's, and not looked at until this is done
   * @returns how many bytes came, at least 1; null at the end
   * @throws when the connection was reset
   */
  read(buffer: Uint8Array): Promise<number | null>;
  /**
   * Writes as much as there is room for.
   *
   * @param bytes what to write; not changed, maybe shared
   * @returns how many bytes were taken, from the start
   * @throws when the other side is gone
   */
  write(bytes: Uint8Array): Promise<number>;
  /**
   * Says that nothing more will be written, and still reads.
   *
   * @throws when the other side is gone
   */
  closeWrite(): Promise<void>;
  /**
   * Ends both ways at once; what waits in `read` or `write` fails.
   *
   * @throws when it is closed already
   */
  close(): void;
}

/** Whoever speaks over a link. */
export interface LinkHandler {
  /**
   * A frame has come.
   *
   * @param payload its payload, in order; a view that holds only during the call
   * @throws whatever makes going on pointless: `broken` is then told of it
   */
  payload(payload: Uint8Array): void;
  /**
   * Nothing more is read; the handler says its last word and closes.
   *
   * @param error a `ProtocolError` for a bad length, or what `payload` or `take` threw
   */
  broken(error: Error): void;
  /**
   * Gives what is to be written next; asked again when that is written.
   *
   * @returns bytes that the link doesn't change, so they may be shared; null for nothing
   */
  take(): Uint8Array | null;
  /** The link has ended; nothing is called after this. */
  ended(): void;
}

/** The parts of the outside world that a link needs. */
export interface LinkSeams {
  /** Tells since when the other side is silent, or doesn't read. */
  readonly clock: Clock;
  /** Ends the wait for a last word's way out. */
  readonly timers: Timers;
}

const readBytesMin = 2 * 1024;

/**
 * Moves bytes between a socket and its handler.
 *
 * It has no queue: it asks the handler for bytes when the last write is done, so that what waits is
 * the handler's to bound.
 *
 * @example
 * ```ts ignore
 * const link = new Link(await Deno.connect({ port: 7667 }), handler, seams, 65536);
 * link.start();
 * link.wake();
 * ```
 * @see docs/ARCHITECTURE.md, section "net"
 */
export class Link {
  readonly #socket: Socket;
  readonly #handler: LinkHandler;
  readonly #seams: LinkSeams;
  readonly #decoder: FrameDecoder;
  #writing = false;
  #closing = false;
  #deaf = false;
  #ended = false;
  #cancelLinger = () => {};
  #lastReadMs: number;
  #frameSinceMs: number | null = null;
  #writeSinceMs: number | null = null;
  #bufferBytes = readBytesMin;
  #writeBytes = 0;

  /**
   * Takes a connection over; nothing is read before `start`.
   *
   * @param socket an open connection, which the link owns from now on
   * @param handler is told what comes and asked what goes
   * @param seams clock and timers
   * @param payloadBytesMax the longest payload taken, in bytes
   */
  constructor(socket: Socket, handler: LinkHandler, seams: LinkSeams, payloadBytesMax: number) {
    this.#socket = socket;
    this.#handler = handler;
    this.#seams = seams;
    this.#decoder = new FrameDecoder(payloadBytesMax);
    this.#lastReadMs = seams.clock.monotonicMs();
  }

  /**
   * Sets another bound from the next frame on: before and after login they differ.
   *
   * @param bytes the longest payload taken
   */
  set payloadBytesMax(bytes: number) {
    this.#decoder.payloadBytesMax = bytes;
  }

  /** When a byte last came; monotonic milliseconds. */
  get lastReadMs(): number {
    return this.#lastReadMs;
  }

  /** Since when a frame has been half here, or null. */
  get frameSinceMs(): number | null {
    return this.#frameSinceMs;
  }

  /** Since when a write has made no progress, or null. */
  get writeSinceMs(): number | null {
    return this.#writeSinceMs;
  }

  /**
   * Tells what it holds, for bounds over all links.
   *
   * @param stuckMs milliseconds without progress after which a write counts: before that it is on
   * its way, and its bytes may be shared with others
   * @returns bytes
   */
  heldBytes(stuckMs: number): number {
    const sinceMs = this.#writeSinceMs ?? Infinity;
    const isStuck = this.#seams.clock.monotonicMs() - sinceMs >= stuckMs;
    return this.#bufferBytes + this.#decoder.allocatedBytes + (isStuck ? this.#writeBytes : 0);
  }

  /** Begins to read. */
  start(): void {
    void this.#readAll();
  }

  /** Says that `take` may have something now. */
  wake(): void {
    if (!this.#writing && !this.#ended) void this.#writeAll();
  }

  /** Takes no more payloads, writes what `take` still gives, and ends, within `lingerMs`. */
  close(): void {
    if (this.#closing) return;
    this.#closing = true;
    this.#deaf = true;
    this.#cancelLinger = this.#seams.timers.set(limits.lingerMs, () => this.abort());
    this.wake();
  }

  /** Ends at once. */
  abort(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#deaf = true;
    this.#cancelLinger();
    try {
      this.#socket.close();
    } catch {
      // Closed by the other side in the same moment: it is what was wanted.
    }
    this.#handler.ended();
  }

  async #readAll(): Promise<void> {
    let buffer = new Uint8Array(readBytesMin);
    try {
      for (;;) {
        const count = await this.#socket.read(buffer);
        if (count === null || this.#ended) break;
        this.#lastReadMs = this.#seams.clock.monotonicMs();
        if (!this.#deaf) this.#feed(buffer.subarray(0, count));
        if (count === buffer.length && count < limits.readBytesMax) {
          buffer = new Uint8Array(Math.min(count * 4, limits.readBytesMax));
          this.#bufferBytes = buffer.length;
        }
      }
    } catch {
      // A reset is an end like any other: what was not acknowledged comes again.
    }
    this.abort();
  }

  #feed(chunk: Uint8Array): void {
    let whole = false;
    try {
      this.#decoder.pushEach(chunk, (payload) => {
        whole = true;
        if (!this.#deaf) this.#handler.payload(payload);
      });
    } catch (error) {
      if (this.#ended) return;
      this.#deaf = true;
      this.#handler.broken(error as Error);
    }
    if (!this.#decoder.midFrame) this.#frameSinceMs = null;
    else if (whole || this.#frameSinceMs === null) this.#frameSinceMs = this.#lastReadMs;
  }

  async #writeAll(): Promise<void> {
    this.#writing = true;
    try {
      for (;;) {
        const bytes = this.#next();
        if (!bytes) break;
        this.#writeBytes = bytes.length;
        // Not in a function of its own: that would allocate a sixth more for each delivery.
        for (let at = 0; at < bytes.length;) {
          this.#writeSinceMs = this.#seams.clock.monotonicMs();
          at += await this.#socket.write(at === 0 ? bytes : bytes.subarray(at));
        }
        this.#writeSinceMs = null;
      }
      this.#writing = false;
      // The other side reads to the end and closes; closing now would reset what it has not read.
      if (this.#closing && !this.#ended) await this.#socket.closeWrite();
    } catch {
      this.abort();
    }
  }

  /** A mistake of the handler is no failure of the socket: it is told, and not taken for an end. */
  #next(): Uint8Array | null {
    if (this.#ended) return null;
    try {
      return this.#handler.take();
    } catch (error) {
      if (!this.#ended && !this.#deaf) {
        this.#deaf = true;
        this.#handler.broken(error as Error);
      }
      return null;
    }
  }
}
