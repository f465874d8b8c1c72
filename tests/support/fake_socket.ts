/**
 * A socket and timers that do what a test says, when it says so.
 *
 * @module
 */

import type { Socket } from "../../lib/net/link.ts";
import type { Timers } from "../../lib/seams.ts";

/** A write that has begun. */
export interface BegunWrite {
  readonly bytes: Uint8Array;
  /** Ends it: so many bytes went out. */
  readonly done: (count: number) => void;
  readonly fail: (error: Error) => void;
}

/** A socket whose other side is the test. */
export class FakeSocket implements Socket {
  /** Writes that are not done yet; a link must never have two. */
  readonly writes: BegunWrite[] = [];
  /** All that went out. */
  readonly written: number[] = [];
  /** The length of each buffer that was read into. */
  readonly readSizes: number[] = [];
  halfCloses = 0;
  closes = 0;
  closeWriteError: Error | null = null;
  #reading: { buffer: Uint8Array; answer: PromiseWithResolvers<number | null> } | null = null;

  read(buffer: Uint8Array): Promise<number | null> {
    this.readSizes.push(buffer.length);
    const answer = Promise.withResolvers<number | null>();
    this.#reading = { buffer, answer };
    return answer.promise;
  }

  write(bytes: Uint8Array): Promise<number> {
    const { promise, resolve, reject } = Promise.withResolvers<number>();
    const begun: BegunWrite = {
      bytes,
      done: (count) => {
        this.writes.splice(this.writes.indexOf(begun), 1);
        this.written.push(...bytes.subarray(0, count));
        resolve(count);
      },
      fail: reject,
    };
    this.writes.push(begun);
    return promise;
  }

  closeWrite(): Promise<void> {
    this.halfCloses++;
    return this.closeWriteError ? Promise.reject(this.closeWriteError) : Promise.resolve();
  }

  close(): void {
    this.closes++;
    if (this.closes > 1) throw new Error("closed already");
  }

  /** Bytes come; they must fit what is being read into. */
  async comes(bytes: Uint8Array): Promise<void> {
    const { buffer, answer } = this.#reading!;
    buffer.set(bytes);
    answer.resolve(bytes.length);
    await settled();
    buffer.fill(0xee, 0, this.#reading?.buffer === buffer ? buffer.length : 0);
  }

  /** So many bytes come, whatever they are. */
  async fills(count: number): Promise<void> {
    this.#reading!.answer.resolve(count);
    await settled();
  }

  /** The other side ends, or the connection is reset. */
  async ends(error?: Error): Promise<void> {
    if (error) this.#reading!.answer.reject(error);
    else this.#reading!.answer.resolve(null);
    await settled();
  }

  /** The one write that is under way ends, wholly where no count is given. */
  async finishWrite(count?: number): Promise<void> {
    if (this.writes.length !== 1) throw new Error(`${this.writes.length} writes are under way`);
    const [begun] = this.writes;
    begun!.done(count ?? begun!.bytes.length);
    await settled();
  }
}

/** Timers that run when they are told to. */
export class ManualTimers implements Timers {
  readonly #waiting = new Map<() => void, number>();

  set(afterMs: number, run: () => void): () => void {
    const own = () => run();
    this.#waiting.set(own, afterMs);
    return () => this.#waiting.delete(own);
  }

  /** Milliseconds of all timers that wait. */
  get waits(): number[] {
    return [...this.#waiting.values()];
  }

  /** Lets all timers run. */
  run(): void {
    for (const run of [...this.#waiting.keys()]) {
      this.#waiting.delete(run);
      run();
    }
  }
}

/** Waits until promises that are settled have told everybody. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await Promise.resolve();
}
