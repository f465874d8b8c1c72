import { assertEquals } from "@std/assert";
import {
  type CommandShape,
  complete,
  completionLines,
  type OptionShape,
  type ValueKind,
} from "../../lib/client/completion.ts";

const option = (
  names: string[],
  kind: ValueKind | null = null,
  ...choices: string[]
): OptionShape => ({
  ...{ names, says: names[0]! },
  value: kind && { kind, choices },
});
const command = (name: string, more: Partial<CommandShape> = {}): CommandShape => (
  { name, says: "", options: [], values: [], commands: [], ...more }
);
const common = [
  option(["--json"]),
  option(["--profile", "-p"], "profile"),
  option(["--key"], "file"),
];
const send = command("send", {
  options: [option(["--wait"], "other", "accepted", "delivered"), ...common],
  values: [{ kind: "talk", choices: [] }, { kind: "other", choices: [] }],
});
const who = command("who", { options: common, values: [{ kind: "room", choices: [] }] });
const program = command("parley", {
  options: [option(["--version"]), ...common],
  commands: [send, who],
});

/** The words that are offered, or where paths are; and whose names were asked for. */
function offered(...words: string[]) {
  const asked: string[] = [];
  const completion = complete(program, words, (kind, given) => {
    asked.push([kind, ...[...given].map((pair) => pair.join())].join(" "));
    return { room: ["lobby", "Dev"], user: ["ann"], profile: ["work"] }[kind as string] ?? [];
  });
  const found = completion.candidates.map(({ word }) => word);
  return { words: completion.paths ? `:${completion.paths}` : found.join(" "), asked };
}

const cases: readonly (readonly [string[], string])[] = [
  [[""], "send who"],
  [["w"], "who"],
  [["x"], ""],
  [["-"], "--version --json --profile -p --key"],
  [["send", ""], "lobby Dev @ann"],
  [["send", "@"], "@ann"],
  [["send", "d"], "Dev"],
  [["send", "--"], "--wait --json --profile --key"],
  [["send", "lobby", ""], ""],
  [["send", "lobby", "hi", "x", ""], ""],
  [["send", "--wait", ""], "accepted delivered"],
  [["send", "--wait=d"], "--wait=delivered"],
  [["send", "--wait", "delivered", "l"], "lobby"],
  [["send", "--json", "l"], "lobby"],
  [["send", "--", "-"], ""],
  [["send", "--", ""], "lobby Dev @ann"],
  [["who", ""], "lobby Dev"],
  [["--profile", ""], "work"],
  [["-p", ""], "work"],
  [["--profile", "send", "s"], "send"],
  [["who", "--key", ""], ":files"],
  [["who", "--key=/t"], ":files"],
];

for (const [words, wanted] of cases) {
  Deno.test(`complete() offers behind: ${words.join(" ")}|`, () => {
    assertEquals(offered(...words).words, wanted);
  });
}

Deno.test("complete() asks for the names of whom the command line means", () => {
  assertEquals(offered("who", "-p", "work", "").asked, ["room --profile,work"]);
  assertEquals(offered("--profile=play", "send", "@").asked, [
    "room --profile,play",
    "user --profile,play",
  ]);
  assertEquals(offered("send", "--").asked, []);
});

Deno.test("complete() offers no more than a shell can show", () => {
  const many = Array.from({ length: 900 }, (_, at) => `r${at}`);
  assertEquals(complete(program, ["who", ""], () => many).candidates.length, 500);
});

Deno.test("completionLines() tells paths at the end", () => {
  assertEquals(completionLines({ candidates: [{ word: "a", says: "" }], paths: "files" }), [
    "a",
    ":files",
  ]);
});
