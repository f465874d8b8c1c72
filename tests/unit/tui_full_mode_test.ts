/**
 * The full screen between the mailbox and the keys.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { bob, dev, direct, lobby, me, TuiWorld } from "../support/tui_world.ts";

const has = (rows: string[], part: string) => rows.some((row) => row.includes(part));
const typed = (text: string) => ({ kind: "text", text }) as const;
const enter = { kind: "command", command: "enter" } as const;
const named = (name: "pageUp" | "nextActivity" | "nextRoom") => ({ kind: "named", name }) as const;

Deno.test("full screen: what is in the mailbox is there without a connection", () => {
  const world = new TuiWorld();
  for (let at = 1; at <= 30; at++) world.add(lobby, bob, `number ${at}`);
  const { rows } = world.start();
  assert(has(rows(), "bob: number 30") && !has(rows(), "number 5"));
  // What was there at the first start is not news.
  assert(!has(rows(), "unread"));
});

Deno.test("full screen: unread messages are counted, also over a restart, until they are looked at", () => {
  const world = new TuiWorld();
  world.add(dev, bob, "old");
  const first = world.start();
  first.come(dev, bob, "one");
  first.come(dev, bob, "for you, al");
  first.come(dev, me, "mine does not count");
  first.come(direct, bob, "psst");
  assert(has(first.rows(), "dev 2 !1") && has(first.rows(), "@bob 1 !1"));
  first.mode.secondPassed();
  const second = world.start();
  assert(
    has(second.rows(), "dev 2 !1") && has(second.rows(), "@bob 1 !1"),
    second.rows().join("\n"),
  );
  second.mode.pressed(named("nextActivity"));
  const rows = second.rows();
  const rule = rows.findIndex((row) => row.includes("── unread"));
  assert(
    rows[rule - 1]!.endsWith("bob: old") && rows[rule + 1]!.endsWith("bob: one"),
    rows.join("\n"),
  );
  assert(!has(rows, "dev 2"));
  second.mode.secondPassed();
  assert(!has(world.start().rows(), "dev 2"));
});

Deno.test("full screen: a message waits below the rest until its entry comes, and stands there once", () => {
  const world = new TuiWorld();
  const { sent } = world;
  const { mode, rows, come } = world.start();
  mode.pressed(typed("hi"));
  mode.pressed(enter);
  assertEquals(sent, [{ action: "message", to: "lobby", text: "hi", act: false }]);
  assert(has(rows(), "al: hi …"));
  come(lobby, bob, "hello");
  assert(
    rows().findIndex((row) => row.includes("hello")) <
      rows().findIndex((row) => row.includes("hi …")),
  );
  const row = { place: 1, action: sent[0]! } as never;
  mode.event({ kind: "answered", answered: { row, answer: { kind: "accepted", lsn: 2 } } });
  come(lobby, me, "hi");
  assertEquals(rows().filter((line) => line.includes("al: hi")).length, 1);
  assert(has(rows(), "al: hi ✓"));
});

Deno.test("full screen: a refused message is told with the reason", () => {
  const world = new TuiWorld();
  const { sent } = world;
  const { mode, rows } = world.start();
  mode.pressed(typed("hi"));
  mode.pressed(enter);
  const row = { place: 1, action: sent[0]! } as never;
  mode.event({
    kind: "answered",
    answered: { row, answer: { kind: "refused", lsn: 5, code: 40 } },
  });
  assert(has(rows(), "! not sent: ") && !has(rows(), "…"), rows().join("\n"));
});

Deno.test("full screen: who scrolled up goes on looking at the same while messages come", () => {
  const world = new TuiWorld();
  const { read, state } = world;
  for (let at = 1; at <= 300; at++) world.add(lobby, bob, `number ${at}.`);
  const { mode, rows, come } = world.start();
  rows();
  mode.pressed(named("pageUp"));
  const before = rows();
  for (let at = 301; at <= 350; at++) come(lobby, bob, `number ${at}.`);
  assertEquals(rows().slice(1, -2), before.slice(1, -2));
  // What one has not looked at is not told as read.
  state.isOpen = true;
  mode.secondPassed();
  assertEquals(read, []);
  mode.pressed({ kind: "escape" });
  assert(has(rows(), "number 350."));
  mode.secondPassed();
  assertEquals(read, [["r1", 350]]);
});

Deno.test("full screen: Page Up reads on in the mailbox, then asks the server", () => {
  const world = new TuiWorld();
  const { asked, state } = world;
  for (let at = 1; at <= 900; at++) world.add(lobby, bob, `number ${at}.`);
  const { mode, rows, done } = world.start();
  state.isOpen = true;
  for (let page = 0; page < 200 && !has(rows(), "number 1."); page++) mode.pressed(named("pageUp"));
  assert(has(rows(), "number 1."));
  assertEquals(asked.filter(({ kind }) => kind === "history"), []);
  done.length = 0;
  mode.pressed(named("pageUp"));
  // The room begins here.
  assertEquals(done, ["bell"]);
});

Deno.test("full screen: who is kicked from the room at hand sees by whom and why, and is told", () => {
  const world = new TuiWorld();
  const { mode, rows, come, happens } = world.start();
  for (const key of "/join dev") mode.pressed(typed(key));
  mode.pressed(enter);
  come(dev, bob, "last words");
  happens(dev, bob, { kind: "kicked", user: me, reason: "too loud" });
  assert(has(rows(), "bob kicked al from dev: too loud"), rows().join("\n"));
  assert(has(rows(), "no longer a member of dev"));
  come(lobby, bob, "elsewhere");
  assert(!has(rows(), "bob: elsewhere"));
});

Deno.test("full screen: what comes below a help or a list is not read until that is closed", () => {
  const world = new TuiWorld();
  const { read, state } = world;
  const { mode, rows, come } = world.start();
  state.isOpen = true;
  mode.pressed({ kind: "named", name: "help" });
  come(lobby, bob, "al, are you there?");
  rows();
  mode.secondPassed();
  assertEquals(read, []);
  mode.pressed({ kind: "escape" });
  assert(has(rows(), "are you there?"));
  mode.secondPassed();
  assertEquals(read, [["r1", 1]]);
  mode.pressed({ kind: "named", name: "nextRoom" });
  assert(!has(rows(), "lobby 1"), rows().join("\n"));
});

Deno.test("full screen: who joins a room is shown what was talked about before", () => {
  const world = new TuiWorld();
  const { asked, state } = world;
  const { mode, happens } = world.start();
  state.isOpen = true;
  for (const key of "/join dev") mode.pressed(typed(key));
  mode.pressed(enter);
  world.miss(dev);
  happens(dev, me, { kind: "joined" });
  assertEquals(asked.filter(({ kind }) => kind === "history").length, 1);
});

Deno.test("full screen: a keyword counts as the name does, and is marked alike", () => {
  const world = new TuiWorld();
  world.add(dev, bob, "old");
  const { rows, come, mode } = world.start({ color: true, keywords: ["on call"] });
  come(dev, bob, "who is On Call?");
  come(dev, bob, "on callback");
  assert(has(rows(), "dev 2 !1"), rows().join("\n"));
  come(lobby, bob, "on call now");
  const bold = (text: string) =>
    mode.frame({ columns: 80, rows: 24 }).rows.flat()
      .some((one) => one.text.includes("\x1b[1m") && one.text.includes(text));
  assert(bold("on call now"));
});

Deno.test("full screen: what was typed and not sent is there after a restart, in its room", () => {
  const world = new TuiWorld();
  const first = world.start();
  first.mode.pressed(typed("for the lobby"));
  first.mode.pressed(named("nextRoom"));
  first.mode.pressed(typed("for dev"));
  first.mode.secondPassed();
  const second = world.start();
  assert(has(second.rows(), "> for the lobby"), second.rows().join("\n"));
  second.mode.pressed(named("nextRoom"));
  assert(has(second.rows(), "> for dev"));
  second.mode.pressed(enter);
  second.mode.secondPassed();
  assertEquals(world.sent, [{ action: "message", to: "dev", text: "for dev", act: false }]);
  const third = world.start();
  assert(has(third.rows(), "> for the lobby"));
  third.mode.pressed(enter);
  third.mode.secondPassed();
  const fourth = world.start();
  fourth.mode.pressed(named("nextRoom"));
  for (const rows of [world.start().rows(), fourth.rows()]) assert(!has(rows, "> for"));
});

Deno.test("full screen: a line from before is no draft until it is changed, but what it stands in front of is", () => {
  const world = new TuiWorld();
  const { mode } = world.start();
  mode.pressed(typed("sent"));
  mode.pressed(enter);
  mode.pressed(typed("half"));
  mode.pressed({ kind: "command", command: "older" });
  mode.secondPassed();
  assert(has(world.start().rows(), "> half"));
  mode.pressed(typed(" and changed"));
  mode.secondPassed();
  assert(has(world.start().rows(), "> sent and changed"));
});

Deno.test("full screen: a message that means one calls, once, in whatever room one is", () => {
  const world = new TuiWorld();
  world.add(dev, bob, "before, al");
  const { come, done } = world.start({ keywords: ["deploy"] });
  come(lobby, bob, "nobody is meant");
  come(lobby, bob, "here, al");
  come(dev, bob, "Deploy it");
  come(direct, bob, "psst");
  come(dev, me, "al says this");
  assertEquals(done, ["lobby bob: here, al", "dev bob: Deploy it", "@bob bob: psst"]);
});
