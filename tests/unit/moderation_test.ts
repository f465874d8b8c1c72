import { assertEquals } from "@std/assert";
import { type CodeName, codeName, codes } from "../../lib/errors.ts";
import type { Outcome } from "../../lib/log/submission.ts";
import type { Action } from "../../lib/protocol/codec.ts";
import { roles } from "../../lib/protocol/roles.ts";
import { HistoryReader } from "../../lib/store/history.ts";
import { StoredEntries } from "../../lib/store/stored.ts";
import { type Person, World } from "../support/world.ts";

/** Those who are in every test; `moderator` made `dev`, in which all but `stranger` are. */
const cast = ["owner", "admin", "moderator", "member", "other", "stranger"] as const;
type Part = typeof cast[number];

interface Play extends Readonly<Record<Part, Person>> {
  readonly world: World;
}

function play(): Play {
  const world = new World();
  const part = (name: string, role: number): Person => {
    const token = world.random.bytes(16);
    world.tryInvite(token, { role });
    const outcome = world.tryJoin(name, token);
    if (outcome.outcome !== "accepted") throw new Error(name);
    const { lsn } = outcome;
    return { name, user: lsn, device: lsn, epoch: world.random.bytes(16), n: 0 };
  };
  const people = Object.fromEntries(cast.map((name) => [
    name,
    part(name, name === "owner" ? roles.owner : name === "admin" ? roles.admin : roles.member),
  ])) as Record<Part, Person>;
  for (const name of ["moderator", "owner", "admin", "member", "other"] as const) {
    world.submit(people[name], { action: "join", room: "dev" });
  }
  return { world, ...people };
}

function codeOf(outcome: Outcome): CodeName | "accepted" {
  return outcome.outcome === "accepted" ? "accepted" : codeName(outcome.code) as CodeName;
}

function say(to: string): Action {
  return { action: "message", to, text: "hi", act: false };
}

const plain = { reason: "", device: 0, forMs: 0 };
const acts = {
  kick: (user: string, room = "dev") => ({ action: "kick", room, user, ...plain }),
  ban: (user: string, room = "dev") => ({ action: "ban", room, user, ...plain }),
  mute: (user: string, room = "dev") => ({ action: "mute", room, user, ...plain }),
  moderate: (user: string, room = "dev") => ({ action: "moderate", room, user, on: true }),
} as const;

/** Who may do it to whom in a room: whoever stands above. */
const above: Readonly<Record<Part, readonly Part[]>> = {
  owner: ["admin", "moderator", "member", "other"],
  admin: ["moderator", "member", "other"],
  moderator: ["member", "other"],
  member: [],
  other: [],
  stranger: [],
};

for (const [what, act] of Object.entries(acts)) {
  for (const actor of cast) {
    for (const target of cast.slice(0, -1)) {
      const may = above[actor].includes(target);
      Deno.test(`${what}: ${actor} ${may ? "may" : "may not"} do it to ${target} in a room`, () => {
        using play_ = dispose(play());
        const { world } = play_;
        const outcome = world.submit(play_[actor], act(target) as Action);
        const isModerator = what === "moderate" && target === "moderator";
        const refusal = actor === "stranger" ? "notMember" : "noRight";
        const wanted = may ? isModerator ? "alreadySo" : "accepted" : refusal;
        assertEquals(codeOf(outcome), wanted);
      });
    }
  }
}

function dispose(play: Play): Play & Disposable {
  return { ...play, [Symbol.dispose]: () => play.world.store.close() };
}

Deno.test("in the lobby only admins act, and what they do holds for the server", () => {
  using it = dispose(play());
  const { world } = it;
  world.submit(it.owner, acts.moderate("member", "lobby") as Action);
  const tried = (who: Person, action: unknown) => codeOf(world.submit(who, action as Action));
  assertEquals(tried(it.moderator, acts.ban("member", "lobby")), "noRight");
  assertEquals(tried(it.moderator, acts.mute("member", "lobby")), "noRight");
  assertEquals(tried(it.admin, acts.kick("member", "lobby")), "lobbyStays");
  assertEquals(tried(it.admin, acts.moderate("member", "lobby")), "noRight");
  assertEquals(tried(it.admin, acts.ban("owner", "lobby")), "noRight");
  assertEquals(tried(it.admin, acts.mute("member", "lobby")), "accepted");
  for (const to of ["lobby", "dev", "@owner"]) assertEquals(tried(it.member, say(to)), "muted");
  const invite = { action: "inviteTo", room: "dev", user: "stranger" };
  assertEquals(tried(it.member, invite), "muted", "an invitation is written too");
  assertEquals(tried(it.member, { action: "leave", room: "dev" }), "accepted");
});

