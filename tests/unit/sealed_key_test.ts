import { assert, assertEquals, assertNotEquals, assertRejects, assertThrows } from "@std/assert";
import { readDeviceKey, sealDeviceKey, unsealDeviceKey } from "../../lib/client/device_key.ts";
import { passphraseFrom } from "../../lib/client/passphrase.ts";
import { KeyFileError } from "../../lib/identity/key_file.ts";
import { isSealed, openSeed, sealSeed } from "../../lib/identity/sealed_key.ts";
import { SeededRandom } from "../support/random.ts";

const random = new SeededRandom(Date.now() % 2 ** 31);
const cheap = 10;

Deno.test("sealSeed() hides a seed, another way each time, and openSeed() gives it back", () => {
  const seed = random.bytes(32);
  const sealed = sealSeed(seed, "correct horse", random, cheap);
  assert(isSealed(sealed) && !sealed.includes(seed.toHex()));
  assertNotEquals(sealSeed(seed, "correct horse", random, cheap), sealed);
  assertEquals(openSeed(sealed, "correct horse"), seed);
});

Deno.test("openSeed() takes no other passphrase, and a letter written in two ways for one", () => {
  const seed = random.bytes(32);
  const sealed = sealSeed(seed, "caf\u00e9 au lait", random, cheap);
  for (const wrong of ["", "cafe au lait", "caf\u00e9 au lait ", "Caf\u00e9 au lait"]) {
    assertEquals(openSeed(sealed, wrong), null);
  }
  assertEquals(openSeed(sealed, "cafe\u0301 au lait"), seed);
});

Deno.test("openSeed() takes no text with one character changed, cut or added", () => {
  const sealed = sealSeed(random.bytes(32), "correct horse", random, cheap);
  for (let at = 0; at < sealed.length; at++) {
    const digit = sealed[at] === "1" ? "2" : "1";
    const changed = sealed.slice(0, at) + digit + sealed.slice(at + 1);
    // A dearer cost would only take longer to be found wrong.
    if (at === 9 || at === 10) continue;
    assertEquals(openSeed(changed, "correct horse"), null, changed);
  }
  for (const text of [sealed.slice(0, -2), `${sealed}00`, "", "sealed 1"]) {
    assertEquals(openSeed(text, "correct horse"), null);
  }
  assertEquals(openSeed(sealed.replace(" 10 ", " 99 "), "correct horse"), null, "no such cost");
});

/** A key file in a folder of its own. */
async function withKey(use: (path: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await use(`${folder}/device.key`);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("a device's key is the same key sealed, sealed anew and unsealed", () =>
  withKey(async (path) => {
    const nobody = () => null;
    const key = await readDeviceKey(path, random, nobody);
    sealDeviceKey(path, random, nobody, "correct horse");
    assert(isSealed(Deno.readTextFileSync(path)));
    assertEquals(Deno.statSync(path).mode! & 0o777, 0o600);
    const opened = await readDeviceKey(path, random, () => "correct horse");
    assertEquals(opened.publicKey, key.publicKey);
    assertThrows(
      () => sealDeviceKey(path, random, nobody, "battery staple"),
      KeyFileError,
      "is sealed",
    );
    sealDeviceKey(path, random, () => "correct horse", "battery staple");
    await assertRejects(
      () => readDeviceKey(path, random, (_, wrong) => wrong === 0 ? "correct horse" : null),
      KeyFileError,
    );
    unsealDeviceKey(path, () => "battery staple");
    assertEquals((await readDeviceKey(path, random, nobody)).publicKey, key.publicKey);
  }));

Deno.test("a wrong passphrase is asked for again, and told in the end", () =>
  withKey(async (path) => {
    await readDeviceKey(path, random, () => null);
    sealDeviceKey(path, random, () => null, "correct horse");
    const asked: [string, number][] = [];
    const typed = ["wrong 1", "wrong 2", null];
    const error = await assertRejects(() =>
      readDeviceKey(path, random, (path, wrong) => {
        asked.push([path, wrong]);
        return typed[wrong]!;
      }), KeyFileError);
    assertEquals(asked, [[path, 0], [path, 1], [path, 2]]);
    assertEquals(error.message, `the passphrase does not open ${path}`);
    const nobody = await assertRejects(() => readDeviceKey(path, random, () => null), KeyFileError);
    assert(nobody.message.includes("--passphrase-file"));
  }));

Deno.test("no key is sealed with a passphrase that is soon found, and none made by sealing", () =>
  withKey(async (path) => {
    assertThrows(() => sealDeviceKey(path, random, () => null, "correct horse"), KeyFileError);
    await readDeviceKey(path, random, () => null);
    const before = Deno.readTextFileSync(path);
    const short = () => sealDeviceKey(path, random, () => null, "1234567");
    assertThrows(short, KeyFileError, "8 characters");
    assertEquals(Deno.readTextFileSync(path), before);
  }));

Deno.test("a passphrase file's first line is the passphrase, and is tried once", () =>
  withKey(async (path) => {
    await Deno.writeTextFile(path, "correct horse\r\nsecond line\n");
    const source = passphraseFrom(path);
    assertEquals([source("x", 0), source("x", 1)], ["correct horse", null]);
  }));
