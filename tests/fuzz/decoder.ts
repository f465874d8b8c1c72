/**
 * Any bytes through all that reads bytes from the network: frames, items, packets, actions,
 * entries. One seed is one stream of frames, and gives the same again.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { equals } from "@std/bytes/equals";
import { concat } from "@std/bytes/concat";
import { decodeHex } from "@std/encoding/hex";
import { ProtocolError } from "../../lib/errors.ts";
import { encodeFrame, FrameDecoder, headerBytes } from "../../lib/framing.ts";
import { limits } from "../../lib/limits.ts";
import { decodeEntry, itemsEntry } from "../../lib/log/entry.ts";
import { entryParts, readPlace } from "../../lib/log/place.ts";
import { audienceKey } from "../../lib/protocol/audience.ts";
import { decodeItem } from "../../lib/protocol/cbor.ts";
import { decodePacket, itemAction, type Packet } from "../../lib/protocol/codec.ts";
import { SeededRandom } from "../support/random.ts";
import type { Vector } from "../support/vectors.ts";
import actionsJson from "../vectors/actions.json" with { type: "json" };
import entriesJson from "../vectors/entries.json" with { type: "json" };
import exampleJson from "../vectors/example.json" with { type: "json" };
import framesJson from "../vectors/frames.json" with { type: "json" };
import packetsJson from "../vectors/packets.json" with { type: "json" };
import { changed, hostileBytes, noise } from "./bytes.ts";

const hexes = (json: unknown) => (json as Vector[]).map(({ hex }) => decodeHex(hex));

/** Whole frames, good and bad, as the golden vectors have them. */
const frames = [packetsJson, exampleJson, entriesJson, framesJson].flatMap(hexes);
const payloads = frames.map((frame) => frame.subarray(headerBytes)).concat(hexes(actionsJson));
const entries = (entriesJson as unknown as Vector[]).flatMap(({ fields }) => {
  const { header, body } = (fields ?? {}) as Record<string, { hex: string } | null>;
  return header ? [{ header: decodeHex(header.hex), body: body ? decodeHex(body.hex) : null }] : [];
});

const bounds = [limits.frameBytesMaxBeforeLogin, limits.frameBytesMax];
/** What a decoder makes room for at a frame's first bytes. */
const firstAllocationBytes = 512;

/** What came of the inputs. */
export interface Tally {
  values: number;
  refused: number;
  frames: number;
}

/** Gives up on code that goes round without an end, by counting and not by the clock. */
class Steps {
  #left = 0;

  /** From now on so many are allowed. */
  allow(count: number): void {
    this.#left = count;
  }

  one(): void {
    if (--this.#left < 0) throw new Error("more steps than there are bytes");
  }
}

/** Runs with every item that is added to any list counted: each must have taken a byte. */
function withCountedItems<T>(steps: Steps, run: () => T): T {
  // deno-lint-ignore no-explicit-any
  const list: any = Array.prototype;
  const { push } = list;
  list.push = function (this: unknown[], one: unknown) {
    steps.one();
    return push.call(this, one);
  };
  try {
    return run();
  } finally {
    list.push = push;
  }
}

/** A chunk that counts how often something is taken from it. */
class CountedChunk extends Uint8Array<ArrayBuffer> {
  steps: Steps | null = null;

  constructor(bytes: number) {
    super(new ArrayBuffer(bytes));
  }

  static get [Symbol.species](): Uint8ArrayConstructor {
    return Uint8Array;
  }

