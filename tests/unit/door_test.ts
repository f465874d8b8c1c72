import { assert, assertEquals } from "@std/assert";
import { limits } from "../../lib/limits.ts";
import { Door } from "../../lib/server/door.ts";
import { defaultLimits } from "../../lib/server/settings.ts";
import { ManualClock, SeededRandom } from "../support/random.ts";

interface Waiting {
  isKnown: boolean;
  hasGreeted: boolean;
}

function silent(): Waiting {
  return { isKnown: false, hasGreeted: false };
}

function greeted(): Waiting {
  return { isKnown: false, hasGreeted: true };
}

/** A door, and who goes through it. */
function world(changed: Partial<typeof defaultLimits> = {}, seed = 1) {
  const clock = new ManualClock(1_000);
  const door = new Door<Waiting>({ ...defaultLimits, ...changed }, clock, new SeededRandom(seed));
  let places = 0;
  /** An address that nobody else has. */
  const anywhere = () => `10.${places >> 16}.${(places >> 8) & 255}.${places++ & 255}`;
  return { clock, door, anywhere };
}

const { strangersMax, strangersDropFrom, strangersPerAddressMax, loginFailuresMax } = defaultLimits;

Deno.test("Door.enter() ends nobody while few wait", () => {
  const { door, anywhere } = world();
  for (let at = 0; at < strangersDropFrom; at++) {
    assertEquals(door.enter(silent(), anywhere()), null);
  }
  assertEquals(door.waiting, strangersDropFrom);
});

Deno.test("Door.enter() holds strangersMax, and always lets in who comes", () => {
  const { door, anywhere } = world();
  for (let at = 0; at < 8_000; at++) {
    const guest = silent();
    assert(door.enter(guest, anywhere()) !== guest);
    assert(door.waiting <= strangersMax);
  }
  assert(door.waiting > strangersDropFrom);
});

Deno.test("Door.enter() drops by chance, the more likely the more wait", () => {
  const drops = (waiting: number) => {
    let dropped = 0;
    for (let seed = 1; seed <= 400; seed++) {
      const { door, anywhere } = world({}, seed * 7_919);
      const drop = () => door.enter(silent(), anywhere());
      while (door.waiting < waiting) drop();
      if (drop() !== null) dropped++;
    }
    return dropped / 400;
  };
  const [few, some, many, all] = [31, 40, 56, 64].map(drops);
  assertEquals([few, all], [0, 1]);
  assert(some! > 0.1 && some! < 0.45 && many! > 0.6 && many! < 0.9, `${some} ${many}`);
});

Deno.test("Door.enter() ends who has not said hello before who has", () => {
  const { door, anywhere } = world();
  const polite = Array.from({ length: 20 }, greeted);
  for (const one of polite) door.enter(one, anywhere());
  for (let at = 0; at < 2_000; at++) {
    const goes = door.enter(silent(), anywhere());
    assert(goes === null || !goes.hasGreeted);
  }
  const stays = greeted();
  door.enter(stays, anywhere());
  assert(door.waiting <= strangersMax);
});

Deno.test("Door.enter() ends one who has said hello where all have", () => {
  const { door, anywhere } = world();
  for (let at = 0; at < 1_000; at++) door.enter(greeted(), anywhere());
  assert(door.waiting <= strangersMax);
});

Deno.test("Door.enter() ends different ones: nobody can foresee who goes", () => {
  const { door, anywhere } = world({ strangersDropFrom: 64 });
  const first = Array.from({ length: strangersMax }, silent);
  for (const one of first) door.enter(one, anywhere());
  const gone = new Set<number>();
  for (let at = 0; at < 30; at++) gone.add(first.indexOf(door.enter(silent(), anywhere())!));
  assert(gone.size > 10, `${[...gone]}`);
  assert(![...gone].every((at) => at < 30), "not the oldest only");
});

Deno.test("Door.enter() lets an honest client in within a few tries, against 8,000", () => {
  let tries = 0;
  for (let seed = 1; seed <= 100; seed++) {
    const { door, anywhere } = world({}, seed * 7_919);
    for (let at = 0; at < 200; at++) door.enter(silent(), anywhere());
    for (let isIn = false; !isIn;) {
      tries++;
      const honest = silent();
      door.enter(honest, anywhere());
      // Fifty come before its hello does, and a thousand before its login.
      const gone: unknown[] = [];
      for (let at = 0; at < 50; at++) gone.push(door.enter(silent(), anywhere()));
      honest.hasGreeted = true;
      for (let at = 0; at < 1_000; at++) gone.push(door.enter(silent(), anywhere()));
      isIn = !gone.includes(honest);
    }
  }
  assert(tries <= 400, `${tries} tries for 100 clients`);
});

