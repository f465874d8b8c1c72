/**
 * A client for tests that speaks the protocol packet by packet and lets a test misbehave.
 */

import { clearChannel, deviceMessage } from "../../lib/identity/transcript.ts";
import { FrameDecoder } from "../../lib/framing.ts";
import { type IdentityKey, keyFromSeed } from "../../lib/identity/keys.ts";
import { type Entry, itemsEntry } from "../../lib/log/entry.ts";
import {
  type Action,
  actionItem,
  decodePacket,
  encodePacket,
  type Packet,
  type PacketFields,
} from "../../lib/protocol/codec.ts";
import type { PacketName } from "../../lib/protocol/packets.ts";

/** How long a test waits for something that must come. */
const patienceMs = 10_000;

/** A device of a test: who it is on any connection. */
export interface TestDevice {
  readonly key: IdentityKey;
  readonly name: string;
  /** The token of an invite; none where it is left out. */
  readonly invite?: Uint8Array;
}

export async function makeDevice(name: string, invite?: Uint8Array): Promise<TestDevice> {
  return { name, invite, key: await keyFromSeed(crypto.getRandomValues(new Uint8Array(32))) };
}

/** A raw connection: sends bytes as they are, and gives packets as they come. */
export class WireClient {
  readonly received: Packet[] = [];
  readonly entries: Entry[] = [];
  readonly #decoder = new FrameDecoder(64 * 1024);
  readonly #waiters = new Set<() => void>();
  #ended = false;
  #paused = false;
  #diverted: { take: (payload: Uint8Array) => void; afterRead: () => void } | null = null;
  #next = 0;
  lastHello: Uint8Array = new Uint8Array();
  readonly epoch = crypto.getRandomValues(new Uint8Array(16));
  #n = 0;

  private constructor(
    readonly socket: Deno.Conn,
    readonly channel: Uint8Array,
  ) {}

  static async connect(port: number, reading = true): Promise<WireClient> {
    const socket = await Deno.connect({ hostname: "127.0.0.1", port });
    socket.setNoDelay(true);
    const client = new WireClient(socket, clearChannel);
    if (reading) void client.#read();
    return client;
  }

  /** Speaks over a connection that is open, under TLS as its certificate's hash says. */
  static over(socket: Deno.Conn, channel: Uint8Array): WireClient {
    const client = new WireClient(socket, channel);
    void client.#read();
    return client;
  }

  get ended(): boolean {
    return this.#ended;
  }

