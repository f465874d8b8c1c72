/**
 * What can be typed: a table of commands, and the parser of a line. Pure.
 *
 * @module
 */

import { isName, isText, lobbyName, nameKey } from "../protocol/names.ts";
import type { Action } from "../protocol/codec.ts";
import { codes, explain } from "../errors.ts";
import { safe, type SafeText, safeText } from "../safe_text.ts";
import type { Codes } from "./codes.ts";
import { deviceCommands } from "./device_commands.ts";
import { moderationCommands } from "./moderation_commands.ts";
import type { Query } from "./requests.ts";
import type { CommandOf } from "./slash_command.ts";

/** What a command may do. */
export interface Desk {
  /** The name of the room that typed text goes to. */
  readonly current: string;
  /** Makes codes for devices, and invites. */
  readonly codes: Codes;
  /**
   * Finds a room that we are a member of.
   *
   * @param room its name in any case
   * @returns its name as the server writes it, or null
   */
  membership(room: string): string | null;
  /**
   * Makes a room the one that typed text goes to.
   *
   * @param room its name
   */
  goTo(room: string): void;
  /**
   * Asks for something.
   *
   * @param action within the rules for names and texts
   */
  submit(action: Action): void;
  /**
   * Asks a question whose answer is shown.
   *
   * @param query what to ask
   */
  ask(query: Query): void;
  /**
   * Shows a line of this program's own.
   *
   * @param line what to show
   */
  note(line: SafeText): void;
  /**
   * Shows what was written before in the room that typed text goes to.
   */
  back(): void;
  /**
   * Shows messages that are what is looked for.
   *
   * @param text the query as typed
   * @returns what is wrong with it, or null
   */
  search(text: string): SafeText | null;
  /**
   * Shows who has an own message.
   *
   * @param back 1 for the latest, 2 for the one before …
   * @returns false if there is none
   */
  info(back: number): boolean;
  /**
   * Says whether this user shares what they have read.
   *
   * @param on whether others are told, and this user of them
   * @returns false where that can't be said from here, and why not was shown
   */
  share(on: boolean): boolean;
  /** Leaves. */
  quit(): void;
}

/** A line, taken apart. */
export type Line =
  | { readonly kind: "nothing" }
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "command"; readonly name: string; readonly rest: string };

/** The commands. */
export const slashCommands: readonly CommandOf<Desk>[] = [
  {
    name: "join",
    args: "<room>",
    says: "become a member of a room (made if it is not there), and go to it",
    run: (desk, rest) => join(desk, rest.trim()),
  },
  {
    name: "part",
    args: "[room]",
    says: "leave this room, or another",
    run: (desk, rest) => part(desk, rest.trim() || desk.current),
  },
  { name: "msg", args: "<user> <text>", says: "write to one user", run: message },
  {
    name: "rooms",
    args: "",
    says: "list the rooms",
    run: (desk, rest) => rest.trim() === "" ? done(desk.ask({ kind: "rooms" })) : usage("rooms"),
  },
  {
    name: "who",
    args: "[room]",
    says: "list who is in this room, or another",
    run: (desk, rest) => {
      const room = rest.trim() || desk.current;
      return isName(room) ? done(desk.ask({ kind: "members", room })) : usage("who");
    },
  },
  {
    name: "me",
    args: "<text>",
    says: "write what you do: /me waves",
    run: (desk, rest) => rest.trim() === "" ? usage("me") : say(desk, desk.current, rest, true),
  },
  {
    name: "history",
    args: "",
    says: "show what was written before in this room",
    run: (desk, rest) => rest.trim() === "" ? done(desk.back()) : usage("history"),
  },
  {
    name: "search",
    args: "<words>",
    says: 'find messages: words, "a phrase", begin*, from:user, in:room, before:day, after:day',
    run: (desk, rest) => desk.search(rest),
  },
  {
    name: "info",
    args: "[n]",
    says: "show who has your last message, or the n-th last, and since when",
    run: (desk, rest) => info(desk, rest.trim() || "1"),
  },
  {
    name: "reads",
    args: "on|off",
    says: "tell others what you have read, and be told what they have",
    run: (desk, rest) => reads(desk, nameKey(rest.trim())),
  },
  ...deviceCommands,
  ...moderationCommands,
  { name: "help", args: "", says: "show this", run: (desk) => done(help(desk)) },
  {
    name: "quit",
    args: "",
    says: "leave Parley; you stay a member of your rooms",
    run: (desk) => done(desk.quit()),
  },
];

