/**
 * What befalls a world and what people do in it: one move after the other.
 *
 * @module
 */

import type { Action } from "../../lib/protocol/codec.ts";
import { anyModeration } from "../support/moderating.ts";
import type { SeededRandom } from "../support/random.ts";
import type { SimClient } from "./client.ts";
import type { DiskCopy } from "./disk.ts";
import type { Wire } from "./network.ts";
import { look } from "./looking.ts";
import type { Move, Plan } from "./plan.ts";
import { count, type WorldParts } from "./world_parts.ts";

/** What would end a client for good is left to other tests. */
const moderations: ReadonlySet<string> = new Set([
  ...["kick", "ban", "unban", "mute", "unmute", "moderate"],
  ...["makePrivate", "inviteTo", "block"],
]);
const moderated = ["a", "b", "c"];

const roomNames = ["lobby", "lobby", "a", "a", "b", "nowhere"];

/** Makes moves. */
export class Fate {
  readonly #world: WorldParts;
  readonly #random: SeededRandom;
  readonly #looks: Plan["looks"];
  readonly #aside: SeededRandom;
  readonly #copies = new Map<SimClient, DiskCopy>();

  /**
   * @param world which it befalls
   * @param random gives who, what and for how long
   * @param looks what people look at, and how often
   * @param aside gives who looks at what
   */
  constructor(
    world: WorldParts,
    random: SeededRandom,
    looks: Plan["looks"],
    aside: SeededRandom,
  ) {
    this.#looks = looks;
    this.#aside = aside;
    this.#world = world;
    this.#random = random;
  }

  /** Makes a move. */
  move(move: Move): void {
    count(this.#world.happened, move);
    this.#world.trace.note(9, move.length);
    const client = this.#random.pick(this.#world.clients);
    const lines = this.#world.lines.filter(({ client, server }) => client.alive && server.alive);
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
      fillDisk: () => this.#fillDisk(client),
      kill: () => this.#kill(client, null),
      freeze: () => this.#freeze(client),
      copyDisk: () => this.#copies.set(client, client.disk.copy()),
      restoreDisk: () => this.#kill(client, this.#copies.get(client) ?? null),
      jump: () => this.#jump(this.#random.pick([client.wall, this.#world.server.wall])),
    };
    actions[move]();
    this.#look();
  }

  /** What people look at is drawn apart: it changes nothing else that is drawn. */
  #look(): void {
    const random = this.#aside;
    for (const [what, chance] of this.#looks) {
      if (random.below(100) >= chance) continue;
      count(this.#world.happened, what);
      look(random.pick(this.#world.clients), what, random);
    }
    if (random.below(100) < 25) this.#moderate(random);
  }

  #moderate(random: SeededRandom): void {
    const users = this.#world.clients.map(({ name }) => name);
    const action = anyModeration(random, { users, rooms: moderated });
    const client = random.pick(this.#world.clients);
    if (!moderations.has(action.action) || "on" in action && action.action === "block") return;
    count(this.#world.happened, action.action);
    client.type(action);
  }

  #message(length: number): Action {
    const to = this.#random.below(4) > 0
      ? this.#random.pick(roomNames)
      : `@${this.#random.pick(this.#world.clients).name}`;
    return { action: "message", to, text: "x".repeat(length), act: false };
  }

  #burst(client: SimClient, count: number, length: number): void {
    for (let left = count; left > 0; left--) {
      const to = "lobby";
      client.type({ action: "message", to, text: "x".repeat(length), act: false });
    }
  }

  #hang(wire: Wire): void {
    wire.hang(this.#random.pick(["up", "down", "both"]));
    const afterMs = this.#random.pick([500, 5_000, 50_000]);
    if (this.#random.below(2) === 0) this.#world.queue.at(afterMs, () => wire.goOn());
  }

  #restorePoint(): number {
    const { head } = this.#world.checks.era.oracle;
    return this.#world.firstHead + this.#random.below(head - this.#world.firstHead + 1);
  }

  #crash(restoreTo: number | null): void {
    const { server } = this.#world;
    if (server.process) {
      this.#world.isOff = this.#random.below(3) === 0;
      const lines = this.#world.lines.filter((line) => line.server === server.process);
      server.crash();
      if (!this.#world.isOff) { for (const { wire } of lines) wire.server.orphan(); }
    }
    if (restoreTo !== null) this.#world.restoreServer(restoreTo, server.restore.bind(server));
    const downMs = this.#random.pick([0, 100, 3_000, 15_000]);
    this.#world.queue.at(downMs, () => this.#world.startServer());
  }

  /** There may be room left on pages that are there already: it takes some text to meet the end. */
  #fillDisk(client: SimClient): void {
    const { server } = this.#world;
    server.fillDisk();
    this.#burst(client, 5, 1_000);
    this.#world.queue.at(this.#random.pick([500, 5_000, 30_000]), () => server.makeRoom());
  }

  #kill(client: SimClient, copy: DiskCopy | null): void {
    this.#world.kill(client, copy, this.#random.below(3) > 0);
    const downMs = this.#random.pick([0, 100, 5_000, 30_000]);
    this.#world.queue.at(downMs, () => this.#world.start(client));
  }

  #freeze(client: SimClient): void {
    const { process } = client;
    process?.freeze();
    this.#world.queue.at(this.#random.pick([500, 10_000, 70_000]), () => process?.thaw());
  }

  #jump(wall: { offsetMs: number }): void {
    wall.offsetMs += this.#random.pick([-86_400_000, -1_000, 1_000, 86_400_000]);
  }
}
