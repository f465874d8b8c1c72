import { assertEquals } from "@std/assert";
import { openDatabase } from "../../lib/sqlite/database.ts";
import { migrate } from "../../lib/sqlite/migrate.ts";

Deno.test("migrate() passes over a step that another program has just taken", () => {
  const path = `${Deno.makeTempDirSync()}/data.sqlite`;
  const one = openDatabase(path);
  const other = openDatabase(path);
  const steps = ["CREATE TABLE thing (id INTEGER PRIMARY KEY) STRICT"];
  let raced = false;
  // Between the first look at the version and the transaction the other program migrates.
  const exec = one.exec.bind(one);
  one.exec = (sql: string) => {
    if (sql.startsWith("BEGIN") && !raced) {
      raced = true;
      migrate(other, steps);
    }
    exec(sql);
  };
  migrate(one, steps);
  assertEquals(one.prepare("PRAGMA user_version").get()!.user_version, 1);
  one.close();
  other.close();
});
