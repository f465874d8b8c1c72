import { assert, assertEquals } from "@std/assert";
import { type Code, codes } from "../../lib/errors.ts";
import { snapshotReasons, snapshotStart } from "../../lib/log/log.ts";
import { encodeItem } from "../../lib/protocol/cbor.ts";
import { actionItem, type PacketFields } from "../../lib/protocol/codec.ts";
import { type PacketName, packets } from "../../lib/protocol/packets.ts";
import { batch, digestOf, published } from "../support/published.ts";
import { Bench, type FarEnd } from "../support/session_bench.ts";

const standing = { logId: new Uint8Array(16), cursor: 7, digest: new Uint8Array(32) };
const alice = { user: 2, device: 2, name: "u2", epoch: null, n: 0 };

/** Every packet that a client may send, somewhere. */
const fromClient = {
  hello: { versions: [1], nonce: new Uint8Array(32), software: "" },
  login: {
    deviceKey: new Uint8Array(32),
    name: "al",
    invite: null,
    signature: new Uint8Array(64),
  },
  resume: standing,
  submit: {
    epoch: new Uint8Array(16),
    n: 1,
    id: new Uint8Array(16),
    action: actionItem({ action: "join", room: "dev" }),
  },
  ack: { lsn: 0 },
  listRooms: { request: 1, after: "" },
  listMembers: { request: 1, room: "lobby", after: 0 },
  watch: { rooms: [[0, 1]] },
  history: { request: 1, room: [0, 1], before: 0 },
  search: { request: 1, terms: [["hi", false]], by: "", place: "", since: 0, until: 0, below: 0 },
  ping: { token: 1 },
  pong: { token: 1 },
} as const satisfies { readonly [N in PacketName]?: PacketFields<N> };

type ClientPacket = keyof typeof fromClient;

const whenOpen: readonly ClientPacket[] = [
  "submit",
  "ack",
  "listRooms",
  "listMembers",
  "watch",
  "history",
  "search",
];

/** How to come to each phase, and what is allowed there besides `ping` and `pong`. */
const phases: Readonly<
  Record<string, [allowed: readonly ClientPacket[], go: (far: FarEnd) => void]>
> = {
  "before hello": [["hello"], () => {}],
  "before the challenge is signed": [[], (far) => far.send("hello", fromClient.hello)],
  "before login": [["login"], (far) => far.greet()],
  "before the login is checked": [[], (far) => far.claim("al")],
  "before the key is known": [[], (far) => {
    far.claim("al");
    far.pending.verify[0]!.done(true);
  }],
  "before resume": [["resume"], (far) => far.logIn(alice)],
  "before the standing is checked": [whenOpen, (far) => {
    far.logIn(alice);
    far.send("resume", standing);
  }],
  "when open": [whenOpen, (far) => {
    far.logIn(alice);
    far.send("resume", standing);
    far.pending.checkStanding[0]!.done(null);
  }],
};

for (const [phase, [allowed, go]] of Object.entries(phases)) {
  Deno.test(`Session.payload() takes what is allowed ${phase}, and nothing else`, () => {
    for (const name of Object.keys(fromClient) as ClientPacket[]) {
      const far = new Bench().connect();
      go(far);
      far.take();
      far.send(name, fromClient[name]);
      const may = name === "ping" || name === "pong" || allowed.includes(name);
      assertEquals(far.closed, !may, name);
      assertEquals(far.endCode(), may ? null : codes.unexpected, name);
      assertEquals(far.pending.submit.length, may && name === "submit" ? 1 : 0, name);
    }
  });

  Deno.test(`Session.payload() ends with a server's packet ${phase}`, () => {
    const far = new Bench().connect();
    go(far);
    far.sendPayload(encodeItem([packets.upto.kind, 1, new Uint8Array(32)]));
    assertEquals(far.endCode(), codes.badPacket);
  });
}

