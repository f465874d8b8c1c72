import { assert, assertEquals, assertNotEquals, assertStringIncludes } from "@std/assert";
import { codes } from "../../lib/errors.ts";
import { limits } from "../../lib/limits.ts";
import { encodeItem } from "../../lib/protocol/cbor.ts";
import {
  entryPacket,
  makeKept,
  messagePacket,
  ownId,
  scriptedFingerprint,
  scriptedLogId,
  ScriptedServer,
  welcomeFields,
} from "../support/scripted_server.ts";

const digest = new Uint8Array(32).fill(7);

function hi(text = "hi") {
  return { action: "message", to: "lobby", text, act: false } as const;
}

Deno.test("Conversation logs in with a proof over the whole transcript, and pins the server", async () => {
  const kept = makeKept();
  const server = await ScriptedServer.connect(kept);
  await server.challenge();
  const [login, ...rest] = server.heard();
  if (login?.packet !== "login") throw new Error(`${login?.packet}`);
  assertEquals([login.name, rest.length], ["alice", 0]);
  assertEquals(login.deviceKey, server.device.publicKey);
  assert(await server.proves(login));
  assertEquals(kept.held, await scriptedFingerprint());
  assertEquals(server.events, [{ kind: "firstContact", fingerprint: await scriptedFingerprint() }]);
});

Deno.test("Conversation says hello with fresh chance each time", async () => {
  const [first] = (await ScriptedServer.connect(makeKept())).heard();
  if (first?.packet !== "hello") throw new Error(`${first?.packet}`);
  assertEquals(first.versions, [1]);
  assertStringIncludes(first.software, "parley ");
  assertNotEquals(first.nonce, new Uint8Array(32));
});

Deno.test("Conversation stops for good before another key than the pinned one, and says nothing to it", async () => {
  const kept = makeKept();
  kept.held = "ab".repeat(32);
  const server = await ScriptedServer.connect(kept);
  await server.challenge();
  assertEquals(server.heard(), []);
  const [ending] = server.endings;
  assertEquals([ending?.again, ending?.exitCode], [false, 3]);
  assertStringIncludes(ending!.why, kept.held);
  assertStringIncludes(ending!.why, await scriptedFingerprint());
  assertStringIncludes(ending!.why, "/data/server.fingerprint");
});

Deno.test("Conversation goes on with the pinned key", async () => {
  const kept = makeKept();
  kept.held = await scriptedFingerprint();
  const server = await ScriptedServer.connect(kept);
  await server.challenge();
  assertEquals(server.heardKinds(), ["login"]);
  assertEquals(server.events, []);
});

Deno.test("Conversation stops for good when the server can't prove its key, and pins nothing", async () => {
  const kept = makeKept();
  const server = await ScriptedServer.connect(kept);
  await server.challenge((signature) => signature[7]! ^= 1);
  assertEquals(server.heard(), []);
  assertEquals([server.endings[0]?.again, server.endings[0]?.exitCode], [false, 3]);
  assertEquals(kept.held, null);
});

Deno.test("Conversation takes no welcome from a server that has not proved its key", async () => {
  const kept = makeKept();
  kept.outbox.add(hi("secret"));
  const server = await ScriptedServer.connect(kept);
  await server.sayChallenge((signature) => signature[7]! ^= 1);
  server.say("welcome", welcomeFields());
  assertEquals(server.heard(), []);
  await server.settle();
  assertEquals([server.heard(), kept.held, server.endings.length], [[], null, 1]);
  assertEquals(server.endings[0]?.again, false);
});

Deno.test("Conversation takes no version that it did not offer", async () => {
  const server = await ScriptedServer.connect(makeKept());
  await server.challenge(() => {}, 2);
  assertEquals([server.heard(), server.endings[0]?.again], [[], false]);
});

Deno.test("Conversation pins nothing and says nothing when it ends during the check", async () => {
  const kept = makeKept();
  const server = await ScriptedServer.connect(kept);
  await server.sayChallenge();
  server.lose();
  await server.settle();
  assertEquals([server.heard(), kept.held, server.events], [[], null, []]);
});

Deno.test("Conversation asks for a snapshot when nothing is held, and then goes on from the last upto", async () => {
  const kept = makeKept();
  const first = await ScriptedServer.open(kept);
  assertEquals(first.heard(), [{ packet: "resume", logId: null, cursor: 0, digest: null }]);
  first.say("upto", { lsn: 9, digest });
  first.say("entry", messagePacket(11, "a"));
  first.lose();
  const second = await ScriptedServer.open(kept);
  assertEquals(second.heard(), [{ packet: "resume", logId: scriptedLogId, cursor: 9, digest }]);
  second.say("entry", messagePacket(11, "a"));
  second.say("entry", messagePacket(12, "b"));
  assertEquals(second.shownTexts(), ["b"], "the first was shown before");
});

