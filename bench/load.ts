/**
 * The load generator as the bench uses it: built on the spot, logged in from here, then on its own.
 */

import { concat } from "@std/bytes/concat";
import { clearChannel, deviceMessage } from "../lib/identity/transcript.ts";
import { decodePacket, encodePacket, type Packet } from "../lib/protocol/codec.ts";
import type { PacketName } from "../lib/protocol/packets.ts";
import { headerBytes } from "../lib/framing.ts";
import type { Crowd } from "./crowd.ts";
import { pin } from "./machine.ts";

const orders = { connect: 1, send: 2, count: 3, stop: 4, run: 5, raw: 6 } as const;
const result = 0xffffffff;
/** Logins at a time: fewer than a server keeps of those it does not know. */
const together = 64;

/** What one run is to do. */
export interface LoadRun {
  /** Every `stride`-th connection sends, this many of them. */
  readonly senders: number;
  readonly stride: number;
  /** Messages of one sender that may wait for their answer. */
  readonly window: number;
  /** Messages a second that are offered by all together; 0: as fast as they are answered. */
  readonly rate: number;
  readonly textBytes: number;
  /** Messages in all. */
  readonly messages: number;
  /** Entries that come of them, counted over all connections. */
  readonly deliveries: number;
  /** A room, or a user in whose name `%u` stands for the sender's number plus `partner`. */
  readonly to: string;
  readonly partner: number;
}

/** What became of it, as the generator tells. */
export interface LoadResult {
  readonly seconds: number;
  readonly accepted: number;
  readonly delivered: number;
  readonly deliveredBytes: number;
  /** Microseconds from when a message was due to its `accepted`. */
  readonly p50Us: number;
  readonly p99Us: number;
  readonly generatorReads: number;
  readonly generatorWrites: number;
}

/** Connections of a process that costs little. */
export class Load implements AsyncDisposable {
  readonly #process: Deno.ChildProcess;
  readonly #orders: WritableStreamDefaultWriter<Uint8Array>;
  readonly #waiting = new Map<number, (bytes: Uint8Array) => void>();

  private constructor(private readonly folder: string) {
    this.#process = new Deno.Command(`${folder}/load`, {
      stdin: "piped",
      stdout: "piped",
      stderr: "inherit",
    }).spawn();
    this.#orders = this.#process.stdin.getWriter();
    void this.#read();
  }

  /** Builds and starts the generator on a core. */
  static async start(core: number): Promise<Load> {
    const source = new URL("load.c", import.meta.url).pathname;
    const folder = await Deno.makeTempDir();
    const args = ["-O2", "-Wall", "-Wextra", "-o", `${folder}/load`, source];
    const built = await new Deno.Command("gcc", { args }).output();
    if (!built.success) throw new Error(new TextDecoder().decode(built.stderr));
    const load = new Load(folder);
    await pin(load.#process.pid, core);
    return load;
  }

  /** Connects and logs in, each where its log stands. */
  async open(port: number, crowd: Crowd, from: number, count: number): Promise<void> {
    for (let at = from; at < from + count; at += together) {
      const more = Math.min(together, from + count - at);
      await this.#connect(port, more);
      const all = Array.from({ length: more }, (_, one) => this.#logIn(crowd, at + one));
      await Promise.all(all);
    }
  }

  /** Connects to a server that knows no protocol but frames. */
  async openRaw(port: number, count: number): Promise<void> {
    await this.#order(orders.raw, 0);
    await this.#connect(port, count);
  }

  /** Lets a connection read and say nothing any more. */
  async stop(connection: number): Promise<void> {
    await this.#order(orders.stop, connection);
  }

  /** Runs until all messages are accepted and delivered. */
  async run(run: LoadRun): Promise<LoadResult> {
    const bytes = new Uint8Array(40 + 64);
    const view = new DataView(bytes.buffer);
    const { senders, window, textBytes, rate, messages, deliveries, stride, partner } = run;
    [senders, window, textBytes, rate].forEach((one, at) => view.setUint32(4 * at, one, true));
    view.setBigUint64(16, BigInt(messages), true);
    view.setBigUint64(24, BigInt(deliveries), true);
    view.setUint32(32, stride, true);
    view.setUint32(36, partner, true);
    new TextEncoder().encodeInto(run.to, bytes.subarray(40, 103));
    const answer = this.#next(result);
    await this.#order(orders.run, 0, bytes);
    return JSON.parse(new TextDecoder().decode(await answer));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#orders.close();
    await this.#process.status;
    await Deno.remove(this.folder, { recursive: true });
  }

  async #connect(port: number, count: number): Promise<void> {
    await this.#order(orders.connect, count, new Uint8Array([port >> 8, port & 255]));
  }

  async #logIn(crowd: Crowd, at: number): Promise<void> {
    const { key, name } = crowd.devices[at]!;
    const hello = encodePacket("hello", {
      versions: [1],
      nonce: crypto.getRandomValues(new Uint8Array(32)),
      software: "load",
    });
    const { version, nonce, serverKey } = await this.#ask(at, hello, "challenge");
    const transcript = {
      hello: hello.subarray(headerBytes),
      ...{ version, serverNonce: nonce, serverKey, channel: clearChannel },
    };
    const signature = await key.sign(deviceMessage(transcript, key.publicKey, name, null));
    const who = { deviceKey: key.publicKey, name, invite: null };
    const login = encodePacket("login", { ...who, signature });
    await this.#ask(at, login, "welcome");
    const { logId, head, digest } = crowd;
    await this.#order(orders.count, at, crypto.getRandomValues(new Uint8Array(16)));
    await this.#order(orders.send, at, encodePacket("resume", { logId, cursor: head, digest }));
  }

  async #ask<N extends PacketName>(at: number, frame: Uint8Array, name: N): Promise<Packet<N>> {
    const answer = this.#next(at);
    await this.#order(orders.send, at, frame);
    const packet = decodePacket(await answer, "server");
    if (packet.packet !== name) throw new Error(`${packet.packet} in place of ${name}`);
    return packet as unknown as Packet<N>;
  }

  #next(connection: number): Promise<Uint8Array> {
    return new Promise((resolve) => this.#waiting.set(connection, resolve));
  }

  async #order(
    op: number,
    connection: number,
    bytes: Uint8Array = new Uint8Array(),
  ): Promise<void> {
    const head = new Uint8Array(new Uint32Array([op, connection, bytes.length]).buffer);
    await this.#orders.write(concat([head, bytes]));
  }

  async #read(): Promise<void> {
    let rest: Uint8Array<ArrayBuffer> = new Uint8Array();
    for await (const chunk of this.#process.stdout) {
      rest = concat([rest, chunk]);
      while (rest.length >= 8) {
        const view = new DataView(rest.buffer, rest.byteOffset);
        const [connection, length] = [view.getUint32(0, true), view.getUint32(4, true)];
        if (rest.length < 8 + length) break;
        const waiting = this.#waiting.get(connection);
        this.#waiting.delete(connection);
        waiting?.(rest.slice(8, 8 + length));
        rest = rest.subarray(8 + length);
      }
    }
  }
}
