import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { type Code, codeName, codes } from "../../lib/errors.ts";
import { bodyDigest, chainDigest, firstDigest } from "../../lib/log/digest.ts";
import { entryFrame } from "../../lib/log/entry.ts";
import type { Outcome } from "../../lib/log/submission.ts";
import type { Action } from "../../lib/protocol/codec.ts";
import { startMs, World } from "../support/world.ts";

function say(to: string, text = "hello"): Action {
  return { action: "message", to, text, act: false };
}

function join(room: string): Action {
  return { action: "join", room };
}

function leave(room: string): Action {
  return { action: "leave", room };
}

function accepted(lsn: number): Outcome {
  return { outcome: "accepted", lsn };
}

function later(code: Code, last: number): Outcome {
  return { outcome: "later", code, last };
}

/** Two users, of whom alice is in `dev`: lobby 1, alice 2, bob 3, dev 4. */
function twoPeople() {
  const world = new World();
  const alice = world.register("alice");
  const bob = world.register("Bob");
  assertEquals(world.submit(alice, join("dev")), accepted(4));
  return { world, alice, bob };
}

/** All memberships that ever began, in the order in which they did. */
function memberships(world: World): string[] {
  const rows = world.store.database.prepare(
    "SELECT audience || ' ' || user AS member FROM spans ORDER BY since, user",
  ).all() as { member: string }[];
  return rows.map(({ member }) => member);
}

Deno.test("applyFirst() makes the lobby the first entry", () => {
  using world = new World();
  const [line] = world.log();
  assertEquals(world.log().length, 1);
  assertEquals(line!.entry, {
    lsn: 1,
    prev: 0,
    timeMs: startMs,
    kindNumber: 2,
    audience: [0, 1],
    user: 0,
    device: 0,
    epoch: null,
    n: 0,
    id: null,
    erased: false,
    content: { kind: "created", name: "lobby", private: false },
  });
  assertEquals(memberships(world), [], "the server itself is no member");
});

Deno.test("apply() registers a user with a device, who is in the lobby", () => {
  using world = new World();
  const deviceKey = new Uint8Array(32).fill(7);
  world.clock.nowMs += 5;
  assertEquals(world.tryRegister("Alice", deviceKey), accepted(2));
  const { lsn, prev, timeMs, audience, user, device, epoch, n, id, content } = world.entry(2);
  assertEquals([lsn, prev, timeMs, audience, user, device], [2, 1, startMs + 5, [0, 1], 2, 2]);
  assertEquals([epoch, n, id], [null, 0, null]);
  assertEquals(content, { kind: "registered", name: "Alice", deviceKey, role: 0, invite: 0 });
  assertEquals(world.published[0]!.changes, [{ what: "joins", audience: "r1", user: 2 }]);
  assertEquals(world.published[0]!.user, 2);
});

Deno.test("apply() never gives a name or a key to another user", () => {
  using world = new World();
  const key = new Uint8Array(32).fill(7);
  world.tryRegister("Alice", key);
  assertEquals(world.tryRegister("aLICE"), later(codes.nameTaken, 0));
  assertEquals(world.tryRegister("other", key), later(codes.nameTaken, 0));
  for (const name of ["", "a b", "é", "a".repeat(33), "\u212a"]) {
    assertEquals(world.tryRegister(name), later(codes.badName, 0), name);
  }
  assertEquals(world.log().length, 2);
});

Deno.test("apply() stores a message with its number, for its room", () => {
  const { world, alice } = twoPeople();
  const id = new Uint8Array(16).fill(9);
  assertEquals(world.submit(alice, say("DEV", "é\n"), { id }), accepted(5));
  const entry = world.entry(5);
  assertEquals([entry.audience, entry.prev, entry.user, entry.device], [[0, 4], 4, 2, 2]);
  assertEquals([entry.epoch, entry.n, entry.id], [alice.epoch, 2, id]);
  assertEquals(entry.content, { kind: "message", text: "é\n", act: false });
  world.store.close();
});

