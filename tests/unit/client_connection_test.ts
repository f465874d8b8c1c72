import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { Connection } from "../../lib/client/connection.ts";
import type { ClientEvent } from "../../lib/client/events.ts";
import { codes } from "../../lib/errors.ts";
import { FrameDecoder } from "../../lib/framing.ts";
import { type IdentityKey, keyFromSeed, verifySignature } from "../../lib/identity/keys.ts";
import { clearChannel, serverMessage } from "../../lib/identity/transcript.ts";
import { limits } from "../../lib/limits.ts";
import type { Socket } from "../../lib/net/link.ts";
import { decodePacket, encodePacket, type PacketFields } from "../../lib/protocol/codec.ts";
import type { PacketName } from "../../lib/protocol/packets.ts";
import type { Timers } from "../../lib/seams.ts";
import { type Batch, WriteError } from "../../lib/sqlite/batch.ts";
import { memoryMailbox } from "../support/memory_mailbox.ts";
import { ManualClock, SeededRandom } from "../support/random.ts";
import { messagePacket, serverIdentity, welcomeFields } from "../support/scripted_server.ts";

/** Timers that ring when the test moves the clock. */
class ManualTimers implements Timers {
  readonly #rings = new Set<{ atMs: number; run: () => void }>();

  constructor(readonly clock: ManualClock) {}

  set(afterMs: number, run: () => void): () => void {
    const ring = { atMs: this.clock.nowMs + afterMs, run };
    this.#rings.add(ring);
    return () => this.#rings.delete(ring);
  }

  get pending(): number {
    return this.#rings.size;
  }