/** What other programs call a command that is here under another name. */
const elsewhere: Readonly<Record<string, string>> = {
  leave: "part",
  query: "msg",
  find: "search",
  grep: "search",
  names: "who",
  list: "rooms",
  exit: "quit",
  ignore: "block",
  op: "moderator",
  silence: "mute",
  bye: "quit",
};

/**
 * Takes a typed line apart.
 *
 * @param line as typed, without its end; may hold newlines
 * @returns a command, or a text: `//` at the start stands for one slash
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { parseLine } from "./commands.ts";
 * assertEquals(parseLine("//etc"), { kind: "text", text: "/etc" });
 * assertEquals(parseLine("/ME  waves"), { kind: "command", name: "me", rest: "waves" });
 * ```
 */
export function parseLine(line: string): Line {
  if (line.trim() === "") return { kind: "nothing" };
  if (!line.startsWith("/")) return { kind: "text", text: line };
  if (line.startsWith("//")) return { kind: "text", text: line.slice(1) };
  const [, name = "", rest = ""] = /^\/(\S*)\s*([^]*)$/.exec(line) ?? [];
  return { kind: "command", name: nameKey(name), rest };
}

/**
 * Does what a typed line asks for.
 *
 * @param desk what it may do
 * @param line as typed
 * @returns why nothing of it was sent, or null where all is well
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { type Desk, runLine } from "./commands.ts";
 * const sent: unknown[] = [];
 * const submit = (action: unknown) => sent.push(action);
 * const desk = { current: "lobby", submit } as unknown as Desk;
 * assertEquals(runLine(desk, "hi"), null);
 * assertEquals(sent, [{ action: "message", to: "lobby", text: "hi", act: false }]);
 * ```
 */
export function runLine(desk: Desk, line: string): SafeText | null {
  const parsed = parseLine(line);
  switch (parsed.kind) {
    case "nothing":
      return null;
    case "text":
      return say(desk, desk.current, parsed.text, false);
    case "command": {
      const found = slashCommands.find(({ name }) => name === parsed.name);
      return found ? found.run(desk, parsed.rest) : unknown(parsed.name);
    }
  }
}

/**
 * Offers what may stand in place of the word that is being typed.
 *
 * @param text everything before the cursor
 * @param names of rooms and users
 * @returns words, each with a blank behind it; empty where nothing fits
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { complete } from "./commands.ts";
 * const names = { rooms: ["dev"], users: ["alice"] };
 * assertEquals(complete("/jo", names), ["/join "]);
 * assertEquals(complete("/join d", names), ["dev "]);
 * assertEquals(complete("hi a", names), ["alice "]);
 * ```
 */
export function complete(
  text: string,
  names: { readonly rooms: readonly string[]; readonly users: readonly string[] },
): string[] {
  const word = /\S*$/.exec(text)?.[0] ?? "";
  const command = /^\/(join|part|who)\s/i.test(text);
  const words = word === text && word.startsWith("/")
    ? slashCommands.map(({ name }) => `/${name}`)
    : word === ""
    ? []
    : command
    ? names.rooms
    : word.startsWith("@")
    ? names.users.map((name) => `@${name}`)
    : names.users;
  const key = nameKey(word);
  return words.filter((one) => nameKey(one).startsWith(key)).map((one) => `${one} `);
}

