/**
 * One seed's world: a server, clients, the network between them, and what befalls them. In the end
 * everything heals, and all must come to the same.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { bodyDigest, chainDigest, firstDigest } from "../../lib/log/digest.ts";
import { entryFrame } from "../../lib/log/entry.ts";
import { headerBytes } from "../../lib/framing.ts";
import { limits } from "../../lib/limits.ts";
import type { Socket } from "../../lib/net/link.ts";
import type { Action } from "../../lib/protocol/codec.ts";
import { SeededRandom } from "../support/random.ts";
import { Checks } from "./checks.ts";
import { SimClient } from "./client.ts";
import { bytesKey, EventQueue, letRun, type Process, Trace } from "./clock.ts";
import type { DiskCopy } from "./disk.ts";
import { fairWeather, Wire } from "./network.ts";
import { drawMove, drawPlan, type Move, type Plan } from "./plan.ts";
import { nothingPlanted, type Planted } from "./planted.ts";
import { type FurtherDevice, SimServer } from "./server.ts";
import { waitingMax, Wiretap } from "./wiretap.ts";

/** Virtual milliseconds in which all must have come to the same after everything healed. */
const healMs = 60_000;
/** More than any world takes. */
const stepsMax = 200_000;
const roomNames = ["lobby", "lobby", "a", "a", "b", "nowhere"];

/** How often things happened that a simulation must meet to be worth anything. */
export type Happened = Map<string, number>;

interface Line {
  readonly wire: Wire;
  readonly client: Process;
  readonly server: Process;
}

interface LogRow {
  readonly header: Uint8Array;
  readonly salt: Uint8Array;
  readonly body: Uint8Array;
  readonly digest: Uint8Array;
}

/** A world, moved by one seed. */
export class SimWorld {
  readonly queue = new EventQueue();
  readonly trace = new Trace();
  readonly checks = new Checks(this.trace);
  readonly plan: Plan;
  readonly clients: SimClient[] = [];
  readonly server: SimServer;
  readonly #random: SeededRandom;
  readonly #copies = new Map<SimClient, DiskCopy>();
  #lines: Line[] = [];
  #firstHead = 0;
  #isHealed = false;
  /** A machine that is off, and not only a program that has ended: it does not even refuse. */
  #isOff = false;
  steps = 0;

  /**
   * @param seed gives everything
   * @param happened counters, added to
   * @param planted a fault that must be found, or none
   * @param plan instead of one drawn from the seed
   */
  constructor(
    seed: number,
    readonly happened: Happened = new Map(),
    planted: Planted = nothingPlanted,
    plan?: Plan,
  ) {
    const random = this.#random = new SeededRandom(seed);
    this.plan = plan ?? drawPlan(random);
    const { devices, hasLateUser } = this.plan;
    const names = devices.map((_, at) => `u${at}`);
    const further: FurtherDevice[] = [];
    for (const [at, count] of devices.entries()) {
      for (let device = 0; device < count; device++) {
        const key = random.bytes(32);
        this.#addClient(names[at]!, key, planted);
        if (device > 0) further.push({ id: 1_000_000 + at, userName: names[at]!, key });
      }
    }
    const known = names.map((name) => this.clients.find((client) => client.name === name)!);
    if (hasLateUser) this.#addClient("late", random.bytes(32), planted);
    this.server = new SimServer(
      this.queue,
      random,
      this.plan.server,
      {
        committed: (...batch) => this.checks.committed(...batch),
        failed: (why) => this.checks.failed(why),
      },
      further,
      planted.logPort,
    );
    this.#beginEra();
    this.server.register(known.map(({ name, publicKey }) => ({ name, key: publicKey })));
    this.#firstHead = this.checks.era.oracle.head;
  }

