/**
 * Who has no business in a room, and everything that they may ask for there: each is refused with
 * its reason, and changes nothing.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { codeName } from "../../lib/errors.ts";
import { HistoryReader } from "../../lib/store/history.ts";
import { StoreReader } from "../../lib/store/reader.ts";
import { projectionNames } from "../../lib/store/schema.ts";
import { StoredEntries } from "../../lib/store/stored.ts";
import type { ActionName } from "../../lib/protocol/actions.ts";
import type { Action } from "../../lib/protocol/codec.ts";
import { roles } from "../../lib/protocol/roles.ts";
import { type Person, World } from "../support/world.ts";

/** Those who try, and how they came to be out of the private room `attic`, which `maker` made. */
const outsiders = {
  "who was never in": () => {},
  "who was kicked": (play: Play) => play.comesAnd({ action: "kick", ...play.at }),
  "who is banned from it": (play: Play) => play.comesAnd({ action: "ban", ...play.at, device: 0 }),
  "who has left": (play: Play) => play.comesAnd({ action: "leave", room: "attic" }, play.eve),
  "an admin of the server": (play: Play) => play.gives(roles.admin),
} as const;

class Play {
  readonly world = new World();
  readonly owner: Person;
  readonly maker = this.world.register("maker");
  readonly member = this.world.register("member");
  readonly eve = this.world.register("eve");
  readonly at = { room: "attic", user: "eve", reason: "" } as const;

  constructor() {
    const token = this.world.random.bytes(16);
    this.world.tryInvite(token, { role: roles.owner });
    const { lsn } = this.world.tryJoin("owner", token) as { lsn: number };
    const epoch = this.world.random.bytes(16);
    this.owner = { name: "owner", user: lsn, device: lsn, epoch, n: 0 };
    this.world.submit(this.maker, { action: "makePrivate", room: "attic" });
    this.lets(this.member);
    this.world.submit(this.maker, { action: "message", to: "attic", text: "secret", act: false });
  }

  [Symbol.dispose](): void {
    this.world.store.close();
  }

  lets(who: Person): void {
    this.world.submit(this.maker, { action: "inviteTo", room: "attic", user: who.name });
    this.world.submit(who, { action: "join", room: "attic" });
  }

  comesAnd(action: Action, by: Person = this.maker): void {
    this.lets(this.eve);
    this.world.submit(by, action);
    this.world.submit(this.maker, { action: "message", to: "attic", text: "later", act: false });
  }

  gives(role: number): void {
    this.world.submit(this.owner, { action: "rank", user: "eve", role });
  }

  /** All tables but those that count a refusal too. */
  tables(): string {
    const counting = new Set(["reach", "places", "numbers", "outboxes", "usage"]);
    const tables = projectionNames.filter((name) => !counting.has(name));
    return Deno.inspect(
      tables.map((name) => this.world.store.database.prepare(`SELECT * FROM ${name}`).all()),
      { depth: 5, iterableLimit: 1_000 },
    );
  }
}

const here = { room: "attic", user: "member" } as const;
/** Everything that is about a room or the people in it. */
const attempts: readonly Action[] = [
  { action: "message", to: "attic", text: "hi", act: false },
  { action: "join", room: "attic" },
  { action: "leave", room: "attic" },
  { action: "kick", ...here, reason: "" },
  { action: "ban", ...here, device: 0, reason: "" },
  { action: "unban", ...here, user: "eve", device: 0 },
  { action: "mute", ...here, forMs: 0, reason: "" },
  { action: "unmute", ...here },
  { action: "moderate", ...here, user: "eve", on: true },
  { action: "makePrivate", room: "attic" },
  { action: "inviteTo", ...here, user: "eve" },
];
const joinCodes: Readonly<Record<string, string>> = { "who is banned from it": "bannedHere" };

