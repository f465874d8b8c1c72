/**
 * Dialling under TLS a server whose certificate nobody vouches for. What it shows is read first,
 * over a connection that is thrown away; then it is trusted, and it alone; and who the server is,
 * its identity key proves in what is signed at login.
 *
 * @module
 */

import { connect as connectTcp } from "node:net";
import { connect as connectTls, type ConnectionOptions, type TLSSocket } from "node:tls";
import {
  alpnName,
  certificateHash,
  certificateName,
  holdsWhen,
  toPem,
} from "../identity/certificate.ts";
import type { Clock } from "../seams.ts";
import type { Socket } from "./link.ts";
import { StreamSocket } from "./stream_socket.ts";
import { type Address, dial, formatAddress } from "./tcp.ts";

/** Somebody listens there, and no TLS connection came about. */
export class TlsError extends Error {
  /** The class's name, which stands before the message wherever the error is printed. */
  override name = "TlsError";
}

/** Where TLS was wanted, a server answered that speaks clear text. */
export class ClearServerError extends Error {
  /** The class's name, which stands before the message wherever the error is printed. */
  override name = "ClearServerError";
}

/**
 * Dials one server, again and again, and remembers its certificate.
 *
 * What holds: a socket that it gives speaks with whoever has the secret key of the certificate in
 * the socket's `channel`, and with nobody in between.
 *
 * @example
 * ```ts ignore
 * const dialer = new TlsDialer({ hostname: "chat.example", port: 7667 }, systemClock);
 * const socket = await dialer.dial(AbortSignal.timeout(10_000));
 * ```
 * @see docs/adr/0008-tls.md
 */
export class TlsDialer {
  readonly #address: Address;
  readonly #clock: Clock;
  #certificate: Uint8Array | null = null;

  /**
   * Starts without a certificate.
   *
   * @param address the server's
   * @param clock tells whether it may be this machine's clock that is wrong
   */
  constructor(address: Address, clock: Clock) {
    this.#address = address;
    this.#clock = clock;
  }

  /**
   * Connects.
   *
   * @param signal gives up waiting
   * @returns the open connection, owned by the caller
   * @throws {ClearServerError} when the server speaks clear text
   * @throws {TlsError} when it does not shake hands as a Parley server does
   * @throws {Deno.errors.ConnectionRefused} when nobody listens there
   */
  async dial(signal: AbortSignal): Promise<Socket> {
    if (this.#certificate) {
      try {
        return await this.#open(this.#certificate, signal);
      } catch (error) {
        // The server may have another certificate by now: that is read anew.
        if (!(error instanceof TlsError)) throw error;
        this.#certificate = null;
      }
    }
    const shown = await this.#read(signal);
    const socket = await this.#open(shown, signal);
    this.#certificate = shown;
    return socket;
  }

  /** Believes anything, and so says nothing on that connection, not even a protocol's name. */
  async #read(signal: AbortSignal): Promise<Uint8Array> {
    try {
      const stream = await shakeHands(this.#address, { rejectUnauthorized: false }, signal);
      try {
        return shownBy(stream);
      } finally {
        stream.destroy();
      }
    } catch (error) {
      if (!(error instanceof TlsError) || !await speaksClear(this.#address, signal)) throw error;
      throw new ClearServerError(`${formatAddress(this.#address)} speaks clear text`);
    }
  }

  async #open(certificate: Uint8Array, signal: AbortSignal): Promise<Socket> {
    const pem = toPem("CERTIFICATE", certificate);
    this.#checkTime(pem);
    const stream = await shakeHands(
      this.#address,
      { ca: [pem], ALPNProtocols: [alpnName] },
      signal,
    );
    try {
      return new StreamSocket(stream, channelOf(stream, certificate));
    } catch (error) {
      stream.destroy();
      throw error;
    }
  }

  #checkTime(pem: string): void {
    const { beginsMs, endsMs } = timeOf(pem);
    const nowMs = this.#clock.wallMs();
    if (nowMs < beginsMs || nowMs > endsMs) throw new TlsError(wrongTime(beginsMs, endsMs, nowMs));
  }
}

