import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { ProtocolError } from "../../lib/errors.ts";
import { headerBytes } from "../../lib/framing.ts";
import { itemsEntry } from "../../lib/log/entry.ts";
import { decodeItem, encodeItem } from "../../lib/protocol/cbor.ts";
import {
  decodePacket,
  encodePacket,
  itemAction,
  type Packet,
  type PacketFields,
} from "../../lib/protocol/codec.ts";
import type { PacketName } from "../../lib/protocol/packets.ts";
import { oracleDecode, oracleEncode } from "../support/cborg_oracle.ts";
import { anyBytes, anyItem, type AnyPacket, anyPacket } from "../support/arbitraries.ts";

function encode({ name, fields }: AnyPacket): Uint8Array<ArrayBuffer> {
  return encodePacket(name, fields as unknown as PacketFields<PacketName>);
}

/** Runs what reads bytes of others: it gives a value or a `ProtocolError`, and nothing else. */
function valueOrRefusal(read: () => unknown): unknown {
  try {
    return read();
  } catch (error) {
    assert(error instanceof ProtocolError, `not a ProtocolError: ${error}`);
    return null;
  }
}

Deno.test("decodePacket() gives back what encodePacket() took, for every packet", () => {
  fc.assert(
    fc.property(anyPacket, (packet) => {
      const payload = encode(packet).subarray(headerBytes);
      const decoded = decodePacket(payload, packet.from);
      assertEquals<unknown>(decoded, { packet: packet.name, ...packet.fields });
      const { packet: _, ...fields } = decoded;
      assertEquals(encode({ ...packet, fields: fields as AnyPacket["fields"] }), encode(packet));
    }),
    { numRuns: 1_000 },
  );
});

Deno.test("decodeItem() gives back what encodeItem() took", () => {
  fc.assert(fc.property(anyItem, (item) => assertEquals(decodeItem(encodeItem(item)), item)));
});

Deno.test("encodeItem() writes what a well-kept library writes", () => {
  fc.assert(
    fc.property(anyItem, (item) => assertEquals(encodeItem(item), oracleEncode(item))),
    { numRuns: 1_000 },
  );
});

/** What is read, in a list, or null for what is refused. */
function readItem(bytes: Uint8Array): [unknown] | null {
  let item: unknown;
  const taken = valueOrRefusal(() => {
    item = decodeItem(bytes);
    return true;
  });
  return taken ? [item] : null;
}

Deno.test("decodeItem() takes and refuses what a well-kept library does, of any bytes", () => {
  fc.assert(
    fc.property(
      anyBytes(0, 40),
      (bytes) => assertEquals<unknown>(readItem(bytes), oracleDecode(bytes)),
    ),
    { numRuns: 5_000 },
  );
});

Deno.test("decodeItem() takes and refuses what a well-kept library does, with a byte changed", () => {
  fc.assert(
    fc.property(anyItem, fc.nat(), fc.integer({ min: 1, max: 255 }), (item, where, flip) => {
      const bytes = oracleEncode(item);
      bytes[where % bytes.length]! ^= flip;
      assertEquals<unknown>(readItem(bytes), oracleDecode(bytes));
    }),
    { numRuns: 5_000 },
  );
});

Deno.test("decodePacket() gives a packet or a ProtocolError for any bytes", () => {
  fc.assert(
    fc.property(anyBytes(0, 300), (bytes) => {
      for (const side of ["client", "server"] as const) {
        valueOrRefusal(() => decodePacket(bytes, side));
      }
    }),
    { numRuns: 2_000 },
  );
});

Deno.test("decodePacket() gives a packet or a ProtocolError for a packet with a byte changed", () => {
  fc.assert(
    fc.property(anyPacket, fc.nat(), fc.integer({ min: 1, max: 255 }), (packet, where, flip) => {
      const payload = encode(packet).slice(headerBytes);
      payload[where % payload.length]! ^= flip;
      const read = valueOrRefusal(() => decodePacket(payload, packet.from)) as Packet | null;
      if (!read) return;
      const { packet: name, ...fields } = read;
      const again = encodePacket(name, fields as PacketFields<PacketName>);
      assertEquals(again.subarray(headerBytes), payload, "there is one encoding and no other");
    }),
    { numRuns: 2_000 },
  );
});

Deno.test("decodePacket() gives a packet or a ProtocolError for any array that is CBOR", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 30 }), fc.array(anyItem), (kind, rest) => {
      const payload = encodeItem([kind, ...rest]);
      valueOrRefusal(() => decodePacket(payload, "client"));
      valueOrRefusal(() => decodePacket(payload, "server"));
    }),
    { numRuns: 1_000 },
  );
});

Deno.test("itemAction() and itemsEntry() give a value or a ProtocolError for any items", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 12 }), fc.array(anyItem), anyItem, (kind, rest, body) => {
      valueOrRefusal(() => itemAction([kind, ...rest]));
      valueOrRefusal(() => itemsEntry([1, 2, 3, 4, kind, [0, 1], 2, 2, null, 0, null], body));
      valueOrRefusal(() => itemsEntry(rest, body));
    }),
    { numRuns: 1_000 },
  );
});
