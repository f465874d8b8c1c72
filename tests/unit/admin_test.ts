import { assertEquals } from "@std/assert";
import { limits } from "../../lib/limits.ts";
import type { ReceiptReader, Undelivered } from "../../lib/log/receipts.ts";
import { Admin, type AdminSources } from "../../lib/server/admin.ts";
import { type AdminLine, readLines, safeJson } from "../../lib/server/admin_lines.ts";
import { type InviteAsk, InviteError, type RecoverAsk } from "../../lib/server/invites.ts";
import { answerText } from "../../lib/server/admin_tables.ts";
import { FakeSocket, ManualTimers, settled } from "../support/fake_socket.ts";
import { ManualClock } from "../support/random.ts";

const utf8 = new TextEncoder();

const message = (lsn: number): Undelivered => ({
  ...{ lsn, timeMs: 0, audience: "lobby", sender: "al", missing: ["bo"], more: 0 },
});

/** The operator's side door, with a store that knows what a test says. */
function opened(
  reader: Partial<ReceiptReader> = {},
  invite: AdminSources["invite"] = () => Promise.reject(new Error("nobody is to be invited")),
) {
  const timers = new ManualTimers();
  const clock = new ManualClock(10_000);
  const isConnected = (device: number) => device === 3;
  const recover = (ask: RecoverAsk) => invite({ role: "member", uses: 1, lifeMs: ask.lifeMs });
  const asked = { reader: reader as ReceiptReader, invite, recover };
  const sources = { ...asked, isConnected, clock, timers };
  const admin = new Admin(sources);
  /** Asks, and takes the whole answer. */
  const ask = async (text: string): Promise<unknown[]> => {
    const socket = new FakeSocket();
    admin.accept(socket);
    await socket.comes(utf8.encode(text));
    while (socket.writes.length > 0) await socket.finishWrite();
    assertEquals([socket.closes > 0, timers.waits], [true, []]);
    const lines = new TextDecoder().decode(new Uint8Array(socket.written)).split("\n");
    return lines.slice(0, -1).map((line) => JSON.parse(line));
  };
  return { admin, timers, clock, ask };
}

Deno.test("Admin answers a trace line by line, and who is connected", async () => {
  const device = { holds: true, heldMs: 5, before: false, cursor: 9, cursorMs: 6 };
  const head = { lsn: 7, kind: "message", audience: "lobby", timeMs: 4, sender: "al" };
  const devices = [{ device: 3, ...device }, { device: 4, ...device }];
  const recipients = [{ user: 3, name: "bo", devices }];
  const trace = (lsn: number) =>
    Promise.resolve(lsn === 7 ? { ...head, recipients, more: 2 } : null);
  const { ask } = opened({ trace });
  assertEquals(await ask('{"ask":"trace","lsn":7}\n'), [
    { trace: head },
    {
      recipient: {
        user: 3,
        name: "bo",
        devices: [{ device: 3, ...device, connected: true }, {
          ...{ device: 4, ...device, connected: false },
        }],
      },
    },
    { end: { more: 2, whole: true } },
  ]);
  assertEquals(await ask('{"ask":"trace","lsn":8}\n'), [{ error: "there is no entry 8" }]);
});

Deno.test("Admin searches page by page, tells a bounded number and counts the rest", async () => {
  const asked: number[][] = [];
  const many = Array.from({ length: limits.adminMessagesMax - 1 }, (_, at) => message(900 - at));
  const { ask } = opened({
    lastBefore: (timeMs) => Promise.resolve(timeMs === 9_000 ? 900 : 0),
    undelivered: (last, count) => {
      asked.push([last, count]);
      const page = last === 900 ? many : last === 500 ? [message(500)] : [];
      const next = last === 900 ? 500 : last === 500 ? 100 : 0;
      return Promise.resolve({ messages: page, found: last === 100 ? 7 : page.length, next });
    },
  });
  const lines = await ask('{"ask":"undelivered","olderMs":1000}\n');
  assertEquals(asked, [[900, limits.adminMessagesMax], [500, 1], [100, 0]]);
  assertEquals(lines.length, limits.adminMessagesMax + 1);
  assertEquals(lines.at(-1), { end: { more: 7, whole: true } });
});

Deno.test("Admin ends a search that takes too long, and says so", async () => {
  const world = opened({
    lastBefore: () => Promise.resolve(900),
    undelivered: (last) => {
      world.clock.nowMs += limits.adminMs;
      return Promise.resolve({ messages: [], found: 3, next: last - 1 });
    },
  });
  assertEquals(await world.ask('{"ask":"undelivered","olderMs":0}\n'), [
    { end: { more: 3, whole: false } },
  ]);
});

Deno.test("Admin asks for an invite within its bounds, and tells it in one answer", async () => {
  const asked: InviteAsk[] = [];
  const made = { lsn: 2, hostname: "a", port: 1, fingerprint: "f", token: "00" };
  const { ask } = opened({}, (one) => {
    asked.push(one);
    return Promise.resolve(made);
  });
  const end = { end: { more: 0, whole: true } };
  const question = { ask: "invite", role: "member", uses: 1, lifeMs: 1 };
  assertEquals(await ask(`${JSON.stringify(question)}\n`), [{ invite: made }, end]);
  assertEquals(asked.map(({ role, uses, lifeMs }) => [role, uses, lifeMs]), [["member", 1, 1]]);
  const { inviteUsesMax, inviteLifeMsMax } = limits;
  const wrong = [
    ...[{ role: "king" }, { role: 2 }, { role: null }, { role: "toString" }],
    ...[{ uses: 0 }, { uses: inviteUsesMax + 1 }, { uses: 1.5 }, { uses: "1" }],
    ...[{ lifeMs: 0 }, { lifeMs: inviteLifeMsMax + 1 }, { lifeMs: -1 }],
  ];
  for (const one of wrong) {
    const text = JSON.stringify({ ...question, ...one });
    assertEquals(await ask(`${text}\n`), [{ error: "no such question" }], text);
  }
  assertEquals(asked.length, 1);
});

