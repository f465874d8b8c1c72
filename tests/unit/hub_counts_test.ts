/**
 * What a message costs, as counts that no clock blurs: how often its bytes are made, joined and
 * handed to a connection.
 */

import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import { limits } from "../../lib/limits.ts";
import { batch, inOnePiece, published } from "../support/published.ts";
import { Bench } from "../support/session_bench.ts";

const members = Array.from({ length: 50 }, (_, at) => 2 + at);
const lsns = Array.from({ length: 10 }, (_, at) => 10 + at);

/** A room whose members are all connected and have read everything. */
function room() {
  const bench = new Bench(9, members.map((user) => ({ audience: "r1", user, since: 1 })));
  return { bench, far: members.map((user) => bench.open(user)) };
}

Deno.test("a batch is one write for each member, and the same bytes for all", () => {
  const { bench, far } = room();
  const committed = inOnePiece(batch(...lsns.map((lsn) => published(lsn))));
  bench.hub.publish(committed);
  const writes = far.map(({ session }) => [session.take(), session.take()]);
  const [first] = writes[0]!;
  assert(first);
  assertEquals(first.length, 100);
  for (const [one, more] of writes) {
    assertStrictEquals(one, first, "joined once");
    assertStrictEquals(more, null, "one write");
  }
  assertStrictEquals(first.buffer, committed.published[0]!.frame.buffer, "and copied not at all");
});

Deno.test("what waits while a write is under way goes out in one write, joined once for all", () => {
  const { bench, far } = room();
  for (const lsn of lsns) bench.hub.publish(batch(published(lsn)));
  const writes = far.map(({ session }) => [session.take(), session.take()]);
  for (const [one, more] of writes) {
    assertStrictEquals(one, writes[0]![0]);
    assertStrictEquals(more, null);
  }
  assertEquals(writes[0]![0]!.length, 100);
});

Deno.test("a window of submissions is answered with one packet", () => {
  const bench = new Bench();
  const far = bench.open(2);
  for (let n = 1; n <= limits.windowCountMax; n++) far.submit(n);
  far.pending.submit.forEach(({ done }, at) => done({ outcome: "accepted", lsn: 10 + at }));
  const packets = far.take();
  assertEquals(packets.map(({ packet }) => packet), ["accepted"]);
});
