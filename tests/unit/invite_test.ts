import { assert, assertEquals } from "@std/assert";
import { type Code, codeName, codes } from "../../lib/errors.ts";
import { tokenHash } from "../../lib/identity/invite.ts";
import type { Outcome, RegisterRequest } from "../../lib/log/submission.ts";
import { encodeItem } from "../../lib/protocol/cbor.ts";
import { roles } from "../../lib/protocol/roles.ts";
import { rebuild } from "../../lib/store/project.ts";
import { readPeople } from "../../lib/store/start.ts";
import { startMs, World } from "../support/world.ts";

const token = new Uint8Array(16).fill(7);
const other = new Uint8Array(16).fill(8);

function accepted(lsn: number): Outcome {
  return { outcome: "accepted", lsn };
}

function later(code: Code): Outcome {
  return { outcome: "later", code, last: 0 };
}

/** How many more may come in by each invite, in the order in which they were made. */
function usesLeft(world: World): number[] {
  const rows = world.store.database.prepare("SELECT uses FROM invites ORDER BY id").all();
  return (rows as { uses: number }[]).map(({ uses }) => uses);
}

function roleOf(world: World, user: number): number {
  const row = world.store.database.prepare("SELECT role FROM users WHERE id = ?").get(user);
  return (row as { role: number }).role;
}

/** Submissions in one batch: in one transaction, at one time. */
function together(world: World, asked: readonly Partial<RegisterRequest>[]): readonly Outcome[] {
  const how = { by: "server", registration: "invite", invite: tokenHash(token) } as const;
  return world.store.append(asked.map((one, at) => ({
    ...{ ...how, name: `u${at}`, deviceKey: world.random.bytes(32), sizeBytes: 0, ...one },
    ...{ timeMs: world.clock.nowMs, salt: world.random.bytes(16) },
  }))).outcomes;
}

Deno.test("apply() makes an invite an entry for the admins, by nobody's device", () => {
  using world = new World();
  world.clock.nowMs += 5;
  assertEquals(world.tryInvite(token, { role: roles.admin, uses: 3, lifeMs: 100 }), accepted(2));
  const entry = world.entry(2);
  const { audience, user, device, epoch, n, id, prev, content } = entry;
  assertEquals([audience, user, device, epoch, n, id, prev], [[4], 0, 0, null, 0, null, 0]);
  const expiresMs = startMs + 105;
  const hash = tokenHash(token);
  assertEquals(content, { kind: "invited", hash, role: roles.admin, uses: 3, expiresMs });
  assertEquals(world.published[0]!.changes, []);
  assertEquals(world.tryInvite(other), accepted(3));
  assertEquals(world.entry(3).prev, 2, "a chain of their own");
});

Deno.test("apply() keeps an invite's hash, and its token nowhere", () => {
  using world = new World();
  world.tryInvite(token);
  world.tryJoin("alice", token);
  const hex = "07".repeat(16);
  for (const table of ["log", "invites", "users", "devices", "meta"]) {
    const rows = world.store.database.prepare(`SELECT * FROM ${table}`).all();
    for (const value of rows.flatMap((row) => Object.values(row as Record<string, unknown>))) {
      const text = value instanceof Uint8Array ? value.toHex() : String(value);
      assert(!text.includes(hex), table);
    }
  }
});

Deno.test("apply() registers who has an invite, with its role, and says by which", () => {
  using world = new World();
  world.tryInvite(token, { role: roles.admin });
  const deviceKey = new Uint8Array(32).fill(9);
  assertEquals(world.tryJoin("Alice", token, deviceKey), accepted(3));
  const content = { kind: "registered", name: "Alice", deviceKey } as const;
  assertEquals(world.entry(3).content, { ...content, role: roles.admin, invite: 2 });
  assertEquals(roleOf(world, 3), roles.admin);
  assertEquals(world.entry(3).prev, 1, "in the lobby");
});

const refusals: readonly (readonly [string, Uint8Array | null, Code])[] = [
  ["without an invite", null, codes.inviteNeeded],
  ["with an invite that there never was", other, codes.badInvite],
  ["with an invite that is used up", token, codes.usedInvite],
];

for (const [what, shown, code] of refusals) {
  Deno.test(`apply() refuses a new name ${what} as ${codeName(code)}, and takes nothing`, () => {
    using world = new World();
    world.tryInvite(token);
    world.tryJoin("alice", token);
    const head = world.store.head();
    assertEquals(world.tryJoin("bob", shown), later(code));
    assertEquals(world.store.head(), head);
    assertEquals([usesLeft(world), world.log().length], [[0], 3]);
  });
}

Deno.test("apply() counts an invite until its last ms, and no longer", () => {
  using world = new World();
  world.tryInvite(token, { uses: 9, lifeMs: 1_000 });
  world.clock.nowMs = startMs + 999;
  assertEquals(world.tryJoin("alice", token), accepted(3));
  world.clock.nowMs = startMs + 1_000;
  assertEquals(world.tryJoin("bob", token), later(codes.expiredInvite));
  assertEquals(usesLeft(world), [8]);
});

Deno.test("apply() lets as many in as an invite has uses", () => {
  using world = new World();
  world.tryInvite(token, { uses: 2 });
  assertEquals(world.tryJoin("a", token), accepted(3));
  assertEquals(usesLeft(world), [1]);
  assertEquals(world.tryJoin("b", token), accepted(4));
  assertEquals(world.tryJoin("c", token), later(codes.usedInvite));
  assertEquals(usesLeft(world), [0]);
});

