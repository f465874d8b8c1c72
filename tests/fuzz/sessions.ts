/**
 * Whole conversations of a guest who means no good, against the real core of a server on SQLite in
 * memory: frames dropped, doubled, reordered, changed and cut. One seed is one conversation.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { concat } from "@std/bytes/concat";
import { FrameDecoder, headerBytes } from "../../lib/framing.ts";
import { clearChannel, deviceMessage } from "../../lib/identity/transcript.ts";
import { limits } from "../../lib/limits.ts";
import { itemsEntry } from "../../lib/log/entry.ts";
import type { Socket } from "../../lib/net/link.ts";
import { decodePacket, encodePacket, type Packet } from "../../lib/protocol/codec.ts";
import {
  eitherSide,
  type PacketName,
  packets,
  type PacketSpec,
} from "../../lib/protocol/packets.ts";
import { shapeOf, within } from "../support/shapes.ts";
import { SeededRandom } from "../support/random.ts";
import { EventQueue, letRun } from "../sim/clock.ts";
import { simKey } from "../sim/crypto.ts";
import { SimServer } from "../sim/server.ts";
import { changed, noise, spliced } from "./bytes.ts";

/** The largest single write: all answers that may wait, and all credit, and what is on its way. */
const writeBytesMax = limits.answerBytesMax + limits.creditBytesMax + 2 * limits.frameBytesMax;

/** A guest's end of a connection in memory. */
class GuestSocket implements Socket {
  readonly received: Packet[] = [];
  readonly #decoder = new FrameDecoder(limits.frameBytesMax);
  #coming: Uint8Array[] = [];
  #reading:
    | { buffer: Uint8Array; done: (count: number | null) => void; fail: (error: Error) => void }
    | null = null;
  #ended = false;

  constructor(readonly reads = true) {}

  /** Sends bytes, which the server reads when it likes. */
  send(bytes: Uint8Array): void {
    this.#coming.push(bytes);
    this.#feed();
  }

  end(): void {
    this.#ended = true;
    this.#feed();
  }

  /** As when a machine goes away. */
  reset(): void {
    this.#ended = true;
    this.#reading?.fail(new Error("reset"));
    this.#reading = null;
  }

  read(buffer: Uint8Array): Promise<number | null> {
    return new Promise((done, fail) => {
      this.#reading = { buffer, done, fail };
      this.#feed();
    });
  }

  write(bytes: Uint8Array): Promise<number> {
    assert(bytes.length <= writeBytesMax, `${bytes.length} bytes waited for one guest`);
    if (!this.reads) return new Promise(() => {});
    this.#decoder.pushEach(bytes, (one) => this.received.push(decodePacket(one, "server")));
    return Promise.resolve(bytes.length);
  }

  closeWrite(): Promise<void> {
    return Promise.resolve();
  }

  close(): void {
    this.end();
  }

  #feed(): void {
    if (!this.#reading) return;
    const { buffer, done } = this.#reading;
    const [first, ...rest] = this.#coming;
    if (first) {
      const count = Math.min(first.length, buffer.length);
      buffer.set(first.subarray(0, count));
      this.#coming = count < first.length ? [first.subarray(count), ...rest] : rest;
      this.#reading = null;
      done(count);
    } else if (this.#ended) {
      this.#reading = null;
      done(null);
    }
  }
}

/** One device of a user, and its way through the log. */
class Device {
  readonly key;
  cursor = 0;
  n = 0;

  constructor(readonly name: string, seed: number) {
    const bytes = new Uint8Array(32);
    new DataView(bytes.buffer).setUint32(0, seed);
    this.key = simKey(bytes);
  }

  get publicKey(): Uint8Array {
    return this.key.publicKey;
  }
}

/** A server and those who come to it. */
export class FuzzedServer {
  readonly queue = new EventQueue();
  readonly server: SimServer;
  readonly honest = new Device("honest", 1);
  readonly guests = Array.from({ length: 8 }, (_, at) => new Device(`guest${at}`, 2 + at));
  readonly failures: string[] = [];
  readonly lobby: number[] = [];
  logId: Uint8Array | null = null;
  digest: Uint8Array | null = null;

