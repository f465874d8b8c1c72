import { assertEquals } from "@std/assert";
import { FrameDecoder } from "../../lib/framing.ts";
import { limits } from "../../lib/limits.ts";
import { itemsEntry } from "../../lib/log/entry.ts";
import { type SnapshotPosition, snapshotStart } from "../../lib/log/log.ts";
import { decodePacket, type Packet } from "../../lib/protocol/codec.ts";
import { StoreReader } from "../../lib/store/reader.ts";
import { type Person, World } from "../support/world.ts";

Deno.test("StoreReader.rooms() lists a private room to its members alone", () => {
  using world = new World();
  const [alice, bob] = [world.register("alice"), world.register("bob")];
  world.submit(alice, { action: "makePrivate", room: "attic" });
  world.submit(alice, { action: "join", room: "dev" });
  const reader = new StoreReader(world.store.database);
  const listed = ({ user }: Person) => reader.rooms(user, "").rooms.map(([, name]) => name);
  assertEquals([listed(alice), listed(bob)], [["attic", "dev", "lobby"], ["dev", "lobby"]]);
});

/** All packets of a snapshot, in order. */
function snapshotOf(world: World, { user, device }: Person): Packet[] {
  const reader = new StoreReader(world.store.database);
  const head = world.store.head().lsn;
  const packets: Packet[] = [];
  for (let position: SnapshotPosition | null = snapshotStart; position;) {
    const asked = { user, device, head, position, entriesMax: 256, bytesMax: 1e6 };
    const page = reader.snapshot(asked);
    const payloads = new FrameDecoder(limits.frameBytesMax).push(page.bytes);
    packets.push(...payloads.map((payload) => decodePacket(payload, "server")));
    position = page.next;
  }
  return packets;
}

Deno.test("a snapshot has of a private room what was public, and what came since one's joining", () => {
  using world = new World();
  const [alice, bob, carol] = ["alice", "bob", "carol"].map((name) => world.register(name));
  const room = "dev";
  const say = (text: string) =>
    world.submit(alice!, { action: "message", to: room, text, act: false });
  world.submit(alice!, { action: "join", room });
  world.submit(bob!, { action: "join", room });
  say("public");
  world.submit(alice!, { action: "makePrivate", room });
  say("private");
  world.submit(alice!, { action: "inviteTo", room, user: "carol" });
  world.submit(carol!, { action: "join", room });
  say("since");
  const texts = (who: Person) =>
    snapshotOf(world, who).flatMap((one) => {
      const content = one.packet === "entry" ? itemsEntry(one.header, one.body).content : null;
      return content?.kind === "message" ? [content.text] : [];
    });
  assertEquals(texts(bob!), ["public", "private", "since"]);
  assertEquals(texts(carol!), ["public", "since"]);
});

Deno.test("a snapshot tells who is blocked, however long ago that was", () => {
  using world = new World();
  const [alice, bob, carol] = ["alice", "bob", "carol"].map((name) => world.register(name));
  const block = (user: string, on: boolean) => world.submit(alice!, { action: "block", user, on });
  block("bob", true);
  for (let at = 0; at < limits.snapshotEntriesPerRoom; at++) block("carol", at % 2 === 0);
  const told = (who: Person) =>
    snapshotOf(world, who).flatMap((one) => one.packet === "blocks" ? one.users : []);
  assertEquals([told(alice!), told(bob!), told(carol!)], [[bob!.user], [], []]);
});

Deno.test("nobody blocks more users than a packet of a snapshot holds", () => {
  using world = new World();
  const alice = world.register("alice");
  const outcomes = Array.from({ length: limits.blocksPerUserMax + 1 }, (_, at) => {
    world.register(`u${at}`);
    return world.submit(alice, { action: "block", user: `u${at}`, on: true }).outcome;
  });
  assertEquals(outcomes.filter((outcome) => outcome === "accepted").length, outcomes.length - 1);
  assertEquals(outcomes.at(-1), "refused");
  const [blocks] = snapshotOf(world, alice).filter(({ packet }) => packet === "blocks");
  assertEquals((blocks as Packet<"blocks">).users.length, limits.blocksPerUserMax);
});