Deno.test("Session.payload() answers a kind that it does not know, and goes on", () => {
  for (const [phase, [, go]] of Object.entries(phases)) {
    const far = new Bench().connect();
    go(far);
    far.take();
    far.sendPayload(encodeItem([900, "what"]));
    const [error] = far.take();
    const first = phase === "before hello";
    assertEquals(
      error?.packet === "error" && error.code,
      codes[first ? "unexpected" : "unknownKind"],
    );
    assertEquals(far.closed, first, phase);
  }
});

Deno.test("Session.payload() leads through a whole login to live entries", () => {
  const bench = new Bench(9, [{ audience: "r1", user: 2, since: 1 }]);
  const far = bench.connect();
  far.greet();
  assertEquals(far.names(), ["challenge"]);
  far.send("login", { ...fromClient.login, name: "u2" });
  far.pending.verify[0]!.done(true);
  far.identify(alice, alice);
  assertEquals([far.names(), bench.hub.connections(2)], [["welcome"], 0]);
  far.send("resume", { ...standing, cursor: 9 });
  assertEquals(far.pending.checkStanding[0]!.args.cursor, 9);
  assertEquals(bench.hub.connections(2), 0, "not before the standing is checked");
  far.pending.checkStanding[0]!.done(null);
  assertEquals([bench.hub.connections(2), far.session.feed.live], [1, true]);
  assertEquals(far.take(), [{ packet: "upto", lsn: 9, digest: digestOf(9) }], "nothing is missing");
  const frame = new Uint8Array([0, 0, 0, 4, 0x83, 10, 0x80, 0xf6]);
  bench.hub.publish(batch(published(10, [0, 1], { frame })));
  bench.hub.tellUpto(false);
  const [entry, upto] = far.take();
  assertEquals([entry?.packet, upto], ["entry", { packet: "upto", lsn: 10, digest: digestOf(10) }]);
});

Deno.test("Session.payload() asks for pages where the ring doesn't reach the cursor", () => {
  const far = new Bench(9).connect();
  far.logIn(alice);
  far.send("resume", standing);
  far.pending.checkStanding[0]!.done(null);
  assertEquals(far.pending.read.map(({ wish, head }) => [wish.after, wish.snapshot, head]), [
    [7, null, 9],
  ]);
});

Deno.test("Session.payload() gives a snapshot to who can't go on", () => {
  const far = new Bench(9).connect();
  far.logIn(alice);
  far.take();
  far.send("resume", standing);
  far.pending.checkStanding[0]!.done(snapshotReasons.digestDiffers);
  assertEquals(far.take(), [
    { packet: "snapshot", reason: snapshotReasons.digestDiffers, head: 9 },
  ]);
  assertEquals(far.pending.read[0]!.wish.snapshot, { head: 9, position: snapshotStart });
});

Deno.test("a submission carries what one user may take, as this server allows it", () => {
  const far = new Bench(9, undefined, undefined, { userBytesMax: 5 }).open(2);
  far.submit(1);
  const { args } = far.pending.submit[0]!;
  assertEquals(args.by === "device" && args.userBytesMax, 5);
});

Deno.test("Session.payload() says nothing more once the conversation has ended", () => {
  const far = new Bench().open(2);
  far.submit(1);
  far.send("listRooms", fromClient.listRooms);
  far.send("hello", fromClient.hello);
  assertEquals(far.endCode(), codes.unexpected);
  const notes = far.notes.length;
  for (const name of Object.keys(fromClient) as ClientPacket[]) far.send(name, fromClient[name]);
  far.sendPayload(encodeItem([900]));
  far.sendPayload(new Uint8Array([0xff]));
  far.pending.submit[0]!.done({ outcome: "accepted", lsn: 10 });
  far.pending.rooms[0]!.done({ rooms: [], more: false });
  assertEquals([far.names(), far.notes.length], [[], notes]);
});

