/**
 * Drives the log writer: commits batch after batch, publishes each, then tells its outcomes.
 *
 * @module
 */

import { codes } from "../errors.ts";
import { limits } from "../limits.ts";
import type { LogAppender } from "../log/log.ts";
import type { Committed, Outcome, Request } from "../log/submission.ts";
import type { LogWriter } from "../log/writer.ts";

/** Takes what was committed: the hub. */
export interface Publisher {
  /**
   * Publishes a batch.
   *
   * @param committed the batch after the one published before; durable
   */
  publish(committed: Committed): void;
}

/** A device that connects again may have a window open from before. */
const openPerDeviceMax = 2 * limits.windowCountMax;

/**
 * The shell around `LogWriter`.
 *
 * What holds: an entry is published and an outcome told only after the commit that made it durable.
 *
 * @example
 * ```ts ignore
 * const appender = new Appender(writer, log, hub, (error) => stop(error));
 * appender.submit(request, (outcome) => answer(outcome));
 * ```
 * @see docs/ARCHITECTURE.md, section "server"
 */
export class Appender {
  readonly #writer: LogWriter;
  readonly #log: LogAppender;
  readonly #hub: Publisher;
  readonly #failed: (error: Error) => void;
  #idle: (() => void)[] = [];
  /** Submissions of each device that are not committed yet, those of ended connections included. */
  readonly #openOf = new Map<number, number>();
  /** Who waits for a device's submissions, and for how many more. */
  readonly #waiters = new Map<number, { left: number; readonly resolve: () => void }[]>();
  #stopping = false;

  /**
   * Starts with nothing to commit.
   *
   * @param writer gathers batches
   * @param log commits them
   * @param hub is told of what was committed
   * @param failed is told when the log can't go on; the server stops then
   */
  constructor(writer: LogWriter, log: LogAppender, hub: Publisher, failed: (error: Error) => void) {
    this.#writer = writer;
    this.#log = log;
    this.#hub = hub;
    this.#failed = failed;
  }

  /**
   * Queues a request.
   *
   * @param request what is asked
   * @param done is told the outcome once it is durable
   */
  submit(request: Request, done: (outcome: Outcome) => void): void {
    // Its sender is told that the server stops, and asks the next one again.
    if (this.#stopping) return;
    const device = request.by === "device" ? request.device : null;
    const open = device === null ? 0 : this.#openOf.get(device) ?? 0;
    const counted = (outcome: Outcome) => {
      if (device !== null) this.#count(device, -1);
      done(outcome);
    };
    if (open >= openPerDeviceMax || !this.#writer.add(request, counted)) {
      const last = request.by === "device" ? Math.max(0, request.n - 1) : 0;
      done({ outcome: "later", code: codes.busy, last });
      return;
    }
    if (device !== null) this.#count(device, 1);
    this.#next();
  }

  /**
   * Waits for what a device has submitted so far, on whichever connection: until then nobody knows
   * which numbers of its outbox are taken.
   *
   * @param device the device's id
   * @returns when all of it is committed
   */
  settled(device: number): Promise<void> {
    const left = this.#openOf.get(device);
    if (left === undefined) return Promise.resolve();
    return new Promise((resolve) => {
      this.#waiters.set(device, [...this.#waiters.get(device) ?? [], { left, resolve }]);
    });
  }

  /**
   * Waits for the commits under way, so that a stopping server still answers their senders. From
   * then on nothing more is taken: a busy server would never come to its end.
   *
   * @returns when nothing waits and nothing is being committed, or the log can't go on
   */
  drained(): Promise<void> {
    this.#stopping = true;
    if (this.#writer.idle) return Promise.resolve();
    return new Promise((resolve) => this.#idle.push(resolve));
  }

  #next(): void {
    const batch = this.#writer.nextBatch();
    if (batch) void this.#commit(batch);
    else if (this.#writer.idle) this.#tellIdle();
  }

  #count(device: number, change: 1 | -1): void {
    const open = (this.#openOf.get(device) ?? 0) + change;
    if (open > 0) this.#openOf.set(device, open);
    else this.#openOf.delete(device);
    if (change < 0) this.#tellWaiters(device);
  }

  #tellWaiters(device: number): void {
    const waiters = this.#waiters.get(device);
    if (!waiters) return;
    for (const waiter of waiters) if (--waiter.left === 0) waiter.resolve();
    const waiting = waiters.filter(({ left }) => left > 0);
    if (waiting.length > 0) this.#waiters.set(device, waiting);
    else this.#waiters.delete(device);
  }

  #tellIdle(): void {
    for (const resolve of this.#idle.splice(0)) resolve();
  }

  async #commit(batch: Parameters<LogAppender["append"]>[0]): Promise<void> {
    try {
      const committed = await this.#log.append(batch);
      this.#hub.publish(committed);
      this.#writer.committed(committed);
    } catch (error) {
      this.#failed(error as Error);
      this.#tellIdle();
      return;
    }
    this.#next();
  }
}
