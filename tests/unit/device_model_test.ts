/**
 * Users' devices in random worlds, against a second reckoning that knows nothing of tables.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { type Code, codes } from "../../lib/errors.ts";
import { tokenHash } from "../../lib/identity/invite.ts";
import type { Outcome } from "../../lib/log/submission.ts";
import { rebuild } from "../../lib/store/project.ts";
import { StoreReader } from "../../lib/store/reader.ts";
import { SeededRandom } from "../support/random.ts";
import { type Person, World } from "../support/world.ts";

interface MadeCode {
  readonly name: string;
  readonly by: number;
  readonly expiresMs: number;
  used: boolean;
}

const names = ["al", "bo", "cy"];

/** One world, and what has to come of everything in it. */
class Play {
  readonly #world: World;
  readonly #devices = new Map<string, number[]>();
  readonly #revoked = new Set<number>();
  readonly #codes = new Map<string, MadeCode>();
  readonly #people: Person[];
  readonly #tokens: Uint8Array[];
  readonly #came: Map<string, number>;

  constructor(world: World, came: Map<string, number>) {
    this.#world = world;
    this.#came = came;
    this.#tokens = Array.from({ length: 6 }, () => world.random.bytes(16));
    this.#people = names.map((name) => world.register(name));
    for (const { name, device } of this.#people) this.#devices.set(name, [device]);
  }

  step(): void {
    const { random, clock } = this.#world;
    clock.nowMs += random.below(20);
    const at = random.below(this.#tokens.length);
    const token = this.#tokens[at]!;
    switch (random.below(6)) {
      case 0:
        this.#add(random.pick(this.#people), token);
        break;
      case 1:
        this.#revoke(random.pick(this.#people), random.pick(this.#people).device);
        break;
      case 2:
        this.#recover(random.pick(names), token);
        break;
      default:
        this.#join(random.pick(names), token);
    }
    // A token is made once: others take the place of those that had their time.
    if (random.below(6) === 0) this.#tokens[at] = random.bytes(16);
  }

  compare(): void {
    const reader = new StoreReader(this.#world.store.database);
    for (const [name, devices] of this.#devices) {
      const found = reader.devices(this.#userOf(name), "").devices;
      assertEquals(found.map(({ device }) => device), devices, name);
    }
  }

  #add(by: Person, token: Uint8Array): void {
    const { random, clock } = this.#world;
    const lifeMs = 1 + random.below(300);
    const action = { action: "addDevice", hash: tokenHash(token), lifeMs } as const;
    const isKnown = this.#codes.has(token.toHex());
    const isOut = this.#revoked.has(by.device);
    const code = isOut ? codes.revoked : isKnown ? codes.alreadySo : null;
    this.#is(this.#world.submit(by, action), code);
    if (code === null) this.#make(by.name, by.device, token, clock.nowMs + lifeMs);
  }

  #revoke(by: Person, device: number): void {
    const own = this.#devices.get(by.name)!;
    const code = this.#revoked.has(by.device)
      ? codes.revoked
      : !own.includes(device)
      ? codes.noDevice
      : own.length === 1
      ? codes.lastDevice
      : null;
    this.#is(this.#world.submit(by, { action: "revokeDevice", device }), code);
    if (code !== null) return;
    own.splice(own.indexOf(device), 1);
    this.#revoked.add(device);
  }

  #recover(name: string, token: Uint8Array): void {
    const { random, clock } = this.#world;
    const code = this.#codes.has(token.toHex()) ? codes.alreadySo : null;
    const outcome = this.#world.append({
      ...{ by: "recovery", name, hash: tokenHash(token), lifeMs: 200, sizeBytes: 0 },
      ...{ timeMs: clock.nowMs, salt: random.bytes(16) },
    });
    this.#is(outcome, code);
    if (code === null) this.#make(name, 0, token, clock.nowMs + 200);
  }

  #join(name: string, token: Uint8Array): void {
    const { random, clock } = this.#world;
    const known = this.#codes.get(token.toHex());
    const code = known?.name !== name
      ? codes.badInvite
      : known.used
      ? codes.usedInvite
      : this.#revoked.has(known.by) || clock.nowMs >= known.expiresMs
      ? codes.expiredInvite
      : null;
    const outcome = this.#world.tryJoin(name, token);
    this.#is(outcome, code);
    if (outcome.outcome !== "accepted") return;
    const { lsn: device } = outcome;
    known!.used = true;
    this.#devices.get(name)!.push(device);
    const user = this.#userOf(name);
    this.#people.push({ name, user, device, epoch: random.bytes(16), n: 0 });
  }

  #make(name: string, by: number, token: Uint8Array, expiresMs: number): void {
    this.#codes.set(token.toHex(), { name, by, expiresMs, used: false });
  }

  #userOf(name: string): number {
    return this.#people.find((one) => one.name === name)!.user;
  }

  #is(outcome: Outcome, code: Code | null): void {
    assertEquals(outcome.outcome === "accepted" ? null : outcome.code, code);
    const what = code === null ? "accepted" : String(code);
    this.#came.set(what, (this.#came.get(what) ?? 0) + 1);
  }
}

Deno.test("apply() lets in whose device a second reckoning lets in, in random worlds", () => {
  const first = new SeededRandom(Date.now()).below(1_000_000);
  const came = new Map<string, number>();
  for (let seed = first; seed < first + 30; seed++) {
    using world = new World(seed);
    const play = new Play(world, came);
    for (let step = 0; step < 120; step++) {
      try {
        play.step();
        if (world.random.below(30) === 0) rebuild(world.store.database);
        if (step % 10 === 9) play.compare();
      } catch (error) {
        const where = `seed ${seed}, step ${step}`;
        throw new Error(`${where}: ${(error as Error).message}`, { cause: error });
      }
    }
  }
  const { badInvite, usedInvite, expiredInvite, revoked, noDevice, lastDevice, alreadySo } = codes;
  const met = [badInvite, usedInvite, expiredInvite, revoked, noDevice, lastDevice, alreadySo];
  for (const what of ["accepted", ...met]) {
    assert((came.get(String(what)) ?? 0) > 0, `${what} never happened from seed ${first}`);
  }
});
