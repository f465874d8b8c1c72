import { assert, assertEquals } from "@std/assert";
import { codes } from "../../lib/errors.ts";
import { limits } from "../../lib/limits.ts";
import { encodeFrame } from "../../lib/framing.ts";
import { encodeItem } from "../../lib/protocol/cbor.ts";
import { actionItem, encodePacket } from "../../lib/protocol/codec.ts";
import { wireTest, type WireWorld } from "../support/with_server.ts";
import { makeDevice, WireClient } from "../support/wire_client.ts";

/** Each bad input: what is sent before login, and the code of the answer. */
const beforeLogin: readonly (readonly [string, Uint8Array, number])[] = [
  ["garbage", new TextEncoder().encode("GET / HTTP/1.1\r\n\r\n"), codes.badFrame],
  ["a frame of 4 GiB", new Uint8Array([255, 255, 255, 255, 1]), codes.badFrame],
  ["an empty frame", new Uint8Array(4), codes.badFrame],
  ["a frame above 2 KiB before login", encodeFrame(new Uint8Array(2049)), codes.badFrame],
  ["no CBOR", encodeFrame(new Uint8Array([0xff, 0xff])), codes.badPacket],
  ["deep nesting", encodeFrame(new Uint8Array(2048).fill(0x81)), codes.badPacket],
  ["a map", encodeFrame(new Uint8Array([0xa1, 1, 1])), codes.badPacket],
  [
    "a packet of the server",
    encodePacket("upto", { lsn: 1, digest: new Uint8Array(32) }),
    codes.badPacket,
  ],
  [
    "a field out of its bound",
    encodeFrame(encodeItem([1, [], new Uint8Array(32), ""])),
    codes.badPacket,
  ],
  ["a missing field", encodeFrame(encodeItem([1, [1]])), codes.badPacket],
  ["an ack before hello", encodePacket("ack", { lsn: 1 }), codes.unexpected],
  ["an unknown kind before hello", encodeFrame(encodeItem([999])), codes.unexpected],
  [
    "no common version",
    encodePacket("hello", { versions: [77], nonce: new Uint8Array(32), software: "" }),
    codes.noVersion,
  ],
];

