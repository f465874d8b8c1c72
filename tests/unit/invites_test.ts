import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { codes, explain } from "../../lib/errors.ts";
import { parseInvite, tokenHash } from "../../lib/identity/invite.ts";
import type {
  InviteRequest,
  Outcome,
  RecoverRequest,
  Registration,
} from "../../lib/log/submission.ts";
import { roles } from "../../lib/protocol/roles.ts";
import { parseHost } from "../../lib/server/invite_command.ts";
import { hostOf, inviteLines } from "../../lib/server/invite_text.ts";
import { type InviteAsk, InviteError, Invites, ownerAsk } from "../../lib/server/invites.ts";
import { ownerLines, type OwnerPorts } from "../../lib/server/owner.ts";
import { qrLines } from "../../lib/identity/qr.ts";
import { settled } from "../support/fake_socket.ts";
import { SeededRandom } from "../support/random.ts";

const ask: InviteAsk = { role: "admin", uses: 3, lifeMs: 60_000 };

/** A maker of invites whose log answers when the test says so. */
function opened(registration: Registration = "invite") {
  const asked: { request: InviteRequest | RecoverRequest; done: (outcome: Outcome) => void }[] = [];
  const notes: unknown[] = [];
  const invites = new Invites({
    registration,
    random: new SeededRandom(5),
    journal: (event, fields) => notes.push([event, fields]),
    submit: (request, done) => asked.push({ request, done }),
  });
  return { invites, asked, notes };
}

Deno.test("Invites.make() tells a token when its invite is durable, and not before", async () => {
  const { invites, asked, notes } = opened();
  let told = false;
  const making = invites.make(ask).finally(() => told = true);
  await settled();
  assertEquals([told, asked.length, notes], [false, 1, []]);
  const { request, done } = asked[0]!;
  done({ outcome: "accepted", lsn: 9 });
  const { lsn, token } = await making;
  assertEquals([lsn, token.length], [9, 16]);
  assertEquals(new Uint8Array(request.hash), tokenHash(token));
  assert(request.by === "operator");
  const { role, uses, lifeMs } = request;
  assertEquals([role, uses, lifeMs], [roles.admin, 3, 60_000]);
  assert(!Object.values(request).some((one) => one instanceof Uint8Array && one.length === 16));
});

Deno.test("Invites.make() notes each invite, and neither token nor hash", async () => {
  const { invites, asked, notes } = opened();
  const making = invites.make(ask);
  asked[0]!.done({ outcome: "accepted", lsn: 9 });
  const { token } = await making;
  assertEquals(notes, [["invited", { lsn: 9, role: "admin", uses: 3, seconds: 60 }]]);
  for (const secret of [token, tokenHash(token)]) {
    assert(!JSON.stringify(notes).includes(secret.toHex()));
  }
});

Deno.test("Invites.make() gives a fresh token each time", async () => {
  const { invites, asked } = opened();
  const making = [invites.make(ask), invites.make(ask)];
  for (const { done } of asked) done({ outcome: "accepted", lsn: 9 });
  const [a, b] = await Promise.all(making);
  assert(a!.token.toHex() !== b!.token.toHex());
});

Deno.test("Invites.make() says why there is none", async () => {
  const { invites, asked, notes } = opened();
  const making = invites.make(ownerAsk);
  asked[0]!.done({ outcome: "later", code: codes.ownerTaken, last: 0 });
  await assertRejects(() => making, InviteError, explain(codes.ownerTaken));
  assertEquals(notes, []);
  const shut = opened("closed");
  await assertRejects(() => shut.invites.make(ask), InviteError, explain(codes.closed));
  assertEquals(shut.asked, [], "an invite that nobody could use is not made");
});

const token = new Uint8Array(16).fill(7);
const fingerprint = "ab".repeat(32);
const nobody = { hasOwner: false, hasUsers: false, hasInvites: false };

/** What a start says. */
async function said(other: Partial<OwnerPorts>): Promise<{ text: string; made: InviteAsk[] }> {
  const made: InviteAsk[] = [];
  const lines = await ownerLines({
    people: nobody,
    make: (one) => {
      made.push(one);
      return Promise.resolve({ lsn: 2, token });
    },
    ...{ server: { hostname: "chat.example", port: 7667 }, fingerprint },
    ...{ isTerminal: true, canBeAsked: true, data: "parley-data" },
    ...other,
  });
  return { text: lines.join("\n"), made };
}

Deno.test("ownerLines() makes the owner's invite at the first start", async () => {
  const { text, made } = await said({});
  assertEquals(made, [ownerAsk]);
  const link = /'(parley:[^']*)'/.exec(text)![1]!;
  assertEquals(parseInvite(link, 1), {
    name: null,
    hostname: "chat.example",
    port: 7667,
    fingerprint,
    token,
  });
  assertStringIncludes(text, "█");
});

