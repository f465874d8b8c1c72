/**
 * Logins with invites that must not count, on raw sockets against a real server.
 *
 * @module
 */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { codes } from "../../lib/errors.ts";
import { allOf, invitingTest, latin1, operator } from "../support/inviting.ts";
import { makeDevice, type TestDevice, WireClient } from "../support/wire_client.ts";

/** Logs in where that must fail, and tells the code. */
async function refused(port: number, device: TestDevice): Promise<number> {
  const client = await WireClient.connect(port);
  await client.send("login", await client.prove(device));
  return (await client.lastError()).code;
}

/** Logs in where that must work. */
async function welcomed(port: number, device: TestDevice): Promise<number> {
  const client = await WireClient.connect(port);
  const { user } = await client.login(device);
  client.close();
  return user;
}

invitingTest(
  "wire: nobody new comes in without an invite, known or free as the name may be",
  async (world) => {
    const { port } = world.server;
    await welcomed(port, await makeDevice("alice", (await world.invited()).token));
    for (const name of ["alice", "bob"]) {
      assertEquals(await refused(port, await makeDevice(name)), codes.inviteNeeded, name);
    }
  },
);

invitingTest("wire: a guessed invite is refused, and one bit off is no nearer", async (world) => {
  const { port } = world.server;
  const { token } = await world.invited();
  const near = token.with(15, token[15]! ^ 1);
  for (const guess of [near, new Uint8Array(16), crypto.getRandomValues(new Uint8Array(16))]) {
    assertEquals(await refused(port, await makeDevice("eve", guess)), codes.badInvite);
  }
  assert(await welcomed(port, await makeDevice("alice", token)) > 0, "the real one still counts");
});

invitingTest(
  "wire: a used invite is refused, after a kill -9 too, and its user comes in",
  async (world) => {
    const { port } = world.server;
    const { token } = await world.invited();
    const alice = await makeDevice("alice", token);
    const user = await welcomed(port, alice);
    assertEquals(await refused(port, await makeDevice("eve", token)), codes.usedInvite);
    await world.restart("SIGKILL");
    assertEquals(await refused(port, await makeDevice("eve", token)), codes.usedInvite);
    assertEquals(await welcomed(port, alice), user, "a known key's invite is passed over");
    const guess = new Uint8Array(16);
    assertEquals(await welcomed(port, { ...alice, invite: guess }), user, "whatever it is");
  },
);

invitingTest(
  "wire: an expired invite is refused, however many more could have come",
  async (world) => {
    const { port } = world.server;
    const { token } = await world.invited("--expires", "1s", "--uses", "1000");
    for (let at = 0;; at++) {
      const client = await WireClient.connect(port);
      await client.send("login", await client.prove(await makeDevice(`u${at}`, token)));
      const answer = await client.until(
        "an answer",
        () => client.received.find(({ packet }) => packet === "welcome" || packet === "error"),
      );
      client.close();
      if (answer.packet !== "error") {
        continue;
      }
      return assertEquals(answer.code, codes.expiredInvite);
    }
  },
);

invitingTest("wire: a replayed login is refused, and its invite still counts", async (world) => {
  const { port } = world.server;
  const { token } = await world.invited();
  const alice = await makeDevice("alice", token);
  const first = await WireClient.connect(port);
  const heard = await first.prove(alice);
  first.close();
  const thief = await WireClient.connect(port);
  await thief.prove(await makeDevice("eve"));
  await thief.send("login", heard);
  assertEquals((await thief.lastError()).code, codes.badSignature);
  assert(await welcomed(port, alice) > 0);
});

invitingTest("wire: an invite that was put into another's login is refused", async (world) => {
  const { port } = world.server;
  const { token } = await world.invited();
  for (const invite of [token, null]) {
    const client = await WireClient.connect(port);
    const signed = await client.prove(await makeDevice("eve", invite === null ? token : undefined));
    await client.send("login", { ...signed, invite });
    assertEquals((await client.lastError()).code, codes.badSignature);
  }
  assert(await welcomed(port, await makeDevice("alice", token)) > 0);
});

