import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import {
  complete,
  type Desk,
  parseLine,
  runLine,
  slashCommands,
} from "../../lib/client/commands.ts";
import type { Query } from "../../lib/client/requests.ts";
import { madeCodes } from "../support/codes.ts";
import type { Action } from "../../lib/protocol/codec.ts";

/** A desk that writes down what is done at it. */
class Pad implements Desk {
  readonly sent: Action[] = [];
  readonly asked: Query[] = [];
  readonly notes: string[] = [];
  readonly codes = madeCodes();
  current = "lobby";
  quits = 0;
  backs = 0;
  readonly infos: number[] = [];
  readonly searches: string[] = [];
  readonly shares: boolean[] = [];

  membership(room: string): string | null {
    return { lobby: "lobby", dev: "Dev" }[room.toLowerCase()] ?? null;
  }
  goTo(room: string): void {
    this.current = room;
  }
  submit(action: Action): void {
    this.sent.push(action);
  }
  ask(query: Query): void {
    this.asked.push(query);
  }
  note(line: string): void {
    this.notes.push(line);
  }
  back(): void {
    this.backs++;
  }
  search(text: string): null {
    this.searches.push(text);
    return null;
  }
  info(back: number): boolean {
    this.infos.push(back);
    return back < 3;
  }
  share(on: boolean): boolean {
    this.shares.push(on);
    return true;
  }
  quit(): void {
    this.quits++;
  }
}

/** Types lines, which all must be taken. */
function typed(...lines: string[]): Pad {
  const pad = new Pad();
  for (const line of lines) assertEquals(runLine(pad, line), null);
  return pad;
}

/** Types a line that must not be taken. */
function refused(line: string): string {
  const pad = new Pad();
  const reason = runLine(pad, line);
  assert(reason !== null, line);
  assertEquals([pad.sent, pad.asked, pad.current], [[], [], "lobby"], "nothing is done");
  return reason;
}

function said(to: string, text: string, act = false): Action {
  return { action: "message", to, text, act };
}

Deno.test("parseLine() tells texts, commands and nothing apart", () => {
  const text = (one: string) => ({ kind: "text", text: one } as const);
  assertEquals(parseLine("hi"), text("hi"));
  assertEquals(parseLine("  /hi "), text("  /hi "), "only a slash at the start makes a command");
  assertEquals(parseLine("//hi"), text("/hi"));
  assertEquals(parseLine("///hi"), text("//hi"));
  assertEquals(parseLine("a\n/b"), text("a\n/b"));
  for (const blank of ["", " ", "\t\n"]) assertEquals(parseLine(blank), { kind: "nothing" });
  const command = (name: string, rest: string) => ({ kind: "command", name, rest } as const);
  assertEquals(parseLine("/join dev"), command("join", "dev"));
  assertEquals(parseLine("/JOIN\tdev"), command("join", "dev"));
  assertEquals(parseLine("/me  a b  "), command("me", "a b  "));
  assertEquals(parseLine("/msg bob a\nb"), command("msg", "bob a\nb"));
  assertEquals(parseLine("/"), command("", ""));
});

Deno.test("runLine() sends text to the room at hand, as it is", () => {
  const pad = typed("hi there ", "//slash", "a\n\tb");
  assertEquals(pad.sent, [
    said("lobby", "hi there "),
    said("lobby", "/slash"),
    said("lobby", "a\n\tb"),
  ]);
  assertEquals(typed("", "   ").sent, []);
});

Deno.test("runLine() refuses at the keyboard what the server would refuse", () => {
  assertStringIncludes(refused("bad\x1b[2J"), "control characters");
  assertStringIncludes(refused("x".repeat(8_193)), "8192");
  assertStringIncludes(refused("/join two words"), "a room's name");
  assertStringIncludes(refused("/msg b@d hi"), "a name");
  assertStringIncludes(refused("/me \x07"), "control characters");
  assertStringIncludes(refused("/part lobby"), "lobby");
});

