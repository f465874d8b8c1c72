import { assert, assertEquals, assertThrows } from "@std/assert";
import { decodeHex, encodeHex } from "@std/encoding/hex";
import { codeName, ProtocolError } from "../../lib/errors.ts";
import { encodeFrame, FrameDecoder, headerBytes } from "../../lib/framing.ts";
import { fingerprint, keyFromSeed, verifySignature } from "../../lib/identity/keys.ts";
import { deviceMessage, serverMessage, type Transcript } from "../../lib/identity/transcript.ts";
import { limits } from "../../lib/limits.ts";
import { bodyDigest, chainDigest, firstDigest } from "../../lib/log/digest.ts";
import {
  decodeEntry,
  encodeEntry,
  type EntryBytes,
  entryFrame,
  itemsEntry,
} from "../../lib/log/entry.ts";
import { decodeItem, encodeItem } from "../../lib/protocol/cbor.ts";
import {
  type Action,
  actionItem,
  decodePacket,
  encodePacket,
  itemAction,
  type Packet,
} from "../../lib/protocol/codec.ts";
import type { Item } from "../../lib/protocol/fields.ts";
import { packets } from "../../lib/protocol/packets.ts";
import { fromJson, toJson, type Vector } from "../support/vectors.ts";
import actionsJson from "../vectors/actions.json" with { type: "json" };
import digestJson from "../vectors/digest.json" with { type: "json" };
import entriesJson from "../vectors/entries.json" with { type: "json" };
import framesJson from "../vectors/frames.json" with { type: "json" };
import packetsJson from "../vectors/packets.json" with { type: "json" };
import transcriptJson from "../vectors/transcript.json" with { type: "json" };

const digestVectors = digestJson as unknown as readonly Vector[];
const packetVectors = packetsJson as unknown as readonly Vector[];

type Fields = Readonly<Record<string, unknown>>;

/** One test for each vector: good bytes are compared both ways, bad ones give their error. */
function testVectors(
  what: string,
  json: unknown,
  good: (vector: Vector, fields: Fields) => void | Promise<void>,
  decode: (vector: Vector) => unknown,
): void {
  (json as readonly Vector[]).forEach((vector, at) => {
    Deno.test(`${what} vector ${at}: ${vector.name}`, async () => {
      if (vector.fields) return await good(vector, fromJson(vector.fields) as Fields);
      const error = assertThrows(() => decode(vector), ProtocolError);
      assertEquals(codeName(error.code), vector.error);
    });
  });
}

function decodeFramed({ hex, from }: Vector): Packet {
  return decodePacket(decodeHex(hex).subarray(headerBytes), from!);
}

testVectors("frame", framesJson, ({ hex }, { bound, payloads }) => {
  const stream = decodeHex(hex);
  assertEquals(new FrameDecoder(bound as number).push(stream), payloads as Uint8Array[]);
  const longest = Math.max(...(payloads as Uint8Array[]).map((payload) => payload.length));
  assertThrows(() => new FrameDecoder(longest - 1).push(stream), ProtocolError);
  assertEquals((payloads as Uint8Array[]).map((one) => encodeHex(encodeFrame(one))).join(""), hex);
}, ({ hex }) => new FrameDecoder(limits.frameBytesMax).push(decodeHex(hex)));

testVectors("packet", packetsJson, (vector, fields) => {
  assertEquals<unknown>(decodeFramed(vector), fields);
  const { packet, ...values } = fields as unknown as Packet;
  assertEquals(encodeHex(encodePacket(packet, values as never)), vector.hex);
}, (vector) => {
  const [payload, ...more] = new FrameDecoder(limits.frameBytesMax).push(decodeHex(vector.hex));
  assertEquals(more, [], "the frame is good, the packet is not");
  decodePacket(payload!, vector.from!);
});

