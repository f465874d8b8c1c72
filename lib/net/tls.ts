/**
 * Listening for TLS: handshakes, each by itself and in time, and another certificate while it runs.
 *
 * @module
 */

import { alpnName, type Certificate } from "../identity/certificate.ts";
import { limits } from "../limits.ts";
import type { Random, Timers } from "../seams.ts";
import { type HandshakeBounds, Handshakes } from "./handshakes.ts";
import type { Socket } from "./link.ts";
import { type Address, ListenError, type Listening } from "./tcp.ts";

/** What a listener tells, and what it needs of the world. */
export interface TlsPorts {
  /** Ends the wait for a handshake. */
  readonly timers: Timers;
  /**
   * Waits between two accepts, so that what has come from others is read meanwhile: where many come,
   * the runtime would shake hands with dozens in one turn of the loop.
   *
   * @returns when the next may be accepted
   */
  turn(): Promise<void>;
  /** Chooses who is given up when too many shake hands. */
  readonly random: Random;
  /** How many may shake hands. */
  readonly bounds: HandshakeBounds;
  /**
   * A connection has shaken hands.
   *
   * @param socket the connection, the port's from now on
   * @param remote where it comes from
   */
  accept(socket: Socket, remote: string): void;
  /**
   * An accept failed, such as for want of file descriptors.
   *
   * @param error the system's reason
   */
  failed(error: Error): void;
  /**
   * A connection did not shake hands, and is closed, or will be when it does.
   *
   * @param remote where it came from
   * @param reason why, in the runtime's words
   */
  unshaken(remote: string, reason: string): void;
  /** Nobody more is accepted until one of those who did not shake hands ends its side. */
  full(): void;
}

/** A server that listens for TLS. */
export interface TlsListening extends Listening {
  /**
   * Takes another certificate for connections that come from now on; those that are open stay.
   *
   * @param certificate the new one
   * @returns when it is listened with
   * @throws {ListenError} when the port could not be had again; nobody listens then, and it is for
   * the caller to try once more
   */
  replace(certificate: Certificate): Promise<void>;
}

/** A connection whose certificate is known. */
class TlsSocket implements Socket {
  readonly #conn: Deno.TlsConn;

  constructor(conn: Deno.TlsConn, readonly channel: Uint8Array) {
    this.#conn = conn;
  }

  read(buffer: Uint8Array): Promise<number | null> {
    return this.#conn.read(buffer);
  }

  write(bytes: Uint8Array): Promise<number> {
    return this.#conn.write(bytes);
  }

  closeWrite(): Promise<void> {
    return this.#conn.closeWrite();
  }

  close(): void {
    this.#conn.close();
  }
}

/** Accepts with one certificate, until it is closed. */
class Acceptor {
  readonly #listener: Deno.TlsListener;
  readonly #accepting: Promise<void>;
  #open = true;
  /** Ends the wait for room, if there is one. */
  #goOn = () => {};

  constructor(
    readonly address: Address,
    certificate: Certificate,
    taken: (conn: Deno.TlsConn, hash: Uint8Array) => Promise<void>,
    failed: (error: Error) => void,
  ) {
    this.#listener = openListener(address, certificate);
    this.#accepting = this.#acceptAll((conn) => taken(conn, certificate.hash), failed);
  }

  get port(): number {
    return this.#listener.addr.port;
  }

  get hostname(): string {
    return this.#listener.addr.hostname;
  }