Deno.test("Door.enter() holds strangersPerAddressMax of one address, and no other goes", () => {
  const { door, anywhere } = world();
  const other = silent();
  door.enter(other, anywhere());
  for (let at = 0; at < 1_000; at++) assert(door.enter(silent(), "192.0.2.1") !== other);
  assertEquals(door.waiting, 1 + strangersPerAddressMax);
});

Deno.test("Door.enter() counts a /64 as one address, and IPv4 in IPv6 as IPv4", () => {
  const { door } = world({ strangersPerAddressMax: 1 });
  const [a, b, c, d] = [silent(), silent(), silent(), silent()];
  assertEquals(door.enter(a, "2001:db8::1"), null);
  assertEquals(door.enter(b, "2001:db8::ffff:1"), a);
  assertEquals(door.enter(c, "2001:db8:0:1::1"), null);
  assertEquals(door.enter(d, "192.0.2.1"), null);
  assertEquals(door.enter(silent(), "::ffff:192.0.2.1"), d);
});

Deno.test("Door.enter() doesn't count who has logged in: an office is behind one address", () => {
  const { door } = world();
  for (let at = 0; at < 500; at++) {
    const guest = greeted();
    assertEquals(door.enter(guest, "192.0.2.1"), null);
    guest.isKnown = true;
  }
});

Deno.test("Door.leave() makes room", () => {
  const { door } = world({ strangersPerAddressMax: 1 });
  for (let at = 0; at < 100; at++) {
    const guest = silent();
    assertEquals(door.enter(guest, "192.0.2.1"), null);
    door.leave(guest);
    door.leave(guest);
  }
  assertEquals(door.waiting, 0);
});

Deno.test("Door.failed() lets five failures a minute pass, then pauses that double", () => {
  const { door, clock } = world();
  for (let at = 0; at < loginFailuresMax; at++) {
    door.failed("192.0.2.1");
    assertEquals(door.pauseMs("192.0.2.1"), 0);
  }
  const pauses: number[] = [];
  for (let at = 0; at < 9; at++) {
    door.failed("192.0.2.1");
    pauses.push(door.pauseMs("192.0.2.1"));
    assertEquals(door.pauseMs("192.0.2.2"), 0, "nobody else's matter");
    door.failed("192.0.2.1");
    assertEquals(door.pauseMs("192.0.2.1"), pauses.at(-1), "no longer for what fails meanwhile");
    clock.nowMs += pauses.at(-1)!;
    assertEquals(door.pauseMs("192.0.2.1"), 0);
  }
  assertEquals(pauses, [1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000, 60_000]);
});

Deno.test("Door.failed() forgets failures after a minute, and pauses a minute after their end", () => {
  const { door, clock } = world();
  for (let at = 0; at < 100; at++) {
    door.failed("192.0.2.1");
    if (at < 99) clock.nowMs += limits.loginFailureMs / loginFailuresMax;
    assertEquals(door.pauseMs("192.0.2.1"), 0);
  }
  door.failed("192.0.2.1");
  assertEquals(door.pauseMs("192.0.2.1"), 1_000);
  clock.nowMs += 1_000 + limits.loginFailureMs - 1;
  door.failed("192.0.2.1");
  assertEquals(door.pauseMs("192.0.2.1"), 2_000, "still the same one");
  clock.nowMs += 2_000 + limits.loginFailureMs;
  for (let at = 0; at <= loginFailuresMax; at++) door.failed("192.0.2.1");
  assertEquals(door.pauseMs("192.0.2.1"), limits.pauseFirstMs, "as if for the first time");
});

Deno.test("Door.failed() forgets the failures of an address from which somebody logs in", () => {
  const { door } = world();
  for (let at = 0; at < loginFailuresMax; at++) door.failed("192.0.2.1");
  const guest = silent();
  door.enter(guest, "192.0.2.1");
  guest.isKnown = true;
  door.failed("192.0.2.1");
  assertEquals(door.pauseMs("192.0.2.1"), 0);
});

Deno.test("Door.failed() keeps a bounded number of addresses, and forgets the oldest", () => {
  const { door, anywhere, clock } = world();
  const fail = (address: string) => {
    for (let at = 0; at <= loginFailuresMax; at++) door.failed(address);
  };
  const [first, second] = [anywhere(), anywhere()];
  fail(first);
  fail(second);
  clock.nowMs += limits.pauseFirstMs;
  door.failed(first);
  for (let at = 0; at < limits.failedAddressesMax - 1; at++) fail(anywhere());
  assertEquals(door.failing, limits.failedAddressesMax);
  assertEquals(door.pauseMs(first), 2 * limits.pauseFirstMs);
  door.failed(second);
  assertEquals(door.pauseMs(second), 0, "as if for the first time");
});

Deno.test("Door.failed() counts nothing where there is no bound", () => {
  const { door } = world({ loginFailuresMax: 0 });
  for (let at = 0; at < 100; at++) door.failed("192.0.2.1");
  assertEquals([door.pauseMs("192.0.2.1"), door.failing], [0, 0]);
});