testVectors("action", actionsJson, ({ hex }, fields) => {
  const action = itemAction(decodeItem(decodeHex(hex)) as readonly Item[]);
  if (fields.action === null) return assertEquals(action, null);
  assertEquals<unknown>(action, fields);
  assertEquals(encodeHex(encodeItem(actionItem(fields as unknown as Action))), hex);
}, ({ hex }) => itemAction(decodeItem(decodeHex(hex)) as readonly Item[]));

testVectors("entry", entriesJson, (vector, fields) => {
  const { hex } = vector;
  const { header, body, ...entry } = fields;
  const stored = { header, body } as EntryBytes;
  assertEquals<unknown>(decodeEntry(stored), entry);
  assertEquals(encodeHex(entryFrame(stored)), hex);
  const packet = decodeFramed({ hex, from: "server" } as Vector) as Packet<"entry">;
  assertEquals<unknown>(itemsEntry(packet.header, packet.body), entry);
  const { content } = decodeEntry(stored);
  // Bytes of another version are read, and never written anew.
  const isOfNow = packet.header[0] === 1 && !(vector.name.includes("before there were"));
  if (!content || !isOfNow) return;
  const again = encodeEntry(decodeEntry(stored), content);
  assertEquals([encodeHex(again.header), encodeHex(again.body)], [
    encodeHex(stored.header),
    encodeHex(stored.body!),
  ]);
}, ({ hex }) => {
  const packet = decodeFramed({ hex, from: "server" } as Vector) as Packet<"entry">;
  itemsEntry(packet.header, packet.body);
});

testVectors("digest", digestJson, ({ hex }, fields) => {
  const { previous, header, salt, body, bodyDigest: inner } = fields as Record<string, Uint8Array>;
  if (salt) assertEquals(encodeHex(bodyDigest(salt, body!)), encodeHex(inner!));
  assertEquals(encodeHex(chainDigest(previous!, header!, inner!)), hex);
}, () => {});

testVectors("transcript", transcriptJson, async ({ hex }, fields) => {
  const transcript = fields as unknown as Transcript;
  const { seed, signature, deviceKey, name } = fields as Record<string, Uint8Array<ArrayBuffer>>;
  const message = deviceKey
    ? deviceMessage(transcript, deviceKey, fields.name as string, fields.invite as Uint8Array)
    : serverMessage(transcript);
  assertEquals(encodeHex(message), hex, String(name));
  const key = await keyFromSeed(seed!);
  assertEquals(key.publicKey, (deviceKey ?? transcript.serverKey) as Uint8Array<ArrayBuffer>);
  assertEquals(await key.sign(message), signature);
  assert(await verifySignature(key.publicKey, message, signature!));
  message[message.length - 1]! ^= 1;
  assertEquals(await verifySignature(key.publicKey, message, signature!), false);
  if (!deviceKey) assertEquals<unknown>(fingerprint(key.publicKey), fields.fingerprint);
}, () => {});

Deno.test("digest vectors are a chain from the first digest on", () => {
  const chain = [encodeHex(firstDigest), ...digestVectors.map(({ hex }) => hex)].slice(0, -1);
  assertEquals(digestVectors.map(({ fields }) => fields!.previous), chain.map((hex) => ({ hex })));
  assert(digestVectors.some(({ fields }) => fields!.body === null), "one is erased");
});

Deno.test("packet vectors hold a good one and several bad ones of each packet", () => {
  for (const [name, { fields }] of Object.entries(packets)) {
    const own = packetVectors.filter((vector) => vector.name.split(/[:,]/)[0] === name);
    assert(own.some((vector) => vector.fields), `${name}: good`);
    const bad = own.filter((vector) => vector.error);
    assert(bad.length >= 2 + Object.keys(fields).length, `${name}: ${bad.length} bad`);
  }
});

Deno.test("toJson() and fromJson() are each other's inverse", () => {
  const value = { a: [1, "x", null, true], b: new Uint8Array([1, 255]), c: { d: [[]] } };
  assertEquals(fromJson(toJson(value)), value);
});
