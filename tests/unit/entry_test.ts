import { assertEquals, assertThrows } from "@std/assert";
import { codes, ProtocolError } from "../../lib/errors.ts";
import { headerBytes } from "../../lib/framing.ts";
import { limits } from "../../lib/limits.ts";
import {
  decodeEntry,
  encodeEntry,
  entryFrame,
  type EntryHeader,
  itemsEntry,
} from "../../lib/log/entry.ts";
import { type EntryContent, entryKinds, type EntrySpec } from "../../lib/log/entry_kinds.ts";
import { encodeItem } from "../../lib/protocol/cbor.ts";
import { decodePacket } from "../../lib/protocol/codec.ts";
import type { Item } from "../../lib/protocol/fields.ts";
import { beyond, shapeOf, within } from "../support/shapes.ts";

const header: EntryHeader = {
  lsn: 70_000,
  prev: 3,
  timeMs: 1_700_000_000_000,
  audience: [1, 2, 9],
  user: 2,
  device: 9,
  epoch: new Uint8Array(16).fill(1),
  n: 12,
  id: new Uint8Array(16).fill(2),
};
const serverHeader: EntryHeader = { ...header, audience: [4], epoch: null, n: 0, id: null };
const headerItem: Item[] = [1, 7, 0, 5, 3, [0, 1], 2, 2, null, 0, null];

function assertBad(run: () => unknown, message: string): void {
  const error = assertThrows(run, ProtocolError, undefined, message);
  assertEquals(error.code, codes.badPacket, message);
}

for (const [kind, spec] of Object.entries<EntrySpec>(entryKinds)) {
  const bodyShapes = Object.entries(spec.body).map(([name, { says }]) =>
    [name, shapeOf(says)] as const
  );
  const smallest = Object.fromEntries(bodyShapes.map(([name, shape]) => [name, within(shape)[0]!]));

  Deno.test(`decodeEntry() gives back what encodeEntry() took: ${kind}`, () => {
    const bodies = bodyShapes.flatMap(([name, shape]) =>
      within(shape).map((value) => ({ ...smallest, [name]: value }))
    );
    for (const body of [smallest, ...bodies]) {
      const content = { kind, ...body } as unknown as EntryContent;
      for (const given of [header, serverHeader]) {
        const expected = { ...given, kindNumber: spec.kind, erased: false, content };
        assertEquals<unknown>(decodeEntry(encodeEntry(given, content)), expected);
      }
    }
  });

  Deno.test(`itemsEntry() checks the body of ${kind}`, () => {
    const of = (body: unknown) => itemsEntry(headerItem.with(4, spec.kind), body);
    const values: Item[] = Object.values(smallest);
    for (const body of [1, "x", true]) assertBad(() => of(body), String(body));
    bodyShapes.forEach(([name, shape], at) => {
      const isNewer = name in (spec.before ?? {});
      if (!isNewer) assertBad(() => of(values.slice(0, at)), `${name} is missing`);
      for (const value of beyond(shape)) assertBad(() => of(values.with(at, value)), name);
    });
    const more = of([...values, "of a later version", 7]);
    assertEquals<unknown>(more.content, { kind, ...smallest });
  });
}

Deno.test("itemsEntry() reads who was registered before there were roles as a member", () => {
  const deviceKey = new Uint8Array(32).fill(7);
  const old = itemsEntry(headerItem.with(4, 1), ["al", deviceKey]);
  const content = { kind: "registered", name: "al", deviceKey, role: 0, invite: 0 } as const;
  assertEquals(old.content, content);
  const owner = itemsEntry(headerItem.with(4, 1), ["al", deviceKey, 2, 9]);
  assertEquals(owner.content, { ...content, role: 2, invite: 9 });
});

Deno.test("itemsEntry() checks every place of the header", () => {
  const bad: readonly (readonly [place: number, values: readonly Item[]])[] = [
    ...[0, 1, 2, 3, 4, 6, 7, 9].map((place) => [place, [-1, null, "1", 1.5]] as const),
    [5, beyond(shapeOf("audience"))],
    [8, beyond(shapeOf("bytes (16), or null"))],
    [10, beyond(shapeOf("bytes (16), or null"))],
  ];
  for (const [place, values] of bad) {
    for (const value of values) {
      assertBad(() => itemsEntry(headerItem.with(place, value), []), `place ${place}`);
    }
  }
  assertBad(() => itemsEntry(headerItem.slice(0, -1), []), "a short header");
  assertBad(() => itemsEntry(null, []), "no header");
});

Deno.test("itemsEntry() passes over header fields of a later version", () => {
  assertEquals(itemsEntry([...headerItem.with(0, 2), "new"], []), itemsEntry(headerItem, []));
});

Deno.test("itemsEntry() reads an erased body, and a kind of a later version", () => {
  const erased = itemsEntry(headerItem.with(4, 5), null);
  assertEquals([erased.erased, erased.content, erased.kindNumber], [true, null, 5]);
  const unknown = itemsEntry(headerItem.with(4, 99), ["x"]);
  assertEquals([unknown.erased, unknown.content, unknown.kindNumber], [false, null, 99]);
});

Deno.test("entryFrame() makes the packet `entry` of the stored bytes", () => {
  const stored = encodeEntry(header, { kind: "message", text: "hi", act: false });
  for (const body of [stored.body, null]) {
    const packet = decodePacket(entryFrame({ ...stored, body }).subarray(headerBytes), "server");
    if (packet.packet !== "entry") throw new Error(packet.packet);
    assertEquals(encodeItem(packet.header), stored.header);
    assertEquals(packet.body && encodeItem(packet.body), body);
  }
});

Deno.test("entryFrame() fits in a frame for the longest entry", () => {
  const text = "a".repeat(limits.textBytesMax);
  const stored = encodeEntry({ ...header, lsn: Number.MAX_SAFE_INTEGER }, {
    kind: "message",
    text,
    act: true,
  });
  assertEquals(entryFrame(stored).length < limits.frameBytesMax, true);
});