  async #read(): Promise<void> {
    const buffer = new Uint8Array(256 * 1024);
    try {
      for (;;) {
        const count = await this.socket.read(buffer);
        if (count === null) break;
        for (const payload of this.#decoder.push(buffer.subarray(0, count))) {
          if (this.#diverted) {
            this.#diverted.take(payload);
            continue;
          }
          const packet = decodePacket(payload, "server");
          if (packet.packet === "entry") this.entries.push(itemsEntry(packet.header, packet.body));
          this.received.push(packet);
        }
        this.#diverted?.afterRead();
        if (this.#paused) await new Promise(() => {});
        for (const wake of this.#waiters) wake();
      }
    } catch {
      // A reset or a close of our own: the test looks at `ended`.
    }
    this.#ended = true;
    for (const wake of this.#waiters) wake();
  }

  /** Waits until `test` gives something, looking again at whatever comes. */
  async until<T>(what: string, test: () => T | null | undefined | false): Promise<T> {
    const deadline = performance.now() + patienceMs;
    for (;;) {
      const found = test();
      if (found) return found;
      const left = deadline - performance.now();
      if (left <= 0 || this.#ended) {
        const seen = this.received.map((packet) => packet.packet).join(" ");
        throw new Error(`${this.#ended ? "ended" : "timed out"} waiting for ${what}; got: ${seen}`);
      }
      await this.#change(left);
    }
  }

  #change(timeoutMs: number): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer);
        this.#waiters.delete(done);
        resolve();
      };
      const timer = setTimeout(done, timeoutMs);
      this.#waiters.add(done);
    });
  }

  /** The next packet of this kind that no call has given yet; those before it are passed over. */
  async next<N extends PacketName>(name: N): Promise<Packet<N>> {
    return await this.until(name, () => {
      while (this.#next < this.received.length) {
        const packet = this.received[this.#next++]!;
        if (packet.packet === name) return packet as unknown as Packet<N>;
      }
      return null;
    });
  }

  /** Waits for the end of the connection, however long it lives. */
  async ending(): Promise<void> {
    while (!this.#ended) await this.#change(patienceMs);
  }

  /** Waits for the end of the connection, which comes soon. */
  async end(): Promise<void> {
    const deadline = performance.now() + patienceMs;
    while (!this.#ended) {
      if (performance.now() > deadline) throw new Error("the connection did not end");
      await this.#change(deadline - performance.now());
    }
  }

  /** Waits for the end of the connection, whose last packet says why. */
  async lastError(): Promise<Packet<"error">> {
    await this.end();
    const last = this.received.at(-1);
    if (last?.packet !== "error") throw new Error(`the last packet is ${last?.packet}`);
    return last;
  }

  async bytes(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length;) at += await this.socket.write(bytes.subarray(at));
  }

  async send<N extends PacketName>(name: N, fields: PacketFields<N>): Promise<void> {
    await this.bytes(encodePacket(name, fields));
  }

  /** From `hello` to `welcome`. */
  async login(device: TestDevice): Promise<Packet<"welcome">> {
    await this.send("login", await this.prove(device));
    return await this.next("welcome");
  }

  /** Says `hello`, and gives the `login` that the device may say then. */
  async prove({ key, name, invite }: TestDevice): Promise<PacketFields<"login">> {
    const nonce = crypto.getRandomValues(new Uint8Array(32));
    const frame = encodePacket("hello", { versions: [1], nonce, software: "test" });
    await this.bytes(frame);
    const challenge = await this.next("challenge");
    const transcript = {
      hello: frame.subarray(4),
      version: challenge.version,
      serverNonce: challenge.nonce,
      serverKey: challenge.serverKey,
      channel: this.channel,
    };
    const token = invite ?? null;
    const signature = await key.sign(deviceMessage(transcript, key.publicKey, name, token));
    return { deviceKey: key.publicKey, name, invite: token, signature };
  }

  /** Logs in as a new device and takes the snapshot. */
  static async open(port: number, device: TestDevice): Promise<WireClient> {
    const client = await WireClient.connect(port);
    await client.login(device);
    await client.send("resume", { logId: null, cursor: 0, digest: null });
    await client.next("upto");
    return client;
  }

  /** Stops reading, for good, after the read that is waiting. */
  pause(): void {
    this.#paused = true;
  }

  /** Gives every payload to `take` from now on, instead of decoding it. */
  divert(take: (payload: Uint8Array) => void, afterRead: () => void): void {
    this.#diverted = { take, afterRead };
  }

  /** Submits the next action of this client's outbox and returns its number. */
  async submit(action: Action): Promise<number> {
    const n = ++this.#n;
    const id = crypto.getRandomValues(new Uint8Array(16));
    await this.send("submit", { epoch: this.epoch, n, id, action: actionItem(action) });
    return n;
  }

  /** Says something and waits until it is accepted. */
  async say(to: string, text: string): Promise<number> {
    await this.submit({ action: "message", to, text, act: false });
    return (await this.next("accepted")).lsns[0]!;
  }

  /** Waits for a message with this text. */
  async hears(text: string): Promise<Entry> {
    return await this.until(
      `"${text}"`,
      () =>
        this.entries.find(({ content }) => content?.kind === "message" && content.text === text),
    );
  }

  close(): void {
    try {
      this.socket.close();
    } catch {
      // Closed already.
    }
  }
}
