import { assert, assertEquals } from "@std/assert";
import { codes } from "../../lib/errors.ts";
import { limits } from "../../lib/limits.ts";
import { actionItem } from "../../lib/protocol/codec.ts";
import { wireTest } from "../support/with_server.ts";
import { makeDevice, WireClient } from "../support/wire_client.ts";

wireTest("after kill -9 everything accepted is there, and the cursor goes on", async (world) => {
  const alice = await makeDevice("alice");
  const first = await WireClient.open(world.port, alice);
  const { logId } = lastOf(first, "welcome");
  const { lsn, digest } = lastOf(first, "upto");
  for (let at = 0; at < 100; at++) await first.say("lobby", `m${at}`);
  await world.restart("SIGKILL");
  await first.end();
  const second = await WireClient.connect(world.port);
  await second.login(alice);
  await second.send("resume", { logId, cursor: lsn, digest });
  await second.hears("m99");
  assertEquals(second.entries.map((entry) => entry.lsn), lsns(lsn + 1, 100));
  assert(!second.received.some((packet) => packet.packet === "snapshot"));
  second.close();
});

wireTest("a long absence comes in pages that wait for acknowledgements", async ({ port }) => {
  const [alice, bob] = [await makeDevice("alice"), await makeDevice("bob")];
  const absent = await WireClient.open(port, bob);
  const { logId } = lastOf(absent, "welcome");
  const { lsn, digest } = lastOf(absent, "upto");
  absent.close();
  const sender = await WireClient.open(port, alice);
  const last = limits.creditEntriesMax + 200;
  for (let at = 0; at <= last; at++) await sender.say("lobby", `m${at}`);
  const back = await WireClient.connect(port);
  await back.login(bob);
  await back.send("resume", { logId, cursor: lsn, digest });
  await back.until("a page", () => back.entries.length >= limits.creditEntriesMax);
  await back.send("ping", { token: 5 });
  await back.next("pong");
  assertEquals(back.entries.length, limits.creditEntriesMax, "no more without an acknowledgement");
  while (
    !back.entries.some(({ content }) => content?.kind === "message" && content.text === `m${last}`)
  ) {
    const seen = back.entries.length;
    await back.send("ack", { lsn: back.entries.at(-1)!.lsn });
    await back.until("more", () => back.entries.length > seen);
  }
  await sender.say("lobby", "live");
  await back.hears("live");
  const seen = back.entries.map((entry) => entry.lsn);
  assertEquals(seen, lsns(seen[0]!, seen.length), "no gap and no repeat");
  sender.close();
  back.close();
});

wireTest(
  "a new device gets users, rooms, members and the last 50 entries of each",
  async ({ port }) => {
    const [alice, bob] = [await makeDevice("alice"), await makeDevice("bob")];
    const first = await WireClient.open(port, alice);
    await first.submit({ action: "join", room: "dev" });
    await first.next("accepted");
    for (let at = 0; at < 60; at++) await first.say("dev", `d${at}`);
    await first.say("lobby", "in the lobby");
    (await WireClient.open(port, bob)).close();
    const again = await WireClient.connect(port);
    await again.login(alice);
    await again.send("resume", { logId: null, cursor: 0, digest: null });
    const snapshot = await again.next("snapshot");
    const upto = await again.next("upto");
    assertEquals([snapshot.reason, snapshot.head], [0, upto.lsn]);
    const rooms = again.received.flatMap((packet) => packet.packet === "room" ? [packet.name] : []);
    assertEquals(rooms.toSorted(), ["dev", "lobby"]);
    const users = again.received.flatMap((packet) =>
      packet.packet === "users" ? packet.users.map(([, name]) => name) : []
    );
    assertEquals(users, ["alice", "bob"]);
    const dev = again.entries.filter(({ audience }) => audience[1] !== 1);
    assertEquals(dev.length, 50);
    const seen = again.entries.map((entry) => entry.lsn);
    assertEquals(seen, seen.toSorted((a, b) => a - b), "in log order");
    again.close();
    first.close();
  },
);

wireTest(
  "another log, a cursor beyond the head, another digest: a snapshot, with its reason",
  async ({ port }) => {
    const alice = await makeDevice("alice");
    const first = await WireClient.open(port, alice);
    const { logId } = lastOf(first, "welcome");
    const { lsn, digest } = lastOf(first, "upto");
    const reasonFor = async (standing: Parameters<typeof first.send<"resume">>[1]) => {
      const client = await WireClient.connect(port);
      await client.login(alice);
      await client.send("resume", standing);
      const { reason } = await client.next("snapshot");
      await client.next("upto");
      client.close();
      return reason;
    };
    assertEquals(await reasonFor({ logId: new Uint8Array(16), cursor: lsn, digest }), 1);
    assertEquals(await reasonFor({ logId, cursor: lsn + 1000, digest }), 2);
    assertEquals(await reasonFor({ logId, cursor: Number.MAX_SAFE_INTEGER, digest }), 2);
    assertEquals(await reasonFor({ logId, cursor: lsn, digest: new Uint8Array(32) }), 3);
  },
);

wireTest(
  "a repeat is answered with the lsn it has, a gap and a conflict take nothing",
  async (world) => {
    const device = await makeDevice("alice");
    const client = await WireClient.open(world.port, device);
    const id = new Uint8Array(16).fill(7);
    const { epoch } = client;
    const action = actionItem({ action: "message", to: "lobby", text: "once", act: false });
    await client.send("submit", { epoch, n: 1, id, action });
    const [lsn] = (await client.next("accepted")).lsns;
    await world.restart("SIGKILL");
    const again = await WireClient.open(world.port, device);
    const welcome = lastOf(again, "welcome");
    assertEquals([welcome.epoch, welcome.n], [epoch, 1]);
    await again.send("submit", { epoch, n: 1, id, action });
    assertEquals((await again.next("accepted")).lsns, [lsn!]);
    await again.send("submit", { epoch, n: 1, id: new Uint8Array(16), action });
    const conflict = await again.next("later");
    assertEquals([conflict.code, conflict.last], [codes.conflict, 1]);
    await again.send("submit", { epoch, n: 3, id, action });
    const gap = await again.next("later");
    assertEquals([gap.code, gap.last], [codes.gap, 1]);
    assertEquals(again.entries.filter(({ content }) => content?.kind === "message").length, 1);
    again.close();
  },
);

wireTest("a device that connects again takes over from its older connection", async ({ port }) => {
  const alice = await makeDevice("alice");
  const older = await WireClient.open(port, alice);
  const newer = await WireClient.open(port, alice);
  assertEquals((await older.next("error")).code, codes.replaced);
  await older.end();
  await newer.say("lobby", "here");
  newer.close();
});

wireTest("SIGTERM: accepted is answered, clients are told, exit 0", async ({ port, server }) => {
  const client = await WireClient.open(port, await makeDevice("alice"));
  await client.say("lobby", "last words");
  server.kill("SIGTERM");
  server.kill("SIGTERM");
  assertEquals((await client.next("error")).code, codes.shutdown);
  await client.end();
  assertEquals(await server.ended(), 0);
});

function lastOf<N extends "welcome" | "upto">(client: WireClient, name: N) {
  const found = client.received.findLast((packet) => packet.packet === name);
  if (!found) throw new Error(`no ${name} yet`);
  return found as Extract<typeof found, { packet: N }>;
}

function lsns(from: number, count: number): number[] {
  return Array.from({ length: count }, (_, at) => from + at);
}
