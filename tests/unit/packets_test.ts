import { assert, assertEquals, assertThrows } from "@std/assert";
import { decodeHex } from "@std/encoding/hex";
import { type Code, codes, ProtocolError } from "../../lib/errors.ts";
import { headerBytes } from "../../lib/framing.ts";
import { limits } from "../../lib/limits.ts";
import { actions } from "../../lib/protocol/actions.ts";
import { encodeItem } from "../../lib/protocol/cbor.ts";
import {
  type Action,
  actionItem,
  decodePacket,
  encodePacket,
  itemAction,
  type PacketFields,
} from "../../lib/protocol/codec.ts";
import type { Item } from "../../lib/protocol/fields.ts";
import {
  type PacketName,
  packets,
  type PacketSpec,
  type Side,
} from "../../lib/protocol/packets.ts";
import { oracleEncode } from "../support/cborg_oracle.ts";
import { beyond, shapeOf, within } from "../support/shapes.ts";

type Fields = PacketSpec["fields"];

const packetRows = Object.entries<PacketSpec>(packets);

function smallest(fields: Fields): Record<string, Item> {
  const values = Object.entries(fields).map(([name, { says }]) =>
    [name, within(shapeOf(says))[0]!] as const
  );
  return Object.fromEntries(values);
}

function encode(name: string, values: Readonly<Record<string, Item>>): Uint8Array<ArrayBuffer> {
  return encodePacket(name as PacketName, values as unknown as PacketFields<PacketName>);
}

function assertRefused(run: () => unknown, code: Code, message?: string): void {
  assertEquals(assertThrows(run, ProtocolError, undefined, message).code, code, message);
}

function otherSide(side: Side): Side {
  return side === "client" ? "server" : "client";
}

for (const [name, { kind, from, fields }] of packetRows) {
  const base = smallest(fields);

  Deno.test(`decodePacket() takes ${name} with each field at its bounds`, () => {
    for (const [field, { says }] of Object.entries(fields)) {
      for (const value of within(shapeOf(says))) {
        const values = { ...base, [field]: value };
        const frame = encode(name, values);
        assert(frame.length - headerBytes <= limits.frameBytesMax, `${field} fits in a frame`);
        assertEquals<unknown>(decodePacket(frame.subarray(headerBytes), from), {
          packet: name,
          ...values,
        });
      }
    }
  });

  Deno.test(`decodePacket() refuses ${name} with any field beyond its bounds`, () => {
    for (const [field, { says }] of Object.entries(fields)) {
      beyond(shapeOf(says)).forEach((value, at) => {
        const values = { ...base, [field]: value };
        const payload = oracleEncode([kind, ...Object.values(values)]);
        const about = `${field} is ${says}, bad value ${at}`;
        assertRefused(() => decodePacket(payload, from), codes.badPacket, about);
        assertThrows(() => encode(name, values), TypeError, undefined, about);
      });
    }
  });

  Deno.test(`decodePacket() refuses ${name} with a field more or less`, () => {
    const item = [kind, ...Object.values(base)];
    for (const wrong of [item.slice(0, -1), [...item, 0], [...item, null]]) {
      assertRefused(() => decodePacket(encodeItem(wrong), from), codes.badPacket);
    }
  });

  Deno.test(`decodePacket() takes ${name} from the side that may send it`, () => {
    const payload = encode(name, base).subarray(headerBytes);
    const wrongSide = () => decodePacket(payload, otherSide(from));
    if (name === "ping" || name === "pong") assertEquals(wrongSide().packet, name);
    else assertRefused(wrongSide, codes.badPacket);
  });
}

/** Numbers that no packet has yet and that are kept for some. */
const keptKinds = [26, 27];

Deno.test("packets have a number each, from 1 on without a hole", () => {
  const kinds = packetRows.map(([, { kind }]) => kind).sort((a, b) => a - b);
  const all = new Set([...kinds, ...keptKinds]);
  assertEquals(new Set(kinds).size, kinds.length);
  assertEquals([...all].sort((a, b) => a - b), Array.from(all, (_, at) => at + 1));
});

Deno.test("decodePacket() tells an unknown kind from a bad packet", () => {
  for (const kind of [0, 99, 255, Number.MAX_SAFE_INTEGER]) {
    assertRefused(() => decodePacket(encodeItem([kind, "x"]), "client"), codes.unknownKind);
    assertRefused(() => decodePacket(encodeItem([kind]), "server"), codes.unknownKind);
  }
  for (const item of [[], 12, "ack", null, ["ack"], [-1], [null], [[12]], [true]]) {
    assertRefused(() => decodePacket(oracleEncode(item), "client"), codes.badPacket);
  }
});

Deno.test("decodePacket() refuses whole numbers from 2^53 on", () => {
  const payload = (hex: string) => decodeHex(`820c1b${hex}`);
  assertEquals(decodePacket(payload("001fffffffffffff"), "client"), {
    packet: "ack",
    lsn: Number.MAX_SAFE_INTEGER,
  });
  for (const hex of ["0020000000000000", "ffffffffffffffff"]) {
    assertRefused(() => decodePacket(payload(hex), "client"), codes.badPacket);
  }
});

Deno.test("encodePacket() refuses a text that has no UTF-8", () => {
  assertThrows(() => encodePacket("listRooms", { request: 1, after: "\ud800" }), TypeError);
});

for (const [name, { kind, fields }] of Object.entries(actions)) {
  const base = smallest(fields);

  Deno.test(`itemAction() checks every field of ${name}`, () => {
    for (const [field, { says }] of Object.entries(fields)) {
      for (const value of within(shapeOf(says))) {
        const action = { action: name, ...base, [field]: value } as unknown as Action;
        assertEquals(itemAction(actionItem(action)), action);
      }
      for (const value of beyond(shapeOf(says))) {
        const item = [kind, ...Object.values({ ...base, [field]: value })];
        assertRefused(() => itemAction(item), codes.badPacket);
      }
    }
    const item = [kind, ...Object.values(base)];
    assertRefused(() => itemAction(item.slice(0, -1)), codes.badPacket);
    assertRefused(() => itemAction([...item, 0]), codes.badPacket);
  });
}

Deno.test("itemAction() gives null for a kind of a later version", () => {
  assertEquals(itemAction([999, "x"]), null);
  assertEquals(itemAction([0]), null);
});
