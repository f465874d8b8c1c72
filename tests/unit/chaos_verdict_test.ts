/**
 * The chaos run's verdict finds what it is there to find: each planted fault, and nothing else.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { findings, judge, type MemberRecord, type TrueEntry } from "../chaos/verdict.ts";

const alice = 2;
const bob = 3;

function entry(lsn: number, device: number, n: number, more: Partial<TrueEntry> = {}): TrueEntry {
  const text = n > 0 ? `${device}-${n}` : null;
  return { lsn, sum: 100 + lsn, device, epoch: `e${device}`, n, text, isFor: () => true, ...more };
}

/** A log in which alice says three things and bob one, alice's second for herself alone. */
function log(): TrueEntry[] {
  return [
    entry(1, 0, 0),
    entry(2, alice, 0, { epoch: "" }),
    entry(3, bob, 0, { epoch: "" }),
    entry(4, alice, 1),
    entry(5, bob, 1),
    entry(6, alice, 2, { isFor: (user) => user === alice }),
    entry(7, alice, 3),
  ];
}

function member(name: string, id: number, more: Partial<MemberRecord> = {}): MemberRecord {
  const isAlice = id === alice;
  const lsns = isAlice ? [4, 5, 6, 7] : [4, 5, 7];
  return {
    name,
    user: id,
    device: id,
    epoch: `e${id}`,
    since: 3,
    said: isAlice ? ["2-1", "2-2", "2-3"] : ["3-1"],
    answers: isAlice ? [[1, 4], [2, 6], [3, 7]] : [[1, 5]],
    held: lsns.map((lsn) => ({ lsn, sum: 100 + lsn })),
    complaints: [],
    ...more,
  };
}

function held(...lsns: number[]) {
  return { held: lsns.map((lsn) => ({ lsn, sum: 100 + lsn })) };
}

/** The kinds of findings, each with how many there are. */
function kinds(entries: TrueEntry[], ofAlice: Partial<MemberRecord>, ofBob = {}): string {
  const verdict = judge(entries, [member("alice", alice, ofAlice), member("bob", bob, ofBob)]);
  const all = Object.entries(verdict).filter(([, some]) => some.length > 0);
  return all.map(([kind, some]) => `${kind} ${some.length}`).join();
}

Deno.test("judge() finds nothing where all is well, repeats of answers included", () => {
  assertEquals(kinds(log(), {}), "");
  assertEquals(kinds(log(), { answers: [[1, 4], [2, 6], [1, 4], [3, 7]] }), "");
  assertEquals(kinds(log(), { answers: [] }), "", "taken, and not told yet");
});

Deno.test("judge() finds what is lost", () => {
  assertEquals(kinds(log(), {}, held(4, 7)), "lost 1");
  assertEquals(kinds(log(), { ...held(4, 5, 6) }), "lost 1");
  const cut = log().slice(0, 6);
  assertEquals(kinds(cut, held(4, 5, 6), held(4, 5)), "lost 1", "accepted, and not in the log");
  const gap = log().map((one) => one.lsn === 6 ? entry(6, 9, 1, { isFor: () => false }) : one);
  assertEquals(kinds(gap, { answers: [[1, 4]], ...held(4, 5, 7) }), "lost 1", "n jumps");
  const hole = log().filter(({ lsn }) => lsn !== 1);
  assert(kinds(hole, {}).startsWith("lost"), "lsns are dense");
});

Deno.test("judge() finds what is there twice", () => {
  assertEquals(kinds(log(), held(4, 5, 6, 7, 7)), "twice 1");
  const again = [...log(), entry(8, alice, 3)];
  assertEquals(kinds(again, held(4, 5, 6, 7, 8), held(4, 5, 7, 8)), "twice 1");
});

Deno.test("judge() finds another order", () => {
  assertEquals(kinds(log(), held(4, 6, 5, 7)), "outOfOrder 1");
  const swapped = log();
  swapped[3] = entry(4, alice, 3);
  swapped[6] = entry(7, alice, 1);
  assert(kinds(swapped, { answers: [] }).includes("outOfOrder"));
});

Deno.test("judge() finds what is not meant for who has it", () => {
  assertEquals(kinds(log(), {}, held(4, 5, 6, 7)), "foreign 1");
});

Deno.test("judge() finds what is not what it was", () => {
  const answers = [[1, 4], [2, 6], [2, 7], [3, 7]] as const;
  assert(kinds(log(), { answers }).includes("altered 1"), "another lsn at a repeat");
  assertEquals(kinds(log(), { said: ["2-1", "other", "2-3"] }), "altered 1");
  const bytes = [4, 5, 7].map((lsn) => ({ lsn, sum: lsn === 5 ? 1 : 100 + lsn }));
  assertEquals(kinds(log(), {}, { held: bytes }), "altered 1");
});

Deno.test("judge() passes on what was complained of", () => {
  const verdict = judge(log(), [member("alice", alice, { complaints: ["a snapshot"] })], ["died"]);
  assertEquals(verdict.complaints, ["died", "alice: a snapshot"]);
  assertEquals(findings(verdict), 2);
});