invitingTest(
  "wire: of many who come at once with one invite, as many come in as it has uses",
  async (world) => {
    const { port } = world.server;
    const { token } = await world.invited("--uses", "3");
    const devices = await Promise.all(
      Array.from({ length: 12 }, (_, at) => makeDevice(`u${at}`, token)),
    );
    const clients = await Promise.all(devices.map(async (device) => {
      const client = await WireClient.connect(port);
      return { client, login: await client.prove(device) };
    }));
    await Promise.all(clients.map(({ client, login }) => client.send("login", login)));
    const answers = await Promise.all(
      clients.map(({ client }) =>
        client.until(
          "an answer",
          () => client.received.find(({ packet }) => packet === "welcome" || packet === "error"),
        )
      ),
    );
    for (const { client } of clients) {
      client.close();
    }
    const refusals = answers.flatMap((one) => one.packet === "error" ? one.code : []);
    assertEquals(refusals, Array.from({ length: 9 }, () => codes.usedInvite));
  },
);

invitingTest(
  "wire: a device that logs in twice at the same moment with its one invite is let in",
  async (world) => {
    const { port } = world.server;
    for (let round = 0; round < 5; round++) {
      const device = await makeDevice(`twice${round}`, (await world.invited()).token);
      const clients = await Promise.all([1, 2].map(() => WireClient.connect(port)));
      const logins = await Promise.all(clients.map((client) => client.prove(device)));
      await Promise.all(clients.map((client, at) => client.send("login", logins[at]!)));
      const answers = await Promise.all(clients.map((client) =>
        client.until(
          "an answer",
          () => client.received.find(({ packet }) => packet === "welcome" || packet === "error"),
        )
      ));
      assert(answers.some(({ packet }) => packet === "welcome"));
      const codesOf = answers.flatMap((one) => one.packet === "error" ? one.code : []);
      // The one that proved its key first may be taken over before it is welcome.
      assertEquals(codesOf.filter((code) => code !== codes.replaced), []);
      for (const client of clients) client.close();
    }
  },
);

invitingTest("wire: a taken name costs no invite", async (world) => {
  const { port } = world.server;
  const { token } = await world.invited("--uses", "2");
  await welcomed(port, await makeDevice("alice", token));
  assertEquals(await refused(port, await makeDevice("Alice", token)), codes.nameTaken);
  assert(await welcomed(port, await makeDevice("bob", token)) > 0);
});

invitingTest(
  "wire: trace knows an invite, and of who is connected the admins alone are given it",
  async (world) => {
    const { port, data } = world.server;
    const owner = await world.invited("--role", "owner");
    const client = await WireClient.open(port, await makeDevice("ann", owner.token));
    const { token } = await world.invited();
    const member = await WireClient.open(port, await makeDevice("bob", token));
    await world.invited();
    const traced = await operator(data, "trace", "2");
    assertStringIncludes(traced.out, "2: invited in admins from the server");
    // What she says comes after it, and back to her: whatever was before it has come too.
    await client.say("lobby", "here");
    await client.hears("here");
    const kinds = ({ entries }: WireClient) => entries.map(({ content }) => content?.kind);
    assertEquals(kinds(client).slice(2), ["invited", "registered", "invited", "message"]);
    await member.hears("here");
    assertEquals(kinds(member), ["created", "registered", "registered", "message"]);
    member.close();
    client.close();
  },
);

invitingTest("wire: the server keeps and notes no token, used or not", async (world) => {
  const { port } = world.server;
  const invites = [await world.invited(), await world.invited("--role", "admin")];
  await welcomed(port, await makeDevice("alice", invites[0]!.token));
  await refused(port, await makeDevice("eve", invites[0]!.token));
  world.server.kill("SIGTERM");
  assertEquals(await world.server.ended(), 0);
  const all = await allOf(world.server);
  assertStringIncludes(all, "invited lsn=", "the journal is looked through");
  assertStringIncludes(all, "alice", "and the log");
  for (const { token } of invites) {
    assert(!all.includes(latin1(token)), "as bytes");
    assert(!all.toLowerCase().includes(token.toHex()), "as text");
    assert(!all.includes(token.toBase64()));
  }
});
