/**
 * An attack on a server, and honest users beside it.
 */

import { TextLineStream } from "@std/streams";
import type { SlowCrowdState } from "./slow_crowd.ts";
import type { TlsCrowdState } from "./tls_crowd.ts";
import type { Open } from "./tls_client.ts";
import { makeDevice, type TestDevice, type WireClient } from "./wire_client.ts";

const patienceMs = 20_000;

/** Those who attack, in a process of their own, ended by its PID. */
class Crowd<S> implements AsyncDisposable {
  readonly #process: Deno.ChildProcess;
  readonly #lines: ReadableStreamDefaultReader<string>;
  /** How it went so far, as it was told last. */
  state: S | null = null;

  constructor(script: string, args: readonly (string | number)[]) {
    const path = new URL(script, import.meta.url).pathname;
    this.#process = new Deno.Command(Deno.execPath(), {
      args: ["run", "--quiet", "--allow-net", path, ...args.map(String)],
      stdin: "null",
      stdout: "piped",
    }).spawn();
    this.#lines = this.#process.stdout.pipeThrough(new TextDecoderStream())
      .pipeThrough(new TextLineStream()).getReader();
  }

  /** The process's number. */
  get pid(): number {
    return this.#process.pid;
  }

  /** What it tells next. */
  async next(): Promise<S> {
    const { value } = await this.#lines.read();
    if (value === undefined) throw new Error("the crowd has ended");
    return this.state = JSON.parse(value) as S;
  }

  /** Waits until the test is true of how it goes. */
  async until(test: (state: S) => boolean): Promise<void> {
    const deadline = performance.now() + patienceMs;
    while (!test(await this.next())) {
      if (performance.now() > deadline) throw new Error(`in vain: ${JSON.stringify(this.state)}`);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#process.kill("SIGKILL");
    await this.#lines.cancel();
    await this.#process.status;
  }
}

/** A crowd of connections in clear text that never finish a frame. */
export class SlowCrowd extends Crowd<SlowCrowdState> {
  constructor(port: number, count: number, pauseMs: number) {
    super("slow_crowd.ts", [port, count, pauseMs]);
  }
}

/** A crowd of connections that never finish a TLS handshake, slowly and as fast as they can. */
export class TlsCrowd extends Crowd<TlsCrowdState> {
  constructor(port: number, slow: number, atATime: number, hello: Uint8Array) {
    super("tls_crowd.ts", [port, slow, atATime, hello.toHex()]);
  }
}

/** What a client says first under TLS, as the runtime's own says it. */
export async function clientHello(): Promise<Uint8Array> {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const dialling = Deno.connectTls({ hostname: "127.0.0.1", port: listener.addr.port })
    .then((conn) => conn.handshake()).catch(() => {});
  const socket = await listener.accept();
  const buffer = new Uint8Array(16 * 1024);
  const count = await socket.read(buffer);
  for (const one of [socket, listener]) one.close();
  await dialling;
  return buffer.slice(0, count!);
}

/** Says as much as its window allows, and more whenever something is answered. */
export class Flooder {
  readonly #startMs = performance.now();
  #stopped = false;

  private constructor(readonly client: WireClient) {}

  /** Logs in and begins. */
  static async start(open: Open, name: string): Promise<Flooder> {
    const flooder = new Flooder(await open(await makeDevice(name)));
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
  open: Open,
  device: TestDevice,
  triesMax: number,
): Promise<{ readonly client: WireClient; readonly tries: number }> {
  for (let tries = 1;; tries++) {
    try {
      return { client: await open(device), tries };
    } catch (error) {
      if (tries >= triesMax) throw error;
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 200));
    }
  }
}
