import { assertEquals } from "@std/assert";
import { codes } from "../../lib/errors.ts";
import { limits } from "../../lib/limits.ts";
import { openDatabase } from "../../lib/sqlite/database.ts";
import { DiskRoom } from "../../lib/sqlite/room.ts";
import { memoryIndexLag, SqliteLog } from "../../lib/store/sqlite_log.ts";
import { systemRandom } from "../../lib/seams.ts";
import { ManualClock } from "../support/random.ts";

/** A disk that has as much room as the test says. */
function disk(reserveBytes: number) {
  const clock = new ManualClock(0);
  const state = { freeBytes: 0, looks: 0 };
  const freeBytes = () => (state.looks++, state.freeBytes);
  return { clock, state, room: new DiskRoom(reserveBytes, { freeBytes, clock }) };
}

Deno.test("DiskRoom.isThere() looks once a second, and sees room come and go", () => {
  const { clock, state, room } = disk(1_000);
  assertEquals(room.isThere(), false);
  state.freeBytes = 1_000;
  clock.nowMs = limits.roomLookMs - 1;
  assertEquals([room.isThere(), state.looks], [false, 1], "as it was seen last");
  clock.nowMs = limits.roomLookMs;
  assertEquals([room.isThere(), state.looks], [true, 2]);
  state.freeBytes = 999;
  clock.nowMs = 2 * limits.roomLookMs;
  assertEquals(room.isThere(), false);
});

Deno.test("DiskRoom.isThere() asks nobody where nothing is to be left free", () => {
  const { room, state } = disk(0);
  assertEquals([room.isThere(), state.looks], [true, 0]);
});

Deno.test("SqliteLog.append() takes nothing new beyond the reserve, and answers repeats", () => {
  const { clock, state, room } = disk(1_000);
  state.freeBytes = 1_000;
  const hasRoom = () => room.isThere();
  const log = new SqliteLog(openDatabase(":memory:"), clock, systemRandom, memoryIndexLag, hasRoom);
  const salt = new Uint8Array(16);
  const register = { by: "server", registration: "open", invite: null, name: "al" } as const;
  const key = { deviceKey: new Uint8Array(32), sizeBytes: 0, timeMs: 1, salt };
  const [registered] = log.append([{ ...register, ...key }]).outcomes;
  assertEquals(registered, { outcome: "accepted", lsn: 2 });
  const message = (n: number) => ({
    ...{ by: "device", device: 2, user: 2, epoch: new Uint8Array(16), n } as const,
    ...{ id: new Uint8Array(16).fill(n), sizeBytes: 9, timeMs: 2, salt },
    action: { action: "message", to: "lobby", text: `m${n}`, act: false } as const,
  });
  const first = log.append([message(1)]);
  state.freeBytes = 999;
  clock.nowMs = limits.roomLookMs;
  const { outcomes, published, head } = log.append([message(1), message(2), {
    ...register,
    ...key,
    name: "bo",
    deviceKey: new Uint8Array(32).fill(1),
  }]);
  assertEquals(outcomes, [
    first.outcomes[0]!,
    { outcome: "later", code: codes.unavailable, last: 1 },
    { outcome: "later", code: codes.unavailable, last: 0 },
  ]);
  assertEquals([published, head], [[], first.head]);
  assertEquals(log.write(0, () => "marks"), "marks", "what takes the place of what is there");
  state.freeBytes = 1_000;
  clock.nowMs = 2 * limits.roomLookMs;
  assertEquals(log.append([message(2)]).outcomes[0]!.outcome, "accepted");
  log.close();
});
