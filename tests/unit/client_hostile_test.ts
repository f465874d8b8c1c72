import { assertEquals } from "@std/assert";
import { limits } from "../../lib/limits.ts";
import { makeKept, messagePacket, ScriptedServer } from "../support/scripted_server.ts";

const digest = new Uint8Array(32);

Deno.test("Conversation takes a snapshot as the answer to resume, and at no other time", async () => {
  const refused = async (
    reason: number,
    held: boolean,
    before: (server: ScriptedServer) => void,
  ) => {
    const kept = makeKept();
    if (held) {
      const earlier = await ScriptedServer.open(kept);
      earlier.say("upto", { lsn: 9, digest });
      earlier.lose();
    }
    const server = await ScriptedServer.open(kept);
    before(server);
    server.say("snapshot", { reason, head: 9 });
    return server.endings.length > 0;
  };
  const at = (lsn: number) => (server: ScriptedServer) => server.say("upto", { lsn, digest });
  const entry = (server: ScriptedServer) => server.say("entry", messagePacket(11, "a"));
  const atOnce = () => {};
  assertEquals(await refused(0, false, atOnce), false);
  assertEquals(await refused(3, true, atOnce), false);
  assertEquals(await refused(3, false, atOnce), true, "there was nothing to differ from");
  assertEquals(await refused(0, true, atOnce), true, "nobody asked");
  assertEquals(
    await refused(0, false, (server) => server.say("snapshot", { reason: 0, head: 9 })),
    true,
  );
  assertEquals(await refused(3, true, at(9)), true);
  assertEquals(await refused(3, true, entry), true);
});

Deno.test("Conversation ends with a server that sends on without acknowledgements", async () => {
  const credit = { creditEntriesMax: 3, creditBytesMax: 10_000 };
  const many = await ScriptedServer.open(makeKept(), credit);
  for (let lsn = 11; lsn < 14; lsn++) many.say("entry", messagePacket(lsn, "a"));
  assertEquals(many.endings, []);
  many.say("entry", messagePacket(14, "a"));
  assertEquals(many.endings.length, 1);
  const long = await ScriptedServer.open(makeKept(), { ...credit, creditBytesMax: 5_000 });
  long.say("entry", messagePacket(11, "x".repeat(8_000)));
  assertEquals(long.endings, [], "one always fits");
  long.say("entry", messagePacket(12, "a"));
  assertEquals(long.endings.length, 1);
  const paced = await ScriptedServer.open(makeKept(), credit);
  for (let lsn = 11; lsn < 40; lsn++) {
    paced.say("entry", messagePacket(lsn, "x".repeat(500)));
    paced.conversation.stored(lsn, paced.nowMs);
    paced.later(limits.ackDelayMs);
  }
  assertEquals(paced.endings, []);
});
