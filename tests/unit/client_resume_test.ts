import { assertEquals } from "@std/assert";
import { makeKept, messagePacket, ownId, ScriptedServer } from "../support/scripted_server.ts";

const digest = new Uint8Array(32).fill(7);

Deno.test("Conversation asks nothing of another history before its snapshot", async () => {
  const kept = makeKept();
  const first = await ScriptedServer.open(kept);
  first.say("upto", { lsn: 9, digest });
  for (const kind of ["history", "info", "receipts"] as const) {
    if (kind === "history") kept.requests.ask({ kind, room: [0, 1], before: 9 });
    else kept.requests.ask(kind === "info" ? { kind, lsn: 9 } : { kind, lsns: [9] });
  }
  first.lose();
  const second = await ScriptedServer.open(kept);
  assertEquals(second.heardKinds(), ["resume"]);
  second.say("snapshot", { reason: 3, head: 12 });
  assertEquals(second.heardKinds(), [], "lsns that were asked about mean something else here");
});

Deno.test("Conversation repeats under a new epoch only what the server's history does not tell", async () => {
  const kept = makeKept();
  const first = await ScriptedServer.open(kept);
  first.say("upto", { lsn: 9, digest });
  first.lose();
  const { id } = kept.outbox.add({ action: "message", to: "lobby", text: "hi", act: false });
  // The server knows another outbox, under which it may have taken the row; the head says nothing.
  const epoch = new Uint8Array(16).fill(9);
  const second = await ScriptedServer.open(kept, { epoch, n: 1 });
  assertEquals(second.heardKinds(), ["resume"]);
  second.say("snapshot", { reason: 3, head: 9 });
  const own = { user: ownId, device: ownId, epoch, n: 1, id };
  second.say("entry", messagePacket(8, "hi", own));
  second.say("upto", { lsn: 9, digest });
  assertEquals(second.heardKinds().filter((kind) => kind === "submit"), [], "it is taken");
});
