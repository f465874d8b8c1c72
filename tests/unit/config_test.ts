import { assertEquals, assertThrows } from "@std/assert";
import { parse } from "smol-toml";
import { limits } from "../../lib/limits.ts";
import { ConfigError } from "../../lib/config_file.ts";
import { configText, parseConfig } from "../../lib/server/config.ts";
import { defaultLimits, type SettingName, settings } from "../../lib/server/settings.ts";

const usual = { hostname: "127.0.0.1", port: 7667 };
const names = Object.keys(settings) as SettingName[];

Deno.test("settings have lib/limits.ts's values as defaults, within their ranges", () => {
  for (const name of names) {
    const { least, most } = settings[name];
    assertEquals(defaultLimits[name], limits[name]);
    assertEquals([name, least <= limits[name], limits[name] <= most], [name, true, true]);
  }
});

Deno.test("configText() is a file that says what is so without it", () => {
  const text = configText(usual, "parley-data");
  assertEquals(parseConfig("p", text, parse), {
    listen: usual,
    data: "parley-data",
    limits: defaultLimits,
  });
});

Deno.test("configText() says of every setting what it is for, and its range", () => {
  const text = configText(usual, "parley-data");
  for (const name of names) {
    const { least, most } = settings[name];
    const match = new RegExp(`((?:^# .+\\n)+)^${name} = (\\d+)$`, "m").exec(text);
    assertEquals(match?.[2], String(limits[name]));
    assertEquals(match?.[1]?.endsWith(`# From ${least} to ${most}.\n`), true, name);
  }
  assertEquals(text.split("\n").filter((line) => line.length > 100), []);
});

Deno.test("parseConfig() takes what is there, and the defaults of the rest", () => {
  const text =
    `listen = "7700"\ndata = "/srv/p"\nmessagesPerSecond = 0\nmemoryBytesMax = 1_073_741_824
`;
  assertEquals(parseConfig("p", text, parse), {
    listen: { hostname: "127.0.0.1", port: 7700 },
    data: "/srv/p",
    limits: { ...defaultLimits, messagesPerSecond: 0, memoryBytesMax: 2 ** 30 },
  });
  assertEquals(parseConfig("p", "", parse), { limits: defaultLimits });
});

const wrong: readonly (readonly [string, string, string])[] = [
  ["an unknown key", "\nmessageBurst = 3", "p, line 2: messageBurst is no setting"],
  ["an unknown table", "[limits]\nloginMs = 5000", "p, line 1: limits is no setting"],
  ["a key of every object", "toString = 3", "p, line 1: toString is no setting"],
  ["a key that is quoted", `"a b" = 1`, "p, line 1: a b is no setting"],
  ["a text for a number", `loginMs = "5000"`, "p, line 1: loginMs must be a whole number from"],
  ["a number with a fraction", "loginMs = 5000.5", "loginMs must be a whole number from"],
  ["too little", "connectionsMax = 0", "must be a whole number from 1 to 100000"],
  ["too much", "#\n\nloginMs = 60001", "p, line 3: loginMs must be a whole number from 1000 to"],
  ["less than nothing", "messagesPerSecond = -1", "from 0 to 100000"],
  ["a number for a folder", "data = 3", "p, line 1: data must be a folder's name"],
  ["an empty folder", `data = ""`, "p, line 1: data must be a folder's name"],
  ["an address that is none", `listen = "a:b"`, 'p, line 1: listen must be "host:port"'],
  ["two that don't fit", "strangersMax = 9", "strangersDropFrom must be at most strangersMax, 9"],
  ["what is no TOML", "loginMs = 5000\nloginMs =", "p, line 2: Invalid TOML document"],
  ["a key given twice", "loginMs = 5000\nloginMs = 5000", "p, line 2: Invalid TOML document"],
];

for (const [what, text, message] of wrong) {
  Deno.test(`parseConfig() refuses ${what}`, () => {
    assertThrows(() => parseConfig("p", text, parse), ConfigError, message);
  });
}

Deno.test("parseConfig() takes every setting at both ends of its range", () => {
  for (const name of names) {
    const { least, most } = settings[name];
    for (const value of [least, most]) {
      const also = name === "strangersDropFrom" ? "strangersMax = 10000\n" : "";
      const low = name === "strangersMax" ? "strangersDropFrom = 1\n" : "";
      const text = `${also}${low}${name} = ${value}`;
      assertEquals(parseConfig("p", text, parse).limits[name], value);
    }
  }
});
