/**
 * Bytes to frames and back: 4 bytes of length, big-endian, then that many bytes of payload. No IO;
 * both programs share it.
 *
 * @module
 */

import { codes, ProtocolError } from "./errors.ts";

/** Bytes of the length that stands before each payload. */
export const headerBytes = 4;

const firstAllocationBytes = 512;

/**
 * Cuts a stream of bytes into frames' payloads, however the network has split or joined them.
 *
 * What holds between two calls: `0 ≤ held ≤ wanted ≤ payloadBytesMax`, and a decoder never holds
 * more than 512 bytes or twice what it was given of the frame in hand, whichever is more (a length
 * alone allocates nothing).
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { encodeFrame, FrameDecoder } from "./framing.ts";
 * const decoder = new FrameDecoder(1024);
 * const bytes = encodeFrame(new TextEncoder().encode("hi"));
 * assertEquals(decoder.push(bytes.subarray(0, 5)).length, 0);
 * assertEquals(decoder.push(bytes.subarray(5)).map((p) => new TextDecoder().decode(p)), ["hi"]);
 * ```
 * @see docs/PROTOCOL.md, section "Frames"
 */
export class FrameDecoder {
  readonly #header = new Uint8Array(headerBytes);
  #headerHeld = 0;
  #payload = new Uint8Array(0);
  #held = 0;
  #wanted = 0;
  #payloadBytesMax: number;
  #broken = false;

  /**
   * Starts between two frames, with nothing held and nothing allocated.
   *
   * @param payloadBytesMax the longest payload that is taken, in bytes
   */
  constructor(payloadBytesMax: number) {
    this.#payloadBytesMax = payloadBytesMax;
  }

  /**
   * Sets another bound from the next frame on: before and after login they differ.
   *
   * @param bytes the longest payload that is taken, in bytes
   */
  set payloadBytesMax(bytes: number) {
    this.#payloadBytesMax = bytes;
  }

  /** Whether a frame has begun and is not whole yet, so that its owner can limit the time. */
  get midFrame(): boolean {
    return this.#headerHeld > 0;
  }

  /** Bytes held for the frame in hand; for bounds in tests and metrics. */
  get allocatedBytes(): number {
    return this.#payload.length;
  }

  /**
   * Takes the next bytes of the stream.
   *
   * @param chunk any number of bytes; not changed and not kept
   * @returns the payloads that are whole now, in order. A payload that lay whole in `chunk` is a
   * view of it: use or copy it before `chunk` is used again. Others are the caller's own.
   * @throws {ProtocolError} with `badFrame` as soon as a length above the bound is read, and at
   * every call after that; frames before it in the same chunk are given up with the connection
   * @see docs/PROTOCOL.md, section "Frames"
   */
  push(chunk: Uint8Array): Uint8Array[] {
    const payloads: Uint8Array[] = [];
    this.pushEach(chunk, (payload) => payloads.push(payload));
    return payloads;
  }

  /**
   * Like `push`, but hands over each payload as soon as it is whole, so that a bound changed by
   * one payload holds for the next, and frames before a bad length still count.
   *
   * @param chunk any number of bytes; not changed and not kept
   * @param take is given each payload; owns it as `push` says
   * @throws {ProtocolError} with `badFrame`, as `push` does, and whatever `take` throws
   * @see docs/PROTOCOL.md, section "Frames"
   */
  pushEach(chunk: Uint8Array, take: (payload: Uint8Array) => void): void {
    let at = 0;
    while (at < chunk.length) {
      if (this.#headerHeld < headerBytes) {
        at = this.#takeHeader(chunk, at);
        if (this.#headerHeld < headerBytes) return;
      }
      const available = chunk.length - at;
      if (this.#held === 0 && available >= this.#wanted) {
        const payload = chunk.subarray(at, at + this.#wanted);
        at += this.#wanted;
        this.#headerHeld = 0;
        take(payload);
        continue;
      }
      const count = Math.min(available, this.#wanted - this.#held);
      this.#append(chunk.subarray(at, at + count));
      at += count;
      if (this.#held === this.#wanted) take(this.#finish());
    }
  }

  #takeHeader(chunk: Uint8Array, from: number): number {
    if (this.#broken) throw new ProtocolError(codes.badFrame, "after a bad length");
    let at = from;
    while (at < chunk.length && this.#headerHeld < headerBytes) {
      this.#header[this.#headerHeld++] = chunk[at++]!;
    }
    if (this.#headerHeld === headerBytes) {
      this.#wanted = new DataView(this.#header.buffer).getUint32(0);
      if (this.#wanted === 0 || this.#wanted > this.#payloadBytesMax) {
        this.#broken = true;
        this.#headerHeld = 0;
        throw new ProtocolError(
          codes.badFrame,
          `length ${this.#wanted}, allowed 1 to ${this.#payloadBytesMax}`,
        );
      }
    }
    return at;
  }

  #append(part: Uint8Array): void {
    const needed = this.#held + part.length;
    if (needed > this.#payload.length) {
      const room = Math.min(this.#wanted, Math.max(needed * 2, firstAllocationBytes));
      const grown = new Uint8Array(room);
      grown.set(this.#payload.subarray(0, this.#held));
      this.#payload = grown;
    }
    this.#payload.set(part, this.#held);
    this.#held = needed;
  }

  #finish(): Uint8Array {
    const payload = this.#payload.subarray(0, this.#held);
    this.#payload = new Uint8Array(0);
    this.#held = 0;
    this.#headerHeld = 0;
    return payload;
  }
}

/**
 * Puts the length before a payload.
 *
 * @param payload 1 to 65,536 bytes; copied
 * @returns the frame's bytes, owned by the caller
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { encodeFrame } from "./framing.ts";
 * assertEquals([...encodeFrame(new Uint8Array([7]))], [0, 0, 0, 1, 7]);
 * ```
 * @see docs/PROTOCOL.md, section "Frames"
 */
export function encodeFrame(payload: Uint8Array): Uint8Array<ArrayBuffer> {
  const frame = new Uint8Array(headerBytes + payload.length);
  new DataView(frame.buffer).setUint32(0, payload.length);
  frame.set(payload, headerBytes);
  return frame;
}
