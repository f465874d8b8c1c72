import { assert, assertEquals, assertThrows } from "@std/assert";
import { parse } from "smol-toml";
import { ConfigError } from "../../lib/config_file.ts";
import {
  type ClientConfig,
  configPath,
  configText,
  defaultConfig,
  keysIn,
  parseConfig,
} from "../../lib/client/config.ts";
import { bindable, bindKeys, usualNames } from "../../lib/client/tui/bindings.ts";
import { Painter } from "../../lib/client/tui/frame.ts";
import { sequencesOf } from "../../lib/client/tui/key_names.ts";
import { actionsBySequence, helpKey, keyHelp, screenKeys } from "../../lib/client/tui/keys.ts";
import { screenLook } from "../../lib/client/tui/look.ts";
import { emptyModel } from "../../lib/client/tui/model.ts";
import { paletteOf } from "../../lib/client/tui/palette.ts";
import { mentionsAny } from "../../lib/client/tui/timeline.ts";
import { WallClock } from "../../lib/client/wall_clock.ts";

const size = { columns: 80, rows: 24 };
const utf8 = (name: string) => ({ TERM: "xterm", LANG: "C.UTF-8" })[name];

function lookOf(config: Partial<ClientConfig>, env = utf8, noColor = false) {
  return screenLook(size, env, { ...defaultConfig, ...config }, noColor)!;
}

Deno.test("configText() is a file that says what is so without it, and what is so with one", () => {
  assertEquals(parseConfig("c", configText("c", defaultConfig), parse), defaultConfig);
  const other: ClientConfig = {
    ...{
      theme: "light",
      ascii: "always",
      clock: "12h",
      notify: "osc9",
      keywords: ["on call", 'a"b'],
    },
    keys: { help: ["F12"], nextRoom: ["Ctrl+T", "F7"], room3: [] },
  };
  assertEquals(parseConfig("c", configText("c", other), parse), other);
});