  constructor(seed: number) {
    this.server = new SimServer(
      this.queue,
      new SeededRandom(seed),
      { commitMs: 0, readMs: 0, ringEntriesMax: 64, ringBytesMax: 64 * 1024 },
      { committed: () => {}, failed: (why) => this.failures.push(why) },
      [],
      (log) => log,
    );
    const all = [this.honest, ...this.guests];
    this.server.register(all.map(({ name, publicKey }) => ({ name, key: publicKey })));
    this.server.start();
  }

  /** Lets everything happen that is due within some milliseconds. */
  async pass(ms: number): Promise<void> {
    const untilMs = this.queue.nowMs + ms;
    await letRun();
    while (this.queue.step(untilMs)) await letRun();
  }

  /** Comes as far as a challenge, and gives the login that answers it. */
  async greet(socket: GuestSocket, device: Device, random: SeededRandom): Promise<Uint8Array> {
    const nonce = random.bytes(32);
    const hello = encodePacket("hello", { versions: [1], nonce, software: "fuzz" });
    socket.send(hello);
    await this.pass(1);
    const challenge = socket.received.find(({ packet }) => packet === "challenge");
    assert(challenge?.packet === "challenge", "a hello is answered");
    const { version, nonce: serverNonce, serverKey } = challenge;
    const said = { hello: hello.subarray(headerBytes), version, serverNonce, serverKey };
    const message = deviceMessage(
      { ...said, channel: clearChannel },
      device.publicKey,
      device.name,
      null,
    );
    const signature = await device.key.sign(message);
    const { name, publicKey: deviceKey } = device;
    return encodePacket("login", { deviceKey, name, invite: null, signature });
  }

  /** An honest device comes, says something, and has got everything, once and in order. */
  async checkHonest(random: SeededRandom): Promise<void> {
    const { honest } = this;
    const socket = new GuestSocket();
    this.server.accept(socket);
    socket.send(await this.greet(socket, honest, random));
    await this.pass(1);
    const welcome = socket.received.find(({ packet }) => packet === "welcome");
    assert(welcome?.packet === "welcome", "the honest one is welcome");
    const { logId, cursor, digest } = {
      logId: this.logId,
      cursor: honest.cursor,
      digest: this.digest,
    };
    socket.send(encodePacket("resume", { logId, cursor, digest }));
    await this.pass(1);
    const epoch = new Uint8Array(16).fill(1);
    const action = [1, "lobby", `still here ${++honest.n}`, false];
    socket.send(encodePacket("submit", { epoch, n: honest.n, id: random.bytes(16), action }));
    for (let seen = 0;;) {
      await this.pass(1_100);
      const fresh = socket.received.slice(seen);
      seen = socket.received.length;
      if (fresh.length === 0) break;
      this.#store(fresh, welcome.logId);
      socket.send(encodePacket("ack", { lsn: honest.cursor }));
    }
    assert(socket.received.some(({ packet }) => packet === "accepted"), "it can write");
    assertEquals(honest.cursor, this.server.store.head().lsn, "it has got everything");
    socket.end();
    await this.pass(2_000);
  }

  #store(fresh: readonly Packet[], logId: Uint8Array): void {
    for (const packet of fresh) {
      assert(packet.packet !== "error", `an error for the honest one: ${JSON.stringify(packet)}`);
      if (packet.packet === "upto") {
        this.honest.cursor = packet.lsn;
        this.digest = packet.digest;
        this.logId = logId;
      }
      if (packet.packet !== "entry") continue;
      const { lsn, prev, audience } = itemsEntry(packet.header, packet.body);
      if (audience[0] !== 0 || audience[1] !== 1) continue;
      // The first page is a snapshot, which begins anywhere.
      const last = this.lobby.at(-1);
      if (last !== undefined) assertEquals(prev, last, "one entry after the other, each once");
      this.lobby.push(lsn);
    }
  }
}

