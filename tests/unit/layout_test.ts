import { assertEquals } from "@std/assert";
import {
  importCircles,
  readSource,
  resolveImport,
  roomOf,
  type Rules,
  type Source,
  tooLong,
  wrongDirections,
} from "../support/layout.ts";

/** Every room may import these, but for what is below them. */
const ground = ["limits", "errors", "seams", "safe_text"];
const shared = [...ground, "framing", "protocol", "identity"];
const commandLine = ["@commander-js/extra-typings", "commander"];

/** docs/ARCHITECTURE.md's order of the rooms: what is not here is forbidden. */
const rules: Rules = {
  limits: { rooms: [] },
  errors: { rooms: ["limits"] },
  seams: { rooms: ["limits", "errors"] },
  safe_text: { rooms: ["limits", "errors"] },
  version: { rooms: ["deno.json"] },
  config_file: { rooms: [] },
  framing: { rooms: ground },
  protocol: { rooms: [...ground, "framing"] },
  identity: { rooms: [...ground, "framing"] },
  log: { rooms: shared },
  sqlite: { rooms: [...shared, "log"] },
  store: { rooms: [...shared, "log", "sqlite"] },
  hub: { rooms: [...shared, "log"] },
  net: { rooms: [...ground, "framing", "identity"] },
  server: { rooms: [...shared, "log", "sqlite", "store", "hub", "net", "version", "config_file"] },
  client: { rooms: [...shared, "log", "sqlite", "net", "version", "config_file"] },
  "server.ts": { rooms: ["server", "limits", "errors"], packages: commandLine },
  "client.ts": { rooms: ["client", "limits", "errors"], packages: commandLine },
  types: { rooms: [] },
  tests: { rooms: "*" },
  scripts: { rooms: "*" },
  bench: { rooms: "*" },
};

const bounds = { fileLinesMax: 400, functionLinesMax: 60 };

const root = new URL("../../", import.meta.url);
const mayRead = Deno.permissions.querySync({ name: "read", path: root }).state === "granted";

/** A test of the project's own files, which it must be able to read. */
function testSources(name: string, findings: (sources: Source[]) => string[]): void {
  Deno.test({
    name: `layout: ${name}${mayRead ? "" : " (ignored: needs --allow-read)"}`,
    ignore: !mayRead,
    fn: async () => assertEquals(findings(await readSources()), []),
  });
}

async function readSources(): Promise<Source[]> {
  const paths = await pathsUnder("");
  return await Promise.all(
    paths.map(async (path) => readSource(path, await Deno.readTextFile(new URL(path, root)))),
  );
}

async function pathsUnder(folder: string): Promise<string[]> {
  const paths: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(new URL(`./${folder}`, root))) {
    const skipped = name.startsWith(".") || name === "node_modules" || name === "dist";
    if (isDirectory && !skipped) paths.push(...await pathsUnder(`${folder}${name}/`));
    if (!isDirectory && /\.tsx?$/.test(name)) paths.push(folder + name);
  }
  return paths.sort();
}

testSources("imports run one way", (sources) => wrongDirections(sources, rules));
testSources("no imports form a circle", importCircles);
testSources("files and functions are short", (sources) => tooLong(sources, bounds));
testSources("the project's sources are found", (sources) => {
  const paths = new Set(sources.map(({ path }) => path));
  return ["lib/limits.ts", "tests/unit/layout_test.ts"].filter((path) => !paths.has(path));
});

