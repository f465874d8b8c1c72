/**
 * A server with the limits that it has by default, attacked. `bench/attack.ts` is the long form.
 */

import { assert, assertEquals } from "@std/assert";
import { codes } from "../../lib/errors.ts";
import { limits } from "../../lib/limits.ts";
import { clientHello, Flooder, openPatiently, SlowCrowd, TlsCrowd } from "../support/attack.ts";
import { boundedTest, boundedTlsTest, serverTest } from "../support/with_server.ts";
import { openerOf } from "../support/tls_client.ts";
import { makeDevice, WireClient } from "../support/wire_client.ts";

const slow = 200;
const honest = 4;
const messages = 10;
const triesMax = 30;

boundedTest("slow connections are bounded, and honest users get in and talk", async (world) => {
  const { port, server } = world;
  await using crowd = new SlowCrowd(port, slow, 100);
  // All have been taken at some time, and most are not held, long before patience ends.
  for (;;) {
    const { answered, held, noAnswer } = await crowd.next();
    assertEquals(noAnswer, 0, `${held} are held until it is too late for them`);
    if (answered === slow && held <= 2 * limits.strangersMax) break;
  }
  const clients: WireClient[] = [];
  for (let at = 0; at < honest; at++) {
    const { client } = await openPatiently(
      openerOf(server, "clear"),
      await makeDevice(`honest${at}`),
      triesMax,
    );
    clients.push(client);
  }
  for (let at = 0; at < messages; at++) {
    await Promise.all(clients.map((client, who) => client.say("lobby", `${who} says ${at}`)));
  }
  for (const client of clients) {
    for (let who = 0; who < honest; who++) {
      for (let at = 0; at < messages; at++) await client.hears(`${who} says ${at}`);
    }
    client.close();
  }
  assert((await crowd.next()).full > 0, "who is sent away is told why");
});

boundedTlsTest("handshakes that never end hold up nobody who is honest", async ({ server }) => {
  const atATime = 16;
  await using crowd = new TlsCrowd(server.port, slow, atATime, await clientHello());
  await crowd.until(({ held, answered }) => held === slow && answered > slow);
  const open = openerOf(server, "tls");
  const clients: WireClient[] = [];
  for (let at = 0; at < honest; at++) {
    clients.push((await openPatiently(open, await makeDevice(`honest${at}`), triesMax)).client);
  }
  for (let at = 0; at < messages; at++) {
    await Promise.all(clients.map((client, who) => client.say("lobby", `${who} says ${at}`)));
  }
  for (const client of clients) {
    for (let who = 0; who < honest; who++) await client.hears(`${who} says ${messages - 1}`);
    client.close();
  }
  const before = crowd.state!.answered;
  const more = () => server.journal.some((line) => line.includes(" strangers more="));
  await crowd.until(({ answered }) => more() && answered > before);
  assertEquals(crowd.state!.held, slow, "the runtime can't close them");
  const [told, counted] = [" unshaken ", " strangers "].map((event) =>
    server.journal.filter((line) => line.includes(event)).length
  );
  assert(told! <= 20 * (counted! + 2), `${told} lines in ${counted} seconds`);
});

boundedTest("flooders are slowed, lose nothing, and honest users don't wait", async (world) => {
  const { port, server } = world;
  const open = openerOf(server, "clear");
  const flooders: Flooder[] = [];
  for (let at = 0; at < 3; at++) flooders.push(await Flooder.start(open, `flooder${at}`));
  const alice = await WireClient.open(port, await makeDevice("alice"));
  const bob = await WireClient.open(port, await makeDevice("bob"));
  for (let at = 0; at < messages; at++) {
    await alice.say("lobby", `alice says ${at}`);
    await bob.hears(`alice says ${at}`);
  }
  for (const flooder of flooders) {
    // Beyond its burst it is served at the rate, and all in order.
    const { client } = flooder;
    await client.until("more than a burst", () => flooder.taken().count > limits.messagesBurst);
    const { count, ms } = flooder.taken();
    assert(count <= limits.messagesBurst + limits.messagesPerSecond * ms / 1_000 + 1, `${count}`);
    const ns = client.received.flatMap((one) => one.packet === "accepted" ? [one.n] : []);
    assertEquals(ns, ns.toSorted((a, b) => a - b));
    await client.send("ping", { token: 7 });
    // Not with `next`, which the flooder calls too: one of the two would pass over what is the other's.
    await client.until("pong", () => client.received.find(({ packet }) => packet === "pong"));
    assert(!client.ended);
    flooder.stop();
  }
  for (const client of [alice, bob]) client.close();
});

boundedTest("who fails to log in six times has to wait, and no neighbour", async ({ port }) => {
  const known = await makeDevice("alice");
  const alice = await WireClient.open(port, known);
  const code = async (name: string) => {
    const client = await WireClient.connect(port);
    await client.login(await makeDevice(name)).catch(() => {});
    const error = await client.lastError();
    client.close();
    return [error.code, error.detail.slice(0, 22)];
  };
  for (let at = 0; at <= limits.loginFailuresMax; at++) {
    assertEquals(await code("alice"), [codes.nameTaken, "login"]);
  }
  assertEquals(await code("bob"), [codes.full, "too many failed logins"]);
  await alice.say("lobby", "still here");
  const again = await WireClient.connect(port);
  assertEquals((await again.login(known)).name, "alice", "a known device gets in all the same");
  assertEquals((await alice.lastError()).code, codes.replaced);
  for (const client of [alice, again]) client.close();
});

const small = new URL("../support/small.toml", import.meta.url).pathname;

serverTest("wire: a server keeps the limits of its configuration file", async ({ port }) => {
  const clients: WireClient[] = [];
  for (const name of ["alice", "bob"]) {
    clients.push(await WireClient.open(port, await makeDevice(name)));
  }
  const third = await WireClient.connect(port);
  await third.login(await makeDevice("carol")).catch(() => {});
  assertEquals((await third.lastError()).code, codes.full);
  for (const client of [...clients, third]) client.close();
}, small);
