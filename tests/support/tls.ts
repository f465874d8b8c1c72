/**
 * Both ends of TLS on this machine, and whoever stands between them.
 *
 * @module
 */

import type { Certificate } from "../../lib/identity/certificate.ts";
import { makeCertificate } from "../../lib/identity/own_certificate.ts";
import type { Socket } from "../../lib/net/link.ts";
import { limits } from "../../lib/limits.ts";
import type { HandshakeBounds } from "../../lib/net/handshakes.ts";
import { listenTls, type TlsListening } from "../../lib/net/tls.ts";
import { systemRandom, systemTimers, type Timers } from "../../lib/seams.ts";

const patienceMs = 10_000;

/** A certificate that holds now. */
export const freshCertificate = (): Promise<Certificate> =>
  makeCertificate(Date.now(), systemRandom);

/** Copies bytes until one side ends, and then ends the other. */
export async function pump(
  from: Socket,
  to: Socket,
  look: (bytes: Uint8Array) => void = () => {},
): Promise<void> {
  const buffer = new Uint8Array(64 * 1024);
  try {
    for (;;) {
      const count = await from.read(buffer);
      if (count === null) break;
      look(buffer.subarray(0, count));
      for (let at = 0; at < count;) at += await to.write(buffer.slice(at, count));
    }
    await to.closeWrite();
  } catch {
    // One of the two has ended: so does the other.
  }
  for (const socket of [from, to]) closeQuietly(socket);
}

/** Sends back what comes. */
export function echo(socket: Socket): void {
  void pump(socket, socket);
}

/** A server under TLS, and what it told. */
export interface TlsServer extends AsyncDisposable {
  readonly listening: TlsListening;
  readonly certificate: Certificate;
  readonly accepted: Socket[];
  readonly unshaken: string[];
  /** Waits until the test is true, looking again at whatever is told. */
  until(test: () => boolean): Promise<void>;
}

/** Listens on any free port, with a fresh certificate where none is given. */
export async function serveTls(
  accept: (socket: Socket) => void,
  timers: Timers = systemTimers,
  given?: Certificate,
  bounds: HandshakeBounds = limits,
  turn: () => Promise<void> = () => Promise.resolve(),
): Promise<TlsServer> {
  const certificate = given ?? await freshCertificate();
  const accepted: Socket[] = [];
  const unshaken: string[] = [];
  const waiting = new Set<() => void>();
  const told = () => {
    for (const look of waiting) look();
  };
  const listening = listenTls({ hostname: "127.0.0.1", port: 0 }, certificate, {
    ...{ timers, random: systemRandom, bounds, turn },
    failed: (error) => {
      throw error;
    },
    full: () => {},
    unshaken: (_remote, reason) => {
      unshaken.push(reason);
      told();
    },
    accept: (socket) => {
      accepted.push(socket);
      accept(socket);
      told();
    },
  });
  return {
    ...{ listening, certificate, accepted, unshaken },
    until: (test) =>
      new Promise((resolve, reject) => {
        const timer = setTimeout(() => reject(new Error("it did not come about")), patienceMs);
        const look = () => {
          if (!test()) return;
          waiting.delete(look);
          clearTimeout(timer);
          resolve();
        };
        waiting.add(look);
        look();
      }),
    [Symbol.asyncDispose]: () => {
      listening.close();
      for (const socket of accepted) closeQuietly(socket);
      return Promise.resolve();
    },
  };
}

/** Passes connections on, byte by byte, to a port that may change from one to the next. */
export function relay(
  portOf: (connection: number) => number,
  look: (bytes: Uint8Array) => void = () => {},
): Disposable & { port: number } {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  let count = 0;
  void (async () => {
    for await (const socket of listener) {
      const other = await Deno.connect({ hostname: "127.0.0.1", port: portOf(++count) });
      void pump(socket, other, look);
      void pump(other, socket, look);
    }
  })().catch(() => {});
  return { port: listener.addr.port, [Symbol.dispose]: () => listener.close() };
}

function closeQuietly(socket: Socket): void {
  try {
    socket.close();
  } catch {
    // Closed already.
  }
}
