/**
 * Invites in random worlds, against a second reckoning that knows nothing of tables.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { codes } from "../../lib/errors.ts";
import type { Outcome } from "../../lib/log/submission.ts";
import { nameKey } from "../../lib/protocol/names.ts";
import { roles } from "../../lib/protocol/roles.ts";
import { rebuild } from "../../lib/store/project.ts";
import { SeededRandom } from "../support/random.ts";
import { World } from "../support/world.ts";

interface Known {
  readonly id: number;
  readonly role: number;
  readonly expiresMs: number;
  uses: number;
}

/** What has to come of everything, said once more. */
class Reckoning {
  readonly invites = new Map<string, Known>();
  readonly users = new Map<string, number>();
  #lsn = 1;

  invite(token: string, role: number, uses: number, expiresMs: number): Outcome {
    const owned = [...this.users.values()].includes(roles.owner);
    if (role === roles.owner && owned) return later(codes.ownerTaken);
    if (this.invites.has(token)) return later(codes.conflict);
    const id = ++this.#lsn;
    this.invites.set(token, { id, role, expiresMs, uses: role === roles.owner ? 1 : uses });
    return { outcome: "accepted", lsn: id };
  }

  join(name: string, token: string | null, nowMs: number): Outcome {
    const invite = token === null ? undefined : this.invites.get(token);
    if (token === null) return later(codes.inviteNeeded);
    if (!invite) return later(codes.badInvite);
    if (invite.uses === 0) return later(codes.usedInvite);
    if (nowMs >= invite.expiresMs) return later(codes.expiredInvite);
    if (this.users.has(nameKey(name))) return later(codes.nameTaken);
    this.users.set(nameKey(name), invite.role);
    invite.uses--;
    if (invite.role === roles.owner) {
      for (const one of this.invites.values()) if (one.role === roles.owner) one.uses = 0;
    }
    return { outcome: "accepted", lsn: ++this.#lsn };
  }
}

function later(code: (typeof codes)[keyof typeof codes]): Outcome {
  return { outcome: "later", code, last: 0 };
}

/** Lets people come in, or try to, and compares each outcome and all tables. */
function play(seed: number, outcomes: Map<string, number>): void {
  using world = new World(seed);
  const { random } = world;
  const reckoning = new Reckoning();
  const tokens = Array.from({ length: 6 }, () => random.bytes(16));
  for (let step = 0; step < 120; step++) {
    world.clock.nowMs += random.below(20);
    const token = random.pick(tokens);
    const isInvite = random.below(4) === 0;
    const [role, uses, lifeMs] = [random.below(3), 1 + random.below(3), 1 + random.below(300)];
    const name = `u${random.below(40)}`;
    const shown = random.below(12) === 0 ? null : token;
    const nowMs = world.clock.nowMs;
    const outcome = isInvite
      ? world.tryInvite(token, { role, uses, lifeMs })
      : world.tryJoin(random.below(2) ? name : name.toUpperCase(), shown);
    const expected = isInvite
      ? reckoning.invite(token.toHex(), role, uses, nowMs + lifeMs)
      : reckoning.join(name, shown && shown.toHex(), nowMs);
    assertEquals(outcome, expected, `seed ${seed}, step ${step}`);
    const what = outcome.outcome === "accepted" ? "accepted" : String(outcome.code);
    outcomes.set(what, (outcomes.get(what) ?? 0) + 1);
    if (random.below(30) === 0) rebuild(world.store.database);
    compare(world, reckoning, `seed ${seed}, step ${step}`);
    if (outcome.outcome !== "accepted" && random.below(10) === 0) tokens[0] = random.bytes(16);
  }
}

function compare(world: World, reckoning: Reckoning, where: string): void {
  const { database } = world.store;
  const invites = database.prepare("SELECT id, role, expiresMs, uses FROM invites ORDER BY id");
  const users = database.prepare("SELECT key, role FROM users ORDER BY id").all();
  assertEquals(invites.all().map((row) => ({ ...row })) as unknown, [
    ...reckoning.invites.values(),
  ], where);
  const found = (users as { key: string; role: number }[]).map(({ key, role }) => [key, role]);
  assertEquals<unknown>(found, [...reckoning.users], where);
}

Deno.test("apply() lets in whom a second reckoning lets in, in random worlds", () => {
  const first = new SeededRandom(Date.now()).below(1_000_000);
  const outcomes = new Map<string, number>();
  for (let seed = first; seed < first + 30; seed++) play(seed, outcomes);
  const met = [
    ...["accepted", codes.inviteNeeded, codes.badInvite, codes.usedInvite, codes.expiredInvite],
    ...[codes.nameTaken, codes.ownerTaken, codes.conflict],
  ];
  for (const what of met) {
    assert((outcomes.get(String(what)) ?? 0) > 0, `${what} never happened from seed ${first}`);
  }
});
