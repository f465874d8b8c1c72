import { assertEquals } from "@std/assert";
import { codeName, codes } from "../../lib/errors.ts";
import { tokenHash } from "../../lib/identity/invite.ts";
import { limits } from "../../lib/limits.ts";
import type { Outcome, Registration } from "../../lib/log/submission.ts";
import { roles } from "../../lib/protocol/roles.ts";
import { rebuild } from "../../lib/store/project.ts";
import { StoreReader } from "../../lib/store/reader.ts";
import { type Person, World } from "../support/world.ts";

const lifeMs = 600_000;

function codeOf(outcome: Outcome): string {
  return outcome.outcome === "accepted" ? "accepted" : codeName(outcome.code);
}

/** @returns somebody new who owns the server */
function ownerOf(world: World): Person {
  const token = world.random.bytes(16);
  world.tryInvite(token, { role: roles.owner });
  const { lsn } = world.tryJoin("owner", token) as { lsn: number };
  return { name: "owner", user: lsn, device: lsn, epoch: world.random.bytes(16), n: 0 };
}

/** Two users, and a way to make codes and to come in with them. */
class Play {
  readonly world = new World();
  readonly alice = this.world.register("alice");
  readonly bob = this.world.register("bob");

  [Symbol.dispose](): void {
    this.world.store.close();
  }

  /** @returns a code that was made by one of a user's devices */
  code(by: Person): Uint8Array {
    const token = this.world.random.bytes(16);
    const hash = tokenHash(token);
    assertEquals(codeOf(this.world.submit(by, { action: "addDevice", hash, lifeMs })), "accepted");
    return token;
  }

  /** @returns what comes of a login with an unknown key */
  tryCome(
    name: string,
    token: Uint8Array,
    registration: Registration = "closed",
    deviceKey = this.world.random.bytes(32),
  ): Outcome {
    return this.world.append({
      ...{ by: "server", registration, invite: tokenHash(token), name, deviceKey, sizeBytes: 0 },
      ...{ timeMs: this.world.clock.nowMs, salt: this.world.random.bytes(16) },
    });
  }

  /** @returns one more device of a user */
  device(of: Person): Person {
    const outcome = this.tryCome(of.name, this.code(of));
    if (outcome.outcome !== "accepted") throw new Error(codeOf(outcome));
    return { ...of, device: outcome.lsn, epoch: this.world.random.bytes(16), n: 0 };
  }

  say(by: Person): string {
    const action = { action: "message", to: "lobby", text: "hi", act: false } as const;
    return codeOf(this.world.submit(by, action));
  }

  revoke(by: Person, device: number): string {
    return codeOf(this.world.submit(by, { action: "revokeDevice", device }));
  }
}

for (const registration of ["closed", "invite", "open"] as const) {
  Deno.test(`a code lets in one device of its user, where registration is ${registration}`, () => {
    using play = new Play();
    const { world, alice } = play;
    const token = play.code(alice);
    const made = world.log().at(-1)!.entry;
    assertEquals([made.audience, made.user, made.device], [
      [2, alice.user],
      alice.user,
      alice.device,
    ]);
    const deviceKey = world.random.bytes(32);
    const outcome = play.tryCome("ALICE", token, registration, deviceKey);
    assertEquals(codeOf(outcome), "accepted");
    const { lsn, audience, user, device, content } = world.log().at(-1)!.entry;
    assertEquals([audience, user, device], [[2, alice.user], alice.user, lsn]);
    assertEquals(content, { kind: "deviceAdded", deviceKey, code: made.lsn });
    assertEquals(codeOf(play.tryCome("alice", token, registration)), "usedInvite");
    const own = { ...alice, device: lsn, epoch: world.random.bytes(16), n: 0 };
    assertEquals(play.say(own), "accepted", "with an outbox of its own");
    const known = new StoreReader(world.store.database).identify(deviceKey);
    assertEquals([known?.user, known?.device, known?.name], [alice.user, lsn, "alice"]);
  });
}

