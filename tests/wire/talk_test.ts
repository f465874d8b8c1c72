import { assert, assertEquals } from "@std/assert";
import { codes } from "../../lib/errors.ts";
import type { Entry } from "../../lib/log/entry.ts";
import { wireTest } from "../support/with_server.ts";
import { makeDevice, WireClient } from "../support/wire_client.ts";

wireTest("a message in the lobby reaches everybody, once", async ({ port }) => {
  const clients = await Promise.all(
    ["alice", "bob", "carol"].map(async (name) => WireClient.open(port, await makeDevice(name))),
  );
  await clients[0]!.say("lobby", "hello");
  for (const client of clients) {
    await client.hears("hello");
    assertEquals(texts(client), ["hello"]);
    client.close();
  }
});

wireTest("a room's message reaches its members and nobody else", async ({ port }) => {
  const alice = await WireClient.open(port, await makeDevice("alice"));
  const bob = await WireClient.open(port, await makeDevice("bob"));
  const eve = await WireClient.open(port, await makeDevice("eve"));
  await alice.submit({ action: "join", room: "Dev" });
  await alice.next("accepted");
  await bob.submit({ action: "join", room: "dev" });
  await bob.next("accepted");
  await alice.say("dev", "secret");
  await bob.hears("secret");
  await alice.say("lobby", "open");
  await eve.hears("open");
  assertEquals(texts(eve), ["open"]);
  for (const client of [alice, bob, eve]) client.close();
});

wireTest("a direct message reaches both users' devices and nobody else", async ({ port }) => {
  const alice = await WireClient.open(port, await makeDevice("alice"));
  const bob = await WireClient.open(port, await makeDevice("bob"));
  const eve = await WireClient.open(port, await makeDevice("eve"));
  await alice.say("@BOB", "psst");
  const heard = await bob.hears("psst");
  assertEquals(heard.audience, [1, 2, 3]);
  await alice.hears("psst");
  await alice.say("lobby", "open");
  await eve.hears("open");
  assertEquals(texts(eve), ["open"]);
  for (const client of [alice, bob, eve]) client.close();
});

wireTest("who has left a room sees the own leave and nothing after it", async ({ port }) => {
  const alice = await WireClient.open(port, await makeDevice("alice"));
  const bob = await WireClient.open(port, await makeDevice("bob"));
  for (const client of [alice, bob]) {
    await client.submit({ action: "join", room: "dev" });
    await client.next("accepted");
  }
  await bob.submit({ action: "leave", room: "dev" });
  await bob.until("own leave", () => bob.entries.some(({ content }) => content?.kind === "left"));
  await alice.say("dev", "after");
  await alice.say("lobby", "end");
  await bob.hears("end");
  assertEquals(texts(bob), ["end"]);
  alice.close();
  bob.close();
});

wireTest("what is refused is told with a code and seen by its sender alone", async ({ port }) => {
  const alice = await WireClient.open(port, await makeDevice("alice"));
  const bob = await WireClient.open(port, await makeDevice("bob"));
  const refusal = async (action: Parameters<typeof alice.submit>[0]) => {
    await alice.submit(action);
    return (await alice.next("refused")).code;
  };
  const say = (to: string, text: string) => ({ action: "message", to, text, act: false }) as const;
  assertEquals(await refusal(say("nowhere", "x")), codes.noRoom);
  assertEquals(await refusal(say("@nobody", "x")), codes.noUser);
  assertEquals(await refusal(say("lobby", "")), codes.badText);
  assertEquals(await refusal(say("lobby", "\x1b[2J")), codes.badText);
  assertEquals(await refusal(say("lobby", "x".repeat(8193))), codes.badText);
  assertEquals(await refusal({ action: "join", room: "a b" }), codes.badRoomName);
  assertEquals(await refusal({ action: "join", room: "lobby" }), codes.alreadyMember);
  assertEquals(await refusal({ action: "leave", room: "lobby" }), codes.lobbyStays);
  await bob.submit({ action: "join", room: "dev" });
  await bob.next("accepted");
  assertEquals(await refusal(say("dev", "x")), codes.notMember);
  await alice.say("lobby", "end");
  await bob.hears("end");
  const refused = (client: WireClient) =>
    client.entries.filter(({ content }) => content?.kind === "refused").length;
  assertEquals([refused(alice), refused(bob)], [9, 0]);
  alice.close();
  bob.close();
});

