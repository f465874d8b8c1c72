import { assert, assertEquals, assertFalse } from "@std/assert";
import { codes } from "../../lib/errors.ts";
import { headerBytes } from "../../lib/framing.ts";
import { clearChannel, deviceMessage, serverMessage } from "../../lib/identity/transcript.ts";
import { limits } from "../../lib/limits.ts";
import { encodePacket } from "../../lib/protocol/codec.ts";
import { Bench, deviceKey } from "../support/session_bench.ts";
import { digestOf, published } from "../support/published.ts";

const known = { user: 2, device: 5, name: "Alice", epoch: new Uint8Array(16).fill(9), n: 41 };

Deno.test("Handshake.hello() answers with a challenge that signs all that was said", () => {
  const bench = new Bench();
  const far = bench.connect();
  const hello = { versions: [1], nonce: new Uint8Array(32).fill(3), software: "test" };
  far.send("hello", hello);
  assertEquals(far.names(), [], "nothing before it is signed");
  const [{ args: message, done }] = far.pending.sign as [(typeof far.pending.sign)[0]];
  const signature = new Uint8Array(64).fill(4);
  done(signature);
  const [challenge] = far.take();
  assert(challenge?.packet === "challenge");
  const { version, nonce, serverKey } = challenge;
  assertEquals([version, serverKey], [1, bench.context.serverKey]);
  assertEquals(challenge.signature, signature);
  const transcript = {
    hello: encodePacket("hello", hello).subarray(headerBytes),
    version,
    serverNonce: nonce,
    serverKey,
    channel: clearChannel,
  };
  assertEquals(message, serverMessage(transcript));
  far.send("login", { deviceKey: deviceKey("al"), name: "al", invite: null, signature });
  assertEquals(far.pending.verify[0]!.args, {
    key: deviceKey("al"),
    message: deviceMessage(transcript, deviceKey("al"), "al", null),
    signature,
  });
});

Deno.test("Handshake.hello() gives every connection its own nonce", () => {
  const bench = new Bench();
  const nonces = [bench.connect(), bench.connect()].map((far) => {
    far.greet();
    const [challenge] = far.take();
    return challenge?.packet === "challenge" ? challenge.nonce.join() : "";
  });
  assert(nonces[0] !== nonces[1] && nonces[0] !== "");
});

Deno.test("Handshake.hello() takes the highest version in common", () => {
  const far = new Bench().connect();
  far.greet([900, 2, 1]);
  const [challenge] = far.take();
  assertEquals(challenge?.packet === "challenge" && challenge.version, 1);
});

Deno.test("Handshake.hello() ends where there is no version in common", () => {
  const far = new Bench().connect();
  far.send("hello", { versions: [2, 0, 900], nonce: new Uint8Array(32), software: "" });
  assertEquals([far.endCode(), far.pending.sign.length], [codes.noVersion, 0]);
});

Deno.test("Handshake.login() welcomes a device that proved its key", () => {
  const bench = new Bench(77);
  const far = bench.connect();
  far.claim("aLICE");
  far.take();
  far.pending.verify[0]!.done(true);
  assertEquals(far.pending.identify[0]!.args, deviceKey("aLICE"));
  assertEquals([far.names(), far.session.user], [[], 0]);
  far.pending.identify.shift()!.done({ ...known, n: 1 });
  assertEquals([far.names(), far.pending.settled[0]!.args], [[], known.device]);
  far.pending.settled[0]!.done();
  assertEquals([far.names(), far.session.user], [[], 0]);
  far.pending.identify[0]!.done(known);
  const [welcome] = far.take();
  assert(welcome?.packet === "welcome");
  const { user, device, name, epoch, n, head, logId, timeMs } = welcome;
  assertEquals({ user, device, name, epoch, n }, known, "as it is when nothing is under way");
  assertEquals([head, logId, timeMs], [77, bench.context.logId, 1_234]);
  assertEquals(welcome.creditBytesMax, limits.creditBytesMax);
  assertEquals(far.session.user, 2);
});

Deno.test("Handshake.login() lets larger payloads in only when the device is known", () => {
  const far = new Bench().connect();
  far.claim("Alice");
  far.pending.verify[0]!.done(true);
  assertEquals(far.payloadBytesMax, limits.frameBytesMaxBeforeLogin);
  far.identify(known, known);
  assertEquals(far.payloadBytesMax, limits.frameBytesMax);
});

