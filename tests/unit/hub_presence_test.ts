import { assertEquals } from "@std/assert";
import { type Attendance, Presence, type PresenceNews } from "../../lib/hub/presence.ts";
import { limits } from "../../lib/limits.ts";
import type { TalkAudience } from "../../lib/protocol/audience.ts";

/** Who is connected and a member, as the test says. */
class Attended implements Attendance {
  readonly present = new Set<number>();
  readonly memberships = new Map<string, Set<number>>();
  flips = new Set<number>();
  moves = new Map<string, Set<number>>();

  readonly rooms = {
    has: (key: string, user: number) => this.memberships.get(key)?.has(user) ?? false,
    members: (key: string) => this.memberships.get(key) ?? [],
    count: (key: string) => this.memberships.get(key)?.size ?? 0,
  };

  isPresent(user: number): boolean {
    return this.present.has(user);
  }

  takeFlips(): ReadonlySet<number> {
    const flips = this.flips;
    this.flips = new Set();
    return flips;
  }

  takeMoves(): ReadonlyMap<string, ReadonlySet<number>> {
    const moves = this.moves;
    this.moves = new Map();
    return moves;
  }

  comes(...users: number[]): void {
    for (const user of users) {
      this.present.add(user);
      this.flips.add(user);
    }
  }

  goes(user: number): void {
    this.present.delete(user);
    this.flips.add(user);
  }
}

/** A watcher that notes what it was told, and drops it all while it is busy. */
class Screen {
  busy = false;
  #told: PresenceNews[] = [];

  constructor(readonly user: number) {}

  tell(news: PresenceNews): boolean {
    if (this.busy) return false;
    this.#told.push(news);
    return true;
  }

  /** What was told since the last time, as the ids of who came and `-` who went. */
  take(): string[] {
    const told = this.#told.map(({ room, present, changes }) => {
      const names = changes.map(([user, here]) => `${here ? "" : "-"}${user}`);
      return `${room.slice(1).join("+")}: ${present} (${names.join(" ")})`;
    });
    this.#told = [];
    return told;
  }
}

const room: TalkAudience = [0, 1];

/** Users 2, 3 and 4 are members of room 1, and 2 watches it. */
function watchedRoom(): { attended: Attended; presence: Presence; screen: Screen } {
  const attended = new Attended();
  attended.memberships.set("r1", new Set([2, 3, 4]));
  const presence = new Presence(attended);
  const screen = new Screen(2);
  presence.watch(screen, [room]);
  return { attended, presence, screen };
}

Deno.test("Presence.tick() tells first who is present, and then who changed", () => {
  const { attended, presence, screen } = watchedRoom();
  attended.comes(2, 3);
  presence.tick();
  assertEquals(screen.take(), ["1: 2 (2 3)"]);
  presence.tick();
  assertEquals(screen.take(), [], "nothing new");
  attended.comes(4);
  attended.goes(3);
  presence.tick();
  assertEquals(screen.take(), ["1: 2 (-3 4)"]);
});

Deno.test("Presence.tick() joins all that happened since the last one", () => {
  const { attended, presence, screen } = watchedRoom();
  presence.tick();
  assertEquals(screen.take(), ["1: 0 ()"]);
  attended.comes(3);
  attended.goes(3);
  attended.comes(4);
  attended.goes(4);
  attended.comes(4);
  presence.tick();
  assertEquals(screen.take(), ["1: 1 (-3 4)"]);
});

Deno.test("Presence.tick() tells nothing of people in other rooms", () => {
  const { attended, presence, screen } = watchedRoom();
  presence.tick();
  screen.take();
  attended.comes(9);
  presence.tick();
  assertEquals(screen.take(), []);
});

Deno.test("Presence.tick() tells all again after something was dropped", () => {
  const { attended, presence, screen } = watchedRoom();
  attended.comes(2, 3);
  presence.tick();
  screen.take();
  screen.busy = true;
  attended.goes(3);
  presence.tick();
  screen.busy = false;
  presence.tick();
  assertEquals(screen.take(), ["1: 1 (2 -3 -4)"], "though nothing changed in this second");
  attended.comes(4);
  presence.tick();
  assertEquals(screen.take(), ["1: 2 (4)"]);
});

Deno.test("Presence.tick() tells those who come back to a room what they missed", () => {
  const { attended, presence, screen } = watchedRoom();
  attended.comes(2, 3);
  presence.tick();
  screen.take();
  attended.memberships.get("r1")!.delete(2);
  attended.goes(3);
  presence.tick();
  assertEquals(screen.take(), [], "not a member");
  attended.memberships.get("r1")!.add(2);
  presence.tick();
  assertEquals(screen.take(), ["1: 1 (-3 -4 2)"]);
});

Deno.test("Presence.tick() tells those who become members later", () => {
  const { attended, presence } = watchedRoom();
  const stranger = new Screen(9);
  presence.watch(stranger, [room]);
  attended.comes(3);
  presence.tick();
  assertEquals(stranger.take(), []);
  attended.memberships.get("r1")!.add(9);
  presence.tick();
  assertEquals(stranger.take().length, 1);
});