Deno.test("a code is for the name of its user: with another it is none", () => {
  using play = new Play();
  const token = play.code(play.alice);
  for (const name of ["bob", "carol"]) {
    assertEquals(codeOf(play.tryCome(name, token, "open")), "badInvite");
  }
  const guess = play.world.random.bytes(16);
  assertEquals(codeOf(play.tryCome("alice", guess, "invite")), "badInvite");
  assertEquals(codeOf(play.tryCome("alice", token)), "accepted", "and it is not used up by that");
});

Deno.test("a code counts for its time, which has a bound", () => {
  using play = new Play();
  const { world, alice } = play;
  const token = play.code(alice);
  world.clock.nowMs += lifeMs;
  assertEquals(codeOf(play.tryCome("alice", token)), "expiredInvite");
  const late = play.code(alice);
  world.clock.nowMs += lifeMs - 1;
  assertEquals(codeOf(play.tryCome("alice", late)), "accepted");
  const ask = (lifeMs: number) =>
    codeOf(world.submit(alice, { action: "addDevice", hash: world.random.bytes(32), lifeMs }));
  assertEquals([ask(0), ask(limits.deviceCodeLifeMsMax + 1)], ["noRight", "noRight"]);
  assertEquals(ask(limits.deviceCodeLifeMsMax), "accepted");
});

Deno.test("a code that is there already is not made again, by whomever", () => {
  using play = new Play();
  const hash = tokenHash(play.code(play.alice));
  const outcome = play.world.submit(play.bob, { action: "addDevice", hash, lifeMs });
  assertEquals(codeOf(outcome), "alreadySo");
});

Deno.test("a revoked device is out at once and for good, its user and the others are not", () => {
  using play = new Play();
  const { world, alice, bob } = play;
  const second = play.device(alice);
  assertEquals(play.revoke(bob, second.device), "noDevice", "somebody else's");
  assertEquals(play.revoke(alice, 999), "noDevice");
  assertEquals(play.revoke(alice, second.device), "accepted");
  const { user, device } = second;
  assertEquals(world.published.at(-1)!.changes, [{
    what: "shut",
    user,
    device,
    code: codes.revoked,
  }]);
  assertEquals(play.say(second), "revoked");
  assertEquals(play.say(alice), "accepted");
  assertEquals(play.revoke(alice, second.device), "noDevice", "it is out already");
  const key = world.log().find(({ entry }) => entry.lsn === device)!.entry.content as {
    deviceKey: Uint8Array<ArrayBuffer>;
  };
  const again = play.tryCome("alice", play.code(alice), "open", key.deviceKey);
  assertEquals(codeOf(again), "nameTaken", "its key is known");
  const known = new StoreReader(world.store.database).identify(key.deviceKey);
  assertEquals(known?.shut, codes.revoked);
});

Deno.test("a code counts no more when the device that made it is out, and others' do", () => {
  using play = new Play();
  const { alice } = play;
  const stolen = play.device(alice);
  const [thiefs, own] = [play.code(stolen), play.code(alice)];
  assertEquals(play.revoke(alice, stolen.device), "accepted");
  assertEquals(codeOf(play.tryCome("alice", thiefs)), "expiredInvite");
  rebuild(play.world.store.database);
  assertEquals(codeOf(play.tryCome("alice", thiefs)), "expiredInvite", "rebuilt too");
  assertEquals(codeOf(play.tryCome("alice", own)), "accepted");
});

Deno.test("a device may revoke the one that let it in, and nobody the last", () => {
  using play = new Play();
  const { alice } = play;
  assertEquals(play.revoke(alice, alice.device), "lastDevice");
  const second = play.device(alice);
  assertEquals(play.revoke(second, alice.device), "accepted");
  assertEquals(play.say(alice), "revoked");
  assertEquals(play.revoke(second, second.device), "lastDevice");
});

Deno.test("what a revoked device had on the way is not taken, a repeat neither", () => {
  using play = new Play();
  const { world, alice } = play;
  const second = play.device(alice);
  assertEquals(play.say(second), "accepted");
  const repeat = world.submissions.at(-1)!;
  play.revoke(alice, second.device);
  assertEquals(codeOf(world.append(repeat)), "revoked");
});

