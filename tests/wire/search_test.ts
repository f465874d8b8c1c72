import { assert, assertEquals } from "@std/assert";
import { limits } from "../../lib/limits.ts";
import { itemsEntry } from "../../lib/log/entry.ts";
import type { PacketFields } from "../../lib/protocol/codec.ts";
import { removeDatabase } from "../../lib/sqlite/database.ts";
import { wireTest } from "../support/with_server.ts";
import { makeDevice, WireClient } from "../support/wire_client.ts";

const anything = { request: 7, terms: [], by: "", place: "", since: 0, until: 0, below: 0 };

/** Asks, and goes on until there is no more. */
async function search(
  client: WireClient,
  ask: Partial<PacketFields<"search">>,
): Promise<string[]> {
  const texts: string[] = [];
  for (let below = 0;;) {
    await client.send("search", { ...anything, ...ask, below });
    const { entries, next } = await client.next("found");
    for (const [header, body] of entries) {
      const { content } = itemsEntry(header, body);
      assert(content?.kind === "message");
      texts.push(content.text);
    }
    if (next === 0) return texts;
    below = next;
  }
}

const word = (text: string, prefix = false) => [text, prefix] as const;

wireTest("search finds what was just said, and to nobody what is another's", async ({ port }) => {
  const alice = await WireClient.open(port, await makeDevice("alice"));
  const bob = await WireClient.open(port, await makeDevice("bob"));
  await alice.say("lobby", "a word for all");
  await alice.say("@bob", "a word between us");
  const eve = await WireClient.open(port, await makeDevice("eve"));
  const terms = [word("word")];
  assertEquals(await search(bob, { terms }), ["a word between us", "a word for all"]);
  assertEquals(await search(eve, { terms }), ["a word for all"]);
  assertEquals(await search(eve, { by: "alice" }), ["a word for all"]);
  assertEquals(await search(eve, { terms, place: "@bob" }), []);
  assertEquals(await search(bob, { terms, place: "@Alice" }), ["a word between us"]);
  assertEquals(await search(bob, { terms: [word("wo", true)], place: "lobby" }), [
    "a word for all",
  ]);
  assertEquals(await search(bob, { terms, until: 1 }), []);
  assertEquals(await search(bob, { terms, since: 1 }), ["a word between us", "a word for all"]);
  assertEquals(await search(bob, { terms, since: Number.MAX_SAFE_INTEGER }), []);
  for (const client of [alice, bob, eve]) client.close();
});

wireTest("search goes back in pages", async ({ port }) => {
  const alice = await WireClient.open(port, await makeDevice("alice"));
  const said = Array.from({ length: 120 }, (_, at) => `again ${at}`);
  for (const text of said) await alice.say("lobby", text);
  assertEquals(await search(alice, { terms: [word("again")] }), said.reverse());
  alice.close();
});

wireTest("hostile questions are answered like others", async ({ port }) => {
  const eve = await WireClient.open(port, await makeDevice("eve"));
  await eve.say("lobby", "here");
  const longest = "a ".repeat(limits.searchTermBytesMax / 2);
  const asks: Partial<PacketFields<"search">>[] = [
    { terms: [word('" OR text : "here')] },
    { terms: [word("*", true)] },
    { terms: [word("")] },
    { terms: Array.from({ length: limits.searchTermsMax }, () => word(longest, true)) },
    { by: "' OR 1=1 --" },
    { place: "@@" },
    { terms: [word("here")], below: Number.MAX_SAFE_INTEGER, by: "\0" },
  ];
  for (const ask of asks) assertEquals(await search(eve, ask), [], JSON.stringify(ask));
  assertEquals(await search(eve, { terms: [word("here")] }), ["here"]);
  eve.close();
});

wireTest("search goes on after kill -9, also with a damaged index", async (world) => {
  const alice = await makeDevice("alice");
  const first = await WireClient.open(world.port, alice);
  const said = Array.from({ length: 60 }, (_, at) => `kept ${at}`);
  for (const text of said.slice(0, 30)) await first.say("lobby", text);
  assertEquals((await search(first, { terms: [word("kept")] })).length, 30);
  for (const text of said.slice(30)) await first.say("lobby", text);
  await world.restart("SIGKILL");
  await first.end();
  const second = await WireClient.open(world.port, alice);
  assertEquals(await search(second, { terms: [word("kept")] }), said.toReversed());
  world.server.kill("SIGKILL");
  await second.end();
  await world.server.ended();
  removeDatabase(`${world.server.data}/words.db`);
  await world.restart("SIGKILL");
  const third = await WireClient.open(world.port, alice);
  assertEquals(await search(third, { terms: [word("kept")] }), said.toReversed());
  world.server.kill("SIGKILL");
  await third.end();
  await world.server.ended();
  removeDatabase(`${world.server.data}/words.db`);
  await Deno.writeTextFile(`${world.server.data}/words.db`, "no database ".repeat(1_000));
  await world.restart("SIGKILL");
  const fourth = await WireClient.open(world.port, alice);
  assertEquals(await search(fourth, { terms: [word("kept")] }), said.toReversed());
  fourth.close();
});