Deno.test("Session.fail() says why as the last packet, once, and leaves the hub", () => {
  const bench = new Bench();
  const far = bench.open(2);
  far.send("ping", { token: 5 });
  far.session.fail(codes.shutdown, "");
  far.session.fail(codes.internal, "again");
  assertEquals(far.take(), [
    { packet: "pong", token: 5 },
    { packet: "error", code: codes.shutdown, detail: "" },
  ]);
  assertEquals([bench.hub.connections(2), far.closed, far.notes.length], [0, true, 1]);
  bench.hub.publish(batch(published(10, [2, 2])));
  assertEquals(far.names(), []);
});

Deno.test("Session.payload() notes the first kind that it does not know, and no further one", () => {
  const far = new Bench().open(2);
  for (const kind of [900, 901]) far.sendPayload(encodeItem([kind]));
  assertEquals(far.notes, [{ event: "unknownKind", fields: { user: 2 } }]);
});

Deno.test("Session.ended() leaves the hub, and tells the operator alone, once", () => {
  const bench = new Bench();
  const far = bench.open(2);
  far.session.ended();
  far.session.ended();
  assertEquals([bench.hub.connections(2), far.names()], [0, []]);
  assertEquals(far.notes, [{ event: "ended", fields: { user: 2 } }]);
});

Deno.test("Session.broken() tells a mistake of its own to the operator alone", () => {
  const far = new Bench().open(2);
  far.session.broken(new Error("a secret path"));
  const [error] = far.take();
  assertEquals(error, { packet: "error", code: codes.internal, detail: "" });
  assert(String(far.notes[0]?.fields.reason).includes("a secret path"));
});

Deno.test("Session.payload() ends with an acknowledgement of what was not sent", () => {
  const far = new Bench(9).open(2);
  far.send("ack", { lsn: 9 });
  assertEquals(far.closed, false);
  far.send("ack", { lsn: 10 });
  assertEquals(far.endCode(), codes.unexpected);
});

/** Payloads that are wrong in as many ways as there are, each full of the other side's text. */
function evilPayloads(): Uint8Array[] {
  const evil = "EVIL\x1b[2J\n".repeat(4);
  const text = encodeItem(evil);
  const items = [
    [evil],
    [1, evil, new Uint8Array(32), evil],
    [13, new Uint8Array(16), 1, new Uint8Array(16), [2, evil, evil]],
    [13, new Uint8Array(16), 1, new Uint8Array(16), [1, "a", evil.repeat(2_000), false]],
    [20, 1, evil.repeat(3)],
    [24, [[0, evil]]],
    [evil, 900],
    [900, evil],
    [12, evil],
    [3, new Uint8Array(32), evil, new Uint8Array(64)],
    evil,
  ].map(encodeItem);
  return [
    ...items,
    new Uint8Array([0xa2, ...text, 1, ...text, 2]),
    new Uint8Array([0xa1, ...text, 1]),
    new Uint8Array([...text, 1]),
    new Uint8Array([0x82, 12, 0xc1, ...text]),
    new Uint8Array([0x62, 0x45, ...text]),
  ];
}

Deno.test("Session.fail() never repeats the other side's text, to it or to the operator", () => {
  for (const payload of evilPayloads()) {
    for (const far of [new Bench().connect(), new Bench().open(2)]) {
      far.sendPayload(payload);
      for (const packet of far.take()) {
        if (packet.packet === "error") {
          assertEquals(packet.detail.includes("EVIL"), false, packet.detail);
        }
      }
      const noted = far.notes.map(({ fields }) => String(fields.detail)).join();
      assertEquals(noted.includes("EVIL"), false, noted);
    }
  }
});

Deno.test("Session.fail() says why whatever the payload was", () => {
  const long = encodeItem("é".repeat(150));
  for (const payload of [...evilPayloads(), new Uint8Array([0xa2, ...long, 1, ...long, 2])]) {
    const far = new Bench().connect();
    far.sendPayload(payload);
    const wrong: readonly (Code | null)[] = [codes.badPacket, codes.unexpected];
    assert(wrong.includes(far.endCode() as Code | null), "the last packet is an error");
  }
});