Deno.test("Conversation tells of a snapshot, of catching up once, and of presence", async () => {
  const server = await ScriptedServer.open(makeKept());
  server.say("snapshot", { reason: 0, head: 9 });
  server.say("users", { users: [[ownId, "alice"]] });
  server.say("room", { room: [0, 1], name: "lobby", since: 2 });
  server.say("members", { room: [0, 1], users: [ownId] });
  server.say("upto", { lsn: 9, digest });
  server.say("upto", { lsn: 10, digest });
  server.say("presence", { room: [0, 1], present: 1, changes: [[ownId, true]] });
  assertEquals(server.events.slice(1), [
    { kind: "open" },
    { kind: "snapshot", reason: 0 },
    { kind: "caughtUp" },
    { kind: "presence", room: [0, 1], present: 1, changes: [[ownId, true]] },
  ]);
});

Deno.test("Conversation acknowledges stored entries after 200 ms, joined", async () => {
  const server = await ScriptedServer.open(makeKept());
  server.heard();
  server.say("entry", messagePacket(11, "a"));
  server.say("entry", messagePacket(12, "b"));
  server.later(5_000);
  assertEquals(server.heardKinds(), [], "they are not stored yet");
  server.say("entry", messagePacket(13, "c"));
  server.conversation.stored(11, server.nowMs - 150);
  server.conversation.stored(12, server.nowMs);
  assertEquals(server.conversation.dueMs, server.nowMs - 150 + limits.ackDelayMs);
  server.later(limits.ackDelayMs - 151);
  assertEquals(server.heardKinds(), []);
  server.later(1);
  assertEquals(server.heard(), [{ packet: "ack", lsn: 12 }]);
  server.later(1_000);
  assertEquals(server.heard(), []);
});

Deno.test("Conversation acknowledges a few entries at once under TLS", async () => {
  const server = await ScriptedServer.open({ ...makeKept(), channel: new Uint8Array(32).fill(7) });
  server.heard();
  server.say("entry", messagePacket(11, "a"));
  server.conversation.stored(11, server.nowMs);
  assertEquals(server.heard(), [{ packet: "ack", lsn: 11 }]);
});

Deno.test("Conversation acknowledges at once after so many entries or bytes", async () => {
  const server = await ScriptedServer.open(makeKept());
  server.heard();
  const last = 9 + limits.ackEntries;
  for (let lsn = 10; lsn <= last; lsn++) {
    assertEquals(server.heard(), []);
    server.say("entry", messagePacket(lsn, "a"));
    server.conversation.stored(lsn, server.nowMs);
  }
  assertEquals(server.heard(), [{ packet: "ack", lsn: last }]);
  const long = "x".repeat(8_000);
  for (let lsn = last + 1; lsn < last + 10; lsn++) {
    assertEquals(server.heard(), []);
    server.say("entry", messagePacket(lsn, long));
    server.conversation.stored(lsn, server.nowMs);
  }
  assertEquals(server.heard(), [{ packet: "ack", lsn: last + 9 }]);
});

Deno.test("Conversation acknowledges entries that it had before", async () => {
  const kept = makeKept();
  const first = await ScriptedServer.open(kept);
  first.say("upto", { lsn: 9, digest });
  first.say("entry", messagePacket(11, "a"));
  const second = await ScriptedServer.open(kept);
  second.heard();
  second.say("entry", messagePacket(11, "a"));
  second.later(limits.ackDelayMs);
  assertEquals(second.heard(), [{ packet: "ack", lsn: 11 }]);
});

Deno.test("Conversation submits after resume, and tells each answer once", async () => {
  const kept = makeKept();
  const row = kept.outbox.add(hi());
  const { epoch, n, id } = row;
  const server = await ScriptedServer.open(kept);
  assertEquals(server.heardKinds(), ["resume", "submit"]);
  const from = { user: ownId, device: ownId, epoch, n, id };
  server.say("entry", messagePacket(11, "hi", from));
  server.say("accepted", { epoch, n, lsns: [11] });
  const answers = server.events.filter(({ kind }) => kind === "answered");
  assertEquals(answers, [
    { kind: "answered", answered: { row, answer: { kind: "accepted", lsn: 11 } } },
  ]);
  assertEquals(kept.outbox.unanswered, 0);
});

