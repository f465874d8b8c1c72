/**
 * A server process that is killed and started again, on the same port and data.
 *
 * @module
 */

import type { SeededRandom } from "../support/random.ts";
import {
  openArgs,
  programCommand,
  type ServerProcess,
  startServerProcess,
} from "../support/server_process.ts";

/** Of ten kills, so many meet a server that is still starting. */
const earlyKills = 1;
const earlyMsMax = 120;
const patienceMs = 10_000;

/** Starts, kills, and measures how long it takes until somebody is served again. */
export class Killer {
  readonly port: number;
  readonly #data: string;
  #server: ServerProcess;
  #killedMs: number | null = null;
  #startedMs = 0;
  #back = Promise.withResolvers<void>();
  readonly #backMs: number[] = [];
  killed = 0;
  /** What the servers said of failures of their own. */
  readonly failures: string[] = [];

  private constructor(data: string, server: ServerProcess) {
    this.#data = data;
    this.#server = server;
    this.port = server.port;
  }

  static async start(data: string): Promise<Killer> {
    return new Killer(data, await startServerProcess(data));
  }

  /**
   * Somebody was answered.
   *
   * @param sinceMs when that connection was begun: what a killed server said may come later
   */
  served(sinceMs: number): void {
    if (this.#killedMs === null || sinceMs < this.#startedMs) return;
    this.#backMs.push(performance.now() - this.#killedMs);
    this.#killedMs = null;
    this.#back.resolve();
  }

  /** @returns the time from a kill, the last before that start, to the first answer */
  backMs(): { median: number; max: number } {
    const sorted = this.#backMs.toSorted((a, b) => a - b).map(Math.round);
    return { median: sorted[sorted.length >> 1] ?? NaN, max: sorted.at(-1) ?? NaN };
  }

  /** Lets the server live for random times after it serves, and kills it so often; it runs then. */
  async kills(count: number, lifeMsMax: number, random: SeededRandom): Promise<void> {
    while (this.killed < count) {
      await pause(random.below(lifeMsMax));
      await this.#kill(this.#server.kill, this.#server.ended());
      this.#noteFailures();
      if (this.killed < count && random.below(10) < earlyKills) await this.#killEarly(random);
      this.#back = Promise.withResolvers();
      this.#startedMs = performance.now();
      this.#server = await startServerProcess(this.#data, this.port);
      await this.#servesAgain();
    }
  }

  async #servesAgain(): Promise<void> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const patience = new Promise<void>((resolve) =>
      timer = setTimeout(() => {
        this.failures.push(`nobody was answered within ${patienceMs} ms of a start`);
        resolve();
      }, patienceMs)
    );
    await Promise.race([this.#back.promise, patience]);
    clearTimeout(timer);
  }

  /** Stops it as an operator does. */
  async stop(): Promise<void> {
    this.#server.kill("SIGTERM");
    const code = await this.#server.ended();
    if (code !== 0) this.failures.push(`the server ended with ${code} when it was told to stop`);
    this.#noteFailures();
  }

  #noteFailures(): void {
    const lines = this.#server.journal.filter((line) => line.split(" ")[1] === "failure");
    this.failures.push(...lines);
  }

  async end(): Promise<void> {
    await this.#server[Symbol.asyncDispose]();
  }

  async #killEarly(random: SeededRandom): Promise<void> {
    const [command, ...args] = programCommand("server");
    const process = new Deno.Command(command!, {
      args: [...args, "--listen", `127.0.0.1:${this.port}`, "--data", this.#data, ...openArgs],
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).spawn();
    await pause(random.below(earlyMsMax));
    await this.#kill((signal) => process.kill(signal), process.status);
  }

  async #kill(kill: (signal: Deno.Signal) => void, ended: Promise<unknown>): Promise<void> {
    this.#killedMs = performance.now();
    this.#startedMs = Infinity;
    kill("SIGKILL");
    await ended;
    this.killed++;
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
