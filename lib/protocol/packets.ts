/**
 * The packet table: every packet's number, direction and fields, once. The codec, the checks, the
 * tables of docs/PROTOCOL.md and the golden vectors are readings of it.
 *
 * @module
 */

import { limits } from "../limits.ts";
import { roomField } from "./audience.ts";
import {
  array,
  bytes,
  type Field,
  flag,
  kinded,
  list,
  nullable,
  text,
  tuple,
  uint,
} from "./fields.ts";
import { nameBytesMaxOnWire } from "./names.ts";
import { searchPackets } from "./search_packets.ts";

/** Bytes of keys, nonces, digests and fingerprints. */
export const digestBytes = 32;

/** Bytes of an Ed25519 signature. */
export const signatureBytes = 64;

/** Bytes of epochs, row ids and log ids. */
export const idBytes = 16;

/** Bytes of an invite's token: nobody guesses 128 random bits. */
export const tokenBytes = 16;

/** Who sends a packet. */
export type Side = "client" | "server";

/** One row of the packet table. */
export interface PacketSpec {
  /** The number in the first place of the array: 1 to 2^53-1, never used for another. */
  readonly kind: number;
  /** Who sends it; the codec refuses it from the other side, but for those in `eitherSide`. */
  readonly from: Side;
  /** What it is for, in one line, as the table of docs/PROTOCOL.md shows it. */
  readonly says: string;
  /** Its fields by name, in the order in which they follow the kind; none is left out. */
  readonly fields: Readonly<Record<string, Field<unknown>>>;
}

const lsn = uint();
const user = uint();
const room = roomField;
const code = uint(0xffff);
const name = text(nameBytesMaxOnWire);

/**
 * All packets. A packet on the wire is the CBOR array `[kind, field, …]` with the fields in the
 * order in which they stand here.
 *
 * @see docs/PROTOCOL.md, section "Packets"
 */
