/**
 * Two devices of one user, and codes that must not count, on raw sockets against a real server.
 *
 * @module
 */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { codes } from "../../lib/errors.ts";
import { parseInvite, tokenHash } from "../../lib/identity/invite.ts";
import { allOf, invitingTest, latin1, operator } from "../support/inviting.ts";
import { wireTest } from "../support/with_server.ts";
import { makeDevice, type TestDevice, WireClient } from "../support/wire_client.ts";

/** Logs in where that must fail, and tells the code. */
async function refused(port: number, device: TestDevice): Promise<number> {
  const client = await WireClient.connect(port);
  await client.send("login", await client.prove(device));
  return (await client.lastError()).code;
}

/** Asks for a code, and gives its token when it is durable. */
async function codeBy(client: WireClient): Promise<Uint8Array> {
  const token = crypto.getRandomValues(new Uint8Array(16));
  await client.submit({ action: "addDevice", hash: tokenHash(token), lifeMs: 60_000 });
  await client.next("accepted");
  return token;
}

/** What a client was told when it came in. */
function welcomeOf(client: WireClient) {
  const found = client.received.find((packet) => packet.packet === "welcome");
  if (found?.packet !== "welcome") throw new Error("not welcome");
  return found;
}

/** How often a message is in what came. */
function heard(client: WireClient, text: string): number {
  const isThis = ({ content }: (typeof client.entries)[0]) =>
    content?.kind === "message" && content.text === text;
  return client.entries.filter(isThis).length;
}

wireTest("a second device has the same name, rooms and messages, each once", async ({ port }) => {
  const phone = await WireClient.open(port, await makeDevice("alice"));
  const bob = await WireClient.open(port, await makeDevice("bob"));
  await phone.submit({ action: "join", room: "dev" });
  await phone.next("accepted");
  await phone.say("dev", "before");
  await bob.say("@alice", "to both");
  const laptop = await WireClient.open(port, await makeDevice("alice", await codeBy(phone)));
  const [first, second] = [welcomeOf(phone), welcomeOf(laptop)];
  assertEquals([second.user, second.name], [first.user, "alice"]);
  assert(second.device !== first.device);
  await laptop.hears("before");
  await laptop.hears("to both");
  await phone.say("dev", "from the phone");
  await laptop.hears("from the phone");
  await laptop.say("@bob", "from the laptop");
  const own = await phone.hears("from the laptop");
  assertEquals([own.user, own.device], [first.user, second.device]);
  await bob.hears("from the laptop");
  await laptop.say("dev", "last");
  await phone.hears("last");
  for (const text of ["from the phone", "from the laptop", "last"]) {
    assertEquals([heard(phone, text), heard(laptop, text)], [1, 1], text);
  }
  for (const client of [phone, bob, laptop]) client.close();
});

wireTest("a message is delivered when any device of its recipient has it", async ({ port }) => {
  const phone = await WireClient.open(port, await makeDevice("alice"));
  const laptop = await WireClient.open(port, await makeDevice("alice", await codeBy(phone)));
  phone.close();
  const bob = await WireClient.open(port, await makeDevice("bob"));
  const lsn = await bob.say("@alice", "hi");
  await laptop.hears("hi");
  await laptop.send("ack", { lsn });
  await bob.until(
    "a receipt",
    () =>
      bob.received.find((packet) =>
        packet.packet === "receipt" && packet.lsn === lsn && packet.delivered === 1
      ),
  );
  for (const client of [laptop, bob]) client.close();
});

invitingTest("wire: a code that was used stays used after a kill -9", async (world) => {
  const { port } = world.server;
  const { token: invite } = await world.invited();
  const alice = await WireClient.open(port, await makeDevice("alice", invite));
  const token = await codeBy(alice);
  const laptop = await makeDevice("ALICE", token);
  (await WireClient.open(port, laptop)).close();
  await world.restart("SIGKILL");
  const again = world.server.port;
  assertEquals(await refused(again, await makeDevice("alice", token)), codes.usedInvite);
  (await WireClient.open(again, laptop)).close();
  alice.close();
});

invitingTest(
  "wire: a replayed login with a code, and a code in another's login, are refused",
  async (world) => {
    const { port } = world.server;
    const { token: invite } = await world.invited();
    const alice = await WireClient.open(port, await makeDevice("alice", invite));
    const token = await codeBy(alice);
    const first = await WireClient.connect(port);
    const overheard = await first.prove(await makeDevice("alice", token));
    first.close();
    const thief = await WireClient.connect(port);
    await thief.prove(await makeDevice("alice"));
    await thief.send("login", overheard);
    assertEquals((await thief.lastError()).code, codes.badSignature);
    const other = await WireClient.connect(port);
    const own = await other.prove(await makeDevice("alice"));
    await other.send("login", { ...own, invite: token });
    assertEquals((await other.lastError()).code, codes.badSignature);
    (await WireClient.open(port, await makeDevice("alice", token))).close();
    alice.close();
  },
);

invitingTest(
  "wire: a revoked device comes back by no code that it made, and others' count",
  async (world) => {
    const { port } = world.server;
    const { token: invite } = await world.invited();
    const phone = await WireClient.open(port, await makeDevice("alice", invite));
    const stolen = await WireClient.open(port, await makeDevice("alice", await codeBy(phone)));
    const [thiefs, own] = [await codeBy(stolen), await codeBy(phone)];
    await phone.submit({ action: "revokeDevice", device: welcomeOf(stolen).device });
    assertEquals((await stolen.lastError()).code, codes.revoked);
    assertEquals(await refused(port, await makeDevice("alice", thiefs)), codes.expiredInvite);
    (await WireClient.open(port, await makeDevice("alice", own))).close();
    phone.close();
  },
);

invitingTest(
  "wire: parleyd recover revokes nothing, and its token is kept nowhere",
  async (world) => {
    const { port, data, fingerprint } = world.server;
    const lost = await makeDevice("alice", (await world.invited()).token);
    (await WireClient.open(port, lost)).close();
    const { out } = await operator(data, "recover", "ALICE", "--host", "chat.example");
    const link = parseInvite(out, 1)!;
    assertEquals([link.name?.toLowerCase(), link.hostname], ["alice", "chat.example"]);
    assertEquals(link.fingerprint, fingerprint);
    const { token } = link;
    const back = await WireClient.open(port, await makeDevice("alice", token));
    assertEquals(await refused(port, await makeDevice("alice", token)), codes.usedInvite, "once");
    await back.send("listDevices", { request: 1, user: "" });
    const { devices } = await back.next("deviceList");
    assertEquals(devices.length, 2);
    (await WireClient.open(port, lost)).close();
    await back.submit({ action: "revokeDevice", device: devices[0]![0] });
    await back.next("accepted");
    assertEquals(await refused(port, lost), codes.revoked);
    back.close();
    world.server.kill("SIGTERM");
    assertEquals(await world.server.ended(), 0);
    const all = await allOf(world.server);
    assertStringIncludes(all.toLowerCase(), "alice");
    assert(!all.includes(latin1(token)) && !all.toLowerCase().includes(token.toHex()));
  },
);