  pass(ms: number): void {
    this.clock.nowMs += ms;
    for (const ring of [...this.#rings]) {
      if (ring.atMs <= this.clock.nowMs && this.#rings.delete(ring)) ring.run();
    }
  }
}

/** A socket with a small server behind it: it lets everybody in and takes everything. */
class PeerSocket implements Socket {
  readonly said: string[] = [];
  isClosed = false;
  isSilent = false;
  readonly #key: IdentityKey;
  readonly #decoder = new FrameDecoder(limits.frameBytesMax);
  #incoming: Uint8Array[] = [];
  #ended = false;
  #wake = () => {};

  constructor(key: IdentityKey) {
    this.#key = key;
  }

  async read(buffer: Uint8Array): Promise<number | null> {
    while (this.#incoming.length === 0 && !this.#ended) {
      await new Promise<void>((resolve) => this.#wake = resolve);
    }
    const next = this.#incoming.shift();
    if (!next) return null;
    buffer.set(next.subarray(0, buffer.length));
    if (next.length > buffer.length) this.#incoming.unshift(next.subarray(buffer.length));
    return Math.min(next.length, buffer.length);
  }

  async write(bytes: Uint8Array): Promise<number> {
    for (const payload of this.#decoder.push(bytes)) await this.#answer(payload.slice());
    return bytes.length;
  }

  closeWrite(): Promise<void> {
    this.end();
    return Promise.resolve();
  }

  close(): void {
    this.isClosed = true;
    this.end();
  }

  end(): void {
    this.#ended = true;
    this.#wake();
  }

  say<N extends PacketName>(name: N, fields: PacketFields<N>): void {
    this.#incoming.push(encodePacket(name, fields));
    this.#wake();
  }

  async #answer(payload: Uint8Array<ArrayBuffer>): Promise<void> {
    const packet = decodePacket(payload, "client");
    this.said.push(packet.packet);
    if (this.isSilent) return;
    if (packet.packet === "hello") await this.#challenge(payload);
    if (packet.packet === "login") this.say("welcome", welcomeFields());
    if (packet.packet === "resume") this.say("upto", { lsn: 9, digest: new Uint8Array(32) });
    if (packet.packet === "submit") {
      this.say("accepted", { epoch: packet.epoch, n: packet.n, lsns: [10] });
    }
  }

  async #challenge(hello: Uint8Array): Promise<void> {
    const nonce = new Uint8Array(32);
    const serverKey = this.#key.publicKey;
    const transcript = { hello, version: 1, serverNonce: nonce, serverKey, channel: clearChannel };
    const signature = await this.#key.sign(serverMessage(transcript));
    this.say("challenge", { version: 1, nonce, serverKey, signature });
  }
}

/** A connection, its sockets and its time in the hands of a test. */
class World {
  readonly clock = new ManualClock(1_000);
  readonly timers = new ManualTimers(this.clock);
  readonly events: ClientEvent[] = [];
  readonly sockets: PeerSocket[] = [];
  readonly connection: Connection;
  readonly kept = memoryMailbox();
  /** What happened to the disk and what was told, in order. */
  readonly order: string[] = [];
  diskError: Error | null = null;
  whenTold: (event: ClientEvent) => void = () => {};
  /** What stands in the way of dialling. */
  obstacle: Error | null = null;
  dials = 0;
  held: string | null = null;

  private constructor(serverKey: IdentityKey, key: IdentityKey) {
    this.connection = new Connection({
      invite: null,
      ...this.kept,
      batch: this.#watchedBatch(),
      party: { server: "chat:7667", name: "alice", folder: "/data" },
      key,
      pin: { held: null, hold: (fingerprint) => this.held = fingerprint },
      verify: verifySignature,
      seams: { clock: this.clock, timers: this.timers, random: new SeededRandom(1) },
      dial: () => {
        this.dials++;
        if (this.obstacle) return Promise.reject(this.obstacle);
        const socket = new PeerSocket(serverKey);
        this.sockets.push(socket);
        return Promise.resolve(socket);
      },
      tell: (event) => {
        this.order.push(event.kind);
        this.events.push(event);
        this.whenTold(event);
      },
    });
  }

  #watchedBatch(): Pick<Batch, "isOpen" | "commit"> {
    const { batch } = this.kept;
    return {
      get isOpen() {
        return batch.isOpen;
      },
      commit: () => {
        if (!batch.isOpen) return;
        if (this.diskError) {
          batch.drop();
          throw this.diskError;
        }
        batch.commit();
        this.order.push("commit");
      },
    };
  }

  static async make(): Promise<World> {
    return new World(await serverIdentity(), await keyFromSeed(new Uint8Array(32).fill(0x22)));
  }

  static async open(): Promise<World> {
    const world = await World.make();
    world.connection.start();
    await world.told("caughtUp");
    return world;
  }

  get socket(): PeerSocket {
    return this.sockets.at(-1)!;
  }

  count(kind: ClientEvent["kind"]): number {
    return this.events.filter((event) => event.kind === kind).length;
  }

  /** Waits until an event of a kind has come so many times. */
  async told(kind: ClientEvent["kind"], times = 1): Promise<void> {
    await until(() => this.count(kind) >= times, kind);
  }

  lost(): Extract<ClientEvent, { kind: "lost" }>[] {
    return this.events.flatMap((event) => event.kind === "lost" ? [event] : []);
  }
}

/** Lets everything run that needs no time: signatures, reads, writes. */
async function until(test: () => boolean, what: string): Promise<void> {
  for (let turns = 0; turns < 1_000; turns++) {
    if (test()) return;
    await new Promise((resolve) => setTimeout(resolve, 0));
  }
  throw new Error(`waited in vain for ${what}`);
}

async function rest(): Promise<void> {
  for (let turns = 0; turns < 20; turns++) await new Promise((resolve) => setTimeout(resolve, 0));
}

const hi = { action: "message", to: "lobby", text: "hi", act: false } as const;

Deno.test("Connection logs in, sends what was asked for before, and ends in order", async () => {
  const world = await World.make();
  world.connection.submit(hi);
  world.connection.start();
  await world.told("answered");
  assertEquals(world.kept.outbox.unanswered, 0);
  assert(world.connection.isOpen);
  await world.connection.stop();
  assert(world.socket.isClosed);
  assertEquals([world.count("lost"), world.count("ended"), world.timers.pending], [0, 0, 0]);
});

Deno.test("Connection says everything of one turn in one write", async () => {
  const world = await World.open();
  let writes = 0;
  const write = world.socket.write.bind(world.socket);
  world.socket.write = (bytes) => {
    writes++;
    return write(bytes);
  };
  for (let at = 0; at < 10; at++) world.connection.submit(hi);
  await world.told("answered", 10);
  assertEquals(writes, 1);
  await world.connection.stop();
});

Deno.test("Connection dials again after growing pauses, until somebody listens", async () => {
  const world = await World.make();
  world.obstacle = new Deno.errors.ConnectionRefused("refused");
  world.connection.start();
  for (let failures = 1; failures <= 9; failures++) {
    await world.told("lost", failures);
    const { pauseMs, why } = world.lost().at(-1)!;
    assert(pauseMs <= Math.min(30_000, 500 * 2 ** (failures - 1)));
    assertStringIncludes(why, "nobody listens at chat:7667");
    world.timers.pass(pauseMs - 1);
    await rest();
    assertEquals(world.dials, failures, "not before the pause is over");
    if (failures === 9) world.obstacle = null;
    world.timers.pass(1);
  }
  await world.told("caughtUp");
  assert(world.lost().some(({ pauseMs }) => pauseMs > 2_000), "the pauses do grow");
  world.socket.end();
  await world.told("lost", 10);
  assert(world.lost().at(-1)!.pauseMs <= 500, "a login makes them short again");
  await world.connection.stop();
});

Deno.test("Connection comes back after the server has gone, and repeats what has no answer", async () => {
  const world = await World.open();
  world.socket.isSilent = true;
  world.connection.submit(hi);
  await until(() => world.socket.said.includes("submit"), "submit");
  world.socket.end();
  await world.told("lost");
  assertEquals([world.connection.isOpen, world.kept.outbox.unanswered], [false, 1]);
  world.timers.pass(500);
  await world.told("answered");
  assertEquals([world.count("open"), world.kept.outbox.unanswered], [2, 0]);
  await world.connection.stop();
});

Deno.test("Connection does not come back after an error that is final", async () => {
  const world = await World.open();
  world.socket.say("error", { code: codes.replaced, detail: "" });
  await world.told("ended");
  world.timers.pass(60_000);
  await rest();
  assertEquals([world.dials, world.count("lost")], [1, 0]);
});

Deno.test("Connection acknowledges by its timer what was stored", async () => {
  const world = await World.open();
  world.socket.say("entry", messagePacket(11, "a"));
  await world.told("entry");
  world.connection.stored(11);
  world.timers.pass(limits.ackDelayMs - 1);
  await rest();
  assert(!world.socket.said.includes("ack"));
  world.timers.pass(1);
  await until(() => world.socket.said.includes("ack"), "ack");
  await world.connection.stop();
});

Deno.test("Connection pings a silent server, and gives it up", async () => {
  const world = await World.open();
  world.timers.pass(limits.pingAfterMs);
  await until(() => world.socket.said.includes("ping"), "ping");
  world.timers.pass(limits.deadAfterMs - limits.pingAfterMs);
  await world.told("lost");
  await world.connection.stop();
});

Deno.test("Connection.stop() while dialling or waiting ends it", async () => {
  const world = await World.make();
  world.connection.start();
  await world.connection.stop();
  await rest();
  assertEquals([world.events, world.socket.isClosed], [[], true]);
  const waiting = await World.make();
  waiting.obstacle = new Error("no such host");
  waiting.connection.start();
  await waiting.told("lost");
  await waiting.connection.stop();
  waiting.timers.pass(60_000);
  await rest();
  assertEquals(waiting.dials, 1);
});

Deno.test("Connection tells and acknowledges entries after they are durable, with one commit for all", async () => {
  const world = await World.open();
  await rest();
  world.order.length = 0;
  for (const lsn of [10, 11, 12]) world.socket.say("entry", messagePacket(lsn, "hi"));
  await world.told("entry", 3);
  assertEquals(world.order.indexOf("commit"), 0, world.order.join());
  assert(!world.socket.said.includes("ack"));
  world.connection.stored(12);
  world.timers.pass(limits.ackDelayMs);
  await until(() => world.socket.said.includes("ack"), "ack");
  assertEquals(world.kept.again().mailbox.latest, 12);
});

Deno.test("Connection ends when the mailbox can't be written, and tells and acknowledges nothing of it", async () => {
  const world = await World.open();
  await rest();
  const { length } = world.socket.said;
  world.diskError = new WriteError("database or disk is full");
  world.socket.say("entry", messagePacket(10, "hi"));
  await world.told("ended");
  const ended = world.events.at(-1)!;
  assert(ended.kind === "ended" && ended.ending.why.includes("disk is full"));
  assertEquals([world.count("entry"), world.count("lost")], [0, 0]);
  assertEquals(world.socket.said.length, length);
  await until(() => world.socket.isClosed, "close");
});

Deno.test("Connection sends under a new epoch only when it is durable", async () => {
  const world = await World.open();
  await rest();
  const { epoch, n } = world.connection.submit(hi);
  await until(() => world.socket.said.includes("submit"), "submit");
  const sent = world.socket.said.filter((one) => one === "submit").length;
  world.socket.isSilent = true;
  world.connection.submit(hi);
  await rest();
  world.diskError = new WriteError("disk I/O error");
  world.socket.say("later", { epoch, n: n + 1, code: codes.conflict, last: 1 });
  await world.told("ended");
  assertEquals(world.socket.said.filter((one) => one === "submit").length, sent + 1);
  const after = world.kept.again().outbox;
  after.connected({ ...limits, epoch: null, n: 0, head: 0 });
  assertEquals(after.add(hi).epoch, epoch, "the old epoch is the one on the disk");
});

Deno.test("Connection leaves nothing uncommitted that was written when it told of something", async () => {
  const world = await World.open();
  await rest();
  world.whenTold = ({ kind }) => kind === "entry" && world.kept.store.setUser(77, "late");
  world.socket.say("entry", messagePacket(10, "hi"));
  await world.told("entry");
  await rest();
  assertEquals(world.kept.batch.isOpen, false);
  assertEquals(world.kept.again().mailbox.userName(77), "late");
});