  override subarray(from?: number, to?: number): Uint8Array<ArrayBuffer> {
    this.steps?.one();
    return super.subarray(from, to);
  }
}

/**
 * Runs one seed: a stream of one to three frames in chunks, each payload decoded as from one side.
 *
 * @throws whatever is no ProtocolError, and where more is held or done than the bytes allow
 */
function fuzzStream(seed: number, tally: Tally): void {
  const random = new SeededRandom(seed);
  const stream = streamOf(random);
  const bound = random.pick(bounds);
  const decoder = new FrameDecoder(bound);
  const steps = new Steps();
  const take = (payload: Uint8Array, chunk: Uint8Array) => {
    steps.one();
    tally.frames++;
    assert(payload.length >= 1 && payload.length <= bound, "a payload out of its bound");
    const { buffer } = payload;
    assert(buffer === chunk.buffer || buffer.byteLength <= bound, "more than a frame is held");
    decodeAll(random, payload, tally);
  };
  let sinceFrame = 0;
  for (let at = 0; at < stream.length;) {
    const chunk = new CountedChunk(random.below(stream.length - at) + 1);
    chunk.set(stream.subarray(at, at + chunk.length));
    chunk.steps = steps;
    at += chunk.length;
    sinceFrame += chunk.length;
    // A frame takes two steps and at least 5 bytes, and what is left over one more.
    steps.allow(chunk.length + 2);
    const before = tally.frames;
    if (!attempt(tally, () => decoder.pushEach(chunk, (payload) => take(payload, chunk)))) return;
    if (tally.frames > before) sinceFrame = chunk.length;
    const allowed = Math.min(bound, Math.max(firstAllocationBytes, 2 * sinceFrame));
    assert(decoder.allocatedBytes <= allowed, `${decoder.allocatedBytes} > ${allowed} bytes held`);
  }
}

/** Frames with a payload of any kind, and frames whose length lies. */
function streamOf(random: SeededRandom): Uint8Array {
  const parts = Array.from({ length: 1 + random.below(3) }, () => {
    if (random.below(4) === 0) return changed(random, random.pick(frames));
    if (random.below(16) === 0) return noise(random, 700);
    return encodeFrame(hostileBytes(random, payloads));
  });
  return concat(parts);
}

/** @returns false after a ProtocolError */
function attempt(tally: Tally, run: () => void): boolean {
  try {
    run();
    tally.values++;
    return true;
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    tally.refused++;
    return false;
  }
}

function decodeAll(random: SeededRandom, payload: Uint8Array, tally: Tally): void {
  const copy = payload.slice();
  const steps = new Steps();
  steps.allow(payload.length);
  if (random.below(8) === 0) {
    attempt(tally, () => {
      const item = withCountedItems(steps, () => decodeItem(payload));
      if (Array.isArray(item)) itemAction(item);
    });
  } else {
    const side = random.pick(["client", "server"] as const);
    attempt(tally, () => {
      const packet = withCountedItems(steps, () => decodePacket(payload, side));
      if (packet.packet === "submit") itemAction(packet.action);
      if (packet.packet === "entry") decodeParts(packet, payload);
    });
  }
  assert(equals(payload, copy), "a payload is read and never changed");
}

function decodeParts({ header, body }: Packet<"entry">, payload: Uint8Array): void {
  const parts = entryParts(payload);
  // What a client keeps is what was checked.
  assertEquals(decodeItem(parts.header), header);
  assertEquals(parts.body && decodeItem(parts.body), body);
  itemsEntry(header, body);
}

/** Runs one seed: an entry's stored bytes, header and body apart. */
function fuzzEntry(seed: number, tally: Tally): void {
  const random = new SeededRandom(seed);
  const one = random.pick(entries);
  const headers = entries.map(({ header }) => header);
  const bodies = entries.flatMap(({ body }) => body ?? []);
  const header = random.below(3) === 0 ? one.header : hostileBytes(random, headers);
  const body = random.below(3) === 0 ? one.body : hostileBytes(random, bodies);
  attempt(tally, () => {
    const entry = decodeEntry({ header, body });
    if ((header[0]! & 0x1f) >= 24) return;
    const { lsn, audience } = entry;
    assertEquals(readPlace(header), { lsn, audience: audienceKey(audience) });
  });
}

/**
 * Runs seeds, of which every fourth is an entry.
 *
 * @param from the first seed; each counts as one input
 * @throws with the seed in the message, so that this one can be run again
 */
export function fuzzDecoder(from: number, count: number): Tally {
  const tally: Tally = { values: 0, refused: 0, frames: 0 };
  for (let seed = from; seed < from + count; seed++) {
    try {
      // Half of the time would go into stacks that nobody reads.
      withoutStacks(() => fuzzOne(seed, tally));
    } catch {
      runAgain(seed);
    }
  }
  return tally;
}

function fuzzOne(seed: number, tally: Tally): void {
  if (seed % 4 === 0) fuzzEntry(seed, tally);
  else fuzzStream(seed, tally);
}

function withoutStacks(run: () => void): void {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  try {
    run();
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}

function runAgain(seed: number): never {
  try {
    fuzzOne(seed, { values: 0, refused: 0, frames: 0 });
  } catch (error) {
    throw new Error(`decoder, seed ${seed}: ${(error as Error).stack}`);
  }
  throw new Error(`decoder, seed ${seed}: failed once only`);
}
