import { assert, assertEquals } from "@std/assert";
import { codes } from "../../lib/errors.ts";
import { limits } from "../../lib/limits.ts";
import type { Packet } from "../../lib/protocol/codec.ts";
import { makeDevice, type TestDevice, WireClient } from "../support/wire_client.ts";
import { wireTest } from "../support/with_server.ts";

type Upto = Packet<"upto">;

/** How far a message has come, as the server reckons it now. */
async function receipt(client: WireClient, lsn: number): Promise<number[] | null> {
  await client.send("receipts", { request: lsn, lsns: [lsn] });
  const { receipts } = await client.next("receiptList");
  return receipts[0] ? [...receipts[0].slice(1)] as number[] : null;
}

/** Asks until the receipt is as expected: what was acknowledged is written within a second. */
async function becomes(client: WireClient, lsn: number, expected: number[]): Promise<void> {
  const deadline = performance.now() + 10_000;
  for (;;) {
    const found = await receipt(client, lsn);
    if (JSON.stringify(found) === JSON.stringify(expected)) return;
    if (performance.now() > deadline) throw new Error(`${expected} did not come, but ${found}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Waits until all that was sent before is written: a mark sent after it has been counted. */
async function marksWritten(port: number): Promise<void> {
  const from = await WireClient.open(port, await makeDevice(`m${crypto.randomUUID().slice(0, 8)}`));
  const name = `n${crypto.randomUUID().slice(0, 8)}`;
  const to = await WireClient.open(port, await makeDevice(name));
  const lsn = await from.say(`@${name}`, "mark");
  await to.hears("mark");
  await to.send("ack", { lsn });
  await becomes(from, lsn, [1, 1, 0]);
  for (const client of [from, to]) client.close();
}

/** The receipt that is pushed for an lsn and says this. */
async function told(client: WireClient, lsn: number, expected: number[]): Promise<void> {
  await client.until(
    `receipt ${lsn} ${expected}`,
    () =>
      client.received.some((packet) =>
        packet.packet === "receipt" && packet.lsn === lsn &&
        `${[packet.recipients, packet.delivered, packet.read]}` === `${expected}`
      ),
  );
}

/** Logs in where the device stands, and waits for the next `upto`. */
async function resume(port: number, device: TestDevice, { lsn, digest }: Upto, logId: Uint8Array) {
  const client = await WireClient.connect(port);
  await client.login(device);
  await client.send("resume", { logId, cursor: lsn, digest });
  return client;
}

/** A device, and its connection with the place where it stands. */
async function opened(port: number, name: string) {
  const device = await makeDevice(name);
  const client = await WireClient.connect(port);
  const { logId } = await client.login(device);
  await client.send("resume", { logId: null, cursor: 0, digest: null });
  const upto = await client.next("upto");
  return { device, client, logId, upto };
}

wireTest("a direct counts as delivered once its recipient acknowledged it", async ({ port }) => {
  const alice = await WireClient.open(port, await makeDevice("alice"));
  const bob = await WireClient.open(port, await makeDevice("bob"));
  const lsn = await alice.say("@bob", "psst");
  await bob.hears("psst");
  await marksWritten(port);
  assertEquals(await receipt(alice, lsn), [1, 0, 0], "it was only sent");
  await bob.send("ack", { lsn });
  await told(alice, lsn, [1, 1, 0]);
  assertEquals(await receipt(alice, lsn), [1, 1, 0]);
  assertEquals(await receipt(bob, lsn), null, "it is not bob's own");
  for (const client of [alice, bob]) client.close();
});

wireTest(
  "who is offline has nothing; coming back and acknowledging is what counts",
  async (world) => {
    const { port } = world;
    const alice = await WireClient.open(port, await makeDevice("alice"));
    const bob = await opened(port, "bob");
    bob.client.close();
    const lsn = await alice.say("@bob", "later");
    await marksWritten(port);
    assertEquals(await receipt(alice, lsn), [1, 0, 0]);
    const back = await resume(port, bob.device, bob.upto, bob.logId);
    const heard = await back.hears("later");
    const upto = await back.next("upto");
    await marksWritten(port);
    assertEquals(await receipt(alice, lsn), [1, 0, 0], "sent again, not acknowledged");
    back.close();
    // Whoever says in `resume` that it stands beyond an entry has it too.
    const again = await resume(port, bob.device, upto, bob.logId);
    await told(alice, heard.lsn, [1, 1, 0]);
    for (const client of [alice, again]) client.close();
  },
);

wireTest("a room's receipt counts who was a member then, and not its sender", async ({ port }) => {
  const alice = await WireClient.open(port, await makeDevice("alice"));
  const bob = await WireClient.open(port, await makeDevice("bob"));
  const carol = await WireClient.open(port, await makeDevice("carol"));
  const dave = await WireClient.open(port, await makeDevice("dave"));
  for (const client of [alice, bob, dave]) {
    await client.submit({ action: "join", room: "dev" });
    await client.next("accepted");
  }
  const before = await alice.say("dev", "one");
  await carol.submit({ action: "join", room: "dev" });
  await carol.next("accepted");
  await dave.submit({ action: "leave", room: "dev" });
  await dave.next("accepted");
  const after = await alice.say("dev", "two");
  for (const client of [bob, carol]) {
    const { lsn } = await client.hears("two");
    await client.send("ack", { lsn });
  }
  await becomes(alice, after, [2, 2, 0]);
  assertEquals(await receipt(alice, before), [2, 1, 0], "bob has it; dave was a member, carol not");
  for (const client of [alice, bob, carol, dave]) client.close();
});

wireTest(
  "a reader who stops acknowledging gives no receipt, however much is sent",
  async ({ port }) => {
    const alice = await WireClient.open(port, await makeDevice("alice"));
    const bob = await WireClient.open(port, await makeDevice("bob"));
    const lsns: number[] = [];
    const credit = limits.creditEntriesMax;
    for (let at = 0; at < credit + 40; at++) lsns.push(await alice.say("@bob", `m${at}`));
    await bob.hears(`m${credit - 20}`);
    assert(!bob.entries.some(({ lsn }) => lsn === lsns[credit + 39]), "bob is parked");
    await bob.send("ack", { lsn: lsns[9]! });
    await becomes(alice, lsns[9]!, [1, 1, 0]);
    await marksWritten(port);
    assertEquals(await receipt(alice, lsns[10]!), [1, 0, 0]);
    assertEquals(await receipt(alice, lsns[credit - 20]!), [1, 0, 0]);
    for (const client of [alice, bob]) client.close();
  },
);

wireTest("read is told where both share it, and nowhere else", async ({ port }) => {
  const alice = await WireClient.open(port, await makeDevice("alice"));
  const bob = await WireClient.open(port, await makeDevice("bob"));
  const lsn = await alice.say("@bob", "seen?");
  const { audience } = await bob.hears("seen?");
  const room = audience as [1, number, number];
  await bob.send("ack", { lsn });
  await told(alice, lsn, [1, 1, 0]);
  await alice.send("shareReads", { on: true });
  await bob.send("read", { room, lsn });
  await marksWritten(port);
  assertEquals(await receipt(alice, lsn), [1, 1, 0], "bob shares nothing");
  await bob.send("shareReads", { on: true });
  await marksWritten(port);
  assertEquals(await receipt(alice, lsn), [1, 1, 0], "what was read before is not told");
  await bob.send("read", { room, lsn });
  await told(alice, lsn, [1, 1, 1]);
  await alice.send("shareReads", { on: false });
  await becomes(alice, lsn, [1, 1, 0]);
  await alice.send("shareReads", { on: true });
  await becomes(alice, lsn, [1, 1, 1]);
  await bob.send("shareReads", { on: false });
  await becomes(alice, lsn, [1, 1, 0]);
  for (const client of [alice, bob]) client.close();
});

wireTest("receipts outlive the server", async (world) => {
  const { port } = world;
  const alice = await opened(port, "alice");
  const bob = await WireClient.open(port, await makeDevice("bob"));
  const lsn = await alice.client.say("@bob", "kept");
  await bob.hears("kept");
  await bob.send("ack", { lsn });
  await told(alice.client, lsn, [1, 1, 0]);
  await world.restart("SIGKILL");
  const back = await resume(port, alice.device, alice.upto, alice.logId);
  await back.next("upto");
  assertEquals(await receipt(back, lsn), [1, 1, 0]);
  for (const client of [back, bob]) client.close();
});

wireTest("a device that begins anew has nothing of what was before", async (world) => {
  const { port } = world;
  const alice = await WireClient.open(port, await makeDevice("alice"));
  const device = await makeDevice("bob");
  const bob = await WireClient.open(port, device);
  const lsn = await alice.say("@bob", "gone");
  await bob.hears("gone");
  await bob.send("ack", { lsn });
  await told(alice, lsn, [1, 1, 0]);
  bob.close();
  const anew = await WireClient.open(port, device);
  assertEquals(await receipt(alice, lsn), [1, 0, 0], "it is written before the snapshot is given");
  const { audience } = await anew.hears("gone");
  await anew.send("stored", { room: audience as [1, number, number], from: lsn, to: lsn });
  await becomes(alice, lsn, [1, 1, 0]);
  for (const client of [alice, anew]) client.close();
});

wireTest(
  "follow tells at once and at each change; info tells who and since when",
  async ({ port }) => {
    const start = Date.now();
    const alice = await WireClient.open(port, await makeDevice("alice"));
    const bob = await WireClient.open(port, await makeDevice("bob"));
    const carol = await WireClient.open(port, await makeDevice("carol"));
    const lsn = await alice.say("lobby", "all");
    const foreign = await bob.say("lobby", "own");
    await alice.send("follow", { lsns: [lsn, foreign] });
    await told(alice, lsn, [2, 0, 0]);
    await carol.hears("own");
    await carol.send("ack", { lsn });
    await told(alice, lsn, [2, 1, 0]);
    await alice.send("info", { request: 7, lsn });
    const { code, states } = await alice.next("infoList");
    assertEquals([code, states.map(([user, name, state]) => [user, name, state])], [0, [
      [4, "carol", 1],
      [3, "bob", 0],
    ]]);
    assert(states[0]![3] >= start && states[0]![3] <= Date.now() && states[1]![3] === 0);
    await bob.send("ack", { lsn: foreign });
    await told(alice, lsn, [2, 2, 0]);
    await alice.send("info", { request: 8, lsn: foreign });
    assertEquals((await alice.next("infoList")).code, codes.notOwn);
    assert(!alice.received.some((one) => one.packet === "receipt" && one.lsn === foreign));
    for (const client of [alice, bob, carol]) client.close();
  },
);

wireTest("what can't be so ends the connection", async ({ port }) => {
  const device = await makeDevice("alice");
  for (
    const send of [
      (client: WireClient) => client.send("read", { room: [0, 1], lsn: 99 }),
      (client: WireClient) => client.send("stored", { room: [0, 1], from: 1, to: 99 }),
      (client: WireClient) => client.send("stored", { room: [0, 1], from: 2, to: 1 }),
    ]
  ) {
    const client = await WireClient.open(port, device);
    await send(client);
    assertEquals((await client.lastError()).code, codes.unexpected);
  }
});
