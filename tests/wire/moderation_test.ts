/**
 * Moderation on raw sockets against a real server: what the moderated are given, and can still do.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { codes } from "../../lib/errors.ts";
import type { Action } from "../../lib/protocol/codec.ts";
import { invitingTest, type InvitingWorld } from "../support/inviting.ts";
import { makeDevice, type TestDevice, WireClient } from "../support/wire_client.ts";

interface Somebody {
  readonly device: TestDevice;
  readonly client: WireClient;
}

async function somebody(world: InvitingWorld, name: string, role = "member"): Promise<Somebody> {
  const device = await makeDevice(name, (await world.invited("--role", role)).token);
  return { device, client: await WireClient.open(world.server.port, device) };
}

/** Logs in where that must fail, and tells the code. */
async function refused(port: number, device: TestDevice): Promise<number> {
  const client = await WireClient.connect(port);
  await client.send("login", await client.prove(device));
  return (await client.lastError()).code;
}

/** Asks for something, and waits until an entry of the kind has come back. */
async function does({ client }: Somebody, action: Action, kind: string): Promise<number> {
  const before = client.entries.length;
  await client.submit(action);
  const found = await client.until(
    kind,
    () => client.entries.slice(before).find(({ content }) => content?.kind === kind),
  );
  return found.lsn;
}

const plain = { reason: "spam", device: 0 } as const;

invitingTest(
  "wire: who is banned from the server is out at once, until it is taken back",
  async (world) => {
    const { port } = world.server;
    const olga = await somebody(world, "olga", "owner");
    const bob = await somebody(world, "bob");
    await bob.client.say("lobby", "before");
    const welcomed = await WireClient.connect(port);
    await does(olga, { action: "ban", room: "lobby", user: "bob", ...plain }, "banned");
    assertEquals((await bob.client.lastError()).code, codes.banned);
    welcomed.close();
    assertEquals(await refused(port, bob.device), codes.banned);
    await world.restart("SIGKILL");
    assertEquals(await refused(world.server.port, bob.device), codes.banned, "nor after a restart");
    const again = await WireClient.connect(world.server.port);
    await again.login(olga.device);
    await again.send("resume", { logId: null, cursor: 0, digest: null });
    await again.next("upto");
    await again.submit({ action: "unban", room: "lobby", user: "bob", device: 0 });
    await again.until(
      "unbanned",
      () => again.entries.find(({ content }) => content?.kind === "unbanned"),
    );
    const back = await WireClient.open(world.server.port, bob.device);
    await back.say("lobby", "after");
    await again.hears("after");
    back.close();
    again.close();
  },
);

invitingTest("wire: who is banned between proof and resume is ended too", async (world) => {
  const { port } = world.server;
  const olga = await somebody(world, "olga", "owner");
  const bob = await somebody(world, "bob");
  bob.client.close();
  const late = await WireClient.connect(port);
  await late.login(bob.device);
  await does(olga, { action: "ban", room: "lobby", user: "bob", ...plain }, "banned");
  assertEquals((await late.lastError()).code, codes.banned);
  olga.client.close();
});

invitingTest("wire: what a banned user writes in the same moment is not taken", async (world) => {
  const olga = await somebody(world, "olga", "owner");
  const bob = await somebody(world, "bob");
  const writing = Array.from(
    { length: 20 },
    (_, at) =>
      bob.client.submit({ action: "message", to: "lobby", text: `late ${at}`, act: false }),
  );
  const banned = await does(
    olga,
    { action: "ban", room: "lobby", user: "bob", ...plain },
    "banned",
  );
  await Promise.allSettled(writing);
  await bob.client.lastError();
  await olga.client.say("lobby", "after");
  await olga.client.hears("after");
  const late = olga.client.entries.filter(({ lsn, content }) =>
    lsn > banned && content?.kind === "message" && content.text !== "after"
  );
  assertEquals(late, []);
  olga.client.close();
});

invitingTest("wire: a removed account is out, everywhere and for good", async (world) => {
  const { port } = world.server;
  const olga = await somebody(world, "olga", "owner");
  const bob = await somebody(world, "bob");
  await does(olga, { action: "remove", user: "bob", reason: "" }, "removed");
  assertEquals((await bob.client.lastError()).code, codes.removed);
  assertEquals(await refused(port, bob.device), codes.removed);
  const { token } = await world.invited();
  assertEquals(await refused(port, await makeDevice("bob", token)), codes.nameTaken);
  olga.client.close();
});