Deno.test("Handshake.login() ends with a signature that doesn't prove the key", () => {
  const far = new Bench().connect();
  far.claim("Alice");
  far.pending.verify[0]!.done(false);
  assertEquals(far.endCode(), codes.badSignature);
  assertEquals([far.pending.identify.length, far.pending.submit.length], [0, 0]);
});

Deno.test("Handshake.login() ends where the key has another name", () => {
  const far = new Bench().connect();
  far.claim("bob");
  far.pending.verify[0]!.done(true);
  far.pending.identify[0]!.done(known);
  assertEquals([far.endCode(), far.session.user], [codes.otherName, 0]);
});

/** A login with an unknown key, up to its registration. */
function newcomer() {
  const far = new Bench().connect();
  far.claim("bob");
  far.take();
  far.pending.verify[0]!.done(true);
  far.pending.identify.shift()!.done(null);
  return { far, submit: far.pending.submit.shift()! };
}

Deno.test("Handshake.login() registers a name with an unknown key", () => {
  const { far, submit } = newcomer();
  const { args } = submit;
  assert(args.by === "server");
  assertEquals([args.name, args.deviceKey, args.sizeBytes > 32], ["bob", deviceKey("bob"), true]);
  assertEquals(far.names(), [], "nothing before it is durable");
  submit.done({ outcome: "accepted", lsn: 10 });
  const who = { user: 10, device: 10, name: "bob", epoch: null, n: 0 };
  far.identify(who, who);
  const [welcome] = far.take();
  assert(welcome?.packet === "welcome");
  const { user, device, name, epoch, n } = welcome;
  assertEquals([user, device, name, epoch, n], [10, 10, "bob", null, 0]);
});

Deno.test("Handshake.login() says who it is as the log has it: one more device of a user", () => {
  const { far, submit } = newcomer();
  submit.done({ outcome: "accepted", lsn: 10 });
  const who = { user: 4, device: 10, name: "bob", epoch: null, n: 0 };
  far.identify(who, who);
  const [welcome] = far.take();
  assert(welcome?.packet === "welcome");
  assertEquals([welcome.user, welcome.device, far.session.user], [4, 10, 4]);
});

Deno.test("Handshake.login() lets in nobody who is shut out, before and after it is settled", () => {
  const shut = { ...known, shut: codes.revoked };
  const far = new Bench().connect();
  far.claim(known.name);
  far.pending.verify.shift()!.done(true);
  far.pending.identify.shift()!.done(shut);
  assertEquals([far.endCode(), far.pending.settled.length], [codes.revoked, 0]);
  const late = new Bench().connect();
  late.claim(known.name);
  late.pending.verify.shift()!.done(true);
  late.identify(known, shut);
  assertEquals([late.endCode(), late.session.user], [codes.revoked, 0]);
});

Deno.test("a session that is shut out between proof and welcome, or resume, is ended", () => {
  const change = { what: "shut", user: known.user, device: 0, code: codes.banned } as const;
  const shut = (bench: Bench) =>
    bench.hub.publish({
      ...{ outcomes: [], published: [published(78, [0, 1], { changes: [change] })] },
      ...{ head: 78, digest: digestOf(78) },
    });
  const bench = new Bench(77);
  const proving = bench.connect();
  proving.claim(known.name);
  proving.pending.verify.shift()!.done(true);
  proving.pending.identify.shift()!.done(known);
  shut(bench);
  assertEquals(proving.endCode(), codes.banned);
  proving.pending.settled.shift()!.done();
  proving.pending.identify.shift()!.done(known);
  assertEquals(proving.names(), [], "what it was told comes too late");
  const other = new Bench(77);
  const welcomed = other.connect();
  welcomed.logIn(known);
  shut(other);
  assertEquals(welcomed.endCode(), codes.banned);
});

Deno.test("Handshake.login() ends where the name is not to be had", () => {
  for (const code of [codes.badName, codes.unavailable] as const) {
    const { far, submit } = newcomer();
    submit.done({ outcome: "later", code, last: 0 });
    assertEquals([far.endCode(), far.pending.identify.length], [code, 0]);
  }
});

