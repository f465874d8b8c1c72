import { assertEquals, assertStringIncludes } from "@std/assert";
import { wanted } from "../../lib/server/audit_command.ts";
import { answerText } from "../../lib/server/admin_tables.ts";
import { roles } from "../../lib/protocol/roles.ts";
import { Auditor } from "../../lib/store/audit.ts";
import type { AuditLine } from "../../lib/log/audit.ts";
import { type Person, startMs, World } from "../support/world.ts";

function owner(world: World): Person {
  const token = world.random.bytes(16);
  world.tryInvite(token, { role: roles.owner });
  const { lsn } = world.tryJoin("olga", token) as { lsn: number };
  return { name: "olga", user: lsn, device: lsn, epoch: world.random.bytes(16), n: 0 };
}

/** All that an audit tells, page by page. */
function audit(world: World): AuditLine[] {
  const auditor = new Auditor(world.store.database);
  const lines: AuditLine[] = [];
  for (let after = 0;;) {
    const page = auditor.page(after);
    lines.push(...page.lines);
    if (page.next === 0) return lines;
    after = page.next;
  }
}

/** A world in which everything happens once. */
function everything(): World {
  const world = new World();
  const olga = owner(world);
  const bob = world.register("bob");
  const say = { action: "message", to: "lobby", text: "hi", act: false } as const;
  world.submit(bob, say);
  world.submit(bob, { action: "join", room: "dev" });
  world.submit(olga, { action: "join", room: "dev" });
  world.submit(olga, { action: "kick", room: "dev", user: "bob", reason: "too loud" });
  world.submit(olga, { action: "ban", room: "lobby", user: "bob", device: bob.device, reason: "" });
  world.submit(olga, { action: "unban", room: "lobby", user: "bob", device: bob.device });
  world.submit(olga, { action: "mute", room: "lobby", user: "bob", forMs: 60_000, reason: "spam" });
  world.submit(olga, { action: "unmute", room: "lobby", user: "bob" });
  world.submit(bob, { action: "block", user: "olga", on: true });
  world.submit(olga, { action: "makePrivate", room: "attic" });
  world.submit(bob, { action: "block", user: "olga", on: false });
  world.submit(olga, { action: "inviteTo", room: "attic", user: "bob" });
  world.submit(olga, { action: "rank", user: "bob", role: roles.admin });
  world.submit(bob, { action: "remove", user: "bob", reason: "left us" });
  return world;
}

Deno.test("Auditor.page() tells who did what to whom, where and why, and nothing private", () => {
  using world = everything();
  const told = audit(world).map(({ what, actor, whom, room, more, reason }) =>
    [what, actor, whom, room, more, reason].join("|")
  );
  const until = new Date(startMs + 60_000).toISOString();
  assertEquals(told.slice(0, 5), [
    "created|||lobby||",
    `invited||||role=owner uses=1 expires=${until}|`,
    "registered|olga|olga|lobby|role=owner invite=2|",
    "registered|bob|bob|lobby|role=member|",
    "created|bob||dev||",
  ]);
  const rest = told.slice(5);
  assertEquals(rest[0], "kicked|olga|bob|dev||too loud");
  assertStringIncludes(rest[1]!, "banned|olga|bob|lobby|device=");
  assertStringIncludes(rest[2]!, "unbanned|olga|bob|lobby|device=");
  assertEquals(rest.slice(3), [
    `muted|olga|bob|lobby|until=${until}|spam`,
    "unmuted|olga|bob|lobby||",
    "created|olga||attic|private|",
    "roomInvited|olga|bob|attic||",
    "ranked|olga|bob|lobby|role=admin|",
    "removed|bob|bob|lobby||left us",
  ]);
});

Deno.test("Auditor.page() goes on where the page before ended, and misses nothing", () => {
  using world = new World();
  const olga = owner(world);
  const say = { action: "message", to: "lobby", text: "x", act: false } as const;
  for (let at = 0; at < 4_100; at++) world.submit(olga, at % 500 === 0 ? makes(at) : say);
  const whole = audit(world);
  assertEquals(whole.filter(({ what }) => what === "created").length, 1 + 9);
  const { lines, next } = new Auditor(world.store.database).page(0);
  assertEquals([next, lines.length < whole.length], [2_000, true]);
});

function makes(at: number) {
  return { action: "join", room: `r${at}` } as const;
}

Deno.test("an audit is told in lines that hostile reasons and names can't break", () => {
  const line = {
    lsn: 9,
    timeMs: 0,
    what: "kicked",
    actor: "al",
    device: 3,
    whom: "bo",
    room: "dev",
  };
  const audit = { ...line, more: "device=3", reason: "a\x1b[2J\nb" };
  const [text] = answerText([{ audit }, { end: { more: 0, whole: true } }]).map(String);
  assertEquals(text!.split(": ")[0], "9 1970-01-01T00:00:00.000Z al kicked bo in dev (device=3)");
  assertEquals([text!.includes("\x1b"), text!.includes("\n")], [false, false]);
});

Deno.test("wanted() leaves lines of a user, done or suffered, and of a room", () => {
  const base = { lsn: 1, timeMs: 0, what: "kicked", device: 0, more: "", reason: "" };
  const line = (actor: string, whom: string, room: string) => ({
    audit: { ...base, actor, whom, room },
  });
  const [first, second, third] = [
    line("al", "Bo", "dev"),
    line("bo", "cy", "Ops"),
    line("al", "cy", "ops"),
  ] as const;
  const all = [first, second, third];
  const end = { end: { more: 0, whole: true } };
  assertEquals(wanted([...all, end], { user: "BO" }), [first, second, end]);
  assertEquals(wanted([...all, end], { room: "ops" }), [second, third, end]);
  assertEquals(wanted([...all, end], { user: "bo", room: "ops" }), [second, end]);
  assertEquals(wanted(all, {}), all);
});
