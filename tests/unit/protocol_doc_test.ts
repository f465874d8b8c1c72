import { assert, assertEquals, assertThrows } from "@std/assert";
import { renderTable, tables, withTables } from "../../scripts/protocol_tables.ts";
import type { Vector } from "../support/vectors.ts";
import actionsJson from "../vectors/actions.json" with { type: "json" };
import digestJson from "../vectors/digest.json" with { type: "json" };
import entriesJson from "../vectors/entries.json" with { type: "json" };
import exampleJson from "../vectors/example.json" with { type: "json" };
import framesJson from "../vectors/frames.json" with { type: "json" };
import packetsJson from "../vectors/packets.json" with { type: "json" };
import transcriptJson from "../vectors/transcript.json" with { type: "json" };

const root = new URL("../../", import.meta.url);
const mayRead = Deno.permissions.querySync({ name: "read", path: root }).state === "granted";
const why = mayRead ? "" : " (ignored: needs --allow-read)";

function testDocument(name: string, check: (text: string) => void | Promise<void>): void {
  Deno.test({
    name: `docs/PROTOCOL.md ${name}${why}`,
    ignore: !mayRead,
    fn: async () => await check(await Deno.readTextFile(new URL("docs/PROTOCOL.md", root))),
  });
}

testDocument("has the tables that the code has", (text) => {
  assertEquals(text, withTables(text));
});

testDocument("holds exactly the worked example's frames", (text) => {
  const example = text.slice(text.indexOf("<!-- table: example -->"));
  const hexes = [...example.matchAll(/^[0-9a-f]{10,}$/gm)].map(([hex]) => hex);
  assertEquals(hexes, (exampleJson as unknown as Vector[]).map(({ hex }) => hex));
});

testDocument("has every section that vectors name", (text) => {
  const all = [actionsJson, digestJson, entriesJson, exampleJson, framesJson, packetsJson]
    .concat(transcriptJson as never) as unknown as Vector[][];
  for (const section of new Set(all.flat().map(({ section }) => section))) {
    assert(text.includes(`\n## ${section}\n`), section);
  }
});

testDocument("has every section that docstrings name", async (text) => {
  const named = new Set<string>();
  for await (const source of sources(new URL("lib/", root))) {
    const found = source.matchAll(/@see docs\/PROTOCOL\.md, section "([^"]+)"/g);
    for (const [, section] of found) named.add(section!);
  }
  assert(named.size > 5, "docstrings are found");
  for (const section of named) assert(text.includes(`\n## ${section}\n`), section);
});

async function* sources(folder: URL): AsyncGenerator<string> {
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    if (isDirectory) yield* sources(new URL(`${name}/`, folder));
    else if (name.endsWith(".ts")) yield await Deno.readTextFile(new URL(name, folder));
  }
}

Deno.test("renderTable() pads its columns as deno fmt does", () => {
  assertEquals(
    renderTable(["a", "long head"], [["four", "×"], ["", "b"]]),
    [
      "| a    | long head |",
      "| ---- | --------- |",
      "| four | ×         |",
      "|      | b         |",
    ].join("\n"),
  );
});

Deno.test("withTables() replaces what is between the markers, and nothing else", () => {
  const names = Object.keys(tables);
  const text = names.map((name) => `x\n<!-- table: ${name} -->\nSTALE\n<!-- end -->\ny\n`).join("");
  const once = withTables(text);
  assert(!once.includes("STALE"));
  assertEquals(
    once.split("\n").filter((line) => line === "x" || line === "y").length,
    2 * names.length,
  );
  assertEquals(withTables(once), once);
});

Deno.test("withTables() misses no marker, and knows no other", () => {
  assertThrows(() => withTables("no markers"), RangeError, "no marker for");
  assertThrows(() => withTables("<!-- table: other -->\n<!-- end -->"), RangeError, "other");
});