Deno.test("ownerLines() tells at a later start how to get another, and makes none", async () => {
  const how = "parleyd invite --role owner --data parley-data";
  const later = [{ hasInvites: true }, { hasUsers: true }, { hasInvites: true, hasUsers: true }];
  for (const people of later) {
    const { text, made } = await said({ people: { ...nobody, ...people } });
    assertEquals(made, []);
    assertStringIncludes(text, how);
    assert(!text.includes("parley://"));
  }
  const { text } = await said({ people: { ...nobody, hasUsers: true }, data: "it's here" });
  assertStringIncludes(text, `--data 'it'\\''s here'`);
});

Deno.test("ownerLines() puts no token where a file or a journal keeps it", async () => {
  const { text, made } = await said({ isTerminal: false });
  assertEquals(made, []);
  assertEquals(
    text,
    "there is no owner yet; this makes an invite for one: " +
      "parleyd invite --role owner --data parley-data",
  );
});

Deno.test("ownerLines() prints the invite anywhere where there is no other way to it", async () => {
  const { text, made } = await said({ isTerminal: false, canBeAsked: false });
  assertEquals(made, [ownerAsk]);
  assertStringIncludes(text, "parley://");
  assert(!text.includes("█"), "nothing is drawn into a file");
});

Deno.test("ownerLines() says nothing where there is an owner", async () => {
  assertEquals(await said({ people: { ...nobody, hasOwner: true } }), { text: "", made: [] });
});

Deno.test("ownerLines() says why there is no invite, and how to get one", async () => {
  const make = () => Promise.reject(new InviteError("the server can't write now"));
  const { text } = await said({ make });
  assertStringIncludes(text, "the server can't write now");
  assertStringIncludes(text, "parleyd invite --role owner");
});

Deno.test("inviteLines() says who comes in, how often and how long", () => {
  const invite = { name: null, hostname: "a", port: 1, fingerprint, token };
  const of = (other: Partial<InviteAsk>) => inviteLines({ ...ask, ...other }, invite, false)[0]!;
  assertStringIncludes(of({}), "comes in as an admin, 3 times in all, within 1 minute.");
  assertStringIncludes(of({ role: "member", uses: 1 }), "as a member, once, ");
  assertStringIncludes(of({ role: "owner", lifeMs: 86_400_000 }), "as the owner");
  assertStringIncludes(of({ lifeMs: 86_400_000 }), "within 24 hours.");
  assertStringIncludes(of({ lifeMs: 7 * 86_400_000 }), "within 7 days.");
  assertStringIncludes(of({ lifeMs: 90_000 }), "within 90 seconds.");
});

Deno.test("hostOf() knows this machine's own address where none was given", () => {
  const of = (hostname: string) => hostOf({ hostname, port: 7 }, null);
  assertEquals(of("0.0.0.0"), { hostname: "127.0.0.1", port: 7 });
  assertEquals(of("::"), { hostname: "::1", port: 7 });
  assertEquals(of("192.0.2.1"), { hostname: "192.0.2.1", port: 7 });
  const host = { hostname: "chat.example", port: 443 };
  assertEquals(hostOf({ hostname: "0.0.0.0", port: 7 }, host), host);
});

Deno.test("parseHost() takes what a link can hold", () => {
  assertEquals(parseHost("Chat.Example:443"), { hostname: "chat.example", port: 443 });
  assertEquals(parseHost("[::1]"), { hostname: "::1", port: null });
  for (const text of ["", ":80", "80", "a b", "a:0", "a:65536", "a/b", "-x", "'x'", "a#b"]) {
    assertEquals(parseHost(text), null, text);
  }
});

Deno.test("qrLines() draws the three corners that a camera looks for", () => {
  const rows = qrLines(`parley://chat.example:7667/${fingerprint}#${token.toHex()}`);
  const plain = rows.map((row) => row.slice("\x1b[40;97m".length, -"\x1b[0m".length));
  const widths = new Set(plain.map((row) => row.length));
  assertEquals([widths.size, rows.every((row) => row.endsWith("\x1b[0m"))], [1, true]);
  // Below two rows of border: a dark bar of 7, light inside it, of which two rows make one line.
  assertEquals([plain[0]!.replaceAll("█", ""), plain[1]!.slice(0, 9)], ["", "██ ▄▄▄▄▄ "]);
  assertEquals(plain[1]!.slice(-9), " ▄▄▄▄▄ ██");
});

Deno.test("Invites.recover() asks for a code for a user, in every mode, and tells it when durable", async () => {
  const { invites, asked, notes } = opened("closed");
  const recovering = invites.recover({ name: "Alice", lifeMs: 60_000 });
  const { request, done } = asked[0]!;
  assert(request.by === "recovery");
  done({ outcome: "accepted", lsn: 9 });
  const { lsn, token } = await recovering;
  assertEquals([lsn, request.name, request.lifeMs], [9, "Alice", 60_000]);
  assertEquals(new Uint8Array(request.hash), tokenHash(token));
  assertEquals(notes, [["recovering", { lsn: 9, name: "Alice", seconds: 60 }]]);
  const nobody = invites.recover({ name: "nobody", lifeMs: 1 });
  asked[1]!.done({ outcome: "later", code: codes.noUser, last: 0 });
  await assertRejects(() => nobody, InviteError, "no such user");
});