Deno.test({
  name: `layout: no statement is iterated${mayRead ? "" : " (ignored: needs --allow-read)"}`,
  ignore: !mayRead,
  // On Deno 2.5.7 an iterator outlives its statement: a million rows ended in a crash.
  fn: async () => {
    const found: string[] = [];
    for (const path of await pathsUnder("lib/")) {
      const text = await Deno.readTextFile(new URL(path, root));
      if (/\.iterate\(/.test(text)) found.push(path);
    }
    assertEquals(found, []);
  },
});

/** A source that does nothing but import. */
function importing(path: string, ...specifiers: string[]): Source {
  return readSource(path, specifiers.map((specifier) => `import "${specifier}";\n`).join(""));
}

Deno.test("readSource() finds every form of import", () => {
  const text = `import type { A } from "./a.ts";
export type { B } from "./b.ts";
export * from "./c.ts";
type D = import("./d.ts").D;
const e = await import("./e.ts");
const worker = new Worker(new URL("./f.ts", import.meta.url));
const page = new URL("./g.ts", "http://host");
export const h = "./h.ts";
`;
  const { imports, lines } = readSource("x.ts", text);
  assertEquals(
    imports.map(({ specifier, line, kind }) => `${specifier} ${line} ${kind}`),
    [
      "./a.ts 1 import",
      "./b.ts 2 import",
      "./c.ts 3 import",
      "./d.ts 4 import",
      "./e.ts 5 import",
      "./f.ts 6 start",
    ],
  );
  assertEquals(lines, 8);
});

Deno.test("readSource() finds every kind of function", () => {
  const text = `function a() {}
const b = () => {
};
class C { #d() {} get e() { return 1; } f = () => 1; constructor() {} }
const o = { g() {}, h: function () {} };
run(() => {
  1;
});
`;
  assertEquals(
    readSource("x.ts", text).functions.map(({ name, line, lines }) => `${name} ${line} ${lines}`),
    ["a 1 1", "b 2 2", "#d 4 1", "e 4 1", "f 4 1", "constructor 4 1", "g 5 1", "h 5 1"].concat(
      "a function 6 3",
    ),
  );
});

Deno.test("resolveImport() and roomOf() know the project's paths", () => {
  assertEquals(resolveImport("lib/hub/feed.ts", "../limits.ts"), "lib/limits.ts");
  assertEquals(resolveImport("server.ts", "./lib/server/run.ts"), "lib/server/run.ts");
  assertEquals(resolveImport("server.ts", "node:sqlite"), undefined);
  const paths = ["server.ts", "lib/limits.ts", "lib/client/tui/view.ts", "tests/unit/a_test.ts"];
  assertEquals(paths.map(roomOf), ["server.ts", "limits", "client", "tests"]);
});

/** One import against each rule of the table that somebody could be tempted to break. */
const planted: readonly (readonly [string, string])[] = [
  ["lib/limits.ts", "./errors.ts"],
  ["lib/errors.ts", "./safe_text.ts"],
  ["lib/safe_text.ts", "./framing.ts"],
  ["lib/framing.ts", "./protocol/packets.ts"],
  ["lib/protocol/packets.ts", "../log/entry.ts"],
  ["lib/protocol/packets.ts", "../identity/keys.ts"],
  ["lib/log/entry.ts", "../sqlite/open.ts"],
  ["lib/sqlite/open.ts", "../store/schema.ts"],
  ["lib/store/apply.ts", "../hub/hub.ts"],
  ["lib/store/apply.ts", "../net/dial.ts"],
  ["lib/hub/feed.ts", "../store/queries.ts"],
  ["lib/hub/feed.ts", "../net/listen.ts"],
  ["lib/hub/feed.ts", "../sqlite/open.ts"],
  ["lib/net/listen.ts", "../protocol/packets.ts"],
  ["lib/server/run.ts", "../client/mailbox.ts"],
  ["lib/client/mailbox.ts", "../server/run.ts"],
  ["lib/client/mailbox.ts", "../store/queries.ts"],
  ["lib/client/tui/view.ts", "../../hub/hub.ts"],
  ["lib/hub/feed.ts", "../../tests/support/layout.ts"],
  ["lib/hub/feed.ts", "../../server.ts"],
  ["lib/version.ts", "../deno.lock"],
  ["server.ts", "./lib/net/listen.ts"],
  ["server.ts", "./lib/client/run.ts"],
  ["server.ts", "./scripts/compile.ts"],
  ["server.ts", "cborg"],
  ["client.ts", "./lib/protocol/packets.ts"],
  ["client.ts", "./bench/run.ts"],
  ["client.ts", "node:sqlite"],
  ["lib/attic/old.ts", "../limits.ts"],
];

for (const [path, specifier] of planted) {
  Deno.test(`wrongDirections() finds ${specifier} in ${path}`, () => {
    assertEquals(wrongDirections([importing(path, specifier)], rules).length, 1);
  });
}

Deno.test("wrongDirections() sees types, and Workers that are started", () => {
  const text = `import type { A } from "../store/a.ts";\nnew URL("../net/w.ts", import.meta.url);`;
  assertEquals(wrongDirections([readSource("lib/hub/x.ts", text)], rules), [
    "lib/hub/x.ts:1: hub may not import ../store/a.ts",
    "lib/hub/x.ts:2: hub may not import ../net/w.ts",
  ]);
});

Deno.test("wrongDirections() lets pass what the table allows", () => {
  const sources = [
    importing("server.ts", "commander", "./lib/server/run.ts", "./lib/limits.ts"),
    importing("lib/client/tui/view.ts", "../mailbox.ts", "../../safe_text.ts", "string-width"),
    importing("lib/store/apply.ts", "./schema.ts", "../sqlite/open.ts", "node:sqlite"),
    importing("tests/sim/world.ts", "../../lib/hub/hub.ts", "../../scripts/compile.ts"),
  ];
  assertEquals(wrongDirections(sources, rules), []);
});

Deno.test("importCircles() finds circles, types included", () => {
  const sources = [
    importing("lib/a.ts", "./b.ts", "./shared.ts"),
    readSource("lib/b.ts", `export type { C } from "./c.ts"; import "./shared.ts";`),
    readSource("lib/c.ts", `type A = import("./a.ts").A;`),
    importing("lib/self.ts", "./self.ts"),
    importing("lib/shared.ts", "node:sqlite"),
  ];
  assertEquals(importCircles(sources), [
    "lib/a.ts → lib/b.ts → lib/c.ts → lib/a.ts",
    "lib/self.ts → lib/self.ts",
  ]);
});

Deno.test("tooLong() finds what is one line too long, and nothing shorter", () => {
  const functionOf = (lines: number) => `function f() {\n${"1;\n".repeat(lines - 2)}}\n`;
  assertEquals(tooLong([readSource("x.ts", functionOf(60))], bounds), []);
  assertEquals(tooLong([readSource("x.ts", functionOf(61))], bounds), ["x.ts:1: f has 61 lines"]);
  assertEquals(tooLong([readSource("x.ts", "1;\n".repeat(400))], bounds), []);
  assertEquals(tooLong([readSource("x.ts", "1;\n".repeat(401))], bounds), ["x.ts: 401 lines"]);
});
