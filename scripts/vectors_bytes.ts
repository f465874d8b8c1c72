/**
 * Vectors of frames, entries, digests and what is signed.
 *
 * @module
 */

import { concat } from "@std/bytes/concat";
import { encodeHex } from "@std/encoding/hex";
import { encodeFrame } from "../lib/framing.ts";
import { fingerprint, keyFromSeed } from "../lib/identity/keys.ts";
import { deviceMessage, serverMessage } from "../lib/identity/transcript.ts";
import { bodyDigest, chainDigest, firstDigest } from "../lib/log/digest.ts";
import { decodeEntry, encodeEntry, entryFrame, type EntryHeader } from "../lib/log/entry.ts";
import type { EntryContent } from "../lib/log/entry_kinds.ts";
import { encodeItem } from "../lib/protocol/cbor.ts";
import type { Item } from "../lib/protocol/fields.ts";
import { roles } from "../lib/protocol/roles.ts";
import { exampleSeeds } from "../tests/support/example.ts";
import { toJson, type Vector } from "../tests/support/vectors.ts";

type JsonFields = NonNullable<Vector["fields"]>;

function json(fields: Readonly<Record<string, unknown>>): JsonFields {
  return toJson(fields) as JsonFields;
}

function filled(length: number, byte: number): Uint8Array<ArrayBuffer> {
  return new Uint8Array(length).fill(byte);
}

/** @returns the vectors of frames.json: a stream, the bound, and the payloads until the error */
export function frameVectors(): Vector[] {
  const section = "Frames";
  const one = encodeFrame(new Uint8Array([0x82, 12, 5]));
  const good = (name: string, bound: number, ...payloads: Uint8Array[]): Vector => ({
    name,
    section,
    hex: encodeHex(concat(payloads.map(encodeFrame))),
    fields: json({ bound, payloads }),
  });
  const bad = (name: string, bytes: Uint8Array): Vector => ({
    name,
    section,
    hex: encodeHex(bytes),
    fields: null,
    error: "badFrame",
  });
  return [
    good("one frame", 65_536, new Uint8Array([0x82, 12, 5])),
    good("three frames in one chunk", 16, filled(1, 7), filled(16, 8), filled(3, 0)),
    good("a payload of 258 bytes", 2_048, filled(258, 9)),
    bad("a length of zero", new Uint8Array(4)),
    bad("a length above 65,536", new Uint8Array([0, 1, 0, 1])),
    bad("a length of 4 GiB", filled(4, 0xff)),
    bad("a bad length after a good frame", concat([one, new Uint8Array(4)])),
  ];
}

const header: EntryHeader = {
  lsn: 9,
  prev: 4,
  timeMs: 1_700_000_000_000,
  audience: [0, 4],
  user: 2,
  device: 3,
  epoch: filled(16, 0xe0),
  n: 7,
  id: filled(16, 0x1d),
};
const byServer = { ...header, user: 9, device: 9, epoch: null, n: 0, id: null };

const entries: readonly (readonly [EntryHeader, EntryContent])[] = [
  [{ ...byServer, audience: [0, 1] }, {
    kind: "registered",
    name: "alice",
    deviceKey: filled(32, 5),
    role: roles.admin,
    invite: 8,
  }],
  [{ ...header, prev: 0, audience: [0, 9] }, { kind: "created", name: "dev", private: false }],
  [header, { kind: "joined" }],
  [header, { kind: "left" }],
  [{ ...header, audience: [1, 2, 300] }, { kind: "message", text: "é 漢 😀", act: true }],
  [{ ...header, audience: [3, 3] }, { kind: "refused", code: 66 }],
  [{ ...byServer, user: 0, device: 0, audience: [4] }, {
    ...{ kind: "invited", hash: filled(32, 6), role: roles.member, uses: 20 },
    expiresMs: 1_700_000_060_000,
  }],
  [{ ...header, prev: 0, audience: [0, 9] }, { kind: "created", name: "dev", private: true }],
  [{ ...header, audience: [2, 2] }, {
    ...{ kind: "deviceInvited", hash: filled(32, 6) },
    expiresMs: 1_700_000_060_000,
  }],
  [{ ...byServer, user: 2, audience: [2, 2] }, {
    ...{ kind: "deviceAdded", deviceKey: filled(32, 5), code: 8 },
  }],
  [{ ...header, audience: [2, 2] }, { kind: "deviceRevoked", device: 7 }],
  [header, { kind: "kicked", user: 5, reason: "spam" }],
  [{ ...header, audience: [0, 1] }, { kind: "banned", user: 5, device: 6, reason: "" }],
  [{ ...header, audience: [0, 1] }, { kind: "unbanned", user: 5, device: 6 }],
  [header, { kind: "muted", user: 5, untilMs: 1_700_000_060_000, reason: "é" }],
  [header, { kind: "unmuted", user: 5 }],
  [header, { kind: "moderates", user: 5, on: true }],
  [header, { kind: "closed" }],
  [{ ...header, audience: [1, 2, 5] }, { kind: "roomInvited", room: 4, name: "dev" }],
  [{ ...header, audience: [2, 2] }, { kind: "blocked", user: 5, on: true }],
  [{ ...header, audience: [0, 1] }, { kind: "ranked", user: 5, role: roles.admin }],
  [{ ...header, audience: [0, 1] }, { kind: "removed", user: 5, reason: "left us" }],
  [{ ...header, audience: [4] }, { kind: "inviteRevoked", invite: 8 }],
];