Deno.test("apply() answers a repeat with the lsn that it has", () => {
  const { world, alice } = twoPeople();
  const id = new Uint8Array(16).fill(9);
  const first = world.submit(alice, say("dev"), { id });
  world.submit(alice, say("dev", "next"));
  assertEquals(world.submit(alice, say("dev"), { id, n: 2 }), first);
  assertEquals(world.submit(alice, null, { id, n: 2 }), first, "only the id is compared");
  assertEquals(world.log().length, 6);
  assertEquals(world.submit(alice, say("dev", "on")), accepted(7));
  world.store.close();
});

Deno.test("apply() answers a repeat within one batch", () => {
  const { world, alice } = twoPeople();
  world.submit(alice, say("dev"));
  const again = world.submissions.at(-1)!;
  const next = { ...again, n: 3 } as typeof again;
  const { outcomes, published } = world.store.append([again, next, next, again]);
  assertEquals(outcomes, [5, 6, 6, 5].map(accepted));
  assertEquals(published.map(({ lsn }) => lsn), [6]);
  world.store.close();
});

Deno.test("apply() answers a repeat of what was refused with the same refusal", () => {
  const { world, bob } = twoPeople();
  const id = new Uint8Array(16).fill(9);
  const refused: Outcome = { outcome: "refused", lsn: 5, code: codes.notMember };
  assertEquals(world.submit(bob, say("dev"), { id }), refused);
  assertEquals(world.submit(bob, join("dev")), accepted(6));
  assertEquals(world.submit(bob, say("dev"), { id, n: 1 }), refused, "not decided again");
  world.store.close();
});

Deno.test("apply() tells a repeat with another id that it conflicts", () => {
  const { world, alice } = twoPeople();
  world.submit(alice, say("dev"));
  assertEquals(world.submit(alice, say("dev"), { n: 1 }), later(codes.conflict, 2));
  assertEquals(world.log().length, 5);
  world.store.close();
});

Deno.test("apply() takes nothing after a gap, nor the number 0", () => {
  const { world, alice, bob } = twoPeople();
  assertEquals(world.submit(alice, say("dev"), { n: 3 }), later(codes.gap, 1));
  assertEquals(world.submit(alice, say("dev"), { n: 0 }), later(codes.gap, 1));
  assertEquals(world.submit(bob, say("lobby"), { n: 2 }), later(codes.gap, 0));
  assertEquals(world.submit(alice, say("dev"), { n: 2 }), accepted(5));
  world.store.close();
});

Deno.test("apply() starts each epoch of each device at 1", () => {
  const { world, alice, bob } = twoPeople();
  const fresh = new Uint8Array(16).fill(5);
  assertEquals(world.submit(alice, say("dev"), { epoch: fresh, n: 2 }), later(codes.gap, 0));
  assertEquals(world.submit(alice, say("dev"), { epoch: fresh, n: 1 }), accepted(5));
  assertEquals(world.submit(bob, say("lobby"), { epoch: fresh, n: 1 }), accepted(6));
  assertEquals(world.submit(alice, say("dev"), { n: 2 }), accepted(7), "the old one counts on");
  world.store.close();
});

const refusals: readonly (readonly [Action | null, Code])[] = [
  [say("nowhere"), codes.noRoom],
  [say(""), codes.noRoom],
  [leave("nowhere"), codes.noRoom],
  [say("@nobody"), codes.noUser],
  [say("@"), codes.noUser],
  [say("dev"), codes.notMember],
  [leave("dev"), codes.notMember],
  [join("lobby"), codes.alreadyMember],
  [join("LOBBY"), codes.alreadyMember],
  [leave("Lobby"), codes.lobbyStays],
  [join("a b"), codes.badRoomName],
  [join("@alice"), codes.badRoomName],
  [join(""), codes.badRoomName],
  [say("lobby", ""), codes.badText],
  [say("lobby", "\x1b[2J"), codes.badText],
  [say("lobby", "a".repeat(8_193)), codes.badText],
  [say("nowhere", ""), codes.badText],
  [null, codes.unknownAction],
];

