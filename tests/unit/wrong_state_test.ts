/**
 * Every packet of the table where it does not belong: what it is answered with is what
 * docs/PROTOCOL.md says, and nothing else happens. Made from the table: a new packet is in it.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { type Code, codes } from "../../lib/errors.ts";
import { encodeItem } from "../../lib/protocol/cbor.ts";
import { eitherSide, packets, type PacketSpec } from "../../lib/protocol/packets.ts";
import type { Membership } from "../../lib/log/log.ts";
import { digestOf } from "../support/published.ts";
import { Bench, type FarEnd } from "../support/session_bench.ts";
import { shapeOf, within } from "../support/shapes.ts";

const mallory = { user: 3, device: 3, name: "mallory", epoch: null, n: 0 };

/** How a stranger or guest comes to each state, and the one packet that belongs there. */
const states: Readonly<Record<string, [own: string | null, go: (far: FarEnd) => void]>> = {
  "before hello": ["hello", () => {}],
  "before login": ["login", (far) => far.greet()],
  "before resume": ["resume", (far) => far.logIn(mallory)],
  "when open": [null, open],
  "after the end": [null, (far) => {
    open(far);
    far.session.fail(codes.shutdown, "");
  }],
};

function open(far: FarEnd): void {
  far.logIn(mallory);
  far.send("resume", { logId: new Uint8Array(16), cursor: 9, digest: digestOf(1) });
  far.pending.checkStanding.shift()!.done(null);
}

/** A packet with the smallest values that it may have, from whomever. */
function payloadOf({ kind, fields }: PacketSpec): Uint8Array {
  const values = Object.values(fields).map(({ says }) => within(shapeOf(says))[0]!);
  return encodeItem([kind, ...values]);
}

/** What a session has asked of the log, the store and the keys. */
function asked({ pending }: FarEnd): number[] {
  return Object.values(pending).map((all: unknown[]) => all.length);
}

/** What the answer must be; null where the packet belongs, undefined for none at all. */
function answerTo(name: string, { from }: PacketSpec, state: string): Code | null | undefined {
  if (state === "after the end") return undefined;
  if (from === "server") return codes.badPacket;
  const isHandshake = ["hello", "login", "resume"].includes(name);
  if (eitherSide.has(name) || states[state]![0] === name) return null;
  return state === "when open" && !isHandshake ? null : codes.unexpected;
}

for (const [state, [, go]] of Object.entries(states)) {
  for (const [name, spec] of Object.entries<PacketSpec>(packets)) {
    const code = answerTo(name, spec, state);
    if (code === null) continue;
    const says = code === codes.badPacket ? "badPacket" : code ? "unexpected" : "nothing";
    Deno.test(`${name} ${state} is answered with ${says}, and does nothing`, () => {
      const members: Membership[] = [2, 3].map((user) => ({ audience: "r1", user, since: 1 }));
      const bench = new Bench(9, members);
      const victim = bench.open(2);
      const far = bench.connect();
      go(far);
      far.take();
      const before = asked(far);
      const { head } = bench.hub;
      far.sendPayload(payloadOf(spec));
      const packets = far.take();
      assertEquals(packets.map((one) => one.packet === "error" && one.code), code ? [code] : []);
      assert(far.closed);
      assertEquals(asked(far), before, "nothing was asked of log or store");
      assertEquals([bench.hub.head, victim.closed, victim.names()], [head, false, []]);
      assertEquals([bench.hub.connections(2), bench.hub.connections(3)], [1, 0]);
    });
  }
}
