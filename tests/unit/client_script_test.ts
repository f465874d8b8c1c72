import { assert, assertEquals, assertRejects } from "@std/assert";
import fc from "fast-check";
import { pauseMs } from "../../lib/client/backoff.ts";
import { folderName, openClientFolder, usualDataFolder } from "../../lib/client/data_folder.ts";
import { DataFolderError } from "../../lib/client/data_folder.ts";
import { type InputLine, InputLines } from "../../lib/client/input_lines.ts";
import { Output } from "../../lib/client/output.ts";
import { PresenceView } from "../../lib/client/presence_view.ts";
import { Requests } from "../../lib/client/requests.ts";
import { readMessage, whyUnsendable } from "../../lib/client/send.ts";
import { isWanted } from "../../lib/client/wanted.ts";
import { keyFromSeed } from "../../lib/identity/keys.ts";
import { safe, safeText } from "../../lib/safe_text.ts";
import { holdLock } from "../../lib/sqlite/lock.ts";
import { permittedTest } from "../support/permitted.ts";
import { ManualTimers } from "../support/fake_socket.ts";
import { SeededRandom } from "../support/random.ts";

const utf8 = new TextEncoder();

Deno.test("pauseMs() doubles its bound from 0.5 s to 30 s, and leaves the rest to chance", () => {
  const bounds = Array.from({ length: 9 }, (_, failures) => pauseMs(failures, 1));
  assertEquals(bounds, [500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000]);
  fc.assert(
    fc.property(fc.nat(), fc.double({ min: 0, max: 1, noNaN: true }), (failures, chance) => {
      const pause = pauseMs(failures, chance);
      assert(Number.isInteger(pause) && pause >= 0 && pause <= 30_000);
    }),
  );
  assertEquals([pauseMs(3, 0), pauseMs(3, 0.25)], [0, 1_000]);
});

Deno.test("InputLines gives the same lines however the bytes are cut", () => {
  const text = fc.string({ unit: fc.constantFrom("a", "é", "漢", "\n", "\r\n", "👍", " ") });
  fc.assert(fc.property(text, fc.array(fc.nat(9)), (whole, cuts) => {
    const lines = new InputLines();
    const bytes = utf8.encode(whole);
    const got: InputLine[] = [];
    let at = 0;
    for (const cut of [...cuts, bytes.length]) {
      got.push(...lines.push(bytes.subarray(at, at + cut)));
      at += cut;
    }
    got.push(...lines.end());
    const wanted = whole.split(/\r?\n/);
    if (wanted.at(-1) === "") wanted.pop();
    assertEquals(got, wanted.map((line) => ({ kind: "line", text: line })));
  }));
});

Deno.test("InputLines tells bad lines and goes on behind them, without holding them", () => {
  const lines = new InputLines();
  assertEquals(lines.push(new Uint8Array([0x61, 0xff, 0x0a])), [{ kind: "notUtf8" }]);
  for (let at = 0; at < 100; at++) assertEquals(lines.push(new Uint8Array(65_536)), []);
  assertEquals(lines.push(utf8.encode("\nnext\n")), [
    { kind: "tooLong" },
    { kind: "line", text: "next" },
  ]);
  lines.push(new Uint8Array(65_536));
  assertEquals(lines.end(), [{ kind: "tooLong" }]);
  assertEquals(lines.end(), []);
});

Deno.test("InputLines keeps a byte order mark: the text is sent as it is", () => {
  assertEquals(new InputLines().push(utf8.encode("\ufeffa\n")), [
    { kind: "line", text: "\ufeffa" },
  ]);
});

Deno.test("readMessage() takes one newline off the end, and refuses what is not UTF-8", async () => {
  const read = (...parts: (string | Uint8Array)[]) =>
    readMessage(
      ReadableStream.from(parts.map((one) => typeof one === "string" ? utf8.encode(one) : one)),
    );
  assertEquals(await read("a\n", "b\n\n"), "a\nb\n");
  assertEquals(await read("a\r\n"), "a");
  assertEquals(await read(utf8.encode("é").subarray(0, 1), utf8.encode("é").subarray(1)), "é");
  await assertRejects(() => read(new Uint8Array([0xff])), TypeError);
  await assertRejects(() => read(new Uint8Array([0xc3])), TypeError);
});

Deno.test("readMessage() reads no further than a message can be long", async () => {
  let pulled = 0;
  const endless = new ReadableStream<Uint8Array>({
    pull(controller) {
      pulled++;
      controller.enqueue(utf8.encode("x".repeat(1_000)));
    },
  });
  const text = await readMessage(endless);
  assert(pulled < 20);
  assert(whyUnsendable("lobby", text) !== null);
});

Deno.test("whyUnsendable() knows rooms, users and texts", () => {
  for (const to of ["lobby", "@bob", "@B.o-b_2"]) assertEquals(whyUnsendable(to, "hi"), null);
  for (const to of ["", "@", "a b", "@a b", "@@a", "é", "x".repeat(33)]) {
    assert(whyUnsendable(to, "hi") !== null, to);
  }
  for (const text of ["", "\x1b", "x".repeat(8_193)]) assert(whyUnsendable("lobby", text) !== null);
});

