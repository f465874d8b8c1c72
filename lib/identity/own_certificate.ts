/**
 * The server's own certificate: made for itself, kept in its data folder, and made again before it
 * ends.
 *
 * @module
 */

import { createPrivateKey, createPublicKey, type KeyObject, X509Certificate } from "node:crypto";
import { limits } from "../limits.ts";
import type { Random } from "../seams.ts";
import {
  type Certificate,
  certificateHash,
  certificateName,
  holdsWhen,
  isDue,
  toPem,
} from "./certificate.ts";
import { readIfThere, writeDurably } from "./key_file.ts";

const dayMs = 86_400_000;
const serialBytes = 16;

/** The file has a certificate and the key of another one. */
export class CertificateFileError extends Error {
  /** The class's name, which stands before the message wherever the error is printed. */
  override name = "CertificateFileError";
}

/**
 * Makes a certificate and its key.
 *
 * @param nowMs wall clock, milliseconds
 * @param random gives the serial number
 * @returns the pair, in memory only
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { systemRandom } from "../seams.ts";
 * import { isDue } from "./certificate.ts";
 * import { makeCertificate } from "./own_certificate.ts";
 * const nowMs = Date.UTC(2026, 0, 1);
 * assertEquals(isDue(await makeCertificate(nowMs, systemRandom), nowMs), false);
 * ```
 * @see docs/PROTOCOL.md, section "Transport"
 */
export async function makeCertificate(nowMs: number, random: Random): Promise<Certificate> {
  const { signOwn } = await import("./certificate_maker.ts");
  const serial = random.bytes(serialBytes);
  // A serial number is positive and has no zero before it.
  serial[0] = (serial[0]! & 0x3f) | 0x40;
  const made = await signOwn({
    name: certificateName,
    // A clock may be wrong by some days, here or there, without anybody being locked out.
    beginsMs: nowMs - limits.certificateEarlyDays * dayMs,
    endsMs: nowMs + limits.certificateDays * dayMs,
    serial,
  });
  const certificate = toPem("CERTIFICATE", made.certificate);
  return describe(certificate, toPem("PRIVATE KEY", made.key));
}

/**
 * Reads the certificate of a data folder, and makes another one where there is none, where it is
 * damaged and where it is due: unlike the identity key it can be replaced by anybody who has that.
 * A key and a certificate that are whole and don't belong together were put there by somebody, who
 * may have the key nowhere else: these are left alone.
 *
 * @param path the file, which has the certificate and its key; its folder exists
 * @param nowMs wall clock, milliseconds
 * @param random gives the serial number of a new one
 * @returns the certificate, durable on disk before it is returned
 * @throws {CertificateFileError} when key and certificate don't belong together
 * @throws {Deno.errors.PermissionDenied} when the file can't be read or written
 * @example
 * ```ts ignore
 * import { systemRandom } from "../seams.ts";
 * import { readOrMakeCertificate } from "./own_certificate.ts";
 * const certificate = await readOrMakeCertificate("data/tls.pem", Date.now(), systemRandom);
 * ```
 * @see docs/ARCHITECTURE.md, section "identity"
 */
export async function readOrMakeCertificate(
  path: string,
  nowMs: number,
  random: Random,
): Promise<Certificate> {
  const text = readIfThere(path);
  const held = text === null ? null : parse(text);
  if (held && !belongTogether(held)) {
    throw new CertificateFileError(
      `${path} has a certificate and the key of another one: put the two together that belong ` +
        "together, or delete the file, and the next start makes a new one; no client minds",
    );
  }
  if (held && !isDue(held, nowMs)) return held;
  const made = await makeCertificate(nowMs, random);
  writeDurably(path, `${made.key}${made.certificate}`);
  return made;
}

function parse(text: string): Certificate | null {
  const block = (label: string) =>
    new RegExp(`-----BEGIN ${label}-----[^-]+-----END ${label}-----`).exec(text)?.[0];
  const key = block("PRIVATE KEY");
  const certificate = block("CERTIFICATE");
  if (!key || !certificate) return null;
  try {
    createPrivateKey(key);
    return describe(`${certificate}\n`, `${key}\n`);
  } catch {
    // Damaged: another takes its place.
    return null;
  }
}

function belongTogether({ certificate, key }: Certificate): boolean {
  const spki = (one: KeyObject) => one.export({ type: "spki", format: "der" });
  // Not with checkPrivateKey, which Deno 2.5.7 does not have.
  const ofKey = spki(createPublicKey(createPrivateKey(key)));
  return spki(new X509Certificate(certificate).publicKey).equals(ofKey);
}

function describe(certificate: string, key: string): Certificate {
  const base64 = certificate.replaceAll(/-----[A-Z ]+-----|\s/g, "");
  return {
    certificate,
    key,
    hash: certificateHash(Uint8Array.fromBase64(base64)),
    ...holdsWhen(certificate),
  };
}