Deno.test("Handshake.login() makes who is not known wait out a pause, and nobody else", () => {
  const far = new Bench().connect();
  far.pauseMs = 2_500;
  far.claim("bob");
  far.take();
  far.pending.verify[0]!.done(true);
  far.pending.identify.shift()!.done(null);
  const detail = "too many failed logins; again in 3 s";
  assertEquals(far.take().at(-1), { packet: "error", code: codes.full, detail });
  assertEquals([far.closed, far.pending.submit.length], [true, 0]);
  const office = new Bench().connect();
  office.pauseMs = 2_500;
  office.logIn(known);
  assertEquals([office.names(), office.session.user], [["challenge", "welcome"], known.user]);
});

Deno.test("Handshake.login() ends where the name belongs to another key", () => {
  const { far, submit } = newcomer();
  submit.done({ outcome: "later", code: codes.nameTaken, last: 0 });
  far.pending.identify.shift()!.done(null);
  assertEquals([far.endCode(), far.pending.submit.length], [codes.nameTaken, 0]);
});

Deno.test("Handshake.login() welcomes a key that was registered in the same moment", () => {
  const { far, submit } = newcomer();
  submit.done({ outcome: "later", code: codes.nameTaken, last: 0 });
  const bob = { ...known, name: "BOB" };
  far.identify(bob, bob);
  assertEquals([far.names(), far.session.user], [["welcome"], 2]);
  const other = newcomer();
  other.submit.done({ outcome: "later", code: codes.nameTaken, last: 0 });
  other.far.pending.identify.shift()!.done(known);
  assertEquals(other.far.endCode(), codes.otherName, "under another name");
});

Deno.test("Handshake.login() ends who spoke for the device before its outbox is looked at", () => {
  const bench = new Bench(77);
  const logIn = () => {
    const far = bench.connect();
    far.claim("Alice");
    far.take();
    far.pending.verify[0]!.done(true);
    return far;
  };
  const older = bench.open(known.user, known.device);
  const newer = logIn();
  assertFalse(older.closed, "nobody was found by the key yet");
  newer.pending.identify.shift()!.done(known);
  assertEquals([older.endCode(), newer.pending.settled.length], [codes.replaced, 1]);
  older.session.ended();
  const newest = logIn();
  newest.pending.identify.shift()!.done(known);
  assertEquals([newer.endCode(), newest.closed], [codes.replaced, false], "before its welcome too");
  newer.pending.settled[0]!.done();
  newer.pending.identify[0]!.done(known);
  assertEquals(newer.names(), []);
});

Deno.test("Handshake.login() that comes late, of a link that was given up, takes nobody's place", () => {
  const bench = new Bench(77);
  const late = bench.connect();
  late.claim("Alice");
  const newer = bench.open(known.user, known.device);
  late.pending.verify[0]!.done(true);
  late.pending.identify.shift()!.done(known);
  late.pending.settled[0]?.done();
  late.pending.identify[0]?.done(known);
  assertEquals([late.endCode(), newer.closed], [codes.replaced, false]);
});

Deno.test("Handshake.login() ends nobody for a key under another name", () => {
  const bench = new Bench(77);
  const older = bench.open(known.user, known.device);
  const far = bench.connect();
  far.claim("bob");
  far.pending.verify[0]!.done(true);
  far.pending.identify.shift()!.done(known);
  assertEquals([older.closed, far.endCode()], [false, codes.otherName]);
});

Deno.test("Handshake.login() ends who registered the same key in the same moment", () => {
  const bench = new Bench(77);
  const [first, second] = [bench.connect(), bench.connect()];
  for (const far of [first, second]) {
    far.claim("bob");
    far.pending.verify[0]!.done(true);
    far.pending.identify.shift()!.done(null);
  }
  first.pending.submit[0]!.done({ outcome: "accepted", lsn: 10 });
  const who = { ...known, device: 10, user: 10, name: "bob" };
  first.identify(who, who);
  second.pending.submit[0]!.done({ outcome: "later", code: codes.nameTaken, last: 0 });
  assertFalse(first.closed);
  second.pending.identify.shift()!.done(who);
  assertEquals(first.endCode(), codes.replaced);
});

Deno.test("Handshake.login() comes to nothing where the connection ended meanwhile", () => {
  const { far, submit } = newcomer();
  far.session.ended();
  submit.done({ outcome: "accepted", lsn: 10 });
  assertEquals([far.names(), far.session.user], [[], 0]);
  assertEquals(far.notes, [{ event: "ended", fields: { user: 0 } }], "the end, and nothing else");
});