Deno.test("Presence.tick() names nobody in a large room, and counts all", () => {
  const { attended, presence, screen } = watchedRoom();
  const many = Array.from({ length: limits.presenceMembersMax }, (_, at) => 2 + at);
  attended.memberships.set("r1", new Set(many));
  attended.comes(2, 3);
  presence.tick();
  assertEquals(screen.take(), ["1: 2 (2 3)"], "200 are not many");
  attended.memberships.get("r1")!.add(9_999);
  attended.comes(4);
  presence.tick();
  assertEquals(screen.take(), ["1: 3 ()"]);
  const late = new Screen(2);
  presence.watch(late, [room]);
  presence.tick();
  assertEquals(late.take(), ["1: 3 ()"]);
});

Deno.test("Presence.tick() tells the two of a direct of each other", () => {
  const attended = new Attended();
  const presence = new Presence(attended);
  const [screen, stranger] = [new Screen(2), new Screen(4)];
  presence.watch(screen, [[1, 2, 3], [1, 2, 2]]);
  presence.watch(stranger, [[1, 2, 3]]);
  attended.comes(2, 3);
  presence.tick();
  assertEquals(screen.take(), ["2+3: 2 (2 3)", "2+2: 1 (2)"]);
  attended.goes(3);
  presence.tick();
  assertEquals(screen.take(), ["2+3: 1 (-3)"]);
  assertEquals(stranger.take(), []);
});

Deno.test("Presence.tick() tells each what they need, in the same second", () => {
  const { attended, presence, screen } = watchedRoom();
  const [late, dropped] = [new Screen(3), new Screen(4)];
  attended.comes(2, 3);
  presence.watch(dropped, [room]);
  presence.tick();
  dropped.busy = true;
  attended.goes(3);
  presence.tick();
  for (const one of [screen, dropped]) one.take();
  dropped.busy = false;
  presence.watch(late, [room]);
  attended.comes(4);
  presence.tick();
  assertEquals([screen, dropped, late].map((one) => one.take()), [
    ["1: 2 (4)"],
    ["1: 2 (2 -3 4)"],
    ["1: 2 (2 4)"],
  ]);
});

Deno.test("Presence.tick() tells who joins or leaves while connected, in that room alone", () => {
  const { attended, presence, screen } = watchedRoom();
  attended.memberships.set("r7", new Set([2]));
  presence.watch(screen, [room, [0, 7]]);
  attended.comes(2, 3);
  presence.tick();
  screen.take();
  attended.memberships.get("r7")!.add(3);
  attended.moves.set("r7", new Set([3]));
  presence.tick();
  assertEquals(screen.take(), ["7: 2 (3)"]);
  attended.memberships.get("r7")!.delete(3);
  attended.moves.set("r7", new Set([3]));
  presence.tick();
  assertEquals(screen.take(), ["7: 1 ()"], "who left is not named");
});

Deno.test("Presence.tick() names all members once a large room is small", () => {
  const { attended, presence, screen } = watchedRoom();
  const many = Array.from({ length: limits.presenceMembersMax + 1 }, (_, at) => 2 + at);
  attended.memberships.set("r1", new Set(many));
  attended.comes(2, 3);
  presence.watch(screen, [room]);
  presence.tick();
  assertEquals(screen.take(), ["1: 2 ()"]);
  attended.memberships.set("r1", new Set([2, 3, 4]));
  presence.tick();
  assertEquals(screen.take(), ["1: 2 (2 3 -4)"]);
});

Deno.test("Presence.watch() replaces the rooms, and none ends it", () => {
  const { attended, presence, screen } = watchedRoom();
  attended.memberships.set("r7", new Set([2, 5]));
  presence.watch(screen, [[0, 7]]);
  attended.comes(3, 5);
  presence.tick();
  assertEquals(screen.take(), ["7: 1 (5)"]);
  presence.watch(screen, []);
  attended.goes(5);
  presence.tick();
  assertEquals(screen.take(), []);
});

Deno.test("Presence.forget() ends it", () => {
  const { attended, presence, screen } = watchedRoom();
  presence.forget(screen);
  attended.comes(3);
  presence.tick();
  assertEquals(screen.take(), []);
});

Deno.test("Presence.tick() survives who leaves while being told", () => {
  const { attended, presence, screen } = watchedRoom();
  const leaving = {
    user: 3,
    tell: () => {
      presence.forget(leaving);
      presence.forget(screen);
      return true;
    },
  };
  const other = new Screen(4);
  presence.forget(screen);
  presence.watch(leaving, [room]);
  presence.watch(screen, [room]);
  presence.watch(other, [room]);
  attended.comes(3);
  presence.tick();
  assertEquals([screen.take(), other.take()], [[], ["1: 1 (3)"]]);
});