const clientRows = Object.entries<PacketSpec>(packets)
  .filter(([name, { from }]) => from === "client" || eitherSide.has(name));

/** Any packet that a client may send, with any values at its bounds. */
function anyFrame(random: SeededRandom, outbox: { readonly epoch: Uint8Array; n: number }) {
  if (random.below(3) === 0) {
    const action = random.pick([[1, "lobby", "x".repeat(random.below(900) + 1), false], [
      2,
      "dev",
    ]]);
    return encodePacket("submit", {
      ...{ epoch: outbox.epoch, n: ++outbox.n, id: random.bytes(16), action },
    });
  }
  const [name, { fields }] = random.pick(clientRows);
  const values = Object.entries(fields).map(([field, { says }]) =>
    [field, random.pick(within(shapeOf(says)))] as const
  );
  return encodePacket(name as PacketName, Object.fromEntries(values) as never);
}

/** What becomes of frames on the way of somebody who means no good. */
function mangled(random: SeededRandom, frames: readonly Uint8Array[]): Uint8Array[] {
  const sent: Uint8Array[] = [];
  for (const frame of frames) {
    const other = random.pick(frames);
    switch (random.below(12)) {
      case 0:
        break;
      case 1:
        sent.push(frame, frame);
        break;
      case 2:
        sent.splice(random.below(sent.length + 1), 0, frame);
        break;
      case 3:
        sent.push(changed(random, frame));
        break;
      case 4:
        sent.push(random.below(2) === 0 ? spliced(random, frame, other) : noise(random, 100));
        break;
      default:
        sent.push(frame);
    }
  }
  if (random.below(4) > 0 || sent.length === 0) return sent;
  const last = sent.pop()!;
  return [...sent, last.slice(0, random.below(last.length))];
}

/** One conversation of a guest. */
async function converse(world: FuzzedServer, random: SeededRandom): Promise<void> {
  const device = random.pick(world.guests);
  const socket = new GuestSocket(random.below(8) > 0);
  world.server.accept(socket);
  const handshake: Uint8Array[] = [];
  if (socket.reads && random.below(8) > 0) {
    handshake.push(await world.greet(socket, device, random));
    handshake.push(encodePacket("resume", { logId: null, cursor: 0, digest: null }));
  }
  const outbox = { epoch: random.bytes(16), n: 0 };
  const rest = Array.from({ length: random.below(20) }, () => anyFrame(random, outbox));
  const isTrueUntilOpen = random.below(4) > 0;
  for (const frame of isTrueUntilOpen ? handshake : mangled(random, handshake)) {
    socket.send(frame);
    await world.pass(1);
  }
  const bytes = mangled(random, rest);
  if (random.below(2) === 0) socket.send(concat(bytes));
  else for (const one of bytes) socket.send(one);
  await world.pass(random.pick([1, 1, 50]));
  if (random.below(2) === 0) socket.end();
  else socket.reset();
  await world.pass(1);
  assertEquals(world.failures, []);
}

/**
 * Runs conversations on one server, where an honest device comes by now and then.
 *
 * @param from the first seed, which with the count says all that happens
 * @throws with the seeds in the message
 */
export async function fuzzSessions(from: number, count: number): Promise<FuzzedServer> {
  const world = new FuzzedServer(from);
  let seed = from;
  try {
    await world.checkHonest(new SeededRandom(from));
    for (; seed < from + count; seed++) {
      await converse(world, new SeededRandom(seed));
      if ((seed - from) % 100 === 99) await world.checkHonest(new SeededRandom(seed));
    }
    await world.checkHonest(new SeededRandom(seed));
    await world.pass(limits.deadAfterMs + limits.stallMs);
    assertEquals(world.failures, []);
    assertEquals(world.server.connections.size, 0, "connections that nobody has any more");
  } catch (error) {
    const again = `--sessions ${seed - from + 1} --seed ${from}`;
    throw new Error(`sessions, seed ${seed}, again by ${again}: ${(error as Error).stack}`);
  }
  return world;
}
