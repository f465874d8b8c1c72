/**
 * A real server on a real full disk.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { codes } from "../../lib/errors.ts";
import { actionItem } from "../../lib/protocol/codec.ts";
import { machineTest, type Need } from "../support/permitted.ts";
import { programCommand, startServerProcess } from "../support/server_process.ts";
import { mounting, mountSmallDisk } from "../support/small_disk.ts";
import { makeDevice, WireClient } from "../support/wire_client.ts";

const needs: readonly Need[] = ["net", "read", "write", "run", "env"];

/** The rows of an outbox, which are sent as often as it takes. */
class Rows {
  readonly #ids: Uint8Array[] = [];

  constructor(readonly client: WireClient) {}

  async send(n: number): Promise<void> {
    const id = this.#ids[n] ??= crypto.getRandomValues(new Uint8Array(16));
    const action = actionItem({ action: "message", to: "lobby", text: `row ${n}`, act: false });
    await this.client.send("submit", { epoch: this.client.epoch, n, id, action });
  }
}

/** The WAL may have room that is its own already; returns the number that is refused. */
async function talkUntilFull(rows: Rows): Promise<number> {
  for (let n = 2;; n++) {
    await rows.send(n);
    const isAnswer = (name: string) => name === "accepted" || name === "later";
    const { client } = rows;
    const answers = () => client.received.filter((packet) => isAnswer(packet.packet));
    const answer = await client.until("an answer", () => answers()[n - 1]);
    if (answer.packet === "later") {
      await client.next("later");
      return n;
    }
  }
}

/** Where a client stands, for its next `resume`; it is closed. */
function standingOf(client: WireClient) {
  client.close();
  const { logId } = client.received.find((packet) => packet.packet === "welcome")!;
  const { lsn: cursor, digest } = client.received.findLast((packet) => packet.packet === "upto")!;
  return { logId, cursor, digest };
}

function events(journal: readonly string[]): string[] {
  return journal.map((line) => line.split(" ")[1]!).filter((event) => event.startsWith("disk"));
}

machineTest(
  "wire: on a full disk all is for later, reads go on, and it comes back by itself",
  needs,
  mounting,
  async () => {
    await using disk = mountSmallDisk(2 * 1024 * 1024);
    await using server = await startServerProcess(`${disk.folder}/data`);
    const { port } = server;
    const bob = await makeDevice("bob");
    const standing = standingOf(await WireClient.open(port, bob));
    const alice = await WireClient.open(port, await makeDevice("alice"));
    const rows = new Rows(alice);
    await rows.send(1);
    const first = (await alice.next("accepted")).lsns[0]!;

    disk.fill();
    const full = await talkUntilFull(rows);
    const waiting = [full, full + 1, full + 2];
    for (let round = 0; round < 3; round++) {
      for (const n of waiting) await rows.send(n);
      for (const n of waiting) {
        const { code, last, ...later } = await alice.next("later");
        // A row behind one that was refused in an earlier batch is a gap, as always.
        assertEquals([later.n, last], [n, full - 1]);
        assertEquals(n > full && code === codes.gap ? codes.unavailable : code, codes.unavailable);
      }
    }
    await rows.send(1);
    assertEquals((await alice.next("accepted")).lsns, [first], "a repeat is told what it has");

    const back = await WireClient.connect(port);
    await back.login(bob);
    await back.send("resume", standing);
    await back.hears("row 1");
    const carol = await makeDevice("carol");
    const stranger = await WireClient.connect(port);
    await stranger.login(carol).catch(() => {});
    assertEquals((await stranger.lastError()).code, codes.unavailable);

    disk.free();
    for (const n of waiting) await rows.send(n);
    await alice.until("all rows", () => alice.entries.some(({ n }) => n === full + 2));
    (await WireClient.open(port, carol)).close();
    await back.hears(`row ${full + 2}`);
    for (const client of [alice, back]) {
      const texts = client.entries.flatMap(({ content }) =>
        content?.kind === "message" ? [content.text] : []
      );
      assertEquals(texts, Array.from({ length: full + 2 }, (_, at) => `row ${at + 1}`));
      client.close();
    }
    server.kill("SIGTERM");
    assertEquals(await server.ended(), 0);
    assertEquals(events(server.journal), ["diskFull", "diskFree"]);
  },
);

machineTest(
  "wire: a server starts on a full disk that has its data, and says where it can't",
  needs,
  mounting,
  async () => {
    await using disk = mountSmallDisk(2 * 1024 * 1024);
    const data = `${disk.folder}/data`;
    const bob = await makeDevice("bob");
    let standing: ReturnType<typeof standingOf>;
    {
      await using server = await startServerProcess(data);
      const client = await WireClient.open(server.port, bob);
      await client.say("lobby", "before");
      standing = standingOf(client);
      server.kill("SIGKILL");
      await server.ended();
    }
    disk.fill();
    {
      await using server = await startServerProcess(data);
      const client = await WireClient.connect(server.port);
      await client.login(bob);
      await client.send("resume", standing);
      await client.hears("before");
      client.close();
    }
    await Deno.remove(data, { recursive: true });
    disk.fill();
    const [command, ...args] = programCommand("server");
    const { code, stderr } = await new Deno.Command(command!, {
      args: [...args, "--listen", "127.0.0.1:0", "--data", data],
      stdin: "null",
      stdout: "null",
    }).output();
    const said = new TextDecoder().decode(stderr);
    assertEquals([code, said.includes(`${data} can't be used: `)], [1, true], said);
  },
);