Deno.test("who is kicked may come back, who is banned may not until the ban is taken back", () => {
  using it = dispose(play());
  const { world, moderator, member, other } = it;
  const tried = (who: Person, action: unknown) => codeOf(world.submit(who, action as Action));
  const join = { action: "join", room: "dev" };
  assertEquals(tried(moderator, acts.kick("member")), "accepted");
  assertEquals(tried(member, say("dev")), "notMember");
  assertEquals(tried(moderator, acts.kick("member")), "noMember");
  assertEquals(tried(member, join), "accepted");
  assertEquals(tried(moderator, acts.ban("member")), "accepted");
  assertEquals(tried(moderator, acts.ban("stranger")), "accepted", "who is not there yet");
  for (const who of [member, it.stranger]) assertEquals(tried(who, join), "bannedHere");
  assertEquals(tried(moderator, acts.ban("member")), "alreadySo");
  const invite = { action: "inviteTo", room: "dev", user: "member" };
  assertEquals(tried(other, invite), "bannedHere", "no way around it");
  const unban = { action: "unban", room: "dev", user: "member", device: 0 };
  assertEquals(tried(other, unban), "noRight");
  assertEquals(tried(moderator, unban), "accepted");
  assertEquals(tried(moderator, unban), "alreadySo");
  assertEquals(tried(member, join), "accepted");
});

Deno.test("a moderator who is sent away is none on the way back in", () => {
  using it = dispose(play());
  const { world, owner, moderator } = it;
  world.submit(owner, acts.kick("moderator") as Action);
  world.submit(moderator, { action: "join", room: "dev" });
  assertEquals(codeOf(world.submit(moderator, acts.kick("member") as Action)), "noRight");
});

Deno.test("a mute ends by itself, at its time, and before by being taken back", () => {
  using it = dispose(play());
  const { world, moderator, member } = it;
  const tried = (who: Person, action: unknown) => codeOf(world.submit(who, action as Action));
  const mute = { action: "mute", room: "dev", user: "member", forMs: 1_000, reason: "loud" };
  assertEquals(tried(moderator, mute), "accepted");
  assertEquals([tried(member, say("dev")), tried(member, say("lobby"))], ["muted", "accepted"]);
  world.clock.nowMs += 999;
  assertEquals(tried(member, say("dev")), "muted");
  world.clock.nowMs += 1;
  assertEquals(tried(member, say("dev")), "accepted");
  assertEquals(tried(moderator, { ...mute, forMs: 0 }), "accepted");
  world.clock.nowMs += 1e9;
  assertEquals(tried(member, say("dev")), "muted", "until unmuted");
  const unmute = { action: "unmute", room: "dev", user: "member" };
  assertEquals([tried(moderator, unmute), tried(moderator, unmute)], ["accepted", "alreadySo"]);
  assertEquals(tried(member, say("dev")), "accepted");
});

Deno.test("a ban in the lobby shuts a user out at once, with all devices, until it is taken back", () => {
  using it = dispose(play());
  const { world, admin, member } = it;
  const ban = world.submit(admin, acts.ban("member", "lobby") as Action);
  assertEquals(codeOf(ban), "accepted");
  const { user } = member;
  assertEquals(world.published.at(-1)!.changes, [
    { what: "shut", user, device: 0, code: codes.banned },
  ]);
  assertEquals(world.submit(member, say("lobby")), {
    outcome: "later",
    code: codes.banned,
    last: 0,
  });
  assertEquals(codeOf(world.submit(admin, acts.ban("member", "lobby") as Action)), "alreadySo");
  world.submit(admin, { action: "unban", room: "lobby", user: "member", device: 0 });
  assertEquals(codeOf(world.submit(member, say("lobby"))), "accepted", "and is where it was");
  assertEquals(codeOf(world.submit(member, say("dev"))), "accepted");
});