Deno.test("/join joins and goes there; where one is already, it only goes there", () => {
  const pad = typed("/join ops", "hi");
  assertEquals(pad.sent, [{ action: "join", room: "ops" }, said("ops", "hi")]);
  const again = typed("/join dev", "hi");
  assertEquals(again.sent, [said("Dev", "hi")]);
  assertStringIncludes(refused("/join"), "/join <room>");
});

Deno.test("/part leaves the room at hand for the lobby, or another room", () => {
  const here = typed("/join dev", "/part");
  assertEquals([here.sent, here.current], [[{ action: "leave", room: "Dev" }], "lobby"]);
  const there = typed("/join ops", "/part dev");
  assertEquals(there.sent.at(-1), { action: "leave", room: "dev" });
  assertEquals(there.current, "ops");
  assertStringIncludes(refused("/part"), "lobby");
});

Deno.test("/msg writes to one user, with or without @", () => {
  assertEquals(typed("/msg bob hi  there", "/msg @bob a\nb").sent, [
    said("@bob", "hi  there"),
    said("@bob", "a\nb"),
  ]);
  assertStringIncludes(refused("/msg bob"), "/msg <user> <text>");
  assertStringIncludes(refused("/msg bob  "), "/msg <user> <text>");
});

Deno.test("/me writes what one does", () => {
  assertEquals(typed("/me waves").sent, [said("lobby", "waves", true)]);
  assertStringIncludes(refused("/me "), "/me <text>");
});

Deno.test("/rooms and /who ask", () => {
  assertEquals(typed("/rooms", "/who", "/who dev").asked, [
    { kind: "rooms" },
    { kind: "members", room: "lobby" },
    { kind: "members", room: "dev" },
  ]);
  assertStringIncludes(refused("/who b@d"), "/who [room]");
  assertStringIncludes(refused("/rooms all"), "/rooms");
});

Deno.test("/help shows every command of the table, /quit leaves", () => {
  const { notes, quits } = typed("/help", "/quit");
  for (const { name, says } of slashCommands) {
    assert(notes.some((line) => line.includes(`/${name}`) && line.includes(says)), name);
  }
  assertEquals(quits, 1);
});

Deno.test("runLine() names the closest command for one that is not there, and sends nothing", () => {
  assertStringIncludes(refused("/leave"), "did you mean /part?");
  assertStringIncludes(refused("/jion dev"), "/join");
  assertStringIncludes(refused("/w dev"), "/who");
  assertStringIncludes(refused("/hlep"), "/help");
  assertStringIncludes(refused("/frobnicate"), "/help");
  assertStringIncludes(refused("/"), "/help");
  assert(!refused("/\x1b[2J").includes("\x1b"), "what was typed is shown safely");
});

Deno.test("complete() offers commands, rooms and users where they belong", () => {
  const names = { rooms: ["dev", "Design"], users: ["alice", "Dan"] };
  assertEquals(complete("/m", names), ["/msg ", "/me ", "/mute ", "/moderator "]);
  assertEquals(complete("/join d", names), ["dev ", "Design "]);
  assertEquals(complete("/msg d", names), ["Dan "]);
  assertEquals(complete("well, @a", names), ["@alice "]);
  assertEquals(complete("hello ", names), []);
});

Deno.test("/history, /info and /reads do what their arguments say, and nothing else", () => {
  const pad = typed("/history", "/info", "/info 2", "/reads on", "/READS OFF");
  assertEquals([pad.backs, pad.infos, pad.shares], [1, [1, 2], [true, false]]);
  assertStringIncludes(refused("/history 3"), "/history");
  assertStringIncludes(refused("/info x"), "/info [n]");
  assertStringIncludes(refused("/info 3"), "not written as much");
  assertStringIncludes(refused("/reads"), "/reads on|off");
});