  /** @returns when the port is free: the runtime holds it until the accept under way has failed */
  close(): Promise<void> {
    if (this.#open) this.#listener.close();
    this.#open = false;
    this.#goOn();
    return this.#accepting;
  }

  async #acceptAll(
    taken: (conn: Deno.TlsConn) => Promise<void>,
    failed: (error: Error) => void,
  ): Promise<void> {
    while (this.#open) {
      try {
        const next = taken(await this.#listener.accept());
        // Not a race with one promise of the whole listener: that would remember every connection.
        await new Promise<void>((resolve, reject) => {
          this.#goOn = resolve;
          next.then(resolve, reject);
        });
      } catch (error) {
        if (!this.#open) return;
        failed(error as Error);
        // Out of descriptors, or reset before it was taken: a pause lets others end first.
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    }
  }
}

/** One connection that has not shaken hands, or not in time. */
interface Shaking {
  /** Says that it is too late for it; harmless a second time. */
  giveUp(): void;
  /** Ends it, as far as the runtime can. */
  close(): void;
}

/**
 * Shakes hands with each by itself, within its time. Who is given up is not closed: the runtime
 * would hold its socket all the same until the other side ends it, and nobody would know when.
 */
class Reception {
  readonly #handshakes: Handshakes<Shaking>;
  #room = Promise.withResolvers<void>();

  constructor(private readonly ports: TlsPorts) {
    this.#handshakes = new Handshakes(ports.bounds, ports.random);
  }

  /** @returns when another may be accepted */
  begin(conn: Deno.TlsConn, hash: Uint8Array): Promise<void> {
    void this.#shakeHands(conn, hash);
    if (!this.#handshakes.isFull) return this.ports.turn();
    this.ports.full();
    return this.#room.promise;
  }

  close(): void {
    for (const shaking of this.#handshakes.all) shaking.close();
    this.#room.resolve();
  }

  async #shakeHands(conn: Deno.TlsConn, hash: Uint8Array): Promise<void> {
    const remote = conn.remoteAddr.hostname;
    let late = false;
    const giveUp = () => {
      if (late) return;
      late = true;
      this.#handshakes.giveUp(shaking);
      this.ports.unshaken(remote, "too slow, or too many");
    };
    const shaking = { giveUp, close: () => closeQuietly(conn) };
    const cancel = this.ports.timers.set(limits.tlsHandshakeMs, giveUp);
    this.#handshakes.enter(shaking, remote)?.giveUp();
    try {
      const { alpnProtocol } = await conn.handshake();
      // The runtime refuses who names another protocol, and lets through who names none: such as
      // a client that only reads the certificate.
      if (!late && alpnProtocol === alpnName) this.ports.accept(new TlsSocket(conn, hash), remote);
      else shaking.close();
    } catch (error) {
      if (!late) this.ports.unshaken(remote, (error as Error).message);
      shaking.close();
    } finally {
      cancel();
      this.#gone(shaking);
    }
  }

  #gone(shaking: Shaking): void {
    this.#handshakes.leave(shaking);
    if (this.#handshakes.isFull) return;
    this.#room.resolve();
    this.#room = Promise.withResolvers();
  }
}

/**
 * Listens for TLS and hands over each connection that has shaken hands.
 *
 * @param address where; port 0 for any free one
 * @param certificate the first certificate
 * @param ports who is told
 * @returns the listening server
 * @throws {ListenError} when nobody can listen there
 * @example
 * ```ts ignore
 * const listening = listenTls({ hostname: "127.0.0.1", port: 0 }, certificate, ports);
 * listening.replace(await makeCertificate(Date.now(), systemRandom));
 * listening.close();
 * ```
 * @see docs/adr/0008-tls.md
 */
export function listenTls(
  address: Address,
  certificate: Certificate,
  ports: TlsPorts,
): TlsListening {
  const reception = new Reception(ports);
  const taken = (conn: Deno.TlsConn, hash: Uint8Array) => reception.begin(conn, hash);
  const failed = (error: Error) => ports.failed(error);
  let acceptor = new Acceptor(address, certificate, taken, failed);
  let open = true;
  const here = { hostname: acceptor.hostname, port: acceptor.port };
  return {
    address: here,
    close: () => {
      open = false;
      void acceptor.close();
      reception.close();
    },
    replace: async (next) => {
      await acceptor.close();
      if (open) acceptor = new Acceptor(here, next, taken, failed);
    },
  };
}

function openListener(address: Address, { certificate, key }: Certificate): Deno.TlsListener {
  try {
    return Deno.listenTls({ ...address, cert: certificate, key, alpnProtocols: [alpnName] });
  } catch (error) {
    throw new ListenError(address, error as Error);
  }
}

function closeQuietly(conn: Deno.TlsConn): void {
  try {
    conn.close();
  } catch {
    // Closed by the other side in the same moment: it is what was wanted.
  }
}