wireTest("a name belongs to the first key that claims it", async ({ port }) => {
  const alice = await WireClient.open(port, await makeDevice("alice"));
  const thief = await WireClient.connect(port);
  await thief.login(await makeDevice("ALICE")).then(
    () => assert(false, "the thief was let in"),
    () => {},
  );
  assertEquals((await thief.lastError()).code, codes.nameTaken);
  alice.close();
});

wireTest("a signature by another key is not let in", async ({ port }) => {
  const alice = await makeDevice("alice");
  (await WireClient.open(port, alice)).close();
  const mallory = await makeDevice("alice");
  const forged = { name: "alice", key: { ...mallory.key, publicKey: alice.key.publicKey } };
  const client = await WireClient.connect(port);
  await client.login(forged).catch(() => {});
  assertEquals((await client.lastError()).code, codes.badSignature);
});

wireTest("listMembers tells who is present; listRooms tells the rooms", async ({ port }) => {
  const alice = await WireClient.open(port, await makeDevice("alice"));
  const bob = await WireClient.open(port, await makeDevice("bob"));
  bob.close();
  await alice.submit({ action: "join", room: "dev" });
  await alice.next("accepted");
  await alice.send("listMembers", { request: 1, room: "lobby", after: 0 });
  const { members } = await alice.next("memberList");
  assertEquals(members.map(([, name]) => name), ["alice", "bob"]);
  assertEquals(members[0]![2], true, "alice is present");
  await alice.send("listRooms", { request: 2, after: "" });
  const rooms = await alice.next("roomList");
  assertEquals(rooms.rooms.map(([, name, count, own]) => [name, count, own]), [
    ["dev", 1, true],
    ["lobby", 2, true],
  ]);
  await alice.send("listMembers", { request: 3, room: "nowhere", after: 0 });
  assertEquals((await alice.next("memberList")).code, codes.noRoom);
  await alice.send("listMembers", { request: 4, room: "lobby", after: Number.MAX_SAFE_INTEGER });
  assertEquals((await alice.next("memberList")).members, []);
  alice.close();
});

wireTest("presence tells who comes and goes to those who watch", async ({ port }) => {
  const alice = await WireClient.open(port, await makeDevice("alice"));
  await alice.send("watch", { rooms: [[0, 1]] });
  const first = await alice.next("presence");
  assertEquals([first.present, first.changes], [1, [[2, true]]]);
  const bob = await WireClient.open(port, await makeDevice("bob"));
  const came = await alice.next("presence");
  assertEquals([came.present, came.changes], [2, [[3, true]]]);
  await alice.submit({ action: "join", room: "dev" });
  const isDev = ({ content }: Entry) => content?.kind === "created" && content.name === "dev";
  const { lsn: dev } = await alice.until("dev", () => alice.entries.find(isDev));
  await alice.send("watch", { rooms: [[0, 1], [0, dev]] });
  await alice.next("presence");
  await alice.next("presence");
  await bob.submit({ action: "join", room: "dev" });
  const joined = await alice.until("bob in dev", () => {
    const last = alice.received.findLast((packet) => packet.packet === "presence");
    return last?.room[1] === dev && last.present === 2 && last;
  });
  assertEquals(joined.changes, [[3, true]], "who is here and joins is present there");
  bob.close();
  const went = await alice.until("bob gone", () => {
    const last = alice.received.findLast((packet) => packet.packet === "presence");
    return last?.present === 1 && last;
  });
  assertEquals(went.changes, [[3, false]]);
  alice.close();
});

function texts(client: WireClient): string[] {
  return client.entries.flatMap(({ content }) => content?.kind === "message" ? [content.text] : []);
}
