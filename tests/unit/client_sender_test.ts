import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import type { Answer, OutboxRow } from "../../lib/client/outbox_store.ts";
import { Sender, type Sending } from "../../lib/client/sender.ts";
import { codes } from "../../lib/errors.ts";
import type { Action } from "../../lib/protocol/codec.ts";
import { WriteError } from "../../lib/sqlite/batch.ts";

function rowOf(place: number, action: Action): OutboxRow {
  return { place, epoch: new Uint8Array(16), n: place, id: new Uint8Array(16), action };
}

/** A sender with everything around it written down. */
class World {
  readonly said: string[] = [];
  readonly exits: number[] = [];
  readonly followed: number[] = [];
  /** What the disk says to who waits or waits no longer. */
  trouble: Error | null = null;
  readonly sender: Sender;

  constructor(wait: Sending["wait"]) {
    const row = (action: Action) => rowOf(7, action);
    this.sender = new Sender({
      line: {
        submit: (action) => this.#disk(() => row(action)),
        follow: (lsn) => this.#disk(() => void this.followed.push(lsn)),
        unfollow: (lsn) => this.#disk(() => void this.followed.splice(this.followed.indexOf(lsn))),
      },
      party: { server: "chat:7667", name: "al", folder: "/data" },
      say: (line) => this.said.push(line),
      finish: (exitCode) => this.exits.push(exitCode),
    }, { to: "lobby", text: "hi", timeoutMs: 1_000, wait });
  }

  answer(answer: Answer, place = 7): void {
    const row = rowOf(place, { action: "message", to: "@bob", text: "old", act: false });
    this.sender.event({ kind: "answered", answered: { row, answer } });
  }

  receipt(delivered: number, read: number): void {
    const receipt = { lsn: 9, recipients: 2, delivered, read };
    this.sender.event({ kind: "receipt", receipt });
  }

  #disk<T>(work: () => T): T {
    if (this.trouble) throw this.trouble;
    return work();
  }
}

const accepted = { kind: "accepted", lsn: 9 } as const;
const refused = { kind: "refused", lsn: 9, code: codes.notMember } as const;

Deno.test("Sender ends with the answer, or when it has come as far as is waited for", () => {
  for (const wait of ["accepted", "delivered", "read"] as const) {
    const world = new World(wait);
    assert(world.sender.submit());
    world.answer(accepted, 6);
    assertEquals(world.exits, [], "another row's");
    world.answer(accepted);
    assertEquals([world.exits, world.followed], wait === "accepted" ? [[0], []] : [[], [9]]);
    if (wait === "accepted") continue;
    world.receipt(1, 1);
    assertEquals(world.exits, []);
    world.receipt(2, 1);
    assertEquals(world.exits, wait === "delivered" ? [0] : []);
    world.receipt(2, 2);
    assertEquals(world.exits[0], 0);
    world.sender.unfollow();
    assertEquals(world.followed, []);
  }
});

Deno.test("Sender says what was refused, also of before", () => {
  const world = new World("read");
  world.sender.submit();
  world.answer({ ...refused, code: codes.noUser }, 6);
  assertEquals(world.exits, []);
  assertStringIncludes(world.said[0]!, "of before, not sent: /msg bob old: ");
  world.answer(refused);
  assertEquals(world.exits, [2]);
  assertStringIncludes(world.said[1]!, `not sent to lobby: `);
  assertStringIncludes(world.said[1]!, `echo "/join lobby" | parley`);
});

Deno.test("Sender says how far it is when the time is up", () => {
  const world = new World("delivered");
  world.sender.submit();
  world.sender.tooLate();
  world.answer(accepted);
  world.sender.tooLate();
  world.receipt(1, 0);
  world.sender.tooLate();
  assertEquals(world.exits, [3, 4, 4]);
  assertStringIncludes(world.said[0]!, "The message is kept");
  assertStringIncludes(world.said[1]!, "nobody is known to have it");
  assertStringIncludes(world.said[2]!, "of 2, 1 have it and 0 have read it");
});

Deno.test("Sender has no message that the disk does not take", () => {
  const world = new World("accepted");
  world.trouble = new WriteError("database or disk is full");
  assertEquals([world.sender.submit(), world.exits], [false, [1]]);
  assertEquals(world.said, ["not sent: the mailbox can't be written: database or disk is full"]);
});

Deno.test("Sender says that the server has what can't be followed here", () => {
  const world = new World("delivered");
  world.sender.submit();
  world.trouble = new WriteError("database or disk is full");
  world.answer(accepted);
  assertEquals(world.exits, [4]);
  assertStringIncludes(world.said[0]!, "the server has the message");
  assertStringIncludes(world.said[0]!, "database or disk is full");
});

Deno.test("Sender lets no disk change what has become of the message", () => {
  const world = new World("delivered");
  world.sender.submit();
  world.answer(accepted);
  world.receipt(2, 0);
  world.trouble = new WriteError("database is locked");
  world.sender.unfollow();
  assertEquals([world.exits, world.said], [[0], []]);
  world.trouble = new TypeError("a mistake");
  assertThrows(() => world.sender.unfollow(), TypeError);
});

Deno.test("Sender takes no receipt for its own after the server is not what it was", () => {
  const world = new World("delivered");
  world.sender.submit();
  world.sender.event({ kind: "snapshot", reason: 2 });
  assertEquals(world.exits, [], "it was not accepted yet, and goes out again");
  world.answer(accepted);
  world.sender.event({ kind: "snapshot", reason: 0 });
  assertEquals(world.exits, []);
  world.sender.event({ kind: "snapshot", reason: 2 });
  world.receipt(2, 2);
  assertEquals([world.exits, world.said.length], [[4], 1]);
});
