import { assert, assertEquals, assertFalse } from "@std/assert";
import { Rooms } from "../../lib/hub/rooms.ts";

function facts(rooms: Rooms, key: string, user: number): unknown[] {
  return [rooms.has(key, user), rooms.of(user).has(key), [...rooms.members(key)].includes(user)];
}

/** The lsns from 1 to 20 at which the user is entitled. */
function entitledAt(rooms: Rooms, key: string, user: number): number[] {
  return Array.from({ length: 20 }, (_, at) => at + 1)
    .filter((lsn) => rooms.entitled(key, user, lsn));
}

Deno.test("Rooms.constructor() begins with the memberships that are open", () => {
  const rooms = new Rooms([
    { audience: "r1", user: 2, since: 3 },
    { audience: "r1", user: 4, since: 19 },
    { audience: "r9", user: 2, since: 20 },
  ]);
  assertEquals([...rooms.of(2)], ["r1", "r9"]);
  assertEquals([...rooms.members("r1")], [2, 4]);
  assertEquals([rooms.count("r1"), rooms.count("r9")], [2, 1]);
  assertEquals(entitledAt(rooms, "r1", 4), [19, 20]);
});

Deno.test("Rooms.join() is inclusive", () => {
  const rooms = new Rooms([]);
  rooms.join("r1", 2, 18);
  assertEquals(facts(rooms, "r1", 2), [true, true, true]);
  assertEquals(entitledAt(rooms, "r1", 2), [18, 19, 20]);
});

Deno.test("Rooms.leave() is inclusive", () => {
  const rooms = new Rooms([{ audience: "r1", user: 2, since: 3 }]);
  rooms.leave("r1", 2, 5, 0);
  assertEquals(facts(rooms, "r1", 2), [false, false, false]);
  assertEquals(rooms.count("r1"), 0);
  assertEquals(entitledAt(rooms, "r1", 2), [3, 4, 5]);
});

Deno.test("Rooms.entitled() knows every membership that came and went", () => {
  const rooms = new Rooms([]);
  for (const [since, until] of [[2, 4], [7, 7], [10, 12]] as const) {
    rooms.join("r1", 2, since);
    rooms.leave("r1", 2, until, 0);
  }
  rooms.join("r1", 2, 19);
  assertEquals(entitledAt(rooms, "r1", 2), [2, 3, 4, 7, 10, 11, 12, 19, 20]);
  assertEquals(entitledAt(rooms, "r1", 3), []);
  assertEquals(entitledAt(rooms, "r2", 2), []);
});

Deno.test("Rooms.leave() forgets what ended before all that anybody asks about", () => {
  const rooms = new Rooms([]);
  rooms.join("r1", 2, 2);
  rooms.leave("r1", 2, 4, 0);
  rooms.join("r1", 3, 5);
  rooms.leave("r1", 3, 6, 3);
  assertEquals(entitledAt(rooms, "r1", 2), [2, 3, 4], "4 is above the oldest, 3");
  rooms.join("r1", 4, 7);
  rooms.leave("r1", 4, 8, 4);
  assertEquals(entitledAt(rooms, "r1", 2), []);
  assertEquals(entitledAt(rooms, "r1", 3), [5, 6]);
});

Deno.test("Rooms.leave() of who is no member changes nothing", () => {
  const rooms = new Rooms([{ audience: "r1", user: 2, since: 3 }]);
  rooms.leave("r1", 9, 5, 0);
  rooms.leave("r7", 2, 5, 0);
  assertEquals(entitledAt(rooms, "r1", 9), []);
  assertEquals([[...rooms.members("r1")], [...rooms.of(2)]], [[2], ["r1"]]);
});

Deno.test("Rooms.of() and Rooms.members() are empty for who and what is not known", () => {
  const rooms = new Rooms([]);
  assertEquals([[...rooms.of(2)], [...rooms.members("r1")], rooms.count("r1")], [[], [], 0]);
  assertFalse(rooms.has("r1", 2));
  assert(rooms.of(2).size === 0);
});
