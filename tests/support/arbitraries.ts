/**
 * Random values of the protocol's types, made from what docs/PROTOCOL.md says of each field.
 *
 * @module
 */

import fc from "fast-check";
import type { Item } from "../../lib/protocol/fields.ts";
import {
  type PacketName,
  packets,
  type PacketSpec,
  type Side,
} from "../../lib/protocol/packets.ts";
import { type Shape, shapeOf, within } from "./shapes.ts";

/** A packet with its fields, and who sends it. */
export interface AnyPacket {
  readonly name: PacketName;
  readonly from: Side;
  readonly fields: Readonly<Record<string, Item>>;
}

const listLengthMax = 8;
const textLengthMax = 80;

/** @returns bytes of one length, or up to it */
export function anyBytes(minLength: number, maxLength = minLength): fc.Arbitrary<Uint8Array> {
  return fc.uint8Array({ minLength, maxLength });
}

/** @returns values of a shape: at its bounds, and anywhere within */
export function valueOf(shape: Shape): fc.Arbitrary<Item> {
  return fc.oneof(
    { weight: 1, arbitrary: fc.constantFrom(...within(shape)) },
    { weight: 4, arbitrary: anywhere(shape) },
  );
}

function anywhere(shape: Shape): fc.Arbitrary<Item> {
  switch (shape.type) {
    case "uint":
      return fc.oneof(
        fc.integer({ min: 0, max: shape.max }),
        fc.nat({ max: Math.min(shape.max, 300) }),
      );
    case "text":
      return anyText(shape.bytesMax);
    case "bytes":
      return anyBytes(shape.length);
    case "bool":
      return fc.boolean();
    case "nullable":
      return fc.option(valueOf(shape.inner));
    case "list": {
      const { min, max, inner } = shape;
      return fc.array(anywhere(inner), { minLength: min, maxLength: Math.min(max, listLengthMax) });
    }
    case "tuple":
      return fc.tuple(...shape.inner.map(anywhere));
    case "audience":
      return fc.constantFrom(...within(shape));
    case "array":
      return fc.tuple(fc.nat(), fc.array(anyItem)).map(([kind, rest]) => [kind, ...rest]);
  }
}

function anyText(bytesMax: number): fc.Arbitrary<string> {
  const unit = fc.oneof(fc.constantFrom("a", "\u0000", "\ufffd", "é", "漢", "😀"), anyCharacter());
  return fc.string({ unit, maxLength: Math.min(textLengthMax, Math.floor(bytesMax / 4)) });
}

function anyCharacter(): fc.Arbitrary<string> {
  return fc.integer({ min: 0, max: 0x10ffff })
    .filter((code) => code < 0xd800 || code > 0xdfff)
    .map((code) => String.fromCodePoint(code));
}

/** Any item of the types that Parley writes, nested. */
export const anyItem: fc.Arbitrary<Item> = fc.letrec<{ item: Item }>((tie) => ({
  item: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    fc.oneof(fc.maxSafeNat(), fc.boolean(), fc.constant(null), anyText(200), anyBytes(0, 40)),
    fc.array(tie("item"), { maxLength: 5 }),
  ),
})).item;

/** Any packet of the table. */
export const anyPacket: fc.Arbitrary<AnyPacket> = fc.oneof(
  ...Object.entries<PacketSpec>(packets).map(([name, { from, fields }]) => {
    const values = Object.entries(fields).map(([field, { says }]) =>
      [field, valueOf(shapeOf(says))] as const
    );
    return fc.record(Object.fromEntries(values)).map((made): AnyPacket => ({
      name: name as PacketName,
      from,
      // Plain objects in the order of the table, as the codec gives them.
      fields: Object.fromEntries(values.map(([field]) => [field, made[field]!])),
    }));
  }),
);
