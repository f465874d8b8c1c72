import { assertEquals } from "@std/assert";
import { codeName } from "../../lib/errors.ts";
import { tokenHash } from "../../lib/identity/invite.ts";
import type { Outcome } from "../../lib/log/submission.ts";
import type { Action } from "../../lib/protocol/codec.ts";
import { roles } from "../../lib/protocol/roles.ts";
import { rebuild } from "../../lib/store/project.ts";
import { type Person, World } from "../support/world.ts";

function codeOf(outcome: Outcome): string {
  return outcome.outcome === "accepted" ? "accepted" : codeName(outcome.code);
}

/** An owner and an admin, and a way to make invites and to come in with them. */
class Play {
  readonly world = new World();
  readonly owner = this.#come("owner", roles.owner);
  readonly admin = this.#come("admin", roles.admin);

  [Symbol.dispose](): void {
    this.world.store.close();
  }

  act(by: Person, action: Action): string {
    return codeOf(this.world.submit(by, action));
  }

  /** @returns the token of an invite that somebody made */
  invite(by: Person, role: number, uses = 9): Uint8Array {
    const token = this.world.random.bytes(16);
    const hash = tokenHash(token);
    const made = this.act(by, { action: "invite", hash, role, uses, lifeMs: 60_000 });
    assertEquals(made, "accepted");
    return token;
  }

  /** @returns what comes of a login with an unknown key */
  come(name: string, token: Uint8Array): string {
    return codeOf(this.world.tryJoin(name, token));
  }

  /** @returns one more device of a user */
  device(of: Person): Person {
    const { world } = this;
    const token = world.random.bytes(16);
    const hash = tokenHash(token);
    assertEquals(this.act(of, { action: "addDevice", hash, lifeMs: 60_000 }), "accepted");
    const { lsn } = world.tryJoin(of.name, token) as { lsn: number };
    return { ...of, device: lsn, epoch: world.random.bytes(16), n: 0 };
  }

  #come(name: string, role: number): Person {
    const { world } = this;
    const token = world.random.bytes(16);
    world.tryInvite(token, { role });
    const { lsn } = world.tryJoin(name, token) as { lsn: number };
    return { name, user: lsn, device: lsn, epoch: world.random.bytes(16), n: 0 };
  }
}

const ends: { readonly [how: string]: readonly [end: Action, undo?: Action] } = {
  "is no admin any more": [
    { action: "rank", user: "admin", role: roles.member },
    { action: "rank", user: "admin", role: roles.admin },
  ],
  "is banned": [
    { action: "ban", room: "lobby", user: "admin", device: 0, reason: "" },
    { action: "unban", room: "lobby", user: "admin", device: 0 },
  ],
  "is removed": [{ action: "remove", user: "admin", reason: "" }],
};

for (const [how, [end, undo]] of Object.entries(ends)) {
  Deno.test(`nobody comes in by an invite of an admin who ${how}`, () => {
    using play = new Play();
    const tokens = [roles.member, roles.admin].map((role) => play.invite(play.admin, role));
    const come = (name: string) => tokens.map((token, at) => play.come(`${name}${at}`, token));
    assertEquals(come("before"), ["accepted", "accepted"]);
    assertEquals(play.act(play.owner, end), "accepted");
    assertEquals(come("after"), ["expiredInvite", "expiredInvite"]);
    rebuild(play.world.store.database);
    assertEquals(come("rebuilt"), ["expiredInvite", "expiredInvite"]);
    if (!undo) return;
    assertEquals(play.act(play.owner, undo), "accepted");
    assertEquals(come("undone"), ["accepted", "accepted"]);
  });
}

Deno.test("an invite counts no more when the device that made it is revoked, and others' do", () => {
  using play = new Play();
  const { admin } = play;
  const stolen = play.device(admin);
  const [thiefs, own] = [play.invite(stolen, roles.admin), play.invite(admin, roles.admin)];
  assertEquals(play.act(admin, { action: "revokeDevice", device: stolen.device }), "accepted");
  assertEquals(play.come("thief", thiefs), "expiredInvite");
  assertEquals(play.come("friend", own), "accepted");
});

Deno.test("an owner who hands the server over goes on inviting as an admin", () => {
  using play = new Play();
  const token = play.invite(play.owner, roles.admin);
  assertEquals(
    play.act(play.owner, { action: "rank", user: "admin", role: roles.owner }),
    "accepted",
  );
  assertEquals(play.come("late", token), "accepted");
});

Deno.test("who came in by an invite can't spoil it for others with a code of the same token", () => {
  using play = new Play();
  const { world } = play;
  const token = play.invite(play.owner, roles.member);
  const { lsn } = world.tryJoin("guest", token) as { lsn: number };
  const epoch = world.random.bytes(16);
  const guest: Person = { name: "guest", user: lsn, device: lsn, epoch, n: 0 };
  const hash = tokenHash(token);
  assertEquals(play.act(guest, { action: "addDevice", hash, lifeMs: 60_000 }), "alreadySo");
  assertEquals(play.come("friend", token), "accepted");
});

Deno.test("no invite is made of the token of a code", () => {
  using play = new Play();
  const hash = tokenHash(play.world.random.bytes(16));
  assertEquals(play.act(play.admin, { action: "addDevice", hash, lifeMs: 60_000 }), "accepted");
  const invite = { action: "invite", hash, role: roles.member, uses: 1, lifeMs: 60_000 } as const;
  assertEquals(play.act(play.owner, invite), "alreadySo");
});

Deno.test("the server is not handed over to who is banned from it", () => {
  using play = new Play();
  const { owner } = play;
  const ban = { room: "lobby", user: "admin", device: 0, reason: "" } as const;
  assertEquals(play.act(owner, { action: "ban", ...ban }), "accepted");
  const handOver = { action: "rank", user: "admin", role: roles.owner } as const;
  assertEquals(play.act(owner, handOver), "noRight");
  assertEquals(play.act(owner, { action: "unban", ...ban }), "accepted");
  assertEquals(play.act(owner, handOver), "accepted");
});