wireTest(
  "bad input before login is answered with its code, journaled once, and nobody else notices",
  async (world) => {
    await whileOthersTalk(world, async () => {
      for (const [what, bytes, code] of beforeLogin) {
        const client = await WireClient.connect(world.port);
        await client.bytes(bytes).catch(() => {});
        assertEquals((await client.lastError()).code, code, what);
      }
    });
    const closings = () => world.server.journal.filter((line) => line.includes(" closing "));
    // The journal comes over a pipe, and may be behind the answers.
    for (let looks = 0; closings().length < beforeLogin.length && looks < 1_000; looks++) {
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    assertEquals(closings().length, beforeLogin.length);
    assert(!world.server.journal.join("").includes("GET"), "nothing of what was sent is journaled");
  },
);

wireTest("bad input after login", async (world) => {
  await whileOthersTalk(world, async () => {
    const submission = { epoch: new Uint8Array(16), n: 1, id: new Uint8Array(16) };
    const cases: readonly (readonly [string, Uint8Array, number])[] = [
      [
        "a second hello",
        encodePacket("hello", { versions: [1], nonce: new Uint8Array(32), software: "" }),
        codes.unexpected,
      ],
      ["a frame above 64 KiB", encodeFrame(new Uint8Array(65537)), codes.badFrame],
      ["an acknowledgement of the future", encodePacket("ack", { lsn: 10 ** 9 }), codes.unexpected],
      [
        "a malformed action",
        encodePacket("submit", { ...submission, action: [1, "lobby"] }),
        codes.badPacket,
      ],
      [
        "more than the window",
        new Uint8Array(
          Array.from({ length: limits.windowCountMax + 8 }, (_, at) => [
            ...encodePacket("submit", {
              ...submission,
              n: at + 1,
              action: actionItem({ action: "join", room: "x" }),
            }),
          ]).flat(),
        ),
        codes.unexpected,
      ],
    ];
    for (const [what, bytes, code] of cases) {
      const client = await WireClient.open(
        world.port,
        await makeDevice(`u${cases.findIndex((one) => one[0] === what)}`),
      );
      await client.bytes(bytes).catch(() => {});
      assertEquals((await client.lastError()).code, code, what);
    }
  });
});

wireTest(
  "an unknown packet kind after login is answered, and the conversation goes on",
  async ({ port }) => {
    const client = await WireClient.open(port, await makeDevice("alice"));
    await client.bytes(encodeFrame(encodeItem([999, "from the future"])));
    assertEquals((await client.next("error")).code, codes.unknownKind);
    await client.say("lobby", "still here");
    client.close();
  },
);

wireTest("an unknown action is finally refused, and its number is taken", async ({ port }) => {
  const client = await WireClient.open(port, await makeDevice("alice"));
  const { epoch } = client;
  await client.send("submit", { epoch, n: 1, id: new Uint8Array(16), action: [999, "x"] });
  const refused = await client.next("refused");
  assertEquals([refused.n, refused.code], [1, codes.unknownAction]);
  client.close();
});

wireTest("silence and half a frame are closed by the login limit", async (world) => {
  await whileOthersTalk(world, async () => {
    const silent = await WireClient.connect(world.port);
    const half = await WireClient.connect(world.port);
    await half.bytes(new Uint8Array([0, 0, 4, 0, 1, 2, 3]));
    assertEquals((await silent.lastError()).code, codes.noAnswer);
    assertEquals((await half.lastError()).code, codes.noAnswer);
  });
});

wireTest(
  "clients that vanish or never read: nobody else notices, memory stays bounded",
  async (world) => {
    const { port, server } = world;
    const deaf: WireClient[] = [];
    const talker = await WireClient.open(port, await makeDevice("talker"));
    for (let at = 0; at < 20; at++) {
      const client = await WireClient.open(port, await makeDevice(`deaf${at}`));
      client.pause();
      deaf.push(client);
    }
    for (let at = 0; at < 20; at++) {
      const client = await WireClient.open(port, await makeDevice(`gone${at}`));
      await client.bytes(new Uint8Array([0, 0, 4, 0, 1]));
      client.close();
    }
    const before = await rssBytes(server.pid);
    const text = "x".repeat(8000);
    for (let at = 0; at < 400; at++) await talker.say("lobby", text);
    await talker.hears(text);
    const grown = await rssBytes(server.pid) - before;
    // 20 deaf clients × 3.2 MB said would be 64 MB: what is kept is the credit and the ring.
    assert(grown < 48 * 1024 * 1024, `grew by ${grown} bytes`);
    for (const client of [...deaf, talker]) client.close();
  },
);

async function whileOthersTalk({ port }: WireWorld, run: () => Promise<void>): Promise<void> {
  const bob = await WireClient.open(port, await makeDevice("bob"));
  const carol = await WireClient.open(port, await makeDevice("carol"));
  await bob.say("@carol", "before");
  await run();
  await bob.say("@carol", "after");
  await carol.hears("after");
  assert(!bob.ended && !carol.ended);
  bob.close();
  carol.close();
}

/** By `cat` where there is `/proc`, in which Deno itself reads only with `-A`; else by `ps`. */
async function rssBytes(pid: number): Promise<number> {
  const isLinux = Deno.build.os === "linux";
  const [program, ...args] = isLinux
    ? ["cat", `/proc/${pid}/status`] as const
    : ["ps", "-o", "rss=", "-p", `${pid}`] as const;
  const { stdout } = await new Deno.Command(program, { args }).output();
  const text = new TextDecoder().decode(stdout);
  const [, kib] = (isLinux ? /^VmRSS:\s+(\d+) kB$/m : /^\s*(\d+)/).exec(text) ?? [];
  assert(kib !== undefined, text);
  return Number(kib) * 1024;
}
