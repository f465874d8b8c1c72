/**
 * Vectors of packets and actions: one as it is in daily life, one with every field at its smallest,
 * and for each field what just misses its bounds.
 *
 * @module
 */

import { encodeHex } from "@std/encoding/hex";
import { encodeFrame } from "../lib/framing.ts";
import { type ActionName, actions } from "../lib/protocol/actions.ts";
import { encodeItem } from "../lib/protocol/cbor.ts";
import { oracleEncode } from "../tests/support/cborg_oracle.ts";
import { actionItem, encodePacket, itemAction, type PacketFields } from "../lib/protocol/codec.ts";
import type { Item } from "../lib/protocol/fields.ts";
import { type PacketName, packets, type PacketSpec, type Side } from "../lib/protocol/packets.ts";
import { roles } from "../lib/protocol/roles.ts";
import { beyond, shapeOf, within } from "../tests/support/shapes.ts";
import { toJson, type Vector } from "../tests/support/vectors.ts";

type Fields = PacketSpec["fields"];

const hexLengthMax = 700;

function bytes(length: number, byte: number): Uint8Array {
  return new Uint8Array(length).fill(byte);
}

const epoch = bytes(16, 0xe0);

const daily: { readonly [N in PacketName]: PacketFields<N> } = {
  hello: { versions: [2, 1], nonce: bytes(32, 1), software: "parley 0.1.0" },
  challenge: { version: 1, nonce: bytes(32, 2), serverKey: bytes(32, 3), signature: bytes(64, 4) },
  login: {
    deviceKey: bytes(32, 5),
    name: "Al-1_x.y",
    invite: bytes(16, 10),
    signature: bytes(64, 6),
  },
  welcome: {
    user: 2,
    device: 70_000,
    name: "alice",
    logId: bytes(16, 7),
    head: 4_294_967_296,
    epoch,
    n: 24,
    timeMs: 1_700_000_000_000,
    frameBytesMax: 65_536,
    textBytesMax: 8_192,
    windowCountMax: 32,
    windowBytesMax: 65_536,
    creditEntriesMax: 256,
    creditBytesMax: 262_144,
    deadAfterMs: 45_000,
  },
  resume: { logId: bytes(16, 7), cursor: 255, digest: bytes(32, 8) },
  snapshot: { reason: 3, head: 65_536 },
  users: { users: [[2, "alice"], [300, "Bob"]] },
  room: { room: [1, 2, 300], name: null, since: 301 },
  members: { room: [0, 1], users: [2, 300] },
  entry: { header: [1, 9, 8, 5, 5, [0, 1], 2, 2, epoch, 1, bytes(16, 9)], body: ["é 漢 😀", true] },
  upto: { lsn: 9, digest: bytes(32, 8) },
  ack: { lsn: Number.MAX_SAFE_INTEGER },
  submit: { epoch, n: 1, id: bytes(16, 9), action: [2, "dev"] },
  accepted: { epoch, n: 1, lsns: [9, 10, 300] },
  refused: { epoch, n: 4, lsn: 301, code: 66 },
  later: { epoch, n: 9, code: 32, last: 4 },
  ping: { token: 23 },
  pong: { token: 24 },
  error: { code: 4, detail: "submit in phase login" },
  listRooms: { request: 1, after: "dev" },
  roomList: {
    request: 1,
    rooms: [[[0, 1], "lobby", 2, true], [[0, 4], "ops", 0, false]],
    more: false,
  },
  listMembers: { request: 2, room: "lobby", after: 0 },
  memberList: { request: 2, code: 0, members: [[2, "alice", true], [3, "bob", false]], more: true },
  watch: { rooms: [[0, 1], [1, 2, 3]] },
  presence: { room: [0, 1], present: 7, changes: [[2, true], [3, false]] },
  history: { request: 3, room: [0, 1], before: 300 },
  past: {
    request: 3,
    code: 0,
    entries: [
      [[1, 9, 8, 5, 5, [0, 1], 2, 2, epoch, 1, bytes(16, 9)], ["é 漢 😀", true]],
      [[1, 11, 9, 5, 5, [0, 1], 2, 2, epoch, 2, bytes(16, 10)], null],
    ],
    boundary: 2,
  },
  receipts: { request: 3, lsns: [9, 300] },
  receiptList: { request: 3, receipts: [[9, 7, 5, 2], [300, 1, 0, 0]] },
  receipt: { lsn: 9, recipients: 7, delivered: 6, read: 2 },
  follow: { lsns: [9] },
  read: { room: [1, 2, 3], lsn: 9 },
  shareReads: { on: true },
  info: { request: 4, lsn: 9 },
  infoList: {
    request: 4,
    code: 0,
    states: [[3, "bob", 2, 1_700_000_000_000], [4, "carol", 1, 0], [5, "dave", 0, 0]],
  },
  stored: { room: [0, 1], from: 3, to: 8 },
  blocks: { users: [5, 300] },
  search: {
    request: 6,
    terms: [["build", false], ["is do", true]],
    by: "Bob",
    place: "@alice",
    since: 1_700_000_000_000,
    until: 0,
    below: 300,
  },
  found: {
    request: 6,
    entries: [
      [[1, 11, 9, 5, 5, [0, 1], 2, 2, epoch, 2, bytes(16, 10)], ["build is done", false]],
    ],
    next: 11,
    behind: true,
  },
  listDevices: { request: 5, user: "Bob" },
  deviceList: {
    request: 5,
    code: 0,
    devices: [[3, 1_700_000_000_000, 1_700_000_001_000, 0, true], [
      9,
      1_700_000_000_000,
      0,
      23,
      false,
    ]],
  },
};