Deno.test("a device that an admin banned can be revoked, and no unban lets it in again", () => {
  using play = new Play();
  const { world, alice } = play;
  const owner = ownerOf(world);
  const { device } = play.device(alice);
  const ban = { room: "lobby", user: "alice", device } as const;
  world.submit(owner, { action: "ban", ...ban, reason: "" });
  assertEquals(
    play.revoke(alice, device),
    "accepted",
    "though alice has one device that is let in",
  );
  assertEquals(codeOf(world.submit(owner, { action: "unban", ...ban })), "alreadySo");
  rebuild(world.store.database);
  assertEquals(play.revoke(alice, device), "noDevice");
  assertEquals(play.revoke(alice, alice.device), "lastDevice");
});

Deno.test("a banned or removed user gets in by no code", () => {
  using play = new Play();
  const { world, bob } = play;
  const owner = ownerOf(world);
  const code = play.code(bob);
  world.submit(owner, { action: "ban", room: "lobby", user: "bob", device: 0, reason: "" });
  assertEquals(codeOf(play.tryCome("bob", code)), "banned");
  world.submit(owner, { action: "remove", user: "bob", reason: "" });
  assertEquals(codeOf(play.tryCome("bob", code)), "removed");
});

Deno.test("a user has as many devices as a list of them holds", () => {
  using play = new Play();
  const { world, alice } = play;
  const spare = play.code(alice);
  const last = Array.from({ length: limits.devicesPerUserMax - 1 }, () => play.device(alice)).at(
    -1,
  )!;
  const ask = () =>
    codeOf(world.submit(alice, { action: "addDevice", hash: world.random.bytes(32), lifeMs }));
  assertEquals([ask(), codeOf(play.tryCome("alice", spare))], ["tooManyDevices", "tooManyDevices"]);
  play.revoke(alice, last.device);
  assertEquals([ask(), codeOf(play.tryCome("alice", spare))], ["accepted", "accepted"]);
});

Deno.test("the operator makes a code for who lost all devices, and for nobody else", () => {
  using play = new Play();
  const { world, alice } = play;
  const token = world.random.bytes(16);
  const ask = (name: string) =>
    world.append({
      ...{ by: "recovery", name, hash: tokenHash(token), lifeMs, sizeBytes: 0 },
      ...{ timeMs: world.clock.nowMs, salt: world.random.bytes(16) },
    });
  assertEquals(codeOf(ask("nobody")), "noUser");
  assertEquals(codeOf(ask("Alice")), "accepted");
  const { audience, user, content } = world.log().at(-1)!.entry;
  assertEquals([audience, user, content?.kind], [[2, alice.user], 0, "deviceInvited"]);
  assertEquals(codeOf(play.tryCome("alice", token)), "accepted");
});

Deno.test("StoreReader.devices() lists one's own, others' to admins, without those revoked", () => {
  using play = new Play();
  const { world, alice, bob } = play;
  world.clock.nowMs += 5;
  const second = play.device(alice);
  const third = play.device(alice);
  play.revoke(alice, third.device);
  const reader = new StoreReader(world.store.database);
  const addedMs = world.clock.nowMs;
  assertEquals(reader.devices(alice.user, ""), {
    code: 0,
    devices: [
      { device: alice.device, addedMs: addedMs - 5, seenMs: 0, shut: 0 },
      { device: second.device, addedMs, seenMs: 0, shut: 0 },
    ],
  });
  assertEquals(reader.devices(bob.user, "alice"), { code: codes.noRight, devices: [] });
  const token = world.random.bytes(16);
  world.tryInvite(token, { role: roles.admin });
  const { lsn } = world.tryJoin("admin", token) as { lsn: number };
  assertEquals(reader.devices(lsn, "ALICE").devices.length, 2);
  assertEquals(reader.devices(lsn, "nobody"), { code: codes.noUser, devices: [] });
});
