import { assertEquals, assertNotEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { certificateHash, isDue, toPem } from "../../lib/identity/certificate.ts";
import {
  CertificateFileError,
  makeCertificate,
  readOrMakeCertificate,
} from "../../lib/identity/own_certificate.ts";
import { limits } from "../../lib/limits.ts";
import { systemRandom } from "../../lib/seams.ts";
import { permittedTest } from "../support/permitted.ts";

const dayMs = 86_400_000;
const nowMs = Date.UTC(2026, 0, 1);

Deno.test("makeCertificate() holds for clocks that differ by some days, and not for ever", async () => {
  const { beginsMs, endsMs, hash, certificate } = await makeCertificate(nowMs, systemRandom);
  assertEquals(beginsMs, nowMs - limits.certificateEarlyDays * dayMs);
  assertEquals(endsMs, nowMs + limits.certificateDays * dayMs);
  const der = Uint8Array.fromBase64(certificate.replaceAll(/-----[A-Z ]+-----|\s/g, ""));
  assertEquals(hash, certificateHash(der));
  assertEquals(toPem("CERTIFICATE", der), certificate);
});

Deno.test("isDue() is so from 30 days before the end, and while it has not begun", () => {
  const held = { beginsMs: 10 * dayMs, endsMs: 100 * dayMs };
  const at = (ms: number) => isDue(held, ms);
  assertEquals(at(10 * dayMs - 1), true, "made by a clock that was ahead");
  assertEquals([at(10 * dayMs), at(70 * dayMs - 1)], [false, false]);
  assertEquals([at(70 * dayMs), at(101 * dayMs)], [true, true]);
});

permittedTest("readOrMakeCertificate() keeps what it has until it is due", [
  "read",
  "write",
], async () => {
  const folder = await Deno.makeTempDir({ prefix: "parley-certificate-" });
  try {
    const path = `${folder}/tls.pem`;
    const take = (ms: number) => readOrMakeCertificate(path, ms, systemRandom);
    const first = await take(nowMs);
    assertEquals((await Deno.stat(path)).mode! & 0o777, 0o600);
    assertEquals(await take(nowMs + dayMs), first);
    const second = await take(
      nowMs + (limits.certificateDays - limits.certificateRenewDays) * dayMs,
    );
    assertNotEquals(second.hash, first.hash, "it was due");
    assertEquals(await take(second.beginsMs + 8 * dayMs), second, "and the new one was kept");
    const noKey = toPem("PRIVATE KEY", new Uint8Array(100)) + second.certificate;
    for (const damaged of ["", second.key, second.certificate, second.key + first.key, noKey]) {
      await Deno.writeTextFile(path, damaged);
      const made = await take(nowMs);
      assertEquals(await take(nowMs), made, "another takes the place of a damaged one");
    }
    const mixed = first.key + second.certificate;
    await Deno.writeTextFile(path, mixed);
    const error = await assertRejects(() => take(nowMs), CertificateFileError);
    assertStringIncludes(error.message, `${path} has a certificate and the key of another one`);
    assertEquals(await Deno.readTextFile(path), mixed, "nobody else may have that key");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
