import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { DataFolderError } from "../../lib/client/data_folder.ts";
import { endingOf, exitCodes } from "../../lib/client/endings.ts";
import { joinResult } from "../../lib/client/join.ts";
import {
  parseProfile,
  type Profile,
  readProfile,
  whoIsMeant,
  writeProfile,
} from "../../lib/client/profile.ts";
import { codes } from "../../lib/errors.ts";
import { safe } from "../../lib/safe_text.ts";
import { permittedTest } from "../support/permitted.ts";
import { makeKept, scriptedFingerprint, ScriptedServer } from "../support/scripted_server.ts";

const token = new Uint8Array(16).fill(7);
const party = { server: "chat:7667", name: "alice", folder: "/data" };

/** A conversation that begins with an invite of a server with this fingerprint. */
async function invited(fingerprint: string, held: string | null = null) {
  const kept = { ...makeKept(), held, invite: { fingerprint, token } };
  return { kept, server: await ScriptedServer.connect(kept) };
}

Deno.test("Conversation shows its invite to the server that it is of, signed", async () => {
  const { kept, server } = await invited(await scriptedFingerprint());
  await server.challenge();
  const [login] = server.heard();
  assert(login?.packet === "login");
  assertEquals(login.invite, token);
  assert(await server.proves(login));
  assertEquals(await server.proves({ ...login, invite: null }), false);
  assertEquals(kept.held, await scriptedFingerprint(), "it is pinned");
  assertEquals(server.events, [], "there is nothing to compare: the invite told it");
});

Deno.test("Conversation shows its invite to no other server, and pins none", async () => {
  const { kept, server } = await invited("ab".repeat(32));
  await server.challenge();
  assertEquals([server.heard(), kept.held], [[], null]);
  const [ending] = server.endings;
  assertEquals([ending?.again, ending?.exitCode], [false, exitCodes.noConnection]);
  assertStringIncludes(ending!.why, "ab".repeat(32));
  assertStringIncludes(ending!.why, await scriptedFingerprint());
});

Deno.test("Conversation shows no invite to the server that it knows, if it is of another", async () => {
  const { server } = await invited("ab".repeat(32), await scriptedFingerprint());
  await server.challenge();
  assertEquals(server.heard(), []);
  assertStringIncludes(server.endings[0]!.why, "not the server that this invite is for");
});

Deno.test("Conversation stops before another key than the pinned one, whatever the invite says", async () => {
  const { server } = await invited(await scriptedFingerprint(), "cd".repeat(32));
  await server.challenge();
  assertEquals(server.heard(), []);
  assertStringIncludes(server.endings[0]!.why, "another identity key than before");
});

Deno.test("joinResult() tells how it went, and what to do next", () => {
  const why = safe`nobody listens at chat:7667`;
  const ending = { again: false, exitCode: exitCodes.refused, why: safe`used` };
  const all = [
    joinResult({ kind: "open" }, party, "parley --data /x"),
    joinResult({ kind: "lost", why, pauseMs: 9 }, party, "parley"),
    joinResult({ kind: "follows" }, party, "parley"),
    joinResult({ kind: "ended", ending }, party, "parley"),
  ].map((result) => [result?.exitCode, String(result?.why)]);
  assertEquals(all.map(([code]) => code), [0, 3, 3, 2]);
  assertEquals(all[0]![1], "you are alice on chat:7667: type parley --data /x to talk");
  assertStringIncludes(String(all[1]![1]), "not joined: nobody listens at chat:7667");
  assertEquals(all[3]![1], "not joined: used");
  assertEquals(joinResult({ kind: "caughtUp" }, party, "parley"), null);
});

const refusals: readonly (readonly [keyof typeof codes, string])[] = [
  ["inviteNeeded", "parley join INVITE --name alice"],
  ["badInvite", "Is it the whole link"],
  ["expiredInvite", "Ask for a new one"],
  ["usedInvite", "say that somebody has used it"],
  ["closed", "takes no new users"],
];

for (const [name, part] of refusals) {
  Deno.test(`endingOf() says after ${name} what to do, and does not try again`, () => {
    const { again, exitCode, why } = endingOf(codes[name], "login", party);
    assertEquals([again, exitCode], [false, exitCodes.refused]);
    assertStringIncludes(why, part);
  });
}

const here = { hostname: "chat.example", port: 7667 };
const there = { hostname: "chat.example", port: 7668 };
const profile: Profile = { name: "alice", server: here };

Deno.test("parseProfile() takes a name and a server, and nothing else", () => {
  assertEquals(parseProfile("alice chat.example:7667\n"), profile);
  assertEquals(parseProfile("al [::1]:80")?.server, { hostname: "::1", port: 80 });
  const bad = [
    "",
    "alice",
    "alice chat.example:7667 more",
    "a/b chat:1",
    "al chat:0",
    "al :80",
    "al 80",
  ];
  for (const text of bad) assertEquals(parseProfile(text), null, text);
});

Deno.test("whoIsMeant() fills in who joined last, and gives no name to another server", () => {
  const none = { name: undefined, server: undefined };
  const cases: readonly (readonly [Partial<Profile>, Profile | null, unknown])[] = [
    [{}, profile, { name: "alice", server: here }],
    [{}, null, none],
    [{ name: "bob" }, profile, { name: "bob", server: here }],
    [{ server: here }, profile, { name: "alice", server: here }],
    [{ server: there }, profile, { name: undefined, server: there }],
    [{ server: there }, null, { name: undefined, server: there }],
  ];
  for (const [given, read, meant] of cases) {
    assertEquals<unknown>(whoIsMeant(given, () => read), meant, JSON.stringify(given));
  }
  const unread = () => {
    throw new Error("not to be read");
  };
  assertEquals(whoIsMeant({ name: "bob", server: there }, unread), { name: "bob", server: there });
});

permittedTest("readProfile() reads what writeProfile() wrote, and says what is wrong", [
  "read",
  "write",
], async () => {
  const base = await Deno.makeTempDir({ prefix: "parley-profile-" });
  try {
    assertEquals(readProfile(base), null);
    assertEquals(readProfile(`${base}/nowhere`), null);
    writeProfile(base, { name: "bob", server: there });
    writeProfile(base, profile);
    assertEquals(readProfile(base), profile);
    await Deno.writeTextFile(`${base}/profile`, "\x1b[2J");
    const error = assertThrows(() => readProfile(base), DataFolderError);
    assertStringIncludes(error.message, `${base}/profile must hold a name and a server`);
    await Deno.remove(`${base}/profile`);
    await Deno.mkdir(`${base}/profile`);
    assertStringIncludes(assertThrows(() => readProfile(base), DataFolderError).message, base);
    await Deno.writeTextFile(`${base}/file`, "");
    assertEquals(readProfile(`${base}/file`), null);
  } finally {
    await Deno.remove(base, { recursive: true });
  }
});