Deno.test("Admin says why there is no invite", async () => {
  const { ask } = opened({}, () => Promise.reject(new InviteError("closed")));
  const question = { ask: "invite", role: "owner", uses: 1, lifeMs: 1 };
  assertEquals(await ask(`${JSON.stringify(question)}\n`), [{ error: "closed" }]);
});

Deno.test("Admin answers no other question, and nothing that is none", async () => {
  const { ask } = opened();
  const none = [{ error: "no such question" }];
  for (const text of ['{"ask":"all"}', '{"ask":"trace","lsn":-1}', "null", "[]", "7"]) {
    assertEquals(await ask(`${text}\n`), none, text);
  }
  // What is no JSON is told in the words of whatever reads it.
  for (const text of ["what\n", "\xff\n"]) {
    const [answer, ...more] = await ask(text) as { error?: string }[];
    assertEquals([typeof answer?.error, more], ["string", []], text);
  }
});

Deno.test("Admin serves few at a time, none for long", async () => {
  const { admin, timers } = opened();
  const sockets = Array.from({ length: limits.adminConnectionsMax + 1 }, () => new FakeSocket());
  for (const socket of sockets) admin.accept(socket);
  assertEquals(sockets.map(({ closes }) => closes), [0, 0, 0, 0, 1]);
  assertEquals(timers.waits[0], limits.adminMs);
  timers.run();
  assertEquals(sockets.map(({ closes }) => closes), [1, 1, 1, 1, 1]);
  for (const socket of sockets.slice(0, -1)) await socket.ends();
  const next = new FakeSocket();
  admin.accept(next);
  assertEquals(next.closes, 0, "there is room again");
});

Deno.test("readLines() bounds a line, and takes what is split anywhere", async () => {
  const socket = new FakeSocket();
  const lines: unknown[] = [];
  const reading = (async () => {
    for await (const line of readLines(socket)) lines.push(line);
  })().catch((error: Error) => error.name);
  await settled();
  for (const byte of utf8.encode('{"a":"é"}\n[1]\n')) await socket.comes(new Uint8Array([byte]));
  assertEquals(lines, [{ a: "é" }, [1]]);
  for (let bytes = 0; bytes <= limits.adminLineBytesMax; bytes += 4_096) {
    await socket.comes(new Uint8Array(4_096).fill(0x20));
  }
  assertEquals(await reading, "RangeError");
});

Deno.test("answerText() and safeJson() let nothing through that acts on a terminal", () => {
  const evil = "\x1b[2J\u202e\n\x9b";
  const trace = { lsn: 1, kind: evil, audience: evil, timeMs: 0, sender: evil };
  const end = { end: { more: 1, whole: true } };
  const answers: AdminLine[][] = [
    [{ trace }, { recipient: { user: 2, name: evil, devices: [] } }, end],
    [{ undelivered: { ...message(3), audience: evil, sender: evil, missing: [evil] } }, end],
    [{ error: evil }],
  ];
  const lines = answers.flat();
  for (const text of [...answers.flatMap(answerText), ...lines.map(safeJson)]) {
    // deno-lint-ignore no-control-regex
    assertEquals(/[\x00-\x1f\x7f-\x9f\u202e]/.test(text), false, JSON.stringify(text));
  }
  assertEquals(lines.map((line) => JSON.parse(safeJson(line))), lines as unknown[]);
});

Deno.test("answerText() says what was left out, and when nothing was found", () => {
  assertEquals(answerText([{ end: { more: 0, whole: true } }]), ["nothing"]);
  const end = { end: { more: 5, whole: false } };
  assertEquals(answerText([{ undelivered: { ...message(7), more: 2 } }, end]), [
    "LSN  TIME                      WHERE  FROM  MISSING",
    "7    1970-01-01T00:00:00.000Z  lobby  al    bo and 2 more",
    "and at least 5 more",
    "the search took too long: what is older was not looked at",
  ]);
});

Deno.test("Admin goes through the log page by page for an audit, from a time on", async () => {
  const asked: number[] = [];
  const line = (lsn: number) => ({
    ...{ lsn, timeMs: 0, what: "kicked", actor: "al", device: 3, whom: "bo" },
    ...{ room: "dev", more: "", reason: "" },
  });
  const { ask } = opened({
    lastBefore: (timeMs) => Promise.resolve(timeMs === 9_000 ? 900 : 0),
    audit: (after) => {
      asked.push(after);
      return Promise.resolve({ lines: [line(after + 1)], next: after < 2_000 ? after + 1_000 : 0 });
    },
  });
  assertEquals(await ask('{"ask":"audit","sinceMs":1000}\n'), [
    ...[901, 1_901, 2_901].map((lsn) => ({ audit: line(lsn) })),
    { end: { more: 0, whole: true } },
  ]);
  assertEquals(asked, [900, 1_900, 2_900]);
  asked.length = 0;
  await ask('{"ask":"audit","sinceMs":0}\n');
  assertEquals(asked[0], 0, "all of it");
});
