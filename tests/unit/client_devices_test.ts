import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { endingOf } from "../../lib/client/endings.ts";
import type { ShownDevice, ShownEntry } from "../../lib/client/events.ts";
import { deviceCommands } from "../../lib/client/device_commands.ts";
import { JsonView } from "../../lib/client/json_view.ts";
import { TextView } from "../../lib/client/render.ts";
import { Requests } from "../../lib/client/requests.ts";
import { codes } from "../../lib/errors.ts";
import { FrameDecoder } from "../../lib/framing.ts";
import { parseInvite, tokenHash } from "../../lib/identity/invite.ts";
import { limits } from "../../lib/limits.ts";
import type { EntryContent } from "../../lib/log/entry_kinds.ts";
import { type Action, decodePacket } from "../../lib/protocol/codec.ts";
import { madeCodes } from "../support/codes.ts";

function entryOf(content: EntryContent): ShownEntry {
  return { entry: { content } } as unknown as ShownEntry;
}

Deno.test("Codes tells a link when the log has its hash, once, and only for what it made", () => {
  const made = madeCodes();
  const { hash, lifeMs } = made.forDevice();
  assertEquals(lifeMs, 600_000);
  const invited = (hash: Uint8Array) => entryOf({ kind: "deviceInvited", hash, expiresMs: 9 });
  assertEquals(made.take(invited(new Uint8Array(32))), null, "another program's");
  assertEquals(madeCodes().take(invited(hash)), null);
  const told = made.take(invited(hash))!;
  assertEquals([told.lets, told.expiresMs], ["device", 9]);
  const link = parseInvite(told.link, 1)!;
  assertEquals([link.name, link.hostname, link.port], ["alice", "chat.example", 7667]);
  assertEquals(tokenHash(link.token), new Uint8Array(hash));
  assertEquals(made.take(invited(hash)), null, "it was told");
});

Deno.test("Codes keeps a few tokens that wait, and the newest", () => {
  const made = madeCodes();
  const hashes = Array.from({ length: 20 }, () => made.forDevice().hash);
  const told = hashes.map((hash) =>
    made.take(entryOf({ kind: "deviceInvited", hash, expiresMs: 9 })) !== null
  );
  assertEquals(told, hashes.map((_, at) => at >= 4));
});

Deno.test("Codes makes invites for others, which name nobody", () => {
  const made = madeCodes();
  const { hash, role, uses, lifeMs } = made.forOthers(1, 5, 60_000);
  assertEquals([role, uses, lifeMs], [1, 5, 60_000]);
  const told = made.take(entryOf({ kind: "invited", hash, role, uses, expiresMs: 9 }))!;
  assertEquals([told.lets, parseInvite(told.link, 1)?.name], ["user", null]);
});

/** What a typed command asks for, or what it says is wrong. */
function asked(line: string): unknown {
  const [, name, rest = ""] = /^\/(\S+)\s*([^]*)$/.exec(line)!;
  const did: unknown[] = [];
  const said = deviceCommands.find((one) => one.name === name)!.run({
    codes: madeCodes(),
    submit: ({ ...action }: Action) => {
      if ("hash" in action) delete (action as { hash?: unknown }).hash;
      did.push(action);
    },
    ask: (query) => did.push(query),
  }, rest);
  return said === null ? did[0] : String(said);
}

const day = 86_400_000;
const typed: readonly (readonly [string, unknown])[] = [
  ["/devices", { kind: "devices", user: "" }],
  ["/devices @Bob", { kind: "devices", user: "Bob" }],
  ["/devices b!b", "a name is 1 to 32 of letters, digits, '-', '_' and '.'"],
  ["/device add", { action: "addDevice", lifeMs: 600_000 }],
  ["/device add 90m", { action: "addDevice", lifeMs: 5_400_000 }],
  ["/device add 1d", { action: "addDevice", lifeMs: day }],
  ["/device add 25h", "a link for a device counts for at most 24 hours"],
  ["/device add 0m", "a link for a device counts for at most 24 hours"],
  ["/device revoke 17", { action: "revokeDevice", device: 17 }],
  ["/link", { action: "invite", role: 0, uses: 1, lifeMs: day }],
  ["/link admin 5 2h", { action: "invite", role: 1, uses: 5, lifeMs: day / 12 }],
  ["/link 7d", { action: "invite", role: 0, uses: 1, lifeMs: 7 * day }],
  ["/link owner", "write it as /link [member|admin] [uses] [24h|7d]"],
  ["/link 2000", "an invite has 1 to 1000 uses"],
  ["/link 9999d", "an invite counts for at most 366 days"],
  ["/unlink 12", { action: "revokeInvite", invite: 12 }],
  ["/unlink all", "write it as /unlink <invite>"],
];

