import { assert, assertEquals } from "@std/assert";
import { Handshakes } from "../../lib/net/handshakes.ts";
import { SeededRandom } from "../support/random.ts";

const bounds = { tlsHandshakesMax: 1_000, tlsUnshakenMax: 2_000 };

Deno.test("Handshakes.enter() crowds out nobody but who comes from the same origin", () => {
  const handshakes = new Handshakes<string>(bounds, new SeededRandom(1));
  assertEquals(handshakes.enter("honest", "192.0.2.9"), null);
  const gone: (string | null)[] = [];
  // One customer of a network, with any number of addresses.
  for (let at = 0; at < 5_000; at++) {
    const goes = handshakes.enter(`bad${at}`, `2001:db8::${(at + 1).toString(16)}`);
    if (goes) handshakes.leave(goes);
    gone.push(goes);
  }
  assertEquals(gone.slice(0, 999), new Array(999).fill(null));
  assert(gone.slice(999).every((goes) => goes?.startsWith("bad")), "each gives way to its own");
});

Deno.test("Handshakes.enter() gives up any, however old, where all come from elsewhere", () => {
  for (let seed = 1; seed <= 20; seed++) {
    const handshakes = new Handshakes<number>(bounds, new SeededRandom(seed));
    const left = new Set<number>();
    for (let at = 0; at < 2_000; at++) {
      const goes = handshakes.enter(at, `10.${at >> 16}.${(at >> 8) & 255}.${at & 255}`);
      if (goes !== null) {
        left.delete(goes);
        handshakes.leave(goes);
      }
      left.add(at);
    }
    // Of the first 1,000 each outlives 1,000 others with a chance of 1/e: oldest first leaves none.
    const early = [...left].filter((at) => at < 1_000).length;
    assert(early > 300 && early < 440, `seed ${seed}: ${early} of the early ones are left`);
    assertEquals(left.size, bounds.tlsHandshakesMax);
  }
});

Deno.test("Handshakes.isFull counts who was given up until it is gone", () => {
  const handshakes = new Handshakes<number>({ ...bounds, tlsUnshakenMax: 3 }, new SeededRandom(1));
  for (let at = 0; at < 3; at++) handshakes.enter(at, "192.0.2.1");
  for (let at = 0; at < 3; at++) handshakes.giveUp(at);
  handshakes.giveUp(0);
  assertEquals([handshakes.isFull, [...handshakes.all]], [true, [0, 1, 2]]);
  handshakes.leave(1);
  assertEquals([handshakes.isFull, [...handshakes.all]], [false, [0, 2]]);
});
