import { assert, assertEquals, assertFalse } from "@std/assert";
import { encodeHex } from "@std/encoding/hex";
import { codes } from "../../lib/errors.ts";
import { boundaries } from "../../lib/log/log.ts";
import type { TalkAudience } from "../../lib/protocol/audience.ts";
import { openDatabase } from "../../lib/sqlite/database.ts";
import { flipBit } from "../support/damage.ts";
import { type Past, pastOf } from "../support/history.ts";
import { programCommand } from "../support/server_process.ts";
import { wireTest } from "../support/with_server.ts";
import { makeDevice, WireClient } from "../support/wire_client.ts";

const lobby = [0, 1] as const;

async function history(client: WireClient, room: TalkAudience, before = 0): Promise<Past> {
  await client.send("history", { request: 7, room, before });
  return pastOf(await client.next("past"));
}

/** Runs `parleyd verify` as an operator does. */
async function verify(data: string): Promise<{ code: number; out: string; err: string }> {
  const [command, ...args] = programCommand("server");
  const { code, stdout, stderr } = await new Deno.Command(command!, {
    args: [...args, "verify", "--data", data],
    stdin: "null",
  }).output();
  const [out, err] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes).trim());
  return { code, out: out!, err: err! };
}

wireTest("history goes back to the start, and nobody gets what is another's", async (world) => {
  const { port, server } = world;
  const alice = await WireClient.open(port, await makeDevice("alice"));
  const bob = await WireClient.open(port, await makeDevice("bob"));
  for (let at = 0; at < 120; at++) await alice.say("lobby", `m${at}`);
  const secret = await alice.say("@bob", "between us");
  const texts: string[] = [];
  const boundary: number[] = [];
  for (let before = 0; boundary.at(-1) !== boundaries.start;) {
    const past = await history(bob, lobby, before);
    texts.unshift(
      ...past.entries.flatMap(({ content }) => content?.kind === "message" ? content.text : []),
    );
    boundary.push(past.boundary);
    before = past.entries[0]!.lsn;
  }
  assertEquals(texts, Array.from({ length: 120 }, (_, at) => `m${at}`));
  assertEquals(boundary, [boundaries.more, boundaries.more, boundaries.start]);
  const direct = alice.entries.find(({ lsn }) => lsn === secret) ?? await alice.hears("between us");
  const room = direct.audience as TalkAudience;
  assertEquals((await history(bob, room)).entries.map(({ lsn }) => lsn), [secret]);
  const eve = await WireClient.open(port, await makeDevice("eve"));
  const refused = await history(eve, room);
  assertEquals([refused.code, refused.entries], [codes.notMember, []]);
  assertEquals((await history(eve, [0, 9_999])).code, codes.noRoom);
  const { code, out } = await verify(server.data);
  const digest = eve.received.findLast((packet) => packet.packet === "upto")!.digest;
  assertEquals([code, out], [0, `${secret + 1} entries whole, head digest ${encodeHex(digest)}`]);
  for (const client of [alice, bob, eve]) client.close();
});

wireTest("a damaged entry ends who asks for it, and nobody else", async ({ port, server }) => {
  const alice = await WireClient.open(port, await makeDevice("alice"));
  const bob = await WireClient.open(port, await makeDevice("bob"));
  const lsn = await alice.say("lobby", "soon damaged");
  await bob.hears("soon damaged");
  const database = openDatabase(`${server.data}/parley.db`);
  flipBit(database, lsn, "body", 20);
  database.close();
  await bob.send("history", { request: 1, room: lobby, before: 0 });
  const { code, detail } = await bob.lastError();
  assertEquals([code, detail], [codes.damaged, `entry ${lsn}`]);
  assertFalse(bob.received.some(({ packet }) => packet === "past"));
  const line = await alice.until("the journal", () => {
    void alice.send("ping", { token: 1 });
    return server.journal.find((one) => one.includes(" damaged "));
  });
  assert(line.includes(`lsn=${lsn}`) && line.includes("parleyd verify"), line);
  await alice.say("lobby", "still here");
  await alice.hears("still here");
  const found = await verify(server.data);
  assertEquals([found.code, found.out], [1, ""]);
  assert(found.err.includes(`entry ${lsn} is damaged`), found.err);
  alice.close();
});