function smallest(fields: Fields): Record<string, Item> {
  return Object.fromEntries(
    Object.entries(fields).map(([name, { says }]) => [name, within(shapeOf(says))[0]!]),
  );
}

/** @returns the vectors of packets.json */
export function packetVectors(): Vector[] {
  return Object.entries<PacketSpec>(packets).flatMap(([name, { kind, from, fields }]) => [
    goodPacket(name as PacketName, from, daily[name as PacketName], ""),
    goodPacket(name as PacketName, from, smallest(fields), ", smallest"),
    ...badItems(kind, fields).map(([why, item]) =>
      badVector(`${name}: ${why}`, "Packets", encodeFrame(oracleEncode(item)), "badPacket", from)
    ),
  ]).concat(
    badVector("a kind of a later version", "Packets", frame([9_999, 1]), "unknownKind", "client"),
    badVector("no array", "Packets", frame(12), "badPacket", "client"),
    badVector("no kind", "Packets", frame([]), "badPacket", "client"),
    badVector(
      "a server's packet from a client",
      "Packets",
      frame([11, 9, bytes(32, 8)]),
      "badPacket",
      "client",
    ),
    badVector("a client's packet from a server", "Packets", frame([12, 9]), "badPacket", "server"),
    ...badCbor.map(([why, hex]) =>
      badVector(why, "CBOR", encodeFrame(fromHex(hex)), "badPacket", "client")
    ),
  );
}

const badCbor: readonly (readonly [why: string, hex: string])[] = [
  ["a number that is not in its shortest form", "820c1805"],
  ["a count that is not in its shortest form", "98020c05"],
  ["a number from 2^53 on", "820c1b0020000000000000"],
  ["a negative number", "820c20"],
  ["an indefinite length", "9f0c05ff"],
  ["a tag", "820cc105"],
  ["a float with a fraction", "820cf94540"],
  ["a whole float", "820cf94500"],
  ["undefined", "820cf7"],
  ["a map", "820ca0"],
  ["a text that is not UTF-8", "83140162c328"],
  ["bytes after the item", "820c0500"],
  ["an item that is cut off", "820c"],
];

