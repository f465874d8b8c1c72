import { Buffer } from "node:buffer";
import { assertEquals, assertThrows } from "@std/assert";
import { decodeHex, encodeHex } from "@std/encoding/hex";
import { codes, ProtocolError } from "../../lib/errors.ts";
import { decodeItem, encodeItem } from "../../lib/protocol/cbor.ts";
import type { Item } from "../../lib/protocol/fields.ts";

const good: readonly (readonly [hex: string, item: Item])[] = [
  ["00", 0],
  ["17", 23],
  ["1818", 24],
  ["18ff", 255],
  ["190100", 256],
  ["19ffff", 65_535],
  ["1a00010000", 65_536],
  ["1affffffff", 0xffff_ffff],
  ["1b0000000100000000", 0x1_0000_0000],
  ["1b001fffffffffffff", Number.MAX_SAFE_INTEGER],
  ["f4", false],
  ["f5", true],
  ["f6", null],
  ["40", new Uint8Array()],
  ["4200ff", new Uint8Array([0, 255])],
  ["60", ""],
  ["62c3a9", "é"],
  ["64f09f9880", "😀"],
  ["63efbfbd", "\ufffd"],
  ["80", []],
  ["8301816161f6", [1, ["a"], null]],
];

for (const [hex, item] of good) {
  Deno.test(`encodeItem() and decodeItem() agree on ${hex}`, () => {
    assertEquals(encodeHex(encodeItem(item)), hex);
    assertEquals(decodeItem(decodeHex(hex)), item);
  });
}

const bad: Readonly<Record<string, readonly string[]>> = {
  "a number that is not in its shortest form": [
    "1800",
    "1817",
    "190001",
    "1900ff",
    "1a00000001",
    "1a0000ffff",
    "1b0000000000000001",
    "1b00000000ffffffff",
  ],
  "a length that is not in its shortest form": ["5801aa", "580100", "78016161", "980101", "b80100"],
  "a number from 2^53 on": ["1b0020000000000000", "1bffffffffffffffff", "3bffffffffffffffff"],
  "an indefinite length": ["9f01ff", "7f6161ff", "5f4101ff", "bf616101ff", "ff", "81ff"],
  "not a number, and infinity": ["f97e00", "f97c00", "f9fc00", "fa7f800000", "fb7ff0000000000000"],
  "a tag": ["c101", "c24101", "d8184101", "d9d9f781f6", "81c001"],
  "undefined, and simple values": ["f7", "e0", "f0", "f810", "f820", "f8ff"],
  "reserved codes": ["1c", "3d", "5e", "7c", "9d", "be", "dc", "fc", "fe"],
  "a map": ["a0", "a1616101", "a10102", "81a0", "a1695f5f70726f746f5f5fa0"],
  "a float, whole or not": [
    "f90000",
    "f98000",
    "f93c00",
    "f93e00",
    "fa3f800000",
    "fb3ff0000000000000",
    "81f94500",
  ],
  "a text that is not UTF-8": [
    "62c328",
    "61ff",
    "61c3",
    "62c080",
    "63eda080",
    "66eda0bdedb880",
    "64f4908080",
    "8161ff",
    "63616280",
  ],
  "an end in the middle": [
    "",
    "18",
    "19ff",
    "81",
    "8201",
    "42aa",
    "6261",
    "a1",
    "a16161",
    "5affffffff",
  ],
  "bytes after the item": ["0000", "8001", "f6f6", "6161ff"],
  "a count that no frame can hold": [
    "9affffffff",
    "9bffffffffffffffff",
    "baffffffff",
    "7affffffff",
  ],
};

for (const [what, hexes] of Object.entries(bad)) {
  Deno.test(`decodeItem() refuses ${what}`, () => {
    for (const hex of hexes) {
      const error = assertThrows(() => decodeItem(decodeHex(hex)), ProtocolError, undefined, hex);
      assertEquals(error.code, codes.badPacket, hex);
    }
  });
}

Deno.test("decodeItem() refuses deep nesting like any other bad packet", () => {
  for (const opening of [0x81, 0xa1]) {
    const bytes = new Uint8Array(65_536).fill(opening);
    assertThrows(() => decodeItem(bytes), ProtocolError);
  }
  const nested = new Uint8Array(65_536).fill(0x81);
  nested[nested.length - 1] = 0x01;
  assertThrows(() => decodeItem(nested), ProtocolError, "nested too deeply");
});

Deno.test("decodeItem() gives byte strings that are copies", () => {
  const bytes = decodeHex("4200ff");
  const item = decodeItem(bytes) as Uint8Array;
  bytes.fill(7);
  assertEquals(item, new Uint8Array([0, 255]));
});

Deno.test("encodeItem() gives plain bytes of their own, short or long", () => {
  for (const length of [1, 100, 5_000]) {
    const encoded = encodeItem("a".repeat(length));
    // A node Buffer's slice() is a view, and its memory may be shared with others.
    assertEquals(Object.getPrototypeOf(encoded), Uint8Array.prototype);
    assertEquals(encoded.buffer.byteLength, encoded.length);
  }
});

Deno.test("decodeItem() gives plain copies of byte strings out of a Buffer too", () => {
  const bytes = Buffer.from("4200ff", "hex");
  const item = decodeItem(bytes) as Uint8Array;
  bytes.fill(7);
  assertEquals(Object.getPrototypeOf(item), Uint8Array.prototype);
  assertEquals([...item], [0, 255]);
});
