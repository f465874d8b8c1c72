/**
 * Runs of frames as one piece of bytes, joined once for all who wait for the same run.
 *
 * @module
 */

import { concat } from "@std/bytes/concat";

const remembered = 8;

interface Joined {
  readonly frames: readonly Uint8Array[];
  readonly bytes: Uint8Array;
}

/**
 * Joins runs of frames and remembers the last few, since a room's members mostly wait for the same.
 *
 * @example
 * ```ts
 * import { assertStrictEquals } from "@std/assert";
 * import { RunJoiner } from "./runs.ts";
 * const joiner = new RunJoiner();
 * const [a, b] = [new Uint8Array([1]), new Uint8Array([2])];
 * assertStrictEquals(joiner.join([a, b]), joiner.join([a, b]));
 * ```
 * @see docs/ARCHITECTURE.md, section "hub"
 */
export class RunJoiner {
  readonly #last: Joined[] = [];
  #next = 0;

  /**
   * Joins a run.
   *
   * @param frames at least one, in order; not changed after this
   * @returns their bytes, shared with others who wait for the same run: never to be changed
   */
  join(frames: readonly Uint8Array[]): Uint8Array {
    if (frames.length === 1) return frames[0]!;
    const known = this.#last.find((one) => sameFrames(one.frames, frames));
    if (known) return known.bytes;
    const bytes = inOnePiece(frames) ?? concat(frames);
    this.#last[this.#next] = { frames, bytes };
    this.#next = (this.#next + 1) % remembered;
    return bytes;
  }

  /** Forgets the runs, so that no old buffer stays alive for them. */
  forget(): void {
    this.#last.length = 0;
    this.#next = 0;
  }
}

function sameFrames(a: readonly Uint8Array[], b: readonly Uint8Array[]): boolean {
  if (a.length !== b.length) return false;
  for (let at = 0; at < a.length; at++) if (a[at] !== b[at]) return false;
  return true;
}

/** Frames of one batch to one audience lie behind each other already: nothing is copied then. */
function inOnePiece(frames: readonly Uint8Array[]): Uint8Array | null {
  const { buffer, byteOffset } = frames[0]!;
  let end = byteOffset;
  for (const frame of frames) {
    if (frame.buffer !== buffer || frame.byteOffset !== end) return null;
    end += frame.length;
  }
  return new Uint8Array(buffer, byteOffset, end - byteOffset);
}