Deno.test("a ban of a device shuts out that one alone, and is of the server only", () => {
  using it = dispose(play());
  const { world, admin, member, other } = it;
  const ban = (user: string, device: number, room = "lobby") =>
    codeOf(world.submit(admin, { action: "ban", room, user, device, reason: "" }));
  assertEquals(ban("member", other.device), "noUser", "the device of another");
  assertEquals(ban("member", 999), "noUser");
  assertEquals(ban("member", member.device, "dev"), "noRight");
  assertEquals(ban("member", member.device), "accepted");
  const { user, device } = member;
  const shut = { what: "shut", user, device, code: codes.banned } as const;
  assertEquals(world.published.at(-1)!.changes, [shut]);
  assertEquals(codeOf(world.submit(member, say("lobby"))), "banned");
  assertEquals(ban("member", member.device), "alreadySo");
  const unban = { action: "unban", room: "lobby", user: "member", device } as const;
  assertEquals(codeOf(world.submit(admin, unban)), "accepted");
  assertEquals(codeOf(world.submit(member, say("lobby"))), "accepted");
});

Deno.test("who is rolled back is let in: what a batch noted of bans and mutes is forgotten", () => {
  using it = dispose(play());
  const { world, admin, moderator, member } = it;
  const { store } = world;
  const base = { by: "device", sizeBytes: 0, timeMs: world.clock.nowMs } as const;
  const by = ({ user, device, epoch, n }: Person, action: Action) => ({
    ...{ ...base, user, device, epoch, n: n + 1, action },
    id: world.random.bytes(16),
    salt: world.random.bytes(16),
  });
  const pages = store.database.prepare("PRAGMA page_count").get() as { page_count: number };
  store.database.exec(`PRAGMA max_page_count = ${pages.page_count}`);
  const fill = (at: number) =>
    by({ ...it.owner, n: it.owner.n + at }, {
      ...say("lobby"),
      text: "x".repeat(8_000),
    } as Action);
  const { outcomes } = store.append([
    by(admin, acts.ban("member", "lobby") as Action),
    by(moderator, acts.mute("other") as Action),
    ...[0, 1, 2, 3].map(fill),
  ]);
  assertEquals(codeOf(outcomes[0]!), "unavailable", "the disk is full");
  store.database.exec("PRAGMA max_page_count = 1000000");
  assertEquals(codeOf(world.submit(member, say("lobby"))), "accepted");
  assertEquals(codeOf(world.submit(it.other, say("dev"))), "accepted");
});

Deno.test("a private room takes who was invited, once", () => {
  using it = dispose(play());
  const { world, moderator, member, other, stranger } = it;
  const tried = (who: Person, action: unknown) => codeOf(world.submit(who, action as Action));
  const join = { action: "join", room: "attic" };
  const invite = (user: string) => ({ action: "inviteTo", room: "attic", user });
  assertEquals(tried(moderator, { action: "makePrivate", room: "attic" }), "accepted");
  assertEquals(tried(member, join), "privateRoom");
  assertEquals(tried(member, invite("other")), "notMember");
  assertEquals(tried(moderator, invite("member")), "accepted");
  const { audience, content } = world.log().at(-1)!.entry;
  assertEquals(audience, [1, moderator.user, member.user], "both see the invitation");
  assertEquals(content?.kind, "roomInvited");
  assertEquals(tried(moderator, invite("member")), "accepted", "before it is used");
  assertEquals(tried(other, join), "privateRoom", "it is for one");
  assertEquals(tried(member, join), "accepted");
  assertEquals(tried(moderator, invite("member")), "alreadySo");
  assertEquals(tried(member, invite("stranger")), "accepted", "any member invites");
  assertEquals(tried(stranger, join), "accepted");
  assertEquals(tried(member, { action: "leave", room: "attic" }), "accepted");
  assertEquals(tried(member, join), "privateRoom", "it was used");
  tried(moderator, invite("member"));
  tried(moderator, { action: "ban", room: "attic", user: "member", ...plain });
  tried(moderator, { action: "unban", room: "attic", user: "member", ...plain });
  assertEquals(tried(member, join), "privateRoom", "a ban takes the invitation too");
});

