/**
 * A server's TLS certificate, as both sides know it. Who the server is stands in its identity key;
 * the certificate only carries the channel.
 *
 * @module
 */

import { createHash, X509Certificate } from "node:crypto";
import { limits } from "../limits.ts";

/** The name that every server's certificate is for. Nobody can be given one under `.invalid`. */
export const certificateName = "parley.invalid";

/** What both sides name when they agree on what goes through TLS: Parley's frames. */
export const alpnName = "parley/1";

/** A certificate with its secret key. */
export interface Certificate {
  /** The certificate, as PEM. */
  readonly certificate: string;
  /** Its secret key, PKCS #8 as PEM. */
  readonly key: string;
  /** SHA-256 of the certificate's DER: what goes into what is signed at login; 32 bytes. */
  readonly hash: Uint8Array;
  /** When it begins to hold; wall clock, milliseconds. */
  readonly beginsMs: number;
  /** When it ends to hold; wall clock, milliseconds. */
  readonly endsMs: number;
}

const dayMs = 86_400_000;

/**
 * Tells whether a certificate is to be replaced: some time before it ends, so that nobody meets one
 * that has ended; or when it has not begun, since the clock was wrong when it was made.
 *
 * @param certificate when it begins and ends
 * @param nowMs wall clock, milliseconds
 * @returns whether it is time for another
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { isDue } from "./certificate.ts";
 * const day = 86_400_000;
 * assertEquals(isDue({ beginsMs: 0, endsMs: 90 * day }, 59 * day), false);
 * assertEquals(isDue({ beginsMs: 0, endsMs: 90 * day }, 60 * day), true);
 * ```
 * @see docs/adr/0008-tls.md
 */
export function isDue(
  { beginsMs, endsMs }: Pick<Certificate, "beginsMs" | "endsMs">,
  nowMs: number,
): boolean {
  return nowMs < beginsMs || nowMs >= endsMs - limits.certificateRenewDays * dayMs;
}

/**
 * The hash by which both sides name a certificate.
 *
 * @param der the certificate
 * @returns SHA-256; 32 bytes, owned by the caller
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { certificateHash } from "./certificate.ts";
 * assertEquals(certificateHash(new Uint8Array()).length, 32);
 * ```
 * @see docs/PROTOCOL.md, section "Handshake"
 */
export function certificateHash(der: Uint8Array): Uint8Array {
  return new Uint8Array(createHash("sha256").update(der).digest());
}

/**
 * Writes bytes as PEM.
 *
 * @param label such as `CERTIFICATE`
 * @param der the bytes
 * @returns lines of 64 characters between a first and a last line, with a newline at the end
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { toPem } from "./certificate.ts";
 * assertEquals(toPem("X", new Uint8Array(1)), "-----BEGIN X-----\nAA==\n-----END X-----\n");
 * ```
 * @see RFC 7468
 */
export function toPem(label: string, der: Uint8Array): string {
  const lines = der.toBase64().replaceAll(/.{64}(?=.)/g, "$&\n");
  return `-----BEGIN ${label}-----\n${lines}\n-----END ${label}-----\n`;
}

/**
 * Tells from when to when a certificate holds.
 *
 * @param certificate as PEM
 * @returns wall clock, milliseconds
 * @throws {Error} when it is no certificate
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { systemRandom } from "../seams.ts";
 * import { holdsWhen } from "./certificate.ts";
 * import { makeCertificate } from "./own_certificate.ts";
 * const made = await makeCertificate(Date.UTC(2026, 0, 1), systemRandom);
 * assertEquals(holdsWhen(made.certificate).endsMs, made.endsMs);
 * ```
 * @see RFC 5280, section 4.1.2.5
 */
export function holdsWhen(certificate: string): Pick<Certificate, "beginsMs" | "endsMs"> {
  const { validFrom, validTo } = new X509Certificate(certificate);
  return { beginsMs: Date.parse(validFrom), endsMs: Date.parse(validTo) };
}
