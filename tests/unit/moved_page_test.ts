import { assertEquals } from "@std/assert";
import { packPage, unpackPage } from "../../lib/store/moved_page.ts";

/** Moves a page as it moves from one thread to another. */
function over<P extends Parameters<typeof packPage>[0]>(page: P): P {
  const { value, buffers } = packPage(page);
  return unpackPage<P>(structuredClone(value, { transfer: buffers }));
}

Deno.test("a page comes over as it was, with the highest lsn too", () => {
  const last = Number.MAX_SAFE_INTEGER;
  const page = () => ({
    bytes: new Uint8Array([1, 2, 3]),
    entries: [[2 ** 32 + 1, 1], [last, 2]] as const,
    upto: last,
  });
  assertEquals(over(page()), page());
});

Deno.test("a page of a snapshot keeps where the next goes on", () => {
  const next = { part: "users", key: "r1", id: 7 } as const;
  assertEquals(over({ bytes: new Uint8Array(), entries: [], upto: null, next }), {
    bytes: new Uint8Array(),
    entries: [],
    upto: null,
    next,
  });
});

Deno.test("nothing of a page is copied: its buffers are empty here afterwards", () => {
  const page = { bytes: new Uint8Array(3), entries: [[7, 3]] as const, upto: 7 };
  const { value, buffers } = packPage(page);
  structuredClone(value, { transfer: buffers });
  assertEquals([page.bytes.byteLength, value.pairs.byteLength], [0, 0]);
});
