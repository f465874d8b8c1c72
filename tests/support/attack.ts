/**
 * An attack on a server, and honest users beside it.
 */

import { TextLineStream } from "@std/streams";
import type { SlowCrowdState } from "./slow_crowd.ts";
import { makeDevice, type TestDevice, WireClient } from "./wire_client.ts";

/** A crowd of slow connections in a process of its own, ended by its PID. */
export class SlowCrowd implements AsyncDisposable {
  readonly #process: Deno.ChildProcess;
  readonly #lines: ReadableStreamDefaultReader<string>;
  /** How it went so far, as it was told last. */
  state: SlowCrowdState | null = null;

  constructor(port: number, readonly count: number, pauseMs: number) {
    const script = new URL("slow_crowd.ts", import.meta.url).pathname;
    this.#process = new Deno.Command(Deno.execPath(), {
      args: ["run", "--quiet", "--allow-net", script, `${port}`, `${count}`, `${pauseMs}`],
      stdin: "null",
      stdout: "piped",
    }).spawn();
    this.#lines = this.#process.stdout.pipeThrough(new TextDecoderStream())
      .pipeThrough(new TextLineStream()).getReader();
  }

  /** What it tells next. */
  async next(): Promise<SlowCrowdState> {
    const { value } = await this.#lines.read();
    if (value === undefined) throw new Error("the slow crowd has ended");
    return this.state = JSON.parse(value) as SlowCrowdState;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#process.kill("SIGKILL");
    await this.#lines.cancel();
    await this.#process.status;
  }
}

/** Says as much as its window allows, and more whenever something is answered. */
export class Flooder {
  readonly #startMs = performance.now();
  #stopped = false;

  private constructor(readonly client: WireClient) {}

  /** Logs in and begins. */
  static async start(port: number, name: string): Promise<Flooder> {
    const flooder = new Flooder(await WireClient.open(port, await makeDevice(name)));
    void flooder.#flood().catch(() => {});
    return flooder;
  }

  /** How many of its messages were taken, and within how many milliseconds. */
  taken(): { readonly count: number; readonly ms: number } {
    const count = this.client.received
      .reduce((sum, one) => sum + (one.packet === "accepted" ? one.lsns.length : 0), 0);
    return { count, ms: performance.now() - this.#startMs };
  }

  /** Ends. */
  stop(): void {
    this.#stopped = true;
    this.client.close();
  }

  async #flood(): Promise<void> {
    const say = () =>
      this.client.submit({ action: "message", to: "lobby", text: "flood", act: false });
    for (let open = 0; open < 64; open++) await say();
    while (!this.#stopped) {
      const { lsns } = await this.client.next("accepted");
      for (let at = 0; at < lsns.length; at++) await say();
    }
  }
}

/**
 * Logs in as an honest client does that is sent away: again, after a pause.
 *
 * @returns the client, and how often it tried
 */
export async function openPatiently(
  port: number,
  device: TestDevice,
  triesMax: number,
): Promise<{ readonly client: WireClient; readonly tries: number }> {
  for (let tries = 1;; tries++) {
    try {
      return { client: await WireClient.open(port, device), tries };
    } catch (error) {
      if (tries >= triesMax) throw error;
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 200));
    }
  }
}