Deno.test("apply() lets exactly one of two in who come in one batch with one invite", () => {
  using world = new World();
  world.tryInvite(token);
  assertEquals(together(world, [{}, {}]), [accepted(3), later(codes.usedInvite)]);
  assertEquals([usesLeft(world), world.log().length], [[0], 3]);
});

Deno.test("apply() lets who asked for it in a batch in by an invite of the same batch", () => {
  using world = new World();
  const certain = { timeMs: startMs, salt: new Uint8Array(16), sizeBytes: 0 };
  const hash = tokenHash(token);
  const { outcomes } = world.store.append([
    { by: "operator", hash, role: 0, uses: 1, lifeMs: 1, ...certain },
    {
      ...{ by: "server", registration: "invite", invite: hash, name: "al", ...certain },
      deviceKey: new Uint8Array(32),
    },
  ]);
  assertEquals(outcomes, [accepted(2), accepted(3)]);
});

Deno.test("apply() takes no invite for a name that is not to be had", () => {
  using world = new World();
  world.tryInvite(token, { uses: 2 });
  world.tryJoin("alice", token);
  assertEquals(world.tryJoin("ALICE", token), later(codes.nameTaken));
  assertEquals(world.tryJoin("no name", token), later(codes.badName));
  assertEquals(together(world, [{ name: "alice" }, { name: "bob" }]), [
    later(codes.nameTaken),
    accepted(4),
  ], "in one batch too");
  assertEquals(usesLeft(world), [0]);
});

Deno.test("apply() tells nobody without an invite whose names there are", () => {
  using world = new World();
  world.register("alice");
  assertEquals(world.tryJoin("alice", null), later(codes.inviteNeeded));
  assertEquals(world.tryJoin("alice", other), later(codes.badInvite));
});

Deno.test("apply() tells a key that came in a moment ago of its name, not of its invite", () => {
  using world = new World();
  world.tryInvite(token);
  const deviceKey = new Uint8Array(32).fill(9);
  const outcomes = together(world, [{ deviceKey, name: "al" }, { deviceKey, name: "al" }]);
  assertEquals(outcomes, [accepted(3), later(codes.nameTaken)]);
});

Deno.test("apply() registers whoever comes where registration is open, by an invite too", () => {
  using world = new World();
  world.tryInvite(token, { role: roles.admin });
  const open = { registration: "open", invite: null } as const;
  assertEquals(together(world, [{ ...open }]), [accepted(3)]);
  assertEquals(roleOf(world, 3), roles.member);
  assertEquals(together(world, [{ registration: "open", name: "b" }]), [accepted(4)]);
  assertEquals([roleOf(world, 4), usesLeft(world)], [roles.admin, [0]]);
  const used = together(world, [{ registration: "open", name: "c" }]);
  assertEquals(used, [later(codes.usedInvite)], "what was given counts");
});

Deno.test("apply() registers nobody where registration is closed, with an invite neither", () => {
  using world = new World();
  world.tryInvite(token);
  const closed = { registration: "closed" } as const;
  const outcomes = together(world, [closed, { ...closed, invite: null }]);
  assertEquals(outcomes, [later(codes.closed), later(codes.closed)]);
  assertEquals(usesLeft(world), [1]);
});

Deno.test("apply() lets one owner in, and no invite for another counts or is made", () => {
  using world = new World();
  const owner = { role: roles.owner, uses: 5 };
  assertEquals(world.tryInvite(token, owner), accepted(2));
  assertEquals(world.tryInvite(other, owner), accepted(3));
  assertEquals(usesLeft(world), [1, 1], "whatever was asked for");
  assertEquals(readPeople(world.store.database).hasOwner, false);
  assertEquals(world.tryJoin("alice", token), accepted(4));
  assertEquals(world.tryJoin("bob", other), later(codes.usedInvite));
  assertEquals(world.tryInvite(new Uint8Array(16), owner), later(codes.ownerTaken));
  assertEquals(world.tryInvite(new Uint8Array(16)), accepted(5), "for a member it is");
  const people = { hasOwner: true, hasUsers: true, hasInvites: true };
  assertEquals(readPeople(world.store.database), people);
});

Deno.test("apply() makes one owner of two who come in one batch", () => {
  using world = new World();
  for (const one of [token, other]) world.tryInvite(one, { role: roles.owner });
  const outcomes = together(world, [{}, { invite: tokenHash(other) }]);
  assertEquals(outcomes, [accepted(4), later(codes.usedInvite)]);
});

Deno.test("apply() takes a token's hash once", () => {
  using world = new World();
  world.tryInvite(token);
  assertEquals(world.tryInvite(token, { uses: 9 }), later(codes.conflict));
  assertEquals(usesLeft(world), [1]);
});

Deno.test("rebuild() reads who was registered before there were roles as a member", () => {
  using world = new World();
  world.tryInvite(token, { role: roles.admin });
  world.tryJoin("alice", token);
  const body = encodeItem(["alice", new Uint8Array(32)]);
  const { database } = world.store;
  database.prepare("UPDATE log SET body = ? WHERE lsn = 3").run(body);
  rebuild(database);
  assertEquals([roleOf(world, 3), usesLeft(world)], [roles.member, [1]]);
});
