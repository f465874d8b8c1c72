/**
 * Makes certificates. A module of its own, imported only when one has to be made: the packages that
 * it needs are large, and an ordinary start has no use for them.
 *
 * @module
 */

// Before the package that asks for what it brings.
import "reflect-metadata";
import {
  BasicConstraintsExtension,
  SubjectAlternativeNameExtension,
  X509CertificateGenerator,
} from "@peculiar/x509";
import { encodeHex } from "@std/encoding/hex";

/** What a certificate is to say. */
export interface CertificateWish {
  /** The name that it is for. */
  readonly name: string;
  /** When it begins to hold; wall clock, milliseconds. */
  readonly beginsMs: number;
  /** When it ends to hold; wall clock, milliseconds. */
  readonly endsMs: number;
  /** Its serial number: random bytes, at most 20. */
  readonly serial: Uint8Array;
}

/**
 * Makes a key pair on P-256 and a certificate for it, signed with that key itself.
 *
 * @param wish what it is to say
 * @returns the certificate and the secret key, both as DER, owned by the caller
 * @example
 * ```ts
 * import { assert } from "@std/assert";
 * import { signOwn } from "./certificate_maker.ts";
 * const serial = new Uint8Array([1]);
 * const made = await signOwn({ name: "a.invalid", beginsMs: 0, endsMs: 86_400_000, serial });
 * assert(made.certificate.length > 200);
 * ```
 * @see RFC 5280
 */
export async function signOwn(
  { name, beginsMs, endsMs, serial }: CertificateWish,
): Promise<{ certificate: Uint8Array<ArrayBuffer>; key: Uint8Array<ArrayBuffer> }> {
  const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;
  const keys = await crypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const certificate = await X509CertificateGenerator.createSelfSigned({
    serialNumber: encodeHex(serial),
    name: `CN=${name}`,
    notBefore: new Date(beginsMs),
    notAfter: new Date(endsMs),
    keys,
    signingAlgorithm: algorithm,
    // A server's own and nobody's authority: who trusts it trusts no other through it.
    extensions: [
      new BasicConstraintsExtension(false, undefined, true),
      new SubjectAlternativeNameExtension([{ type: "dns", value: name }]),
    ],
  });
  const key = await crypto.subtle.exportKey("pkcs8", keys.privateKey);
  return { certificate: new Uint8Array(certificate.rawData), key: new Uint8Array(key) };
}
