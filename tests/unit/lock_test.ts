import { assert, assertEquals } from "@std/assert";
import { holdLock } from "../../lib/sqlite/lock.ts";
import { permittedTest } from "../support/permitted.ts";

permittedTest(
  "holdLock() gives one holder the lock until it lets go",
  ["read", "write"],
  async () => {
    const folder = await Deno.makeTempDir({ prefix: "parley-lock-" });
    try {
      const first = holdLock(`${folder}/lock`);
      assert(first);
      assertEquals(holdLock(`${folder}/lock`), null);
      first();
      const second = holdLock(`${folder}/lock`);
      assert(second);
      second();
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
);
