import { assert, assertEquals } from "@std/assert";
import { codeName, codes, explain } from "../../lib/errors.ts";
import { tokenHash } from "../../lib/identity/invite.ts";
import { clearChannel, deviceMessage, type Transcript } from "../../lib/identity/transcript.ts";
import { limits } from "../../lib/limits.ts";
import { Bench, deviceKey } from "../support/session_bench.ts";

const token = new Uint8Array(16).fill(7);
const known = { user: 2, device: 5, name: "bob", epoch: null, n: 0 };

/** A login with an unknown key and maybe an invite, up to its registration. */
function newcomer(invite: Uint8Array | null) {
  const far = new Bench().connect();
  far.claim("bob", invite);
  far.take();
  far.pending.verify[0]!.done(true);
  far.pending.identify.shift()!.done(null);
  return { far, submit: far.pending.submit.shift()! };
}

Deno.test("deviceMessage() is another for each invite, and for none", () => {
  const transcript: Transcript = {
    ...{ hello: new Uint8Array(3), version: 1, serverNonce: new Uint8Array(32) },
    ...{ serverKey: new Uint8Array(32), channel: clearChannel },
  };
  const of = (invite: Uint8Array | null) =>
    deviceMessage(transcript, new Uint8Array(32), "al", invite).toHex();
  const all = [null, token, new Uint8Array(16)].map(of);
  assertEquals(new Set(all).size, 3);
  assert(!all.some((message) => message.includes(token.toHex())), "who sees it has no invite");
});

Deno.test("Handshake.login() checks a signature over the invite", () => {
  const [far, other] = [new Bench().connect(), new Bench().connect()];
  far.claim("bob", token);
  other.claim("bob", null);
  const messages = [far, other].map(({ pending }) => pending.verify[0]!.args.message.toHex());
  assert(messages[0]!.includes(tokenHash(token).toHex()));
  assert(!messages[1]!.includes(tokenHash(token).toHex()));
});

Deno.test("Handshake.login() submits the hash of the token, and the mode", () => {
  for (const invite of [token, null]) {
    const { args } = newcomer(invite).submit;
    assert(args.by === "server");
    assertEquals(args.registration, "invite");
    assertEquals(args.invite && new Uint8Array(args.invite), invite && tokenHash(invite));
    const text = JSON.stringify(
      args,
      (_, value) => value instanceof Uint8Array ? value.toHex() : value,
    );
    assert(!text.includes(token.toHex()), "the token goes no further");
  }
});

Deno.test("Handshake.login() lets a known key in without looking at its invite", () => {
  const far = new Bench().connect();
  far.claim("bob", token);
  far.take();
  far.pending.verify[0]!.done(true);
  far.identify(known, known);
  assertEquals([far.names(), far.pending.submit.length], [["welcome"], 0]);
});

const { inviteNeeded, badInvite, expiredInvite, usedInvite, closed } = codes;

for (const code of [inviteNeeded, badInvite, expiredInvite, usedInvite, closed] as const) {
  Deno.test(`Handshake.login() ends with ${codeName(code)}, and notes no token`, () => {
    const { far, submit } = newcomer(token);
    submit.done({ outcome: "later", code, last: 0 });
    assertEquals([far.endCode(), far.session.user], [code, 0]);
    assertEquals(far.pending.identify.length, 0, "the name is not looked for");
    assert(!JSON.stringify(far.notes).includes(token.toHex()));
    assert(explain(code).length > 0 && code < 32, "it ends the connection");
  });
}

Deno.test("Handshake.login() with an invite fits before login", () => {
  const far = new Bench().connect();
  assertEquals(far.payloadBytesMax, limits.frameBytesMaxBeforeLogin);
  far.greet();
  const login = { deviceKey: deviceKey("x"), name: "x".repeat(32), invite: token };
  far.send("login", { ...login, signature: new Uint8Array(64) });
  assertEquals(far.pending.verify.length, 1);
});
