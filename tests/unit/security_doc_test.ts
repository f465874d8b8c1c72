import { assert, assertEquals } from "@std/assert";

const root = new URL("../../", import.meta.url);
const mayRead = Deno.permissions.querySync({ name: "read", path: root }).state === "granted";

Deno.test({
  name: `docs/SECURITY.md names tests that exist${mayRead ? "" : " (ignored: needs --allow-read)"}`,
  ignore: !mayRead,
  fn: async () => {
    const text = await Deno.readTextFile(new URL("docs/SECURITY.md", root));
    const rows = [...text.matchAll(/^\| (.+?) +\| (tests\/\S+_test\.ts) +\| (.+?) +\|$/gm)];
    assertEquals(rows.length, text.split("\n").filter((line) => /^\|.*tests\//.test(line)).length);
    assert(rows.length > 20, "rows are found");
    for (const [, promise, file, name] of rows) {
      const source = await Deno.readTextFile(new URL(file!, root));
      const isTest = source.split("\n").some((line) =>
        line.includes(name!) && !/^\s*(\/\/|\*|\/\*)/.test(line)
      );
      assert(isTest, `${promise}: no test “${name}” in ${file}`);
    }
  },
});
