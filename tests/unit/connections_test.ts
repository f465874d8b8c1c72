/**
 * All connections of a server together: what holds however many come, and whatever they do.
 */

import { assert, assertEquals } from "@std/assert";
import { encodePacket } from "../../lib/protocol/codec.ts";
import { keyFromSeed } from "../../lib/identity/keys.ts";
import { limits } from "../../lib/limits.ts";
import { Connections } from "../../lib/server/connections.ts";
import { StrangerJournal } from "../../lib/server/stranger_journal.ts";
import { defaultLimits, type ServerLimits } from "../../lib/server/settings.ts";
import { FakeSocket, settled } from "../support/fake_socket.ts";
import { digestOf } from "../support/published.ts";

const never = () => new Promise<never>(() => {});
/** A log that is never asked: nobody logs in. */
const log = new Proxy({}, { get: () => never }) as never;

/** Runs with connections whose other sides neither read nor end, and closes them. */
async function withConnections(
  changed: Partial<ServerLimits>,
  run: (
    come: (count: number, from: (at: number) => string) => Promise<FakeSocket[]>,
    events: string[],
    connections: Connections,
  ) => Promise<void>,
): Promise<void> {
  const events: string[] = [];
  const journal = (event: string) => void events.push(event);
  const head = { lsn: 1, digest: digestOf(1), logId: new Uint8Array(16), timeMs: 1 };
  const connections = new Connections({
    limits: { ...defaultLimits, ...changed },
    ...{ head, memberships: [], writer: log, reader: log },
    searcher: { search: () => Promise.reject(new Error("nobody searches here")) },
    registration: "open",
    identity: await keyFromSeed(new Uint8Array(32).fill(1)),
    ...{ journal, strangers: new StrangerJournal(journal) },
    failed: (error) => events.push(error.message),
  });
  const all: FakeSocket[] = [];
  try {
    await run(
      async (count, from) => {
        const sockets = Array.from({ length: count }, () => new FakeSocket());
        all.push(...sockets);
        sockets.forEach((socket, at) => connections.accept(socket, from(at)));
        await settled();
        return sockets;
      },
      events,
      connections,
    );
  } finally {
    await connections.close();
    assert(all.every(({ closes }) => closes === 1), "all are closed in the end");
  }
}

const anywhere = (at: number) => `10.0.${at >> 8}.${at & 255}`;
const open = (sockets: readonly FakeSocket[]) => sockets.filter(({ closes }) => closes === 0);

Deno.test("Connections.accept() holds a bounded number of those who say nothing", async () => {
  await withConnections({}, async (come, events) => {
    const sockets = await come(1_000, anywhere);
    // As many wait as may, and as many are told their last word.
    assert(open(sockets).length <= 2 * limits.strangersMax, `${open(sockets).length}`);
    assert(open(sockets).length > limits.strangersMax);
    assertEquals(sockets.at(-1)!.closes, 0, "who comes is let in");
    assert(events.length <= 20, `${events.length} lines in the journal`);
  });
});

Deno.test("Connections.accept() tells who has to go why, while that costs little", async () => {
  await withConnections({ strangersPerAddressMax: 1 }, async (come) => {
    const [first, second] = await come(2, () => "192.0.2.1");
    const error = { code: 13, detail: "too many connections without login" } as const;
    assertEquals(first!.writes[0]?.bytes, encodePacket("error", error));
    assertEquals(second!.writes.length, 0);
  });
});

Deno.test("Connections.accept() lets hellos be read where many come", async () => {
  await withConnections({}, async (come, _, connections) => {
    await come(limits.strangersDropFrom - 2, anywhere);
    const [calm, crowded] = [new FakeSocket(), new FakeSocket()];
    assertEquals(connections.accept(calm, "192.0.2.1"), undefined);
    const next = connections.accept(crowded, "192.0.2.2");
    const order: string[] = [];
    void next?.then(() => order.push("next"));
    void settled().then(() => order.push("what has come"));
    await next;
    assertEquals(order, ["what has come", "next"]);
  });
});

Deno.test("Connections.accept() takes nobody above all that there may be", async () => {
  // As if two more were connected than may be logged in, such as those who linger.
  const changed = { connectionsMax: -2, strangersMax: 2, strangersDropFrom: 2 };
  await withConnections(changed, async (come, events) => {
    const sockets = await come(50, anywhere);
    assertEquals([open(sockets).length, events], [2, []]);
  });
});

Deno.test("Connections end who holds most when all hold too much", async () => {
  const eachBytes = 2 * 1024;
  await withConnections({ memoryBytesMax: 4 * eachBytes }, async (come) => {
    const sockets = await come(4, anywhere);
    // Its buffer grows with what it reads.
    const greedy = sockets[2]!;
    await greedy.comes(encodePacket("ping", { token: 1 }));
    const filler = new Uint8Array(eachBytes);
    filler.set([0, 0, 8, 0]);
    await greedy.comes(filler);
    while (greedy.closes === 0) await new Promise((resolve) => setTimeout(resolve, 20));
    assertEquals(open(sockets).length, 3);
  });
});

Deno.test("Connections end who holds more than one may and takes nothing", async () => {
  const changed = { connectionBytesMax: 3 * 1024, connectionOverMs: 0 };
  await withConnections(changed, async (come) => {
    const [greedy, quiet] = await come(2, anywhere);
    // The answer to it is not read; what follows is held until the frame's end.
    await greedy!.comes(encodePacket("ping", { token: 1 }));
    const begun = new Uint8Array(2 * 1024);
    begun.set([0, 0, 8, 0]);
    await greedy!.comes(begun);
    while (greedy!.closes === 0) await new Promise((resolve) => setTimeout(resolve, 20));
    assertEquals(quiet!.closes, 0);
  });
});