Deno.test("isWanted() lets through one room or one user, by any case", () => {
  const room = { kind: "room", name: "Dev" } as const;
  const direct = { kind: "direct", other: "Bob" } as const;
  assert(isWanted(room, "dEV") && isWanted(direct, "@boB"));
  assert(!isWanted(room, "@dev") && !isWanted(direct, "bob"));
  assert(!isWanted({ kind: "own" }, "dev"));
});

/** Standard output in the hands of a test. */
function makeOutput() {
  const writes: { text: string; done: (count?: number) => void; fail: (error: Error) => void }[] =
    [];
  const broken: Error[] = [];
  const output = new Output((bytes) =>
    new Promise((resolve, reject) => {
      const text = new TextDecoder().decode(bytes);
      writes.push({ text, done: (count = bytes.length) => resolve(count), fail: reject });
    }), (error) => broken.push(error));
  return { output, writes, broken };
}

async function turn(): Promise<void> {
  for (let at = 0; at < 10; at++) await Promise.resolve();
}

Deno.test("Output writes in order, and what waits in one go", async () => {
  const { output, writes } = makeOutput();
  output.print([safe`a`]);
  output.print([]);
  await turn();
  output.print([safe`b`, safe`c`]);
  assertEquals(writes.map(({ text }) => text), ["a\n"]);
  writes[0]!.done(1);
  await turn();
  assertEquals(writes[1]!.text, "\n", "the rest of what was written in part");
  writes[1]!.done();
  await turn();
  assertEquals(writes[2]!.text, "b\nc\n");
  writes[2]!.done();
  await output.settled();
});

Deno.test("Output is behind while much waits, and no longer when it has gone", async () => {
  const { output, writes } = makeOutput();
  const kilobyte = safeText("x".repeat(1_024));
  for (let at = 0; at < 256; at++) output.print([kilobyte]);
  assertEquals(output.isBehind, false);
  output.print([safe`x`]);
  assertEquals(output.isBehind, true);
  await turn();
  assertEquals(output.isBehind, true, "begun is not gone");
  writes[0]!.done();
  await output.settled();
  assertEquals(output.isBehind, false);
});

Deno.test("Output tells once that nobody reads any more, and then takes nothing", async () => {
  const { output, writes, broken } = makeOutput();
  output.print([safe`a`]);
  await turn();
  writes[0]!.fail(new Deno.errors.BrokenPipe("gone"));
  await output.settled();
  output.print([safe`b`]);
  await output.settled();
  assertEquals([broken.length, writes.length], [1, 1]);
});

Deno.test("Requests has at most 8 open, and asks for rooms once at a time", () => {
  const requests = new Requests();
  for (let at = 0; at < 12; at++) requests.ask({ kind: "members", room: `r${at}` });
  requests.ask({ kind: "rooms" });
  requests.ask({ kind: "rooms" });
  assertEquals([requests.unanswered, requests.due().length, requests.due().length], [13, 8, 0]);
  requests.memberList({ request: 3, code: 64, members: [], more: false });
  assertEquals([requests.unanswered, requests.due().length], [12, 1]);
});

Deno.test("Requests ends with an empty page that says there is more", () => {
  const requests = new Requests();
  requests.ask({ kind: "rooms" });
  requests.due();
  assertEquals(requests.roomList({ request: 1, rooms: [], more: true }).length, 1);
  assertEquals(requests.roomList({ request: 1, rooms: [], more: false }), [], "nobody asked");
});

Deno.test("Requests ends with a page that leads no further", () => {
  const requests = new Requests();
  requests.ask({ kind: "members", room: "dev" });
  requests.due();
  const members = [[7, "bob", true]] as [number, string, boolean][];
  assertEquals(requests.memberList({ request: 1, code: 0, members, more: true }), []);
  requests.due();
  assertEquals(requests.memberList({ request: 2, code: 0, members, more: true }).length, 1);
  assertEquals(requests.unanswered, 0);
  requests.ask({ kind: "rooms" });
  requests.due();
  const rooms = [[[0, 1], "lobby", 3, true]] as [[0, number], string, number, boolean][];
  assertEquals(requests.roomList({ request: 3, rooms, more: true }), []);
  requests.due();
  assertEquals(requests.roomList({ request: 4, rooms, more: true }).length, 1);
});

