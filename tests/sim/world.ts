/**
 * One seed's world: a server, clients, the network between them, and what befalls them. In the end
 * everything heals, and all must come to the same.
 *
 * @module
 */

import { assert } from "@std/assert";
import { entryFrame } from "../../lib/log/entry.ts";
import { codes } from "../../lib/errors.ts";
import { limits } from "../../lib/limits.ts";
import type { Committed } from "../../lib/log/submission.ts";
import type { Socket } from "../../lib/net/link.ts";
import { SeededRandom } from "../support/random.ts";
import { Checks } from "./checks.ts";
import { SimClient } from "./client.ts";
import { EventQueue, letRun, Trace } from "./clock.ts";
import type { DiskCopy } from "./disk.ts";
import { compare, isConverged } from "./ending.ts";
import { Fate } from "./fate.ts";
import { latestOwn } from "./looking.ts";
import { fairWeather, Wire } from "./network.ts";
import { drawMove, drawPlan, type Plan } from "./plan.ts";
import { nothingPlanted, type Planted } from "./planted.ts";
import { type FurtherDevice, SimServer } from "./server.ts";
import { Wiretap } from "./wiretap.ts";
import { count, type Happened, type Line, type LogRow, type WorldParts } from "./world_parts.ts";

/** Virtual milliseconds in which all must have come to the same after everything healed. */
const healMs = 60_000;
/** More than any world takes. */
const stepsMax = 200_000;

function isForLater({ outcomes }: Committed): boolean {
  return outcomes.some((one) => one.outcome === "later" && one.code === codes.unavailable);
}

/** A world, moved by one seed. */
export class SimWorld implements WorldParts {
  readonly queue = new EventQueue();
  readonly trace = new Trace();
  readonly checks = new Checks(this.trace);
  readonly plan: Plan;
  readonly clients: SimClient[] = [];
  readonly server: SimServer;
  readonly #random: SeededRandom;
  readonly #fate: Fate;
  readonly lines: Line[] = [];
  /** The head before anybody did anything. */
  readonly firstHead: number;
  /** A machine that is off, and not only a program that has ended: it does not even refuse. */
  isOff = false;
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
    const aside = new SeededRandom(seed + 1_000_000_007);
    this.plan = plan ?? drawPlan(random, aside);
    this.#fate = new Fate(this, random, this.plan.looks, aside);
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
        committed: (submissions, committed) => {
          if (isForLater(committed)) count(happened, "refusedForLater");
          this.checks.committed(submissions, committed);
        },
        failed: (why) => this.checks.failed(why),
      },
      further,
      planted.logPort,
    );
    this.#beginEra();
    this.server.register(known.map(({ name, publicKey }) => ({ name, key: publicKey })));
    this.firstHead = this.checks.era.oracle.head;
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
      this.#fate.move(drawMove(this.#random, this.plan.weights));
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
    await this.#pass(() => isConverged(this));
    await this.#askReceipts();
    compare(this);
  }

  /** Everybody asks once more how far their messages have come, when all marks are written. */
  async #askReceipts(): Promise<void> {
    // Who had nothing to wait for has not found out yet.
    for (const { wire } of this.lines) if (wire.isHung) wire.cut();
    await this.pass(2 * limits.marksMs + 2 * limits.ackDelayMs);
    await this.#pass(() => isConverged(this));
    for (const client of this.clients) {
      client.receipts.clear();
      const lsns = latestOwn(client);
      if (lsns.length > 0) client.connection?.ask({ kind: "receipts", lsns });
    }
    await this.#pass(() => this.clients.every(({ connection }) => connection?.unasked === 0));
  }

  /** Lets virtual time pass until something is so, but not for ever. */
  async #pass(isDone: () => boolean): Promise<void> {
    const untilMs = this.queue.nowMs + healMs;
    while (this.queue.nowMs < untilMs && !isDone()) await this.pass(1_000);
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
        read: (...read) => this.checks.read(...read),
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
          if (!this.isOff) reject(new Deno.errors.ConnectionRefused());
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
        this.lines.push({ wire, client: process, server: server.process });
        server.accept(wire.server);
        resolve(wire.client);
      });
    });
  }

  /** Nothing comes through any more on any connection that stands now. */
  hang(direction: "up" | "down" | "both"): void {
    for (const { wire } of this.lines) wire.hang(direction);
  }

  /** Starts the server, unless it runs. */
  startServer(): void {
    if (this.server.process) return;
    this.isOff = false;
    this.server.start();
  }

  /** Puts an older copy of the server's disk in its place while it is down. */
  restoreServer(lsn: number, restore: (lsn: number) => void): void {
    this.checks.losing(lsn);
    restore(lsn);
    this.#beginEra();
  }

  #beginEra(): void {
    const frames = this.log().map((row) => entryFrame(row));
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
      for (const line of this.lines) if (line.client === process) line.wire.client.orphan();
    }
    if (copy === null) return;
    this.checks.restored(client, copy);
    client.restore(copy);
  }

  /** Breaks every connection. */
  cut(): void {
    for (const { wire } of this.lines) wire.cut();
  }

  #heal(): void {
    Object.assign(this.plan.weather, fairWeather);
    for (const { wire, client, server } of this.lines) {
      if (!client.alive || !server.alive) wire.cut();
      // What hangs for good is found out by silence.
      else if (this.#random.below(2) === 0) wire.goOn();
    }
    this.server.makeRoom();
    this.startServer();
    for (const client of this.clients) {
      client.process?.thaw();
      this.start(client);
    }
  }

  /** The log as it is on the server's disk. */
  log(): LogRow[] {
    return this.server.store.database.prepare(
      "SELECT header, salt, body, digest FROM log ORDER BY lsn",
    ).all() as unknown as LogRow[];
  }
}