Deno.test("only a moderator makes a room private, and it stays so", () => {
  using it = dispose(play());
  const tried = (who: Person, room: string) =>
    codeOf(it.world.submit(who, { action: "makePrivate", room }));
  assertEquals(tried(it.member, "dev"), "noRight");
  assertEquals(tried(it.stranger, "dev"), "notMember");
  assertEquals(tried(it.owner, "lobby"), "lobbyStays");
  assertEquals(tried(it.moderator, "not a room"), "badRoomName");
  assertEquals([tried(it.moderator, "dev"), tried(it.moderator, "dev")], ["accepted", "alreadySo"]);
});

Deno.test("history of a private room goes as far as the own membership, public before for all", () => {
  using it = dispose(play());
  const { world, moderator, member, stranger } = it;
  const say_ = () => world.submit(moderator, say("dev"));
  say_();
  const public_ = lsnOf(world);
  world.submit(moderator, { action: "makePrivate", room: "dev" });
  say_();
  const hidden = lsnOf(world);
  world.submit(moderator, { action: "inviteTo", room: "dev", user: "stranger" });
  world.submit(stranger, { action: "join", room: "dev" });
  const joined = lsnOf(world);
  say_();
  const seen = lsnOf(world);
  const { database } = world.store;
  const reader = new HistoryReader(database, new StoredEntries(database));
  const room = world.log()[joined - 1]!.entry.audience as [0, number];
  const look = (who: Person, before: number) => {
    const page = reader.page({
      ...{ user: who.user, device: who.device, room, before },
      ...{ entriesMax: 50, bytesMax: 1e6 },
    });
    return [page.count, page.boundary];
  };
  assertEquals(look(stranger, 0), [2, 2], "the join and what follows; below is not theirs");
  assertEquals(look(stranger, joined)[0], look(member, public_ + 1)[0], "what was public, whole");
  assertEquals(look(member, 0)[0] as number > 5, true);
  world.submit(moderator, acts.kick("stranger") as Action);
  say_();
  assertEquals(look(stranger, 0), [3, 2], "the kick is the last they see");
  assertEquals(look(stranger, joined), [0, 2], "and the public part is the members' again");
  assertEquals(hidden < joined && joined < seen, true);
});

function lsnOf(world: World): number {
  return world.store.head().lsn;
}

Deno.test("who is blocked reaches one no more, and nobody can be blocked in the dark", () => {
  using it = dispose(play());
  const { world, member, other, stranger } = it;
  const tried = (who: Person, action: unknown) => codeOf(world.submit(who, action as Action));
  const block = (user: string, on = true) => ({ action: "block", user, on });
  assertEquals(tried(member, block("other")), "accepted");
  const { audience } = world.log().at(-1)!.entry;
  assertEquals(audience, [2, member.user], "nobody else is told");
  assertEquals(tried(member, block("other")), "alreadySo");
  assertEquals(tried(member, block("member")), "noUser");
  assertEquals(tried(member, block("nobody")), "noUser");
  assertEquals(tried(other, say("@member")), "blockedBy");
  assertEquals(tried(member, say("@other")), "blocking");
  assertEquals(tried(other, say("dev")), "accepted", "rooms are everybody's");
  world.submit(other, { action: "makePrivate", room: "attic" });
  assertEquals(tried(other, { action: "inviteTo", room: "attic", user: "member" }), "blockedBy");
  assertEquals(tried(stranger, say("@member")), "accepted");
  assertEquals(tried(member, block("other", false)), "accepted");
  assertEquals(tried(member, block("other", false)), "alreadySo");
  assertEquals(tried(other, say("@member")), "accepted");
});

