import { assert, assertEquals } from "@std/assert";
import { concat } from "@std/bytes/concat";
import fc from "fast-check";
import { ProtocolError } from "../../lib/errors.ts";
import { encodeFrame, FrameDecoder } from "../../lib/framing.ts";
import { anyBytes } from "../support/arbitraries.ts";

const bound = 2_000;
const firstAllocationBytes = 512;

/** Cuts bytes into chunks of the lengths given, over and over. */
function cut(bytes: Uint8Array, lengths: readonly number[]): Uint8Array[] {
  const chunks: Uint8Array[] = [];
  for (let at = 0, turn = 0; at < bytes.length; turn++) {
    const length = lengths[turn % lengths.length]!;
    chunks.push(bytes.subarray(at, at + length));
    at += length;
  }
  return chunks;
}

const payloads = fc.array(anyBytes(1, bound), { maxLength: 6 });
const lengths = fc.array(fc.integer({ min: 1, max: 900 }), { minLength: 1, maxLength: 6 });

Deno.test("FrameDecoder.push() gives the same payloads however the stream is split", () => {
  fc.assert(
    fc.property(payloads, lengths, (payloads, lengths) => {
      const decoder = new FrameDecoder(bound);
      const buffer = new Uint8Array(900);
      const got = cut(concat(payloads.map(encodeFrame)), lengths).flatMap((chunk) => {
        buffer.set(chunk);
        return decoder.push(buffer.subarray(0, chunk.length)).map((payload) => payload.slice());
      });
      assertEquals(got, payloads);
      assertEquals([decoder.midFrame, decoder.allocatedBytes], [false, 0]);
    }),
    { numRuns: 500 },
  );
});

Deno.test("FrameDecoder.push() takes any bytes, or refuses them, in bounded memory", () => {
  const smallHeaders = fc.array(
    fc.tuple(fc.integer({ min: 0, max: bound + 1 }), anyBytes(0, bound)),
    { maxLength: 4 },
  ).map((parts) =>
    concat(
      parts.map(([length, rest]) =>
        concat([new Uint8Array([0, 0, length >> 8, length & 255]), rest])
      ),
    )
  );
  fc.assert(
    fc.property(fc.oneof(anyBytes(0, 3_000), smallHeaders), lengths, (bytes, lengths) => {
      const decoder = new FrameDecoder(bound);
      let sinceFrame = 0;
      try {
        for (const chunk of cut(bytes, lengths)) {
          sinceFrame += chunk.length;
          const got = decoder.push(chunk);
          for (const payload of got) assert(payload.length >= 1 && payload.length <= bound);
          if (got.length > 0) sinceFrame = chunk.length;
          const allowed = Math.min(bound, Math.max(firstAllocationBytes, 2 * sinceFrame));
          assert(decoder.allocatedBytes <= allowed, `${decoder.allocatedBytes} > ${allowed}`);
        }
      } catch (error) {
        assert(error instanceof ProtocolError, `not a ProtocolError: ${error}`);
        assert(decoder.allocatedBytes <= bound);
      }
    }),
    { numRuns: 1_000 },
  );
});

Deno.test("FrameDecoder.push() fails alike, and gives the same before, however bad bytes are split", () => {
  fc.assert(
    fc.property(payloads, anyBytes(4, 40), lengths, (payloads, rest, lengths) => {
      const stream = concat([...payloads.map(encodeFrame), rest]);
      const whole = outcome([stream]);
      assertEquals(outcome(cut(stream, lengths)), whole);
    }),
    { numRuns: 500 },
  );
});

function outcome(chunks: readonly Uint8Array[]): { got: Uint8Array[]; code: number | null } {
  const decoder = new FrameDecoder(bound);
  const got: Uint8Array[] = [];
  try {
    for (const chunk of chunks) decoder.pushEach(chunk, (payload) => got.push(payload.slice()));
    return { got, code: null };
  } catch (error) {
    return { got, code: (error as ProtocolError).code };
  }
}