Deno.test("PresenceView knows a room from its first list on, and no other room", () => {
  const view = new PresenceView();
  view.watch([0, 1]);
  const none = { first: false, here: [], away: [] };
  assertEquals(view.presence({ room: [0, 2], present: 1, changes: [[7, true]] }), none);
  const tell = (...changes: [number, boolean][]) =>
    view.presence({ room: [0, 1], present: 0, changes });
  assertEquals(tell([7, true], [8, true]), { first: true, here: [7, 8], away: [] });
  assertEquals(tell([7, true]), none, "no news");
  assertEquals(tell([8, false]), { first: false, here: [], away: [8] });
  view.watch([0, 1]);
  assertEquals(tell([9, true]), { first: false, here: [9], away: [] }, "the same room");
  view.watch([0, 2]);
  view.watch([0, 1]);
  assertEquals(tell([7, true]), { first: true, here: [7], away: [] });
});

Deno.test("usualDataFolder() follows each system's custom, and says when it can't", () => {
  const env = (values: Record<string, string>) => (name: string) => values[name];
  const home = { HOME: "/h", XDG_DATA_HOME: "/x" };
  assertEquals(usualDataFolder("linux", env(home)), "/x/parley");
  assertEquals(
    usualDataFolder("linux", env({ ...home, XDG_DATA_HOME: "rel" })),
    "/h/.local/share/parley",
  );
  assertEquals(usualDataFolder("darwin", env(home)), "/h/Library/Application Support/parley");
  assertEquals(usualDataFolder("windows", env({ APPDATA: "C:\\a" })), "C:\\a\\parley");
  try {
    usualDataFolder("linux", env({}));
    throw new Error("no error");
  } catch (error) {
    assert(error instanceof DataFolderError && error.message.includes("--data"));
  }
});

Deno.test("folderName() is one file name, the same for all cases of a name", () => {
  const address = { hostname: "Chat.Example", port: 7667 };
  assertEquals(folderName("Alice", address), "alice@chat.example_7667");
  assertEquals(folderName("al", { hostname: "a/../b", port: 1 }), "al@a_.._b_1");
});

permittedTest(
  "openClientFolder() makes a key once and keeps a fingerprint",
  ["read", "write"],
  async () => {
    const base = await Deno.makeTempDir({ prefix: "parley-client-" });
    const address = { hostname: "127.0.0.1", port: 7667 };
    let done = 0;
    const timers = new ManualTimers();
    const open = () => {
      const seams = { random: new SeededRandom(done), timers, passphrase: () => null };
      return openClientFolder(`${base}/a/b`, "Al", address, seams, () => done++);
    };
    try {
      const first = await open();
      assertEquals([first.pin.held, done], [null, 0]);
      first.pin.hold("ab".repeat(32));
      assertEquals([first.pin.held, done], ["ab".repeat(32), 1]);
      const beside = await open();
      assertEquals([first.lock.tryHold(), beside.lock.tryHold()], [true, false]);
      assertEquals([beside.pin.held, done], ["ab".repeat(32), 2]);
      assertEquals(beside.key.publicKey, first.key.publicKey);
      first.close();
      assertEquals(beside.lock.tryHold(), true, "who is left takes over");
      beside.close();
      const again = await open();
      again.close();
      await Deno.writeTextFile(`${again.path}/server.fingerprint`, "junk");
      await assertRejects(open, DataFolderError, "holds no fingerprint");
      if (Deno.build.os !== "windows") {
        const rights = async (path: string) => (await Deno.stat(path)).mode! & 0o777;
        assertEquals(await rights(again.path), 0o700);
        assertEquals(await rights(`${again.path}/mailbox.db`), 0o600);
      }
    } finally {
      await Deno.remove(base, { recursive: true });
    }
  },
);

permittedTest(
  "openClientFolder() waits while another program makes the key",
  ["read", "write"],
  async () => {
    const base = await Deno.makeTempDir({ prefix: "parley-client-" });
    const address = { hostname: "127.0.0.1", port: 7667 };
    const path = `${base}/${folderName("al", address)}`;
    await Deno.mkdir(path);
    const release = holdLock(`${path}/parley.lock`)!;
    try {
      const timers = new ManualTimers();
      const seams = { random: new SeededRandom(1), timers, passphrase: () => null };
      const opening = openClientFolder(base, "al", address, seams, () => {});
      while (timers.waits.length === 0) await Deno.stat(path);
      await Deno.writeTextFile(`${path}/device.key`, `${"12".repeat(32)}\n`);
      timers.run();
      const { key, lock, close } = await opening;
      assertEquals(lock.tryHold(), false, "the other one still has it");
      assertEquals(key.publicKey, (await keyFromSeed(new Uint8Array(32).fill(0x12))).publicKey);
      close();
    } finally {
      release();
      await Deno.remove(base, { recursive: true });
    }
  },
);

Deno.test("Requests asks one question about receipts at a time: the newest", () => {
  const requests = new Requests();
  for (let lsn = 1; lsn <= 600; lsn++) requests.ask({ kind: "receipts", lsns: [lsn] });
  assertEquals([requests.unanswered, requests.due().length], [1, 1]);
  requests.ask({ kind: "history", room: [0, 1], before: 900 });
  requests.ask({ kind: "rooms" });
  requests.forget();
  assertEquals(requests.due().length, 1, "rooms are asked for in the other log too");
});