/** @returns the vectors of entries.json: header and body as they are stored; `hex` is the frame */
export function entryVectors(): Vector[] {
  const known = entries.map(([header, content]) => {
    const stored = encodeEntry(header, content);
    return entryVector(content.kind, stored.header, stored.body);
  });
  const message: Item[] = [1, 9, 4, 5, 5, [0, 4], 2, 3, filled(16, 0xe0), 7, filled(16, 0x1d)];
  const bad = (name: string, header: Item, body: Item | null): Vector => {
    const stored = { header: encodeItem(header), body: body === null ? null : encodeItem(body) };
    const hex = encodeHex(entryFrame(stored));
    return { name, section: "Entries", hex, fields: null, error: "badPacket" };
  };
  return [
    ...known,
    entryVector(
      "registered, as it was written before there were roles: a member, by no invite",
      encodeEntry(...entries[0]!).header,
      encodeItem(["alice", filled(32, 5)]),
    ),
    entryVector(
      "created, as it was written before there were private rooms",
      encodeItem(message.with(4, 2)),
      encodeItem(["dev"]),
    ),
    entryVector("an erased body", encodeItem(message), null),
    entryVector("a kind of a later version", encodeItem(message.with(4, 99)), encodeItem(["x", 1])),
    entryVector(
      "fields of a later version in header and body",
      encodeItem([...message.with(0, 2), "more"]),
      encodeItem(["hi", false, "more", 7]),
    ),
    entryVector("for the admins", encodeItem(message.with(5, [4])), encodeItem(["hi", false])),
    bad("a header that is too short", message.slice(0, -1), ["hi", false]),
    bad("no such audience", message.with(5, [5, 1]), ["hi", false]),
    bad("a direct that is not sorted", message.with(5, [1, 3, 2]), ["hi", false]),
    bad("an epoch of another length", message.with(8, filled(15, 1)), ["hi", false]),
    bad("a body without its flag", message, ["hi"]),
    bad("a role that is no number", message.with(4, 1), ["alice", filled(32, 5), "admin", 0]),
    bad("a body with a number for a text", message, [5, false]),
  ];
}

function entryVector(name: string, header: Uint8Array, body: Uint8Array | null): Vector {
  const hex = encodeHex(entryFrame({ header, body }));
  return {
    name,
    section: "Entries",
    hex,
    fields: json({ header, body, ...decodeEntry({ header, body }) }),
  };
}

/** @returns the vectors of digest.json: a chain; `hex` is the digest after each entry */
export function digestVectors(): Vector[] {
  let previous = firstDigest;
  return entries.slice(1, 5).map(([header, content], at) => {
    const { header: bytes, body } = encodeEntry({ ...header, lsn: at + 1 }, content);
    const salt = filled(16, 0xa0 + at);
    const inner = new Uint8Array(bodyDigest(salt, body));
    const fields = json({ previous, header: bytes, salt, body, bodyDigest: inner });
    previous = new Uint8Array(chainDigest(previous, bytes, inner));
    const erased = at === 1 ? { ...fields, salt: null, body: null } : fields;
    const name = `lsn ${at + 1}${at === 1 ? ", whose body was erased" : ""}`;
    return { name, section: "Digest", hex: encodeHex(previous), fields: erased };
  });
}

/** @returns the vectors of transcript.json: `hex` is what is signed */
export async function transcriptVectors(): Promise<Vector[]> {
  const { serverSeed, deviceSeed, clientNonce, serverNonce, name } = exampleSeeds;
  const server = await keyFromSeed(serverSeed);
  const device = await keyFromSeed(deviceSeed);
  const channels = { "clear text": filled(32, 0), "TLS": filled(32, 0xce) };
  const all = Object.entries(channels).map(async ([where, channel]) => {
    const hello = encodeItem([1, [258, 1], clientNonce, "example"]);
    const shared = { hello, version: 258, serverNonce, serverKey: server.publicKey, channel };
    const asked = { seed: serverSeed, ...shared, fingerprint: fingerprint(server.publicKey) };
    const said = serverMessage(shared);
    const invite = where === "TLS" ? filled(16, 0x77) : null;
    const answer = deviceMessage(shared, device.publicKey, name, invite);
    return [
      signed(`the server signs, ${where}`, said, { ...asked, signature: await server.sign(said) }),
      signed(`the device signs, ${where}`, answer, {
        seed: deviceSeed,
        ...shared,
        deviceKey: device.publicKey,
        name,
        invite,
        signature: await device.sign(answer),
      }),
    ];
  });
  return (await Promise.all(all)).flat();
}

function signed(
  name: string,
  message: Uint8Array,
  fields: Readonly<Record<string, unknown>>,
): Vector {
  return { name, section: "Handshake", hex: encodeHex(message), fields: json(fields) };
}
