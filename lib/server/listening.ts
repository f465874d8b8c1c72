/**
 * Listening for clients, under TLS or in clear text.
 *
 * @module
 */

import { setImmediate } from "node:timers";
import { readOrMakeCertificate } from "../identity/own_certificate.ts";
import { limits } from "../limits.ts";
import type { Socket } from "../net/link.ts";
import { type Address, listen, type Listening } from "../net/tcp.ts";
import { listenTls } from "../net/tls.ts";
import { systemClock, systemRandom, systemTimers } from "../seams.ts";
import { CertificateKeeper } from "./certificate_keeper.ts";
import type { Journal } from "./journal.ts";
import type { StrangerJournal } from "./stranger_journal.ts";

/** Where and how to listen. */
export interface ListeningOptions {
  /** Where; port 0 for any free one. */
  readonly listen: Address;
  /** The file of the certificate and its key; null for clear text. */
  readonly certificatePath: string | null;
  /** Takes what the operator should know. */
  readonly journal: Journal;
  /** Takes what strangers did, of which there may be any number. */
  readonly strangers: StrangerJournal;
}

/**
 * Listens for clients; under TLS with a certificate that stays valid however long the server runs.
 *
 * @param options where and how
 * @param accept is given each connection that may speak, and where it comes from; owns it
 * @returns the listening server
 * @throws {ListenError} when nobody can listen there
 * @example
 * ```ts ignore
 * const listening = await listenForClients(options, (socket) => socket.close());
 * listening.close();
 * ```
 * @see docs/adr/0008-tls.md
 */
export async function listenForClients(
  { listen: address, certificatePath, journal, strangers }: ListeningOptions,
  accept: (socket: Socket, remote: string) => Promise<void> | void,
): Promise<Listening> {
  const failed = (error: Error) => journal("acceptFailed", { reason: error.message });
  if (certificatePath === null) return listen(address, accept, failed);
  const nowMs = systemClock.wallMs();
  const certificate = await readOrMakeCertificate(certificatePath, nowMs, systemRandom);
  const listening = listenTls(address, certificate, {
    ...{ timers: systemTimers, random: systemRandom, bounds: limits },
    turn: () => new Promise((resolve) => setImmediate(resolve)),
    accept,
    failed,
    full: () => strangers.stranger("tooManyUnshaken", { max: limits.tlsUnshakenMax }),
    unshaken: (from, reason) => strangers.stranger("unshaken", { from, reason }),
  });
  const keeper = new CertificateKeeper({
    ...{ certificate, journal, clock: systemClock, timers: systemTimers, random: systemRandom },
    replace: (next) => listening.replace(next),
  });
  keeper.start();
  return {
    address: listening.address,
    close: () => {
      keeper.close();
      listening.close();
    },
  };
}