export const packets = {
  hello: {
    kind: 1,
    from: "client",
    says: "Opens the conversation: protocol versions offered, highest first, and a fresh nonce.",
    fields: {
      versions: list(uint(0xffff), 1, 16),
      nonce: bytes(digestBytes),
      software: text(64),
    },
  },
  challenge: {
    kind: 2,
    from: "server",
    says: "The version taken, the server's nonce, its identity key and its signature.",
    fields: {
      version: uint(0xffff),
      nonce: bytes(digestBytes),
      serverKey: bytes(digestBytes),
      signature: bytes(signatureBytes),
    },
  },
  login: {
    kind: 3,
    from: "client",
    says: "Who is there: the device's key, the name it goes by, an invite's token, its signature.",
    fields: {
      deviceKey: bytes(digestBytes),
      name,
      invite: nullable(bytes(tokenBytes)),
      signature: bytes(signatureBytes),
    },
  },
  welcome: {
    kind: 4,
    from: "server",
    says: "Logged in. `epoch` and `n`: the device's latest outbox and the last number taken of it.",
    fields: {
      user,
      device: uint(),
      name,
      logId: bytes(idBytes),
      head: lsn,
      epoch: nullable(bytes(idBytes)),
      n: uint(),
      timeMs: uint(),
      frameBytesMax: uint(),
      textBytesMax: uint(),
      windowCountMax: uint(),
      windowBytesMax: uint(),
      creditEntriesMax: uint(),
      creditBytesMax: uint(),
      deadAfterMs: uint(),
    },
  },
  resume: {
    kind: 5,
    from: "client",
    says: "Where the device stands. All null or 0: it is new and wants a snapshot.",
    fields: {
      logId: nullable(bytes(idBytes)),
      cursor: lsn,
      digest: nullable(bytes(digestBytes)),
    },
  },
  snapshot: {
    kind: 6,
    from: "server",
    says: "What follows, up to the next `upto`, is the state as of `head`, instead of a resume.",
    fields: { reason: uint(0xff), head: lsn },
  },
  users: {
    kind: 7,
    from: "server",
    says: "Part of a snapshot: users and their names.",
    fields: { users: list(tuple(user, name), 1, limits.listPageMax) },
  },
  room: {
    kind: 8,
    from: "server",
    says: "Part of a snapshot: a room or direct that this user is a member of.",
    fields: { room, name: nullable(name), since: lsn },
  },
  members: {
    kind: 9,
    from: "server",
    says: "Part of a snapshot: members of a room named before.",
    fields: { room, users: list(user, 1, limits.listPageMax) },
  },
  entry: {
    kind: 10,
    from: "server",
    says: "One entry of the log, as it is stored. `body` is null when it was erased.",
    fields: { header: array("Entry header"), body: nullable(array("Entry bodies")) },
  },
  upto: {
    kind: 11,
    from: "server",
    says: "Nothing meant for this device is missing up to `lsn`; `digest` is the log's there.",
    fields: { lsn, digest: bytes(digestBytes) },
  },
  ack: {
    kind: 12,
    from: "client",
    says: "Everything received up to `lsn` is stored.",
    fields: { lsn },
  },
  submit: {
    kind: 13,
    from: "client",
    says: "The n-th thing that this outbox ever sent, with its row id.",
    fields: { epoch: bytes(idBytes), n: uint(), id: bytes(idBytes), action: kinded("Actions") },
  },
  accepted: {
    kind: 14,
    from: "server",
    says: "n, n+1, … are durable in the log, under these lsns.",
    fields: {
      epoch: bytes(idBytes),
      n: uint(),
      lsns: list(lsn, 1, limits.windowCountMax),
    },
  },
  refused: {
    kind: 15,
    from: "server",
    says: "n is taken and finally refused; the entry `refused` at `lsn` says so durably.",
    fields: { epoch: bytes(idBytes), n: uint(), lsn, code },
  },
  later: {
    kind: 16,
    from: "server",
    says: "n was not taken. `last`: the last number taken of this epoch; send again from the next.",
    fields: { epoch: bytes(idBytes), n: uint(), code, last: uint() },
  },
  ping: {
    kind: 17,
    from: "client",
    says: "Asks for a `pong`. Either side may send it.",
    fields: { token: uint() },
  },
  pong: {
    kind: 18,
    from: "client",
    says: "Answers `ping` with the same token. Either side may send it.",
    fields: { token: uint() },
  },
  error: {
    kind: 19,
    from: "server",
    says: "What went wrong. All but `unknownKind` are the last packet of a connection.",
    fields: { code, detail: text(200) },
  },
  listRooms: {
    kind: 20,
    from: "client",
    says: "Asks for the public rooms whose name key is after `after`, in order.",
    fields: { request: uint(), after: name },
  },
  roomList: {
    kind: 21,
    from: "server",
    says: "The answer: room, name, count of members, whether one is a member; `more` follow.",
    fields: {
      request: uint(),
      rooms: list(tuple(room, name, uint(), flag()), 0, limits.listPageMax),
      more: flag(),
    },
  },
  listMembers: {
    kind: 22,
    from: "client",
    says: "Asks for the members of a room one is a member of, whose user id is above `after`.",
    fields: { request: uint(), room: name, after: user },
  },
  memberList: {
    kind: 23,
    from: "server",
    says: "The answer: user, name, whether present; `code` is 0, or why there is no answer.",
    fields: {
      request: uint(),
      code,
      members: list(tuple(user, name, flag()), 0, limits.listPageMax),
      more: flag(),
    },
  },
  watch: {
    kind: 24,
    from: "client",
    says: "The rooms on the screen: presence is told of these, and no longer of others.",
    fields: { rooms: list(room, 0, limits.watchRoomsMax) },
  },
  presence: {
    kind: 25,
    from: "server",
    says:
      "How many members are present, and who came or went since the last time (in large rooms: nobody is named).",
    fields: {
      room,
      present: uint(),
      changes: list(tuple(user, flag()), 0, limits.presenceMembersMax),
    },
  },
  history: {
    kind: 26,
    from: "client",
    says: "Asks for the entries of a room or direct below `before`; 0: from the newest.",
    fields: { request: uint(), room, before: lsn },
  },
  past: {
    kind: 27,
    from: "server",
    says: "The answer: the newest of them, ascending; `code` as above; `boundary`: what is below.",
    fields: {
      request: uint(),
      code,
      entries: list(
        tuple(array("Entry header"), nullable(array("Entry bodies"))),
        0,
        limits.historyEntriesMax,
      ),
      boundary: uint(0xff),
    },
  },
  receipts: {
    kind: 28,
    from: "client",
    says: "Asks how far own messages have come.",
    fields: { request: uint(), lsns: list(lsn, 1, limits.receiptsMax) },
  },
  receiptList: {
    kind: 29,
    from: "server",
    says: "The answer: lsn, recipients, how many have it, how many read it; own messages only.",
    fields: {
      request: uint(),
      receipts: list(tuple(lsn, uint(), uint(), uint()), 0, limits.receiptsMax),
    },
  },
  receipt: {
    kind: 30,
    from: "server",
    says: "How far an own message has come, told when that changes.",
    fields: { lsn, recipients: uint(), delivered: uint(), read: uint() },
  },
  follow: {
    kind: 31,
    from: "client",
    says: "Asks for `receipt` of these own messages, now and when it changes.",
    fields: { lsns: list(lsn, 1, limits.receiptsMax) },
  },
  read: {
    kind: 32,
    from: "client",
    says: "The user has seen everything of this room or direct up to `lsn`.",
    fields: { room, lsn },
  },
  shareReads: {
    kind: 33,
    from: "client",
    says: "Whether others are told what this user has read, and this user what others have.",
    fields: { on: flag() },
  },
  info: {
    kind: 34,
    from: "client",
    says: "Asks who has an own message, and since when.",
    fields: { request: uint(), lsn },
  },
  infoList: {
    kind: 35,
    from: "server",
    says:
      "The answer: user, name, 0 not yet, 1 delivered or 2 read, and since when in ms (0: unknown); `code` is 0, or why there is no answer.",
    fields: {
      request: uint(),
      code,
      states: list(tuple(user, name, uint(3), uint()), 0, limits.listPageMax),
    },
  },
  stored: {
    kind: 36,
    from: "client",
    says: "Everything of this room or direct from `from` to `to` is stored, such as older pages.",
    fields: { room, from: lsn, to: lsn },
  },
  blocks: {
    kind: 37,
    from: "server",
    says: "Part of a snapshot: the users of whom this user takes nothing.",
    fields: { users: list(user, 1, limits.blocksPerUserMax) },
  },
  listDevices: {
    kind: 38,
    from: "client",
    says: "Asks for the devices of a user, for admins; of one's own without a name.",
    fields: { request: uint(), user: name },
  },
  deviceList: {
    kind: 39,
    from: "server",
    says:
      "The answer: device, added when, last heard of when (ms; 0: unknown), 0 or why it is not let in, whether connected; without those revoked.",
    fields: {
      request: uint(),
      code,
      devices: list(
        tuple(uint(), uint(), uint(), uint(0xffff), flag()),
        0,
        limits.devicesPerUserMax,
      ),
    },
  },
  ...searchPackets,
} as const satisfies Record<string, PacketSpec>;

/** The name of a packet. */
export type PacketName = keyof typeof packets;

/** Packets that either side may send. */
export const eitherSide: ReadonlySet<string> = new Set<PacketName>(["ping", "pong"]);
