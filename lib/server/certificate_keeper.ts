/**
 * Replaces the server's certificate before it ends, while the server runs.
 *
 * @module
 */

import { type Certificate, isDue } from "../identity/certificate.ts";
import { makeCertificate } from "../identity/own_certificate.ts";
import { limits } from "../limits.ts";
import type { Clock, Random, Timers } from "../seams.ts";
import type { Journal } from "./journal.ts";

/** What a keeper is made of. */
export interface CertificateKeeperOptions {
  /** The certificate that is listened with. */
  readonly certificate: Certificate;
  /** Tells when it is due. */
  readonly clock: Clock;
  /** Rings for each look. */
  readonly timers: Timers;
  /** Gives serial numbers. */
  readonly random: Random;
  /** Takes what the operator should know. */
  readonly journal: Journal;
  /**
   * Listens with another certificate.
   *
   * @param certificate the new one
   * @returns when it is listened with
   */
  readonly replace: (certificate: Certificate) => Promise<void>;
}

/** Milliseconds after which what failed is tried again: meanwhile nobody may be listening. */
const againMs = 1_000;

/**
 * Looks at the clock every hour, as long as the server runs. A timer for the day itself would be
 * wrong on a machine that sleeps or whose clock is set.
 *
 * The new certificate is in memory only: the server has given up writing files by then. The next
 * start finds the old one due, and makes another.
 *
 * @example
 * ```ts ignore
 * const keeper = new CertificateKeeper(options);
 * keeper.start();
 * keeper.close();
 * ```
 * @see docs/adr/0008-tls.md
 */
export class CertificateKeeper {
  readonly #options: CertificateKeeperOptions;
  #certificate: Certificate;
  /** Whether the certificate is the one that is listened with. */
  #isUsed = true;
  #closed = false;
  #cancel = () => {};

  /**
   * Starts with nothing to do.
   *
   * @param options what it is made of
   */
  constructor(options: CertificateKeeperOptions) {
    this.#options = options;
    this.#certificate = options.certificate;
  }

  /** Looks for the first time after an hour. */
  start(): void {
    this.#later(limits.certificateLookMs);
  }

  /** Looks no more. */
  close(): void {
    this.#closed = true;
    this.#cancel();
  }

  #later(afterMs: number): void {
    if (!this.#closed) this.#cancel = this.#options.timers.set(afterMs, () => void this.#look());
  }

  async #look(): Promise<void> {
    const { journal } = this.#options;
    try {
      await this.#renew();
      this.#later(limits.certificateLookMs);
    } catch (error) {
      journal("certificateFailed", { reason: (error as Error).message });
      this.#later(againMs);
    }
  }

  async #renew(): Promise<void> {
    const { clock, random, journal, replace } = this.#options;
    const nowMs = clock.wallMs();
    if (this.#isUsed && !isDue(this.#certificate, nowMs)) return;
    if (this.#isUsed) this.#certificate = await makeCertificate(nowMs, random);
    if (this.#closed) return;
    this.#isUsed = false;
    await replace(this.#certificate);
    this.#isUsed = true;
    journal("certificate", { until: new Date(this.#certificate.endsMs).toISOString() });
  }
}