Deno.test("roles are the owner's to give, and there is one owner", () => {
  using it = dispose(play());
  const { world, owner, admin, member } = it;
  const rank = (who: Person, user: string, role: number) =>
    codeOf(world.submit(who, { action: "rank", user, role }));
  for (const who of [admin, member]) assertEquals(rank(who, "other", roles.admin), "noRight");
  assertEquals(rank(owner, "owner", roles.member), "noRight");
  assertEquals(rank(owner, "member", 3), "noRight");
  assertEquals(rank(owner, "nobody", roles.admin), "noUser");
  assertEquals(rank(owner, "member", roles.admin), "accepted");
  assertEquals(world.published.at(-1)!.changes, [
    { what: "joins", audience: "a", user: member.user },
  ]);
  assertEquals(rank(owner, "member", roles.admin), "alreadySo");
  assertEquals(rank(owner, "member", roles.member), "accepted");
  assertEquals(world.published.at(-1)!.changes, [
    { what: "leaves", audience: "a", user: member.user },
  ]);
  assertEquals(rank(owner, "admin", roles.owner), "accepted");
  assertEquals(rank(owner, "member", roles.admin), "noRight", "an admin now");
  assertEquals(codeOf(world.submit(owner, acts.mute("member", "lobby") as Action)), "accepted");
  assertEquals(rank(admin, "owner", roles.member), "accepted");
});

Deno.test("an account is removed by its user or from above, everywhere and for good", () => {
  using it = dispose(play());
  const { world, owner, admin, member, other } = it;
  const remove = (who: Person, user: string) =>
    codeOf(world.submit(who, { action: "remove", user, reason: "" }));
  assertEquals(remove(member, "other"), "noRight");
  assertEquals(remove(it.moderator, "other"), "noRight");
  assertEquals(remove(admin, "owner"), "noRight");
  assertEquals(remove(owner, "owner"), "noRight", "the server is handed over first");
  assertEquals(remove(other, "other"), "accepted");
  const { user } = other;
  const dev = `r${
    world.log().find(({ entry }) => entry.content?.kind === "created" && entry.user)!.entry.lsn
  }`;
  assertEquals(world.published.at(-1)!.changes, [
    { what: "leaves", audience: "r1", user },
    { what: "leaves", audience: dev, user },
    { what: "shut", user, device: 0, code: codes.removed },
  ]);
  assertEquals(codeOf(world.submit(other, say("lobby"))), "removed");
  assertEquals(codeOf(world.submit(member, say("@other"))), "noUser");
  assertEquals(codeOf(world.submit(owner, acts.ban("other") as Action)), "noUser");
  assertEquals(codeOf(world.tryRegister("Other")), "nameTaken", "nobody gets the name");
  assertEquals(remove(owner, "admin"), "accepted");
  const left = world.published.at(-1)!.changes.map((change) =>
    change.what === "shut" ? "shut" : change.audience
  );
  assertEquals(left, ["a", "r1", dev, "shut"]);
});

Deno.test("admins make invites for no more than they are, and take them back", () => {
  using it = dispose(play());
  const { world, owner, admin, member } = it;
  const hash = world.random.bytes(32);
  const invite = (who: Person, role: number, uses = 1) =>
    codeOf(world.submit(who, { action: "invite", hash, role, uses, lifeMs: 60_000 }));
  assertEquals(invite(member, roles.member), "noRight");
  assertEquals(invite(admin, roles.owner), "noRight");
  assertEquals(invite(owner, roles.owner), "noRight");
  assertEquals([invite(admin, roles.admin, 0), invite(admin, 0, 1_001)], ["noRight", "noRight"]);
  assertEquals(invite(admin, roles.admin), "accepted");
  const { audience, user, lsn } = world.log().at(-1)!.entry;
  assertEquals([audience, user], [[4], admin.user]);
  assertEquals(invite(admin, roles.admin), "alreadySo", "the same token");
  const revoke = (who: Person) =>
    codeOf(world.submit(who, { action: "revokeInvite", invite: lsn }));
  assertEquals([revoke(member), revoke(owner), revoke(owner)], ["noRight", "accepted", "noInvite"]);
  const asked = { by: "server", registration: "invite", invite: hash } as const;
  const from = { name: "late", deviceKey: world.random.bytes(32), sizeBytes: 0 };
  const certain = { timeMs: world.clock.nowMs, salt: world.random.bytes(16) };
  assertEquals(codeOf(world.append({ ...asked, ...from, ...certain })), "usedInvite");
});

for (const reason of ["two\nlines", "\x1b[2J", "x".repeat(201)]) {
  Deno.test(`a reason that is ${JSON.stringify(reason).slice(0, 20)} is refused`, () => {
    using it = dispose(play());
    const action = { ...acts.kick("member"), reason } as Action;
    assertEquals(codeOf(it.world.submit(it.moderator, action)), "badReason");
  });
}
