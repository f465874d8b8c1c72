/**
 * Packets to frames and payloads to checked packets, by the packet table; the same for actions.
 *
 * @module
 */

import { codes, ProtocolError } from "../errors.ts";
import { encodeFrame } from "../framing.ts";
import { type ActionName, actions } from "./actions.ts";
import { decodeItem, encodeItem } from "./cbor.ts";
import type { Field, Item, ValueOf } from "./fields.ts";
import { eitherSide, type PacketName, packets, type Side } from "./packets.ts";

/** The fields of one row of a table, packets' or actions': names and types, in wire order. */
export type Fields = Readonly<Record<string, Field<unknown>>>;

/** The values that go with a row's fields, by the same names, as the compiler sees them. */
export type Values<F extends Fields> = { readonly [K in keyof F]: ValueOf<F[K]> };

/** The fields of a packet, by its name. */
export type PacketFields<N extends PacketName> = Values<(typeof packets)[N]["fields"]>;

/** A checked packet: its name as `packet`, and its fields. */
export type Packet<N extends PacketName = PacketName> = {
  [K in N]: { readonly packet: K } & PacketFields<K>;
}[N];

/** A checked action: its name as `action`, and its fields. */
export type Action<N extends ActionName = ActionName> = {
  [K in N]: { readonly action: K } & Values<(typeof actions)[K]["fields"]>;
}[N];

interface Row {
  readonly name: string;
  readonly kind: number;
  readonly names: readonly string[];
  readonly fields: readonly Field<unknown>[];
}

function rows(table: Readonly<Record<string, { kind: number; fields: Fields }>>): Row[] {
  return Object.entries(table).map(([name, { kind, fields }]) => ({
    name,
    kind,
    names: Object.keys(fields),
    fields: Object.values(fields),
  }));
}

const packetRows = rows(packets);
const packetsByName = new Map(packetRows.map((row) => [row.name, row]));
const packetsByKind = new Map(packetRows.map((row) => [row.kind, row]));
const actionRows = rows(actions);
const actionsByName = new Map(actionRows.map((row) => [row.name, row]));
const actionsByKind = new Map(actionRows.map((row) => [row.kind, row]));

/**
 * Encodes a packet as a whole frame, length included.
 *
 * @param name the packet's name
 * @param fields its fields; they must be within their bounds
 * @returns the frame's bytes, owned by the caller
 * @throws {TypeError} when a field is out of its bounds: a mistake of this program, not of a peer
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { encodePacket } from "./codec.ts";
 * assertEquals([...encodePacket("ack", { lsn: 5 })], [0, 0, 0, 3, 0x82, 12, 5]);
 * ```
 * @see docs/PROTOCOL.md, section "Packets"
 */
export function encodePacket<N extends PacketName>(
  name: N,
  fields: PacketFields<N>,
): Uint8Array<ArrayBuffer> {
  return encodeFrame(encodeItem(toItem(packetsByName.get(name)!, fields)));
}

/**
 * Decodes and checks a payload.
 *
 * @param payload a frame's payload; not kept
 * @param from who sent it: the other side's packets only are taken
 * @returns the packet, owned by the caller
 * @throws {ProtocolError} `unknownKind` for a kind that is not in the table, `badPacket` for
 * anything else that is not one packet of `from` within all bounds
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { decodePacket } from "./codec.ts";
 * assertEquals(decodePacket(new Uint8Array([0x82, 12, 5]), "client"), { packet: "ack", lsn: 5 });
 * ```
 * @see docs/PROTOCOL.md, section "Packets"
 */
export function decodePacket(payload: Uint8Array, from: Side): Packet {
  const item = decodeItem(payload);
  if (!Array.isArray(item) || !isKind(item[0])) {
    throw new ProtocolError(codes.badPacket, "no array that starts with a kind");
  }
  const row = packetsByKind.get(item[0]);
  if (!row) throw new ProtocolError(codes.unknownKind, `packet kind ${item[0]}`);
  const sender = packets[row.name as PacketName].from;
  if (sender !== from && !eitherSide.has(row.name)) {
    throw new ProtocolError(codes.badPacket, `${row.name} is not for this side`);
  }
  return fromItem(row, item, "packet") as unknown as Packet;
}

/**
 * Makes the item that stands for an action in `submit`.
 *
 * @param action the action with its fields
 * @returns the array `[kind, field, …]`, owned by the caller
 * @throws {TypeError} when a field is out of its bounds
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { actionItem } from "./codec.ts";
 * assertEquals(actionItem({ action: "join", room: "dev" }), [2, "dev"]);
 * ```
 * @see docs/PROTOCOL.md, section "Actions"
 */
export function actionItem(action: Action): readonly Item[] {
  return toItem(actionsByName.get(action.action)!, action as Readonly<Record<string, unknown>>);
}

/**
 * Checks the item that stands for an action in `submit`.
 *
 * @param item a checked array with a kind in its first place
 * @returns the action, or null for a kind of a later version
 * @throws {ProtocolError} `badPacket` when a field is out of its bounds
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { itemAction } from "./codec.ts";
 * assertEquals(itemAction([2, "dev"]), { action: "join", room: "dev" });
 * assertEquals(itemAction([999]), null);
 * ```
 * @see docs/PROTOCOL.md, section "Actions"
 */
export function itemAction(item: readonly Item[]): Action | null {
  const row = actionsByKind.get(item[0] as number);
  return row ? fromItem(row, item, "action") as unknown as Action : null;
}

function isKind(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}

function toItem(row: Row, values: Readonly<Record<string, unknown>>): readonly Item[] {
  const item: Item[] = [row.kind];
  for (let at = 0; at < row.fields.length; at++) {
    const value = values[row.names[at]!];
    if (!row.fields[at]!.check(value)) {
      throw new TypeError(`${row.name}.${row.names[at]} is not ${row.fields[at]!.says}`);
    }
    item.push(value as Item);
  }
  return item;
}

function fromItem(row: Row, item: readonly unknown[], tag: string): Record<string, unknown> {
  if (item.length !== row.fields.length + 1) {
    throw new ProtocolError(
      codes.badPacket,
      `${row.name} has ${row.fields.length} fields, not ${item.length - 1}`,
    );
  }
  const values: Record<string, unknown> = { [tag]: row.name };
  for (let at = 0; at < row.fields.length; at++) {
    if (!row.fields[at]!.check(item[at + 1])) {
      throw new ProtocolError(
        codes.badPacket,
        `${row.name}.${row.names[at]} is not ${row.fields[at]!.says}`,
      );
    }
    values[row.names[at]!] = item[at + 1];
  }
  return values;
}