for (const [who, comesAbout] of Object.entries(outsiders)) {
  for (const action of attempts) {
    Deno.test(`a private room: ${who} can't ${action.action}, and changes nothing`, () => {
      using play = new Play();
      comesAbout(play);
      const before = play.tables();
      const outcome = play.world.submit(play.eve, action);
      const isJoin = action.action === "join";
      const wanted = isJoin ? joinCodes[who] ?? "privateRoom" : "notMember";
      assertEquals(outcome.outcome === "refused" && codeName(outcome.code), wanted);
      assertEquals(play.tables(), before);
    });
  }

  Deno.test(`a private room: ${who} reads none of what others said in it`, () => {
    using play = new Play();
    comesAbout(play);
    const { database } = play.world.store;
    const created = play.world.log().find(({ entry }) =>
      entry.content?.kind === "created" && entry.user
    )!;
    const room = created.entry.audience as [0, number];
    const asked = { user: play.eve.user, device: play.eve.device, room, before: 0 };
    const page = new HistoryReader(database, new StoredEntries(database))
      .page({ ...asked, entriesMax: 50, bytesMax: 1e6 });
    const text = new TextDecoder().decode(page.bytes);
    assertEquals([text.includes("secret"), text.includes("later")], [false, false]);
    const reader = new StoreReader(database);
    assertEquals(reader.members(play.eve.user, "attic", 0).members, []);
    assertEquals(reader.rooms(play.eve.user, "").rooms.map(([, name]) => name), ["lobby"]);
    const { lsn: head } = play.world.store.head();
    const all = {
      user: play.eve.user,
      device: play.eve.device,
      head,
      entriesMax: 999,
      bytesMax: 1e7,
    };
    const resumed = new TextDecoder().decode(reader.page({ ...all, after: 0 }).bytes);
    assertEquals([resumed.includes("secret"), resumed.includes("later")], [false, false]);
  });
}

/** What only those above may do to the whole server. */
const serverWide: readonly Action[] = [
  { action: "ban", room: "lobby", user: "member", device: 0, reason: "" },
  { action: "unban", room: "lobby", user: "member", device: 0 },
  { action: "mute", room: "lobby", user: "member", forMs: 0, reason: "" },
  { action: "unmute", room: "lobby", user: "member" },
  { action: "moderate", room: "lobby", user: "eve", on: true },
  { action: "kick", room: "lobby", user: "member", reason: "" },
  { action: "makePrivate", room: "lobby" },
  { action: "rank", user: "eve", role: roles.admin },
  { action: "rank", user: "eve", role: roles.owner },
  { action: "remove", user: "member", reason: "" },
  { action: "remove", user: "owner", reason: "" },
  { action: "invite", hash: new Uint8Array(32), role: roles.admin, uses: 1, lifeMs: 1_000 },
  { action: "revokeInvite", invite: 2 },
];

for (const action of serverWide) {
  const role = "role" in action ? ` (${action.role})` : "";
  const whom = "user" in action ? ` ${action.user}` : "";
  Deno.test(`the server: a member can't ${action.action}${whom}${role}, and changes nothing`, () => {
    using play = new Play();
    const before = play.tables();
    assertEquals(play.world.submit(play.eve, action).outcome, "refused");
    assertEquals(play.tables(), before);
  });
}

const shutOut = {
  "a banned user": (play: Play) =>
    play.world.submit(play.owner, {
      ...{ action: "ban", room: "lobby", user: "eve", device: 0, reason: "" },
    }),
  "a banned device": (play: Play) =>
    play.world.submit(play.owner, {
      ...{ action: "ban", room: "lobby", user: "eve", device: play.eve.device, reason: "" },
    }),
  "a removed user": (play: Play) =>
    play.world.submit(play.owner, { action: "remove", user: "eve", reason: "" }),
} as const;
const everything: readonly Action[] = [
  ...attempts,
  ...serverWide,
  { action: "addDevice", hash: new Uint8Array(32), lifeMs: 1_000 },
  { action: "revokeDevice", device: 4 },
  { action: "block", user: "member", on: true },
];

for (const [who, comesAbout] of Object.entries(shutOut)) {
  for (const action of everything) {
    const about = JSON.stringify(action, (key, value) => key === "hash" ? undefined : value);
    Deno.test(`${who} is not heard: ${about}`, () => {
      using play = new Play();
      comesAbout(play);
      const before = play.world.store.head().lsn;
      const outcome = play.world.submit(play.eve, action);
      const code = outcome.outcome === "later" && codeName(outcome.code);
      assertEquals(code, who === "a removed user" ? "removed" : "banned");
      assertEquals(play.world.store.head().lsn, before, "nothing is taken, a refusal neither");
    });
  }
}

Deno.test("every action stands in the matrix", () => {
  const tried = new Set(everything.map(({ action }) => action));
  const all: Readonly<Record<ActionName, true>> = {
    ...{ message: true, join: true, leave: true, addDevice: true, revokeDevice: true, kick: true },
    ...{ ban: true, unban: true, mute: true, unmute: true, moderate: true, makePrivate: true },
    ...{ inviteTo: true, block: true, rank: true, remove: true, invite: true, revokeInvite: true },
  };
  assertEquals(tried, new Set(Object.keys(all) as ActionName[]));
});