for (const [line, what] of typed) {
  Deno.test(`${line} does what it says`, () => assertEquals(asked(line), what));
}

for (const line of ["/device", "/device revoke", "/device revoke 1 2", "/device add x"]) {
  Deno.test(`${line} says how it is written`, () => {
    assertStringIncludes(String(asked(line)), "write it as /device add");
  });
}

const timeMs = Date.UTC(2026, 0, 31, 12, 5);
const phone: ShownDevice = {
  ...{ device: 9, addedMs: timeMs, seenMs: timeMs + 60_000, shut: 0 },
  ...{ connected: false, own: false },
};

function view(): TextView {
  return new TextView({ color: false, timeZone: "UTC", nowMs: timeMs, columns: () => 40 });
}

Deno.test("devices are listed in words and as JSON", () => {
  const laptop = { ...phone, device: 7, own: true, connected: true };
  const banned = { ...phone, device: 8, shut: codes.banned, seenMs: 0 };
  const answer = { kind: "devices", user: "", code: 0, devices: [laptop, phone, banned] } as const;
  const wide = new TextView({ color: false, timeZone: "UTC", nowMs: timeMs });
  assertEquals(wide.devices(answer).map(String), [
    "  device 7: this one, here now, added 12:05",
    "  device 9: last heard of 12:06, added 12:05",
    "  device 8: never heard of, added 12:05, not let in: this user or this device was banned from this server",
  ]);
  const [json] = new JsonView().devices(answer).map((line) => JSON.parse(line));
  assertEquals(json.devices[0], {
    ...{ device: 7, added: "2026-01-31T12:05:00.000Z", connected: true, own: true },
    ...{ seen: "2026-01-31T12:06:00.000Z", shut: null },
  });
  const no = { kind: "devices", user: "bob", code: codes.noRight, devices: [] } as const;
  assertEquals(String(view().devices(no)[0]), "! bob: you may not do this here");
  assertEquals(JSON.parse(new JsonView().devices(no)[0]!).code, "noRight");
});

Deno.test("a link is told whole, however narrow the terminal", () => {
  const link = `parley://alice@chat.example:7667/${"ab".repeat(32)}#${"cd".repeat(16)}`;
  const made = { lets: "device", link, expiresMs: timeMs + 600_000 } as const;
  const lines = view().link(made).map(String);
  assert(lines.length > 2, "what it is for is wrapped");
  assertEquals(lines.at(-1), `  parley join '${link}'`);
  assertStringIncludes(lines.join(" "), "12:15");
  const json = JSON.parse(new JsonView().link(made)[0]!);
  assertEquals([json.kind, json.lets, json.link], ["link", "device", link]);
});

Deno.test("a link is drawn for a camera where all of it fits on the terminal", () => {
  const link = `parley://alice@chat.example:7667/${"ab".repeat(32)}#${"cd".repeat(16)}`;
  const made = { lets: "device", link, expiresMs: timeMs } as const;
  const drawn = (columns: number, rows: number, color = false) => {
    const look = { color, timeZone: "UTC", nowMs: timeMs };
    return new TextView({ ...look, columns: () => columns, rows: () => rows }).link(made)
      .filter((line) => /[▀▄█]{3}/.test(line));
  };
  assert(drawn(120, 50).length > 15);
  assertEquals([drawn(120, 24).length, drawn(40, 50).length], [0, 0]);
  const white = drawn(120, 50, true).at(-1)!;
  assert(white.startsWith("\x1b[40;97m") && white.endsWith("\x1b[49;39m"), "on black");
});

Deno.test("Requests asks for devices, and again after a lost connection", () => {
  const requests = new Requests();
  requests.ask({ kind: "devices", user: "bob" });
  const packets = () =>
    requests.due().flatMap((bytes) => new FrameDecoder(limits.frameBytesMax).push(bytes))
      .map((payload) => decodePacket(payload, "client"));
  assertEquals(packets(), [{ packet: "listDevices", request: 1, user: "bob" }]);
  requests.disconnected();
  requests.forget();
  assertEquals(packets(), [{ packet: "listDevices", request: 2, user: "bob" }]);
  assertEquals(requests.answered(2, "devices"), { kind: "devices", user: "bob" });
  assertEquals(requests.answered(2, "devices"), undefined);
});

Deno.test("who is shut out is told so once, with what to do, and does not try again", () => {
  const party = { server: "chat:7667", name: "alice", folder: "/data" };
  for (const code of [codes.revoked, codes.banned, codes.removed, codes.tooManyDevices] as const) {
    const { again, exitCode } = endingOf(code, "", party);
    assertEquals([again, exitCode], [false, code === codes.revoked ? 5 : 2]);
  }
  assertStringIncludes(String(endingOf(codes.revoked, "", party).why), "/device add");
});
