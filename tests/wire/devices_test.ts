/**
 * Further devices and revoked ones, on raw sockets against a real server.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { codes } from "../../lib/errors.ts";
import { tokenHash } from "../../lib/identity/invite.ts";
import { invitingTest, type InvitingWorld, operator } from "../support/inviting.ts";
import { makeDevice, type TestDevice, WireClient } from "../support/wire_client.ts";

/** Logs in where that must fail, and tells the code. */
async function refused(port: number, device: TestDevice): Promise<number> {
  const client = await WireClient.connect(port);
  await client.send("login", await client.prove(device));
  return (await client.lastError()).code;
}

/** A user by invite, connected. */
async function user(world: InvitingWorld, name: string) {
  const device = await makeDevice(name, (await world.invited()).token);
  return { device, client: await WireClient.open(world.server.port, device) };
}

/** Makes a code with one of a user's devices. */
async function codeBy(client: WireClient): Promise<Uint8Array> {
  const token = crypto.getRandomValues(new Uint8Array(16));
  await client.submit({ action: "addDevice", hash: tokenHash(token), lifeMs: 60_000 });
  await client.until(
    "the code",
    () =>
      client.entries.find(({ content }) =>
        content?.kind === "deviceInvited" && content.hash.toHex() === tokenHash(token).toHex()
      ),
  );
  return token;
}

/** The id of the device that was added last. */
function added(client: WireClient): number {
  return client.entries.findLast(({ content }) => content?.kind === "deviceAdded")!.lsn;
}

invitingTest(
  "wire: a code lets one device in, which hears and is heard as its user",
  async (world) => {
    const { port } = world.server;
    const { client } = await user(world, "alice");
    const token = await codeBy(client);
    const second = await makeDevice("alice", token);
    const phone = await WireClient.open(port, second);
    assertEquals(await refused(port, await makeDevice("alice", token)), codes.usedInvite);
    await client.say("lobby", "from the first");
    await phone.hears("from the first");
    await phone.say("lobby", "from the second");
    const heard = await client.hears("from the second");
    assertEquals([heard.user, heard.device], [client.entries[1]!.user, added(client)]);
    const { token: other } = await world.invited();
    assertEquals(await refused(port, { ...second, name: "bob", invite: other }), codes.otherName);
    phone.close();
    client.close();
  },
);

invitingTest("wire: a code opens no other name, and nothing is learnt from it", async (world) => {
  const { port } = world.server;
  const { client } = await user(world, "alice");
  const bob = await user(world, "bob");
  const token = await codeBy(client);
  for (const name of ["bob", "carol"]) {
    assertEquals(await refused(port, await makeDevice(name, token)), codes.badInvite, name);
  }
  const near = token.with(15, token[15]! ^ 1);
  assertEquals(await refused(port, await makeDevice("alice", near)), codes.badInvite);
  const phone = await WireClient.open(port, await makeDevice("alice", token));
  for (const one of [phone, client, bob.client]) one.close();
});

invitingTest("wire: a revoked device is ended at once, and gets in no more", async (world) => {
  const { port } = world.server;
  const { client, device } = await user(world, "alice");
  const second = await makeDevice("alice", await codeBy(client));
  const phone = await WireClient.open(port, second);
  await phone.say("lobby", "while it may");
  await client.hears("while it may");
  await client.submit({ action: "revokeDevice", device: added(client) });
  assertEquals((await phone.lastError()).code, codes.revoked);
  assertEquals(await refused(port, second), codes.revoked);
  assertEquals(await refused(port, { ...second, invite: await codeBy(client) }), codes.revoked);
  await world.restart("SIGKILL");
  assertEquals(await refused(world.server.port, second), codes.revoked, "nor after a restart");
  const first = await WireClient.open(world.server.port, device);
  first.close();
});

invitingTest(
  "wire: what a revoked device writes in the same moment is not taken",
  async (world) => {
    const { port } = world.server;
    const { client } = await user(world, "alice");
    const phone = await WireClient.open(port, await makeDevice("alice", await codeBy(client)));
    await phone.say("lobby", "first");
    await client.hears("first");
    const device = added(client);
    const writing = Array.from(
      { length: 20 },
      (_, at) => phone.submit({ action: "message", to: "lobby", text: `late ${at}`, act: false }),
    );
    await client.submit({ action: "revokeDevice", device });
    await Promise.allSettled(writing);
    await phone.lastError();
    await client.say("lobby", "after");
    await client.hears("after");
    const { lsn } = client.entries.find(({ content }) => content?.kind === "deviceRevoked")!;
    assertEquals(client.entries.filter((one) => one.lsn > lsn && one.device === device), []);
  },
);

invitingTest("wire: parleyd audit tells who let which device in, and out", async (world) => {
  const { client } = await user(world, "alice");
  const phone = await WireClient.open(
    world.server.port,
    await makeDevice("alice", await codeBy(client)),
  );
  await client.submit({ action: "revokeDevice", device: added(client) });
  assertEquals((await phone.lastError()).code, codes.revoked);
  const { out, code } = await operator(world.server.data, "audit", "--user", "ALICE");
  assertEquals(code, 0);
  const words = out.split("\n").map((line) => line.split(" ").slice(2, 4).join(" "));
  assertEquals(words, [
    "alice registered",
    "alice deviceInvited",
    "alice deviceAdded",
    "alice deviceRevoked",
  ]);
  const json = await operator(world.server.data, "audit", "--json", "--room", "nowhere");
  assertEquals(JSON.parse(json.out), { end: { more: 0, whole: true } });
  client.close();
});
