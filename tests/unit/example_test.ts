import { assert, assertEquals } from "@std/assert";
import { decodeHex, encodeHex } from "@std/encoding/hex";
import { FrameDecoder, headerBytes } from "../../lib/framing.ts";
import { verifySignature } from "../../lib/identity/keys.ts";
import { clearChannel, deviceMessage, serverMessage } from "../../lib/identity/transcript.ts";
import { limits } from "../../lib/limits.ts";
import { bodyDigest, chainDigest, firstDigest } from "../../lib/log/digest.ts";
import { decodeItem, encodeItem } from "../../lib/protocol/cbor.ts";
import { decodePacket, encodePacket, type Packet } from "../../lib/protocol/codec.ts";
import type { Item } from "../../lib/protocol/fields.ts";
import type { PacketName } from "../../lib/protocol/packets.ts";
import { exampleSeeds, ExampleServer } from "../support/example.ts";
import { playExample } from "../support/example_client.ts";
import { fromJson, type Vector } from "../support/vectors.ts";
import exampleJson from "../vectors/example.json" with { type: "json" };

const vectors = exampleJson as unknown as readonly Vector[];

function all<N extends PacketName>(name: N): Packet<N>[] {
  return vectors.filter((vector) => vector.name === name)
    .map((vector) => decodeVector(vector) as unknown as Packet<N>);
}

function only<N extends PacketName>(name: N): Packet<N> {
  const [packet, ...more] = all(name);
  assertEquals(more, []);
  return packet!;
}

function decodeVector({ hex, from }: Vector): Packet {
  return decodePacket(decodeHex(hex).subarray(headerBytes), from!);
}

Deno.test("the worked example's frames hold the fields that it says", () => {
  const stream = decodeHex(vectors.map(({ hex }) => hex).join(""));
  assertEquals(new FrameDecoder(limits.frameBytesMax).push(stream).length, vectors.length);
  for (const vector of vectors) {
    const packet = decodeVector(vector);
    assertEquals<unknown>(packet, fromJson(vector.fields!));
    const { packet: name, ...fields } = packet;
    assertEquals(encodeHex(encodePacket(name, fields as never)), vector.hex);
  }
});

Deno.test("the worked example comes out of the real apply, byte for byte", async () => {
  const server = new ExampleServer();
  const answers: string[] = [];
  for (const { from, hex } of vectors) {
    if (from === "server") assertEquals(answers.shift(), hex);
    else answers.push(...(await server.answer(decodeHex(hex))).map(encodeHex));
  }
  assertEquals(answers, []);
  server.store.close();
});

Deno.test("the worked example is what its client says when it is played again", async () => {
  assertEquals<unknown>(await playExample(), vectors);
});

Deno.test("the worked example's signatures prove both keys", async () => {
  const { version, nonce: serverNonce, serverKey, signature } = only("challenge");
  const hello = decodeHex(vectors[0]!.hex).subarray(headerBytes);
  const transcript = { hello, version, serverNonce, serverKey, channel: clearChannel };
  assert(await verifySignature(serverKey, serverMessage(transcript), signature));
  const login = only("login");
  const message = deviceMessage(transcript, login.deviceKey, login.name, login.invite);
  assert(await verifySignature(login.deviceKey, message, login.signature));
});

Deno.test("the worked example's digests follow from its entries and salts", () => {
  const frames = vectors.filter(({ name }) => name === "entry").map(({ hex }) => decodeHex(hex));
  let digest = firstDigest;
  const digests = frames.map((frame, at) => {
    const { header, body } = cutEntry(frame);
    digest = chainDigest(digest, header, bodyDigest(exampleSeeds.salts[at]!, body));
    return encodeHex(digest);
  });
  assertEquals(all("upto").map(({ digest }) => encodeHex(digest)), digests.slice(1));
});

/** Header and body as they lie in the frame: a header ends where its body's array begins. */
function cutEntry(frame: Uint8Array): { header: Uint8Array; body: Uint8Array } {
  const parts = frame.subarray(headerBytes + 2);
  for (let at = 1; at < parts.length; at++) {
    const [header, body] = [parts.subarray(0, at), parts.subarray(at)];
    if (isItem(header) && isItem(body)) return { header, body };
  }
  throw new Error("no entry");
}

function isItem(bytes: Uint8Array): boolean {
  try {
    return encodeHex(encodeItem(decodeItem(bytes) as Item)) === encodeHex(bytes);
  } catch {
    return false;
  }
}