Deno.test("Conversation tells what became of a row before the entry that says so", async () => {
  const kept = makeKept();
  const { epoch, n, id } = kept.outbox.add(hi());
  const server = await ScriptedServer.open(kept, { epoch, n: 1, head: 11 });
  const header = { user: ownId, device: ownId, epoch, n, id, audience: [3, ownId] } as const;
  const refused = { kind: "refused", code: codes.noRoom } as const;
  server.say("entry", entryPacket(11, refused, header));
  const kinds = server.events.map(({ kind }) => kind);
  assertEquals(kinds.slice(kinds.indexOf("open") + 1), ["answered", "entry"]);
});

Deno.test("Conversation does not take another's entry with its epoch for its own", async () => {
  const kept = makeKept();
  const { epoch, n, id } = kept.outbox.add(hi());
  const server = await ScriptedServer.open(kept);
  server.say("entry", messagePacket(11, "forged", { user: 3, device: 3, epoch, n, id }));
  assertEquals(kept.outbox.unanswered, 1);
});

Deno.test("Conversation sends later rows again by the clock", async () => {
  const kept = makeKept();
  const { epoch, n } = kept.outbox.add(hi());
  const server = await ScriptedServer.open(kept);
  server.heard();
  server.say("later", { epoch, n, code: codes.busy, last: 0 });
  assertEquals(server.conversation.dueMs, server.nowMs + 250);
  server.later(250);
  assertEquals(server.heardKinds(), ["submit"]);
});

Deno.test("Conversation repeats what has no answer on the next connection, in order", async () => {
  const kept = makeKept();
  const { epoch } = kept.outbox.add(hi("a"));
  kept.outbox.add(hi("b"));
  const first = await ScriptedServer.open(kept);
  first.lose();
  const second = await ScriptedServer.open(kept, { epoch, n: 4 });
  const submits = second.heard().flatMap((packet) => packet.packet === "submit" ? [packet.n] : []);
  assertEquals(submits, [1, 2]);
});

Deno.test("Conversation has caught up at the head of its welcome, and sends then what another epoch may have", async () => {
  const kept = makeKept();
  kept.outbox.add(hi());
  const server = await ScriptedServer.open(kept, { epoch: new Uint8Array(16), n: 4, head: 9 });
  const digest = new Uint8Array(32);
  server.heard();
  server.say("upto", { lsn: 8, digest });
  assertEquals(server.heardKinds(), []);
  server.say("upto", { lsn: 9, digest });
  assertEquals(server.heardKinds(), ["submit"]);
});

Deno.test("Conversation asks questions after what was typed before them, and again after a loss", async () => {
  const kept = makeKept();
  const { epoch, n } = kept.outbox.add({ action: "join", room: "dev" });
  kept.requests.ask({ kind: "members", room: "dev" });
  const server = await ScriptedServer.open(kept);
  assertEquals(server.heardKinds(), ["resume", "submit"]);
  server.say("upto", { lsn: 9, digest });
  server.say("accepted", { epoch, n, lsns: [11] });
  assertEquals(server.heard(), [{ packet: "listMembers", request: 1, room: "dev", after: 0 }]);
  server.lose();
  const second = await ScriptedServer.open(kept);
  assertEquals(second.heardKinds(), ["resume"], "what it would be told may be of another history");
  second.say("upto", { lsn: 11, digest });
  assertEquals(second.heardKinds(), ["listMembers"]);
  second.say("memberList", { request: 2, code: 0, members: [[2, "alice", true]], more: false });
  assertEquals(second.events.at(-1), {
    kind: "members",
    room: "dev",
    code: 0,
    members: [{ name: "alice", present: true }],
  });
});

Deno.test("Conversation fetches all pages of a list", async () => {
  const kept = makeKept();
  kept.requests.ask({ kind: "rooms" });
  const server = await ScriptedServer.open(kept);
  server.say("upto", { lsn: 9, digest });
  server.heard();
  server.say("roomList", { request: 1, rooms: [[[0, 1], "lobby", 3, true]], more: true });
  assertEquals(server.heard(), [{ packet: "listRooms", request: 2, after: "lobby" }]);
  server.say("roomList", { request: 2, rooms: [[[0, 4], "ops", 1, false]], more: false });
  const last = server.events.at(-1);
  assertEquals(last?.kind === "rooms" && last.rooms.map(({ name }) => name), ["lobby", "ops"]);
});

Deno.test("Conversation says which room it watches, also when it opens", async () => {
  const server = await ScriptedServer.connect(makeKept());
  server.conversation.watch([0, 1]);
  await server.challenge();
  server.heard();
  server.say("welcome", welcomeFields());
  assertEquals(server.heard().at(-1), { packet: "watch", rooms: [[0, 1]] });
  server.conversation.watch(null);
  assertEquals(server.heard(), [{ packet: "watch", rooms: [] }]);
});

