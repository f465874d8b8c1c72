/**
 * A bad network between clients and a server: a proxy that delays, splits, trickles, cuts and
 * falls silent, from a seed.
 *
 * @module
 */

import { type Direction, FaultPlan } from "./fault_plan.ts";
import { SeededRandom } from "./random.ts";

class ProxyLink {
  #isCut = false;

  constructor(
    readonly plan: FaultPlan,
    readonly client: Deno.TcpConn,
    readonly server: Deno.TcpConn,
  ) {}

  /** @returns when the connection has ended on either side */
  async run(): Promise<void> {
    await Promise.race([
      this.#pump("up", this.client, this.server),
      this.#pump("down", this.server, this.client),
    ]).catch(() => {});
    this.cut();
  }

  cut(): void {
    if (this.#isCut) return;
    this.#isCut = true;
    for (const conn of [this.client, this.server]) {
      try {
        conn.close();
      } catch {
        // Closed already.
      }
    }
  }

  async #pump(direction: Direction, from: Deno.TcpConn, to: Deno.TcpConn): Promise<void> {
    const buffer = new Uint8Array(64 * 1024);
    for (let count = await from.read(buffer); count !== null; count = await from.read(buffer)) {
      for (const step of this.plan.steps(direction, buffer.subarray(0, count))) {
        if (step === "cut") return;
        if (step.waitMs > 0) await new Promise((resolve) => setTimeout(resolve, step.waitMs));
        for (let at = 0; at < step.bytes.length;) at += await to.write(step.bytes.subarray(at));
      }
    }
  }
}

/** Listens on a port of its own and passes on to another, as well as the seed lets it. */
export class FaultProxy {
  readonly #listener: Deno.TcpListener;
  readonly #target: number;
  readonly #random: SeededRandom;
  readonly #links = new Set<ProxyLink>();
  #isHealed = false;
  /** Connections that had something wrong with them. */
  faulty = 0;

  constructor(target: number, seed: number) {
    this.#listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    this.#target = target;
    this.#random = new SeededRandom(seed);
    void this.#accept();
  }

  get port(): number {
    return this.#listener.addr.port;
  }

  /** Cuts what has something wrong with it, and passes all on from now on. */
  heal(): void {
    this.#isHealed = true;
    for (const link of this.#links) if (link.plan.fault !== "none") link.cut();
  }

  close(): void {
    this.#listener.close();
    for (const link of this.#links) link.cut();
  }

  async #accept(): Promise<void> {
    try {
      for await (const client of this.#listener) void this.#pass(client);
    } catch {
      // Closed while it waited.
    }
  }

  async #pass(client: Deno.TcpConn): Promise<void> {
    let server: Deno.TcpConn;
    try {
      server = await Deno.connect({ hostname: "127.0.0.1", port: this.#target });
    } catch {
      client.close();
      return;
    }
    for (const conn of [client, server]) conn.setNoDelay(true);
    const random = new SeededRandom(this.#random.below(2 ** 32));
    const plan = this.#isHealed ? new FaultPlan(random, "none") : new FaultPlan(random);
    if (plan.fault !== "none") this.faulty++;
    const link = new ProxyLink(plan, client, server);
    this.#links.add(link);
    await link.run();
    this.#links.delete(link);
  }
}