invitingTest(
  "wire: the kick is the last that the kicked are given, live, by resume and back in time",
  async (world) => {
    const { port } = world.server;
    const olga = await somebody(world, "olga", "owner");
    const bob = await somebody(world, "bob");
    await does(olga, { action: "join", room: "dev" }, "created");
    await does(bob, { action: "join", room: "dev" }, "joined");
    await olga.client.say("dev", "heard");
    await bob.client.hears("heard");
    const kicked = await does(
      olga,
      { action: "kick", room: "dev", user: "bob", reason: "loud" },
      "kicked",
    );
    await olga.client.say("dev", "not heard");
    await olga.client.say("lobby", "heard again");
    await bob.client.hears("heard again");
    const room = bob.client.entries.find(({ lsn }) => lsn === kicked)!.audience;
    const ofRoom = (client: WireClient) =>
      client.entries.filter(({ audience }) => audience[0] === 0 && audience[1] === room[1]);
    assertEquals(ofRoom(bob.client).at(-1)!.lsn, kicked);
    await bob.client.submit({ action: "message", to: "dev", text: "still?", act: false });
    assertEquals((await bob.client.next("refused")).code, codes.notMember);
    await bob.client.send("history", { request: 1, room: room as [0, number], before: 0 });
    const { entries } = await bob.client.next("past");
    assertEquals((entries.at(-1)![0] as number[])[1], kicked);
    const fresh = await WireClient.open(port, bob.device);
    assertEquals(ofRoom(fresh), [], "a snapshot is of the rooms one is in");
    fresh.close();
    olga.client.close();
  },
);

invitingTest(
  "wire: of a private room nobody else is given anything, not even its name",
  async (world) => {
    const { port } = world.server;
    const olga = await somebody(world, "olga", "owner");
    const bob = await somebody(world, "bob");
    const eve = await somebody(world, "eve", "admin");
    const room = await does(olga, { action: "makePrivate", room: "attic" }, "created");
    await olga.client.say("attic", "before bob");
    await does(olga, { action: "inviteTo", room: "attic", user: "bob" }, "roomInvited");
    await bob.client.until(
      "the invitation",
      () => bob.client.entries.find(({ content }) => content?.kind === "roomInvited"),
    );
    await does(bob, { action: "join", room: "attic" }, "joined");
    await olga.client.say("attic", "secret");
    await bob.client.hears("secret");
    await olga.client.say("lobby", "public");
    await eve.client.hears("public");
    const isOf = ({ audience }: { audience: readonly number[] }) =>
      audience[0] === 0 && audience[1] === room;
    assertEquals(eve.client.entries.filter(isOf), [], "live");
    for (
      const action of [
        { action: "join", room: "attic" },
        { action: "message", to: "attic", text: "let me in", act: false },
        { action: "kick", room: "attic", user: "bob", reason: "" },
        { action: "inviteTo", room: "attic", user: "eve" },
      ] as const
    ) {
      await eve.client.submit(action);
      const { code } = await eve.client.next("refused");
      assert(code === codes.privateRoom || code === codes.notMember, action.action);
    }
    await eve.client.send("history", { request: 1, room: [0, room], before: 0 });
    assertEquals((await eve.client.next("past")).code, codes.notMember);
    await eve.client.send("listMembers", { request: 2, room: "attic", after: 0 });
    assertEquals((await eve.client.next("memberList")).code, codes.notMember);
    await eve.client.send("listRooms", { request: 3, after: "" });
    assertEquals(
      (await eve.client.next("roomList")).rooms.map(([, name]) => name),
      ["lobby"],
    );
    const fresh = await WireClient.open(port, eve.device);
    assertEquals(fresh.entries.filter(isOf), [], "by a snapshot");
    await bob.client.send("history", { request: 4, room: [0, room], before: 0 });
    const { entries, boundary } = await bob.client.next("past");
    assertEquals([entries.length, boundary], [2, 2], "bob: from his joining on");
    const second = await WireClient.open(port, bob.device);
    assertEquals(second.entries.filter(isOf).length, 2, "on another day too");
    for (const one of [fresh, second, olga.client]) one.close();
  },
);

invitingTest("wire: who is an admin no more is given nothing more of the admins", async (world) => {
  const olga = await somebody(world, "olga", "owner");
  const ada = await somebody(world, "ada", "admin");
  await world.invited();
  await ada.client.until(
    "an invite",
    () => ada.client.entries.find(({ content }) => content?.kind === "invited"),
  );
  await does(olga, { action: "rank", user: "ada", role: 0 }, "ranked");
  const before = ada.client.entries.filter(({ audience }) => audience[0] === 4).length;
  await world.invited();
  await olga.client.say("lobby", "after");
  await ada.client.hears("after");
  assertEquals(ada.client.entries.filter(({ audience }) => audience[0] === 4).length, before);
  await ada.client.submit({ action: "revokeInvite", invite: 2 });
  assertEquals((await ada.client.next("refused")).code, codes.noRight);
  for (const one of [olga, ada]) one.client.close();
});