Deno.test("Conversation passes over packets of a kind that it does not know", async () => {
  const server = await ScriptedServer.open(makeKept());
  server.payload(encodeItem([999, "from the future"]));
  server.say("error", { code: codes.unknownKind, detail: "packet kind 26" });
  server.say("entry", messagePacket(11, "a"));
  assertEquals([server.endings, server.shownTexts()], [[], ["a"]]);
});

Deno.test("Conversation ends for good on what it can't read and on packets out of turn", async () => {
  const broken = await ScriptedServer.open(makeKept());
  broken.payload(new Uint8Array([0xff]));
  assertEquals([broken.endings[0]?.again, broken.endings[0]?.exitCode], [false, 3]);
  const early = await ScriptedServer.connect(makeKept());
  early.say("entry", messagePacket(11, "a"));
  assertEquals([early.endings[0]?.again, early.events], [false, []]);
});

Deno.test("Conversation answers pings, asks after 20 s of silence, and gives up after 45", async () => {
  const server = await ScriptedServer.open(makeKept());
  server.heard();
  server.say("ping", { token: 8 });
  assertEquals(server.heard(), [{ packet: "pong", token: 8 }]);
  assertEquals(server.conversation.dueMs, server.nowMs + limits.pingAfterMs);
  server.later(limits.pingAfterMs);
  assertEquals(server.heardKinds(), ["ping"]);
  assertEquals(server.conversation.dueMs, server.heardMs + limits.deadAfterMs);
  server.later(1_000);
  assertEquals(server.heardKinds(), []);
  server.say("pong", { token: 0 });
  server.later(limits.pingAfterMs);
  assertEquals(server.heardKinds(), ["ping"], "an answer starts it anew");
  server.later(limits.deadAfterMs - limits.pingAfterMs);
  assertEquals(server.endings[0]?.again, true);
});

Deno.test("Conversation gives up a login that takes too long", async () => {
  const server = await ScriptedServer.connect(makeKept());
  server.later(9_999);
  assertEquals(server.endings, []);
  server.later(1);
  assertEquals(server.endings[0]?.again, true);
});

Deno.test("Conversation ends as the server's error says: some for good, the others to come again", async () => {
  const outcome = async (code: number) => {
    const server = await ScriptedServer.open(makeKept());
    server.say("error", { code, detail: "\x1b[2J" });
    const { again, exitCode, why } = server.endings[0]!;
    assert(!why.includes("\x1b"));
    return again ? "again" : exitCode;
  };
  for (const code of [codes.nameTaken, codes.badName, codes.otherName]) {
    assertEquals(await outcome(code), 2);
  }
  const final = [codes.replaced, codes.noVersion, codes.badSignature, codes.badPacket];
  for (const code of final) assertEquals(await outcome(code), 3);
  const others = [codes.shutdown, codes.tooSlow, codes.full, codes.noAnswer, codes.internal, 999];
  for (const code of others) assertEquals(await outcome(code), "again");
});

Deno.test("Conversation says and tells nothing after its end", async () => {
  const kept = makeKept();
  const server = await ScriptedServer.open(kept);
  server.heard();
  server.say("error", { code: codes.shutdown, detail: "" });
  const told = server.events.length;
  kept.outbox.add(hi());
  server.say("entry", messagePacket(11, "a"));
  server.conversation.changed(server.nowMs);
  server.later(60_000);
  assertEquals([server.heard(), server.events.length, server.endings.length], [[], told, 1]);
  assertEquals(kept.outbox.due(server.nowMs), [], "there is nowhere to send it");
});

Deno.test("Conversation does not hold answers without bound for a server that does not read", async () => {
  const kept = makeKept();
  const server = await ScriptedServer.open(kept);
  // 131,072 bytes may wait: 11,600 answers of 11 bytes, and a few of these rows.
  for (let token = 0; token < 11_600; token++) server.say("ping", { token: 70_000 + token });
  assertEquals(server.endings.length, 0);
  for (let at = 0; at < 9; at++) kept.outbox.add(hi("x".repeat(3_000)));
  server.conversation.changed(server.nowMs);
  assertEquals([server.endings.length, server.endings[0]?.again], [1, true]);
  const waiting = server.conversation.take()!.length;
  assert(waiting < 131_072 + 3_200, "nothing is said after the end");
  assertEquals(kept.outbox.unanswered, 9);
});