function goodPacket(
  name: PacketName,
  from: Side,
  fields: Readonly<Record<string, unknown>>,
  which: string,
): Vector {
  const hex = encodeHex(encodePacket(name, fields as unknown as PacketFields<PacketName>));
  const json = toJson({ packet: name, ...fields }) as NonNullable<Vector["fields"]>;
  return { name: name + which, section: "Packets", from, hex, fields: json };
}

/** Items that miss the table by one thing each; those of long encodings are left to other tests. */
function badItems(kind: number, fields: Fields): [why: string, item: Item[]][] {
  const base = Object.values(smallest(fields));
  const wrong = Object.entries(fields).flatMap(([name, { says }], place) =>
    beyond(shapeOf(says))
      .map((
        value,
      ): [string, Item[]] => [`${name} is not ${says}`, [kind, ...base.with(place, value)]])
      .filter(([, item]) => oracleEncode(item).length * 2 <= hexLengthMax)
      .slice(-2)
  );
  return [
    ["a field is missing", [kind, ...base.slice(0, -1)]],
    ["a field too many", [kind, ...base, null]],
    ...wrong,
  ];
}

function badVector(
  name: string,
  section: string,
  bytes: Uint8Array,
  error: string,
  from?: Side,
): Vector {
  return { name, section, ...(from ? { from } : {}), hex: encodeHex(bytes), fields: null, error };
}

function frame(item: Item): Uint8Array {
  return encodeFrame(encodeItem(item));
}

function fromHex(hex: string): Uint8Array {
  return Uint8Array.from(hex.match(/../g)!, (pair) => parseInt(pair, 16));
}

const dailyActions: { readonly [N in ActionName]: Readonly<Record<string, Item>> } = {
  message: { to: "@Bob", text: "é 漢 😀\n\tindented", act: true },
  join: { room: "dev" },
  leave: { room: "dev" },
  addDevice: { hash: new Uint8Array(32).fill(6), lifeMs: 600_000 },
  revokeDevice: { device: 9 },
  kick: { room: "dev", user: "Bob", reason: "spam" },
  ban: { room: "lobby", user: "Bob", device: 7, reason: "spam" },
  unban: { room: "lobby", user: "Bob", device: 7 },
  mute: { room: "dev", user: "Bob", forMs: 60_000, reason: "spam" },
  unmute: { room: "dev", user: "Bob" },
  moderate: { room: "dev", user: "Bob", on: true },
  makePrivate: { room: "dev" },
  inviteTo: { room: "dev", user: "Bob" },
  block: { user: "Bob", on: true },
  rank: { user: "Bob", role: roles.admin },
  remove: { user: "Bob", reason: "" },
  invite: { hash: new Uint8Array(32).fill(6), role: roles.member, uses: 20, lifeMs: 60_000 },
  revokeInvite: { invite: 9 },
};

/** @returns the vectors of actions.json */
export function actionVectors(): Vector[] {
  const section = "Actions";
  const rows = Object.entries(actions) as [ActionName, { kind: number; fields: Fields }][];
  return [
    ...rows.flatMap(([name, { kind, fields }]) => [
      ...[dailyActions[name], smallest(fields)].map((values) => {
        const action = { action: name, ...values } as Parameters<typeof actionItem>[0];
        const hex = encodeHex(encodeItem(actionItem(action)));
        return { name, section, hex, fields: toJson(action) as NonNullable<Vector["fields"]> };
      }),
      ...badItems(kind, fields).map(([why, item]) =>
        badVector(`${name}: ${why}`, section, oracleEncode(item), "badPacket")
      ),
    ]),
    unknownAction(),
  ];
}

function unknownAction(): Vector {
  const item: Item[] = [999, "x"];
  const fields = toJson({ action: itemAction(item) }) as NonNullable<Vector["fields"]>;
  const name = "an action of a later version: refused with unknownAction";
  return { name, section: "Actions", hex: encodeHex(encodeItem(item)), fields };
}