/** Whoever listens may show anything: what can't be read is no mistake of this program. */
function timeOf(pem: string): ReturnType<typeof holdsWhen> {
  try {
    return holdsWhen(pem);
  } catch {
    throw new TlsError("what listens there shows no certificate that can be read");
  }
}

/** @returns the hash of the certificate of this very connection, which has to be the one expected */
function channelOf(stream: TLSSocket, certificate: Uint8Array): Uint8Array {
  // `ca` is added to the authorities that this machine trusts: one of them may have signed
  // another certificate for the name.
  const channel = certificateHash(shownBy(stream));
  if (channel.some((byte, at) => byte !== certificateHash(certificate)[at])) {
    throw new TlsError("the certificate changed between two connections");
  }
  if (stream.alpnProtocol !== alpnName) {
    throw new TlsError("what listens there is no Parley server");
  }
  return channel;
}

function wrongTime(...times: readonly [number, number, number]): string {
  const [begins, ends, now] = times.map((ms) => new Date(ms).toISOString().slice(0, 10));
  return `its certificate holds from ${begins} to ${ends}, and this machine's clock says ${now}: ` +
    "one of the two clocks is wrong";
}

/** @returns a connection of which nothing was read */
async function shakeHands(
  { hostname, port }: Address,
  trust: ConnectionOptions,
  signal: AbortSignal,
): Promise<TLSSocket> {
  signal.throwIfAborted();
  const given = Promise.withResolvers<TLSSocket>();
  const tcp = connectTcp({ host: hostname, port });
  const giveUp = () => {
    given.reject(signal.reason);
    tcp.destroy();
  };
  signal.addEventListener("abort", giveUp, { once: true });
  tcp.on("error", (error) => given.reject(systemError(error)));
  tcp.once("connect", () => {
    // Only here: what is written later goes out at once, under TLS too.
    tcp.setNoDelay(true);
    const stream = connectTls({ socket: tcp, servername: certificateName, ...trust });
    const failed = (error: Error) => {
      given.reject(new TlsError(error.message));
      stream.destroy();
    };
    stream.on("error", failed);
    stream.once("close", () => failed(new Error("closed while shaking hands")));
    stream.once("secureConnect", () => given.resolve(stream));
  });
  try {
    return await given.promise;
  } finally {
    signal.removeEventListener("abort", giveUp);
  }
}

function shownBy(stream: TLSSocket): Uint8Array {
  // Declared to be there always; it is null when the other side has gone meanwhile.
  const shown: { raw?: Uint8Array } | null = stream.getPeerCertificate(true);
  const raw = shown?.raw;
  if (!raw) throw new TlsError("the server shows no certificate");
  return new Uint8Array(raw);
}

/** What the rest of the program knows by the runtime's own classes. */
function systemError(error: Error & { code?: string }): Error {
  if (error.code === "ECONNREFUSED") return new Deno.errors.ConnectionRefused(error.message);
  return error;
}

/**
 * Asks in clear text, with a frame that is none. A Parley server answers with an `error` frame,
 * whose length begins with a zero byte; one that speaks TLS with an alert, which begins with 21.
 */
async function speaksClear(address: Address, signal: AbortSignal): Promise<boolean> {
  const socket = await dial(address, signal);
  let open = true;
  const close = () => {
    if (open) socket.close();
    open = false;
  };
  signal.addEventListener("abort", close, { once: true });
  try {
    await socket.write(new Uint8Array([0xff, 0xff, 0xff, 0xff]));
    const first = new Uint8Array(1);
    return await socket.read(first) === 1 && first[0] === 0;
  } catch {
    return false;
  } finally {
    signal.removeEventListener("abort", close);
    close();
  }
}