  /**
   * Runs from the start to the end.
   *
   * @throws what did not hold
   */
  async run(): Promise<void> {
    this.begin();
    for (let left = this.plan.moves; left > 0; left--) {
      await this.pass(1 + this.#random.below(this.plan.paceMs));
      this.#move(drawMove(this.#random, this.plan.weights));
    }
    await this.pass(1);
    this.#heal();
    await this.converge();
  }

  /** Everything starts. */
  begin(): void {
    this.server.start();
    for (const client of this.clients) {
      this.queue.at(this.#random.below(1_000), () => this.start(client));
    }
  }

  /**
   * Lets time pass until all have come to the same.
   *
   * @throws what does not hold then
   */
  async converge(): Promise<void> {
    const untilMs = this.queue.nowMs + healMs;
    while (this.queue.nowMs < untilMs && !this.#isConverged()) await this.pass(1_000);
    this.#compare();
  }

  /** Closes the store. */
  [Symbol.dispose](): void {
    this.server.store.close();
  }

  #addClient(name: string, key: Uint8Array<ArrayBuffer>, planted: Planted): void {
    const client: SimClient = new SimClient(
      this.queue,
      this.#random,
      {
        typed: (...typed) => this.checks.typedRow(...typed),
        shown: (...shown) => this.checks.shown(...shown),
        committed: (_client, ...changed) => this.checks.diskCommitted(...changed),
      },
      name,
      key,
      (client, signal) => this.#dial(client, signal),
      planted,
    );
    this.clients.push(client);
  }

  /** Lets virtual time pass. */
  async pass(ms: number): Promise<void> {
    const untilMs = this.queue.nowMs + ms;
    // What was just typed goes out before any time has passed.
    await letRun();
    while (this.queue.step(untilMs)) {
      assert(++this.steps < stepsMax, "it never comes to rest");
      await letRun();
      this.#checkFeeds();
      this.trace.note(this.queue.nowMs * 16);
      this.checks.throwBroken();
    }
    this.checks.throwBroken();
  }

  #checkFeeds(): void {
    for (const { session: { feed: { owed } } } of this.server.connections) {
      assert(owed.entries <= limits.creditEntriesMax, "credit: more entries owed than allowed");
      assert(owed.bytes <= limits.creditBytesMax, "credit: more bytes owed than allowed");
    }
  }

  #dial(client: SimClient, signal: AbortSignal): Promise<Socket> {
    const process = client.process!;
    return new Promise((resolve, reject) => {
      signal.addEventListener("abort", () => process.run(() => reject(signal.reason as Error)));
      process.set(2 * this.plan.weather.latencyMs, () => {
        const { server } = this;
        if (!server.process) {
          if (!this.#isOff) reject(new Deno.errors.ConnectionRefused());
          return;
        }
        const wire = new Wire(
          this.queue,
          this.#random,
          this.plan.weather,
          process,
          server.process,
        );
        const tap = new Wiretap(this.checks, server, client);
        wire.watch(tap.up, tap.down);
        this.#lines.push({ wire, client: process, server: server.process });
        server.accept(wire.server);
        resolve(wire.client);
      });
    });
  }

  #move(move: Move): void {
    this.happened.set(move, (this.happened.get(move) ?? 0) + 1);
    this.trace.note(9, move.length);
    const client = this.#random.pick(this.clients);
    const lines = this.#lines.filter(({ client, server }) => client.alive && server.alive);
    const line = lines.length > 0 ? this.#random.pick(lines.slice(-6)) : null;
    const actions: Record<Move, () => void> = {
      talk: () => client.type(this.#message(1 + this.#random.below(60))),
      join: () => client.type({ action: "join", room: this.#random.pick(roomNames) }),
      leave: () => client.type({ action: "leave", room: this.#random.pick(roomNames) }),
      burst: () => this.#burst(client, this.#random.pick([5, 15, 40]), 3),
      bulk: () => this.#burst(client, this.#random.pick([4, 36]), 7_800),
      cut: () => line?.wire.cut(),
      hang: () => line && this.#hang(line.wire),
      crash: () => this.#crash(null),
      restoreServer: () => this.#crash(this.#restorePoint()),
      kill: () => this.#kill(client, null),
      freeze: () => this.#freeze(client),
      copyDisk: () => this.#copies.set(client, client.disk.copy()),
      restoreDisk: () => this.#kill(client, this.#copies.get(client) ?? null),
      jump: () => this.#jump(this.#random.pick([client.wall, this.server.wall])),
    };
    actions[move]();
  }

  #message(length: number): Action {
    const { clients } = this;
    const to = this.#random.below(4) > 0
      ? this.#random.pick(roomNames)
      : `@${this.#random.pick(clients).name}`;
    return { action: "message", to, text: "x".repeat(length), act: false };
  }

  #burst(client: SimClient, count: number, length: number): void {
    for (let left = count; left > 0; left--) {
      const to = "lobby";
      client.type({ action: "message", to, text: "x".repeat(length), act: false });
    }
  }

  /** Nothing comes through any more on any connection that stands now. */
  hang(direction: "up" | "down" | "both"): void {
    for (const { wire } of this.#lines) wire.hang(direction);
  }

  #hang(wire: Wire): void {
    wire.hang(this.#random.pick(["up", "down", "both"]));
    const afterMs = this.#random.pick([500, 5_000, 50_000]);
    if (this.#random.below(2) === 0) this.queue.at(afterMs, () => wire.goOn());
  }

  #restorePoint(): number {
    const { head } = this.checks.era.oracle;
    return this.#firstHead + this.#random.below(head - this.#firstHead + 1);
  }

  #crash(restoreTo: number | null): void {
    const { server } = this;
    if (server.process) {
      this.#isOff = this.#random.below(3) === 0;
      const lines = this.#lines.filter((line) => line.server === server.process);
      server.crash();
      if (!this.#isOff) { for (const { wire } of lines) wire.server.orphan(); }
    }
    if (restoreTo !== null) this.restoreServer(restoreTo, server.restore.bind(server));
    const downMs = this.#random.pick([0, 100, 3_000, 15_000]);
    this.queue.at(downMs, () => this.#startServer());
  }

  #startServer(): void {
    if (this.server.process) return;
    this.#isOff = false;
    this.server.start();
  }

  /** Puts an older copy of the server's disk in its place while it is down. */
  restoreServer(lsn: number, restore: (lsn: number) => void): void {
    this.checks.losing(lsn);
    restore(lsn);
    this.#beginEra();
  }

  #beginEra(): void {
    const frames = this.#log().map((row) => entryFrame(row));
    this.checks.beginEra(this.server.store.head().logId, frames);
  }

  /** Starts a client that is not running. */
  start(client: SimClient): void {
    if (client.process) return;
    this.checks.started(client);
    client.start();
  }

  /** Ends a client; it finds `copy` when it starts again, or what it had where that is null. */
  kill(client: SimClient, copy: DiskCopy | null, isHeard: boolean): void {
    const process = client.process;
    client.kill();
    if (isHeard) {
      for (const line of this.#lines) if (line.client === process) line.wire.client.orphan();
    }
    if (copy === null) return;
    this.checks.restored(client);
    client.disk.restore(copy);
  }

  /** Breaks every connection. */
  cut(): void {
    for (const { wire } of this.#lines) wire.cut();
  }

  #kill(client: SimClient, copy: DiskCopy | null): void {
    this.kill(client, copy, this.#random.below(3) > 0);
    const downMs = this.#random.pick([0, 100, 5_000, 30_000]);
    this.queue.at(downMs, () => this.start(client));
  }

  #freeze(client: SimClient): void {
    const { process } = client;
    process?.freeze();
    this.queue.at(this.#random.pick([500, 10_000, 70_000]), () => process?.thaw());
  }

  #jump(wall: { offsetMs: number }): void {
    wall.offsetMs += this.#random.pick([-86_400_000, -1_000, 1_000, 86_400_000]);
  }

  #heal(): void {
    Object.assign(this.plan.weather, fairWeather);
    for (const { wire, client, server } of this.#lines) {
      if (!client.alive || !server.alive) wire.cut();
      // What hangs for good is found out by silence.
      else if (this.#random.below(2) === 0) wire.goOn();
    }
    this.#startServer();
    for (const client of this.clients) {
      client.process?.thaw();
      this.start(client);
    }
  }

  #isConverged(): boolean {
    const logId = bytesKey(this.server.store.head().logId);
    return this.clients.every((client) => {
      const { connection, disk: { held: { cursor, rows } } } = client;
      return connection?.isOpen && client.unsent === 0 && rows.length === 0 && cursor &&
        bytesKey(cursor.logId) === logId && this.#missing(client).length === 0;
    });
  }

  /** What is meant for a client above its cursor: a quiet cursor may stay a little behind. */
  #missing({ disk: { held: { own, cursor } } }: SimClient): number[] {
    const { oracle } = this.checks.era;
    return oracle.meantFor(own!, cursor?.lsn ?? 0, oracle.head);
  }

  /** What must be so in the end. */
  #compare(): void {
    for (const client of this.clients) {
      const { name, ending, connection, disk: { held } } = client;
      assertEquals(ending, null, `converge: ${name} ended`);
      assert(connection?.isOpen, `converge: ${name} is connected`);
      assertEquals(held.rows.length, 0, `converge: unsent of ${name}`);
      assertEquals(client.unsent, 0, `converge: unsent of ${name} in memory`);
      assertEquals(this.#missing(client), [], `converge: what ${name} misses`);
    }
    assert(this.#isConverged(), "converge: one log");
    for (const [id, { order, mayBeLost }] of this.checks.typed) {
      assert(mayBeLost || this.checks.era.ids.has(id), `converge: ${order} was never taken`);
    }
    for (const { wire: { mostBytes: { up, down } } } of this.#lines) {
      assert(up <= waitingMax.up && down <= waitingMax.down, `bound: ${up} up, ${down} down`);
    }
    let digest = firstDigest;
    this.#log().forEach((row, at) => {
      const payload = this.checks.era.oracle.payload(at + 1);
      assertEquals(entryFrame(row).subarray(headerBytes), payload, "lsn unchanging");
      digest = chainDigest(digest, row.header, bodyDigest(row.salt, row.body));
      assertEquals(row.digest, digest, "digest chain");
    });
  }

  #log(): LogRow[] {
    return this.server.store.database.prepare(
      "SELECT header, salt, body, digest FROM log ORDER BY lsn",
    ).all() as unknown as LogRow[];
  }
}
