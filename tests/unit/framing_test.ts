import { assert, assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import { concat } from "@std/bytes/concat";
import { codes, ProtocolError } from "../../lib/errors.ts";
import { encodeFrame, FrameDecoder } from "../../lib/framing.ts";

const payloads = [[7], [1, 2, 3, 4, 5], [0, 0, 0, 1, 9, 0]].map((bytes) => new Uint8Array(bytes));
const stream = concat(payloads.map(encodeFrame));

function header(length: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, length);
  return bytes;
}

function assertBadFrame(run: () => unknown): void {
  assertEquals(assertThrows(run, ProtocolError).code, codes.badFrame);
}

/** Copies, since a payload may be a view of a chunk that is used again. */
function collect(decoder: FrameDecoder, chunks: readonly Uint8Array[]): Uint8Array[] {
  return chunks.flatMap((chunk) => decoder.push(chunk).map((payload) => payload.slice()));
}

Deno.test("encodeFrame() writes the length big-endian", () => {
  assertEquals([...encodeFrame(new Uint8Array(258)).subarray(0, 6)], [0, 0, 1, 2, 0, 0]);
});

Deno.test("FrameDecoder.push() takes a stream byte by byte", () => {
  const decoder = new FrameDecoder(16);
  const got = collect(decoder, [...stream].map((byte) => new Uint8Array([byte])));
  assertEquals(got, payloads);
  assertEquals(decoder.allocatedBytes, 0);
});

Deno.test("FrameDecoder.push() gives the same payloads at every split in three", () => {
  for (let first = 0; first <= stream.length; first++) {
    for (let second = first; second <= stream.length; second++) {
      const chunks = [
        stream.subarray(0, first),
        stream.subarray(first, second),
        stream.subarray(second),
      ];
      assertEquals(collect(new FrameDecoder(16), chunks), payloads, `${first}, ${second}`);
    }
  }
});

Deno.test("FrameDecoder.push() gives a view where a payload lies whole in the chunk", () => {
  const decoder = new FrameDecoder(16);
  const got = decoder.push(stream);
  assertEquals(got, payloads);
  for (const payload of got) assertStrictEquals(payload.buffer, stream.buffer);
  const [header, rest] = [stream.subarray(0, 4), stream.slice(4, 5)];
  decoder.push(header);
  assertStrictEquals(decoder.push(rest)[0]?.buffer, rest.buffer);
});

Deno.test("FrameDecoder.push() keeps nothing of a chunk that was split", () => {
  const decoder = new FrameDecoder(16);
  const chunk = encodeFrame(new Uint8Array([1, 2, 3])).subarray(0, 6).slice();
  decoder.push(chunk);
  chunk.fill(99);
  assertEquals(decoder.push(new Uint8Array([3])), [new Uint8Array([1, 2, 3])]);
});

Deno.test("FrameDecoder.push() allocates nothing for a length alone", () => {
  const decoder = new FrameDecoder(0xffff_ffff);
  assertEquals(decoder.push(header(0xffff_ffff)), []);
  assertEquals(decoder.allocatedBytes, 0);
  assert(decoder.midFrame);
});

Deno.test("FrameDecoder.push() refuses 4 GiB before anything is allocated", () => {
  const decoder = new FrameDecoder(65_536);
  assertBadFrame(() => decoder.push(header(0xffff_ffff)));
  assertEquals(decoder.allocatedBytes, 0);
});

Deno.test("FrameDecoder.push() holds at most twice what came, from 512 bytes on", () => {
  const decoder = new FrameDecoder(65_536);
  decoder.push(header(65_536));
  let given = 0;
  for (let size = 1; given + size < 65_536; size = size * 3 % 1_000 + 1) {
    decoder.push(new Uint8Array(size));
    given += size;
    assert(decoder.allocatedBytes <= Math.min(65_536, Math.max(512, 2 * given)), `${given}`);
  }
});

Deno.test("FrameDecoder.push() takes a length at the bound, and none beyond it", () => {
  assertEquals(new FrameDecoder(5).push(encodeFrame(new Uint8Array(5))).length, 1);
  assertBadFrame(() => new FrameDecoder(5).push(encodeFrame(new Uint8Array(6))));
});

Deno.test("FrameDecoder.push() refuses a length of zero", () => {
  assertBadFrame(() => new FrameDecoder(5).push(header(0)));
});

Deno.test("FrameDecoder.push() refuses everything after a bad length", () => {
  const decoder = new FrameDecoder(5);
  assertBadFrame(() => decoder.push(header(6)));
  assertBadFrame(() => decoder.push(encodeFrame(new Uint8Array(1))));
});

Deno.test("FrameDecoder.pushEach() hands over what is before a bad length", () => {
  const got: number[] = [];
  const bytes = concat([encodeFrame(new Uint8Array([7])), header(0)]);
  assertBadFrame(() => new FrameDecoder(5).pushEach(bytes, (payload) => got.push(payload[0]!)));
  assertEquals(got, [7]);
});

Deno.test("FrameDecoder.payloadBytesMax holds from the next frame on", () => {
  const decoder = new FrameDecoder(2);
  const long = encodeFrame(new Uint8Array(9));
  const got: number[] = [];
  decoder.pushEach(concat([encodeFrame(new Uint8Array(2)), long]), (payload) => {
    got.push(payload.length);
    decoder.payloadBytesMax = 9;
  });
  assertEquals(got, [2, 9]);
  decoder.push(long.subarray(0, 6));
  decoder.payloadBytesMax = 2;
  assertEquals(decoder.push(long.subarray(6)).length, 1, "the frame in hand began before");
  assertBadFrame(() => decoder.push(long));
});

Deno.test("FrameDecoder.midFrame tells whether a frame has begun", () => {
  const decoder = new FrameDecoder(5);
  const frame = encodeFrame(new Uint8Array(3));
  const states = [...frame].map((byte) => {
    decoder.push(new Uint8Array([byte]));
    return decoder.midFrame;
  });
  assertEquals(states, [true, true, true, true, true, true, false]);
});