Deno.test("configText() tells all settings and keys, with what they are for", () => {
  const text = configText("c", defaultConfig);
  for (const name of Object.keys(defaultConfig)) {
    assert(new RegExp(`(^# .+\\n)+(\\[${name}\\]|${name} = )`, "m").test(text), name);
  }
  for (const { action } of bindable) assert(text.includes(`\n# ${action} = [`), action);
  const uncommented = text.replaceAll(/^# (\w+ = \[)/gm, "$1");
  assertEquals(keysIn(parseConfig("c", uncommented, parse)).length, screenKeys.length);
});

const wrong: readonly (readonly [string, string])[] = [
  ["\ncolour = 1", "c, line 2: colour is no setting; parley config prints all of them"],
  ["toString = 1", "c, line 1: toString is no setting"],
  ['theme = "pink"', 'c, line 1: theme must be one of "auto", "dark", "light", "none"'],
  ["clock = 12", 'clock must be one of "24h", "12h"'],
  ['keywords = "a"', "keywords must be a list of at most 100 words"],
  ['keywords = ["a", ""]', "keywords must be a list"],
  ["keywords = [1]", "keywords must be a list"],
  ['keys = "F1"', "keys must be a table: [keys]"],
  ["[keys]\n\nhelp = 1", "c, line 3: help must be a key or a list of keys"],
  ['[keys]\nhlep = "F12"', "c, line 2: hlep is nothing that a key can do: help, nextActivity"],
  ['[keys]\nhelp = "F13"', "c, line 2: help can't have the key F13; there are F1 to F12"],
  ['[keys]\nhelp = ["F1", "Ctrl+C"]', "c, line 2: help can't have the key Ctrl+C"],
  ['[keys]\nhelp = "f7"', "c, line 2: help can't have f7: that is the key of nextRoom"],
  [
    '[keys]\nroom1 = "F8"\nroom2 = "F8"',
    "c, line 3: room2 can't have F8: that is the key of room1",
  ],
  ['[keys]\nhelp = "F1\n', "c, line 2: "],
];

for (const [text, part] of wrong) {
  Deno.test(`parseConfig() says: ${part}`, () => {
    const { message } = assertThrows(() => parseConfig("c", text, parse), ConfigError);
    assert(message.startsWith("c, line") && message.includes(part), message);
  });
}

Deno.test("parseConfig() lets two actions change keys", () => {
  const text = '[keys]\nnextRoom = ["Ctrl+P", "F6"]\npreviousRoom = ["Ctrl+N", "F7"]\nhelp = []';
  const actions = actionsBySequence(keysIn(parseConfig("c", text, parse)));
  assertEquals(actions.get("\x10")?.name, "nextRoom");
  assertEquals(actions.get("\x0e")?.name, "previousRoom");
  assertEquals(actions.get("\x1bOP"), undefined);
});

Deno.test("configPath() follows each system's custom", () => {
  const env = (values: Record<string, string>) => (name: string) => values[name];
  assertEquals(
    configPath("linux", env({ HOME: "/h", XDG_CONFIG_HOME: "/x" })),
    "/x/parley/config.toml",
  );
  assertEquals(
    configPath("darwin", env({ HOME: "/h", XDG_CONFIG_HOME: "rel" })),
    "/h/.config/parley/config.toml",
  );
  assertEquals(configPath("windows", env({ APPDATA: "C:\\a" })), "C:\\a\\parley\\config.toml");
  assertEquals(configPath("linux", env({})), null);
});

Deno.test("what is written on the usual keys is what terminals send for them", () => {
  for (const { action, row } of bindable) {
    const sequences = usualNames(action, row).flatMap((name) => sequencesOf(name) ?? name);
    assertEquals(sequences.sort(), [...row.sequences].sort(), action);
  }
});

Deno.test("sequencesOf() gives nothing that the input line needs", () => {
  const taken =
    "Enter,Tab,Esc,Up,a,Ctrl+A,Ctrl+C,Ctrl+D,Ctrl+E,Ctrl+H,Ctrl+I,Ctrl+J,Ctrl+K,Ctrl+L," +
    "Ctrl+M,Ctrl+U,Ctrl+W,Alt+B,Alt+f,Ctrl+1,Ctrl+[,F13,F0,Shift+A,";
  for (const name of taken.split(",")) assertEquals(sequencesOf(name), null, name);
  assertEquals(sequencesOf("CTRL+UP"), ["\x1b[1;5A"]);
});

Deno.test("the help shows the keys as they are", () => {
  const keys = bindKeys({ help: ["F12"], room2: ["Ctrl+T"], pageUp: [] });
  const rows = keyHelp(keys).map(([names, says]) => `${names}: ${says}`);
  assert(rows.includes("F12: show the keys and commands"));
  assert(rows.includes("Ctrl+T: go to room 2 of the list"));
  assert(rows.includes("Alt+1, Shift+F1: go to room 1 of the list"));
  assert(!rows.some((row) => row.includes("first to tenth") || row.includes("what was before")));
  const painter = new Painter({ color: false, ascii: false, keys });
  const model = { ...emptyModel("al", "lobby"), overlay: { kind: "help", top: 0 } as const };
  const text = painter.frame(model, size).rows.flat().map(({ text }) => text).join("\n");
  assert(text.includes("F12: show") || text.includes("F12 "));
  assert(text.includes("F12 help") && !text.includes("Alt+1 to 0"), text);
  assertEquals(helpKey(bindKeys({ help: [] })), "/help");
});

Deno.test("screenLook() goes by the configuration, and else by the terminal", () => {
  assertEquals([lookOf({}).color, lookOf({ theme: "none" }).color], [true, false]);
  assertEquals(lookOf({ theme: "dark" }, utf8, true).color, false, "NO_COLOR");
  const colors = (value: string) => (name: string) => name === "COLORFGBG" ? value : undefined;
  assertEquals(
    ["", "15;0", "0;15", "0;default;7", "15;8"].map((one) => lookOf({}, colors(one)).background),
    ["auto", "dark", "light", "light", "dark"],
  );
  assertEquals(lookOf({ theme: "dark" }, colors("0;15")).background, "dark");
  const latin = (name: string) => name === "LANG" ? "de_DE.ISO-8859-1" : undefined;
  assertEquals([lookOf({}).ascii, lookOf({}, latin).ascii], [false, true]);
  assertEquals([lookOf({ ascii: "always" }).ascii, lookOf({ ascii: "never" }, latin).ascii], [
    true,
    false,
  ]);
});

Deno.test("on a light background there is neither yellow nor cyan, on a dark one no blue", () => {
  const all = (background: "dark" | "light") => JSON.stringify(paletteOf(background));
  for (const style of ["yellow", "cyan"]) assert(!all("light").includes(style));
  assert(!all("dark").includes("blue"));
});

Deno.test("WallClock writes twelve hours, too", () => {
  const clock = new WallClock("UTC", "12h");
  const at = (hour: number) => clock.at(Date.UTC(2026, 0, 1, hour, 5)).time;
  assertEquals([0, 9, 12, 23].map(at), ["12:05am", " 9:05am", "12:05pm", "11:05pm"]);
  assertEquals([clock.cells, new WallClock("UTC").cells], [7, 5]);
});

Deno.test("mentionsAny() takes keywords of several words", () => {
  assert(mentionsAny("who is On Call now?", ["al", "on call"]));
  assert(!mentionsAny("on calls", ["al", "on call"]));
});