/**
 * Finds the command that somebody may have meant.
 *
 * @param typed a name that there is not
 * @param names those that there are
 * @returns one that begins so or differs in two letters at most, or null
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { nearest } from "./commands.ts";
 * assertEquals(nearest("sned", ["tail", "send"]), "send");
 * assertEquals(nearest("", ["tail", "send"]), null);
 * ```
 */
export function nearest(typed: string, names: readonly string[]): string | null {
  if (typed === "") return null;
  const isNear = (name: string) => name.startsWith(typed) || distance(name, typed) <= 2;
  return names.find(isNear) ?? null;
}

function join(desk: Desk, room: string): SafeText | null {
  if (room === "") return usage("join");
  if (!isName(room)) return safeText(explain(codes.badRoomName));
  const known = desk.membership(room);
  if (known === null) desk.submit({ action: "join", room });
  return done(desk.goTo(known ?? room));
}

function part(desk: Desk, room: string): SafeText | null {
  if (!isName(room)) return safeText(explain(codes.badRoomName));
  if (nameKey(room) === lobbyName) return safeText(explain(codes.lobbyStays));
  desk.submit({ action: "leave", room });
  return nameKey(room) === nameKey(desk.current) ? done(desk.goTo(lobbyName)) : null;
}

function message(desk: Desk, rest: string): SafeText | null {
  const [, user = "", text = ""] = /^@?(\S*)\s*([^]*)$/.exec(rest) ?? [];
  if (text.trim() === "") return usage("msg");
  if (!isName(user)) return safeText(explain(codes.badName));
  return say(desk, `@${user}`, text, false);
}

function say(desk: Desk, to: string, text: string, act: boolean): SafeText | null {
  if (!isText(text)) return safeText(explain(codes.badText));
  return done(desk.submit({ action: "message", to, text, act }));
}

function info(desk: Desk, back: string): SafeText | null {
  if (!/^[1-9]\d?$/.test(back)) return usage("info");
  return desk.info(Number(back)) ? null : safe`you have not written as much since you started`;
}

function reads(desk: Desk, word: string): SafeText | null {
  if (word !== "on" && word !== "off") return usage("reads");
  if (!desk.share(word === "on")) return null;
  return done(desk.note(
    word === "on"
      ? safe`others see from now on what you have read, and you see it of those who share it`
      : safe`nobody sees from now on what you have read, and you don't see it of others`,
  ));
}

function help(desk: Desk): void {
  const widest = Math.max(...slashCommands.map(({ name, args }) => name.length + args.length));
  for (const { name, args, says } of slashCommands) {
    desk.note(safeText(`  ${`/${name} ${args}`.padEnd(widest + 2)}  ${says}`));
  }
  desk.note(
    safe`  Anything else is written to the room before the prompt; //text begins with a slash.`,
  );
}

function usage(command: string): SafeText {
  const found = slashCommands.find(({ name }) => name === command);
  return safe`write it as /${safeText(`${command} ${found?.args ?? ""}`.trim())}`;
}

function unknown(name: string): SafeText {
  const near = elsewhere[name] ?? nearest(name, slashCommands.map((command) => command.name));
  const typed = safeText(name);
  return near !== null
    ? safe`there is no /${typed}; did you mean /${safeText(near)}? (/help shows all)`
    : safe`there is no /${typed}; /help shows what there is, and //… begins a text with a slash`;
}

/** How many letters to insert, erase or replace to get from one word to the other. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, at) => at);
  for (const [i, letter] of [...a].entries()) {
    const next = [i + 1];
    for (let j = 0; j < b.length; j++) {
      const swap = row[j]! + (letter === b[j] ? 0 : 1);
      next.push(Math.min(swap, row[j + 1]! + 1, next[j]! + 1));
    }
    row = next;
  }
  return row[b.length]!;
}

function done(_: void): null {
  return null;
}