for (const [action, code] of refusals) {
  const what = JSON.stringify(action).slice(0, 70);
  Deno.test(`apply() refuses ${what} as ${codeName(code)}, to the device only`, () => {
    const { world, bob } = twoPeople();
    world.submit(bob, say("lobby", "first"));
    assertEquals(world.submit(bob, action), { outcome: "refused", lsn: 6, code });
    const { audience, prev, n, content } = world.entry(6);
    assertEquals([audience, prev, n, content], [[3, 3], 0, 2, { kind: "refused", code }]);
    assertEquals(world.published.at(-1)!.changes, []);
    assertEquals(world.submit(bob, null), {
      outcome: "refused",
      lsn: 7,
      code: codes.unknownAction,
    }, "the number was taken");
    assertEquals(world.entry(7).prev, 6);
    world.store.close();
  });
}

Deno.test("apply() makes a room at the first join, without case", () => {
  const { world, alice, bob } = twoPeople();
  assertEquals(world.entry(4).content, { kind: "created", name: "dev", private: false });
  assertEquals(world.submit(bob, join("DEV")), accepted(5));
  assertEquals([world.entry(5).audience, world.entry(5).content], [[0, 4], { kind: "joined" }]);
  assertEquals(world.submit(alice, leave("Dev")), accepted(6));
  assertEquals(world.entry(6).content, { kind: "left" });
  assertEquals(world.submit(alice, say("dev")).outcome, "refused");
  assertEquals(world.submit(alice, join("dev")), accepted(8));
  assertEquals(world.published.map(({ changes }) => changes.map(({ what }) => what)), [
    ...[["joins"], ["joins"], ["joins"], ["joins"], ["leaves"]],
    ...[[], ["joins"]],
  ]);
  world.store.close();
});

Deno.test("apply() makes a direct of two, whoever begins", () => {
  const { world, alice, bob } = twoPeople();
  world.submit(bob, say("@ALICE"));
  world.submit(alice, say("@bob"));
  world.submit(alice, say("@alice", "a note"));
  const seen = [5, 6, 7].map((lsn) => world.entry(lsn));
  assertEquals(seen.map(({ audience }) => audience), [[1, 2, 3], [1, 2, 3], [1, 2, 2]]);
  assertEquals(seen.map(({ prev }) => prev), [0, 5, 0]);
  assertEquals(memberships(world), ["r1 2", "r1 3", "r4 2", "d2-3 2", "d2-3 3", "d2-2 2"]);
  world.store.close();
});

Deno.test("apply() chains prev within each audience", () => {
  const { world, alice, bob } = twoPeople();
  world.submit(alice, say("lobby"));
  world.submit(alice, say("dev"));
  world.submit(bob, say("lobby"));
  world.submit(alice, say("dev"));
  assertEquals(world.log().map(({ entry }) => entry.prev), [0, 1, 2, 0, 3, 4, 5, 6]);
  world.store.close();
});

Deno.test("apply() chains the digest over header, salt and body", () => {
  const { world, alice } = twoPeople();
  world.submit(alice, say("lobby"));
  let digest = firstDigest;
  for (const line of world.log()) {
    digest = chainDigest(digest, line.header, bodyDigest(line.salt, line.body));
    assertEquals(new Uint8Array(digest), line.digest);
  }
  assertEquals(new Uint8Array(world.store.head().digest), new Uint8Array(digest));
  world.store.close();
});

Deno.test("apply() publishes the frame of what is stored", () => {
  const { world, alice } = twoPeople();
  world.submit(alice, say("lobby"));
  const { lsn, frame, audience, user } = world.published.at(-1)!;
  assertEquals([lsn, audience, user], [5, [0, 1], 2]);
  assertEquals(frame, entryFrame(world.log()[4]!));
  world.store.close();
});

Deno.test("SqliteLog.append() takes nothing of a batch that fails", () => {
  const { world, alice } = twoPeople();
  const before = world.store.head();
  world.submit(alice, say("lobby"));
  const next = { ...world.submissions.at(-1)!, n: 3, salt: new Uint8Array(16) };
  const broken = { ...next, n: 4, action: { action: "nonsense" } } as unknown as typeof next;
  const head = world.store.head();
  assertNotEquals(head.digest, before.digest);
  let failed = false;
  try {
    world.store.append([next, broken]);
  } catch {
    failed = true;
  }
  assert(failed);
  assertEquals(world.store.head(), head);
  assertEquals(world.log().length, head.lsn);
  world.store.close();
});
