import { assert } from "@std/assert";
import { fuzzSessions } from "./sessions.ts";

const sessions = 5_000;

Deno.test(`fuzz: after ${sessions} mutated sessions an honest device has got everything`, async () => {
  for (let from = 1; from < sessions; from += 500) {
    const { lobby } = await fuzzSessions(from, 500);
    assert(lobby.length > 50, "guests come far enough to write");
  }
});
