/**
 * Each case of what is taken once, resumed and refused, as a small world with a story.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { codes } from "../../lib/errors.ts";
import type { ClientEvent } from "../../lib/client/events.ts";
import type { LogAppender } from "../../lib/log/log.ts";
import type { Outcome, Submission } from "../../lib/log/submission.ts";
import { snapshotReasons } from "../../lib/log/log.ts";
import type { SimClient } from "./client.ts";
import { shownBefore } from "./looking.ts";
import { nothingPlanted, type Planted } from "./planted.ts";
import { quietPlan } from "./plan.ts";
import type { LogPort } from "./server.ts";
import { SimWorld } from "./world.ts";

/** What a case's log makes of the first submissions before the rest goes on as always. */
function firstRefused(code: typeof codes.busy | typeof codes.unavailable): LogPort {
  let isRefused = false;
  return (log) => ({
    append: async (submissions) => {
      if (isRefused || submissions[0]!.by !== "device") return await log.append(submissions);
      isRefused = true;
      const committed = await log.append(submissions.slice(1));
      const refused: Outcome = { outcome: "later", code, last: 0 };
      return { ...committed, outcomes: [refused, ...committed.outcomes] };
    },
  });
}

/** A log that keeps each batch of a device for a second before it commits. */
const slow: LogPort = (log, server) => ({
  append: async ([first, ...rest]) => {
    if (first!.by === "device") {
      await new Promise<void>((resolve) => server.process!.set(1_000, resolve));
    }
    return await log.append([first!, ...rest]);
  },
});

/** A world of two users with one device each, and what the first is shown. */
class Story implements Disposable {
  readonly world: SimWorld;
  readonly client: SimClient;
  readonly other: SimClient;
  readonly shown: ClientEvent[] = [];
  /** What was asked of the log, in order. */
  readonly asked: Submission[] = [];

  constructor(planted: Planted) {
    const spy: LogPort = (log, server) => {
      const port: LogAppender = planted.logPort(log, server);
      return {
        append: (submissions) => {
          this.asked.push(...submissions);
          return port.append(submissions);
        },
      };
    };
    const ports = { ...planted, logPort: spy };
    this.world = new SimWorld(1, new Map(), ports, quietPlan([1, 1], { commitMs: 100 }));
    [this.client, this.other] = this.world.clients as [SimClient, SimClient];
    const { checks } = this.world;
    const shown = checks.shown.bind(checks);
    checks.shown = (client, event) => {
      if (client === this.client) this.shown.push(event);
      shown(client, event);
    };
  }

  async begin(): Promise<void> {
    this.world.begin();
    await this.pass(3_000);
    assert(this.client.connection?.isOpen, "logged in");
  }

  pass(ms: number): Promise<void> {
    return this.world.pass(ms);
  }

  say(to = "lobby", client = this.client): void {
    client.type({ action: "message", to, text: "hello", act: false });
  }

  /** The first client's answers, by row number. */
  get answers(): [number, string, number][] {
    return this.shown.flatMap((event) =>
      event.kind === "answered"
        ? [[event.answered.row.n, event.answered.answer.kind, event.answered.answer.lsn]]
        : []
    );
  }

  get reasons(): number[] {
    return this.shown.flatMap((event) => event.kind === "snapshot" ? [event.reason] : []);
  }

  get head(): number {
    return this.world.checks.era.oracle.head;
  }

  /** The server ends, loses what `lose` takes, and starts again. */
  async serverAgain(lose: () => void = () => {}): Promise<void> {
    this.world.server.crash();
    this.world.cut();
    lose();
    await this.pass(100);
    this.world.server.start();
  }

  [Symbol.dispose](): void {
    this.world[Symbol.dispose]();
  }
}

type Case = (story: Story) => Promise<void>;

/** While a client is away its server loses what it holds and goes on; it comes back with a question. */
async function asksTheRestored(story: Story, lose: (lsn: number) => void): Promise<void> {
  await story.begin();
  story.say("nowhere", story.other);
  await story.pass(1_000);
  story.say();
  await story.pass(25_000);
  story.world.kill(story.client, null, true);
  await story.serverAgain(() => story.world.restoreServer(story.head - 2, lose));
  await story.pass(3_000);
  for (let more = 0; more < 3; more++) story.say("lobby", story.other);
  await story.pass(3_000);
  story.world.start(story.client);
  story.client.history([0, 1], 0);
  await story.pass(3_000);
}

const stories: Record<string, Case> = {
  async "a row that is sent again is answered with the lsn that it has"(story) {
    await story.begin();
    const { head } = story;
    story.say();
    while (story.head === head) await story.pass(1);
    story.world.cut();
    await story.pass(3_000);
    assertEquals(story.asked.filter(({ by }) => by === "device").length, 2, "asked twice");
    assertEquals(story.answers, [[1, "accepted", head + 1]]);
    assertEquals(story.head, head + 1);
  },

  async "another row under a number that is taken begins a new epoch"(story) {
    await story.begin();
    const copy = story.client.disk.copy();
    story.say();
    await story.pass(1_000);
    const { epoch } = story.client.disk.held;
    story.world.kill(story.client, copy, true);
    story.world.start(story.client);
    story.say("lobby");
    await story.pass(3_000);
    const { nextN } = story.client.disk.held;
    assert(String(story.client.disk.held.epoch) !== String(epoch), "a new epoch");
    assertEquals(nextN, 2);
  },

  async "a gap is sent back, and filled in order"(story) {
    await story.begin();
    story.say();
    story.say();
    await story.pass(5_000);
    assertEquals(story.answers.map(([n, kind]) => [n, kind]), [[1, "accepted"], [2, "accepted"]]);
  },

  async "a final refusal is an entry that only its device gets"(story) {
    await story.begin();
    story.say("nowhere");
    story.say();
    await story.pass(3_000);
    assertEquals(story.answers.map(([n, kind]) => [n, kind]), [[1, "refused"], [2, "accepted"]]);
    const kinds = (client: SimClient) =>
      client.disk.held.entries.map(({ content }) => content?.kind);
    assert(kinds(story.client).includes("refused"));
    assert(!kinds(story.other).includes("refused"));
  },

  async "what is refused for later takes nothing"(story) {
    await story.begin();
    const { head } = story;
    story.say();
    await story.pass(150);
    assertEquals([story.head, story.answers], [head, []]);
    await story.pass(5_000);
    assertEquals(story.answers, [[1, "accepted", head + 1]]);
  },

  async "a client's disk that is restored loses what it had not sent, and nothing else"(story) {
    await story.begin();
    story.say();
    const copy = story.client.disk.copy();
    await story.pass(1_000);
    story.say();
    await story.pass(1_000);
    const { head } = story;
    story.world.kill(story.client, copy, true);
    for (let more = 0; more < 3; more++) story.say();
    story.world.start(story.client);
    for (let more = 0; more < 3; more++) story.say();
    await story.pass(3_000);
    assertEquals(story.head, head + 3, "the first was taken before; three more are taken");
  },

  async "a disk that is restored twice under an epoch that was left turns nothing around"(story) {
    await story.begin();
    story.say();
    await story.pass(1_000);
    const copy = story.client.disk.copy();
    const { epoch } = story.client.disk.held;
    const restored = async (count: number) => {
      story.world.kill(story.client, copy, true);
      story.world.start(story.client);
      await story.pass(1_000);
      for (let more = 0; more < count; more++) story.say();
      await story.pass(3_000);
      assert(String(story.client.disk.held.epoch) !== String(epoch), "a new epoch");
    };
    story.say();
    await story.pass(1_000);
    await restored(1);
    // Of this epoch the server has taken a number more than the disk knows, and names another one.
    await restored(3);
  },

  async "what a killed client has under way is counted before it is welcomed again"(story) {
    await story.begin();
    const copy = story.client.disk.copy();
    story.say();
    // It is at the server, and its commit is long: the next login is quicker.
    await story.pass(15);
    story.world.kill(story.client, copy, true);
    story.world.start(story.client);
    for (let more = 0; more < 3; more++) story.say();
    await story.pass(5_000);
  },

  async "a disk restored from before a new epoch repeats nothing"(story) {
    await story.begin();
    story.say();
    await story.pass(1_000);
    const old = story.client.disk.held;
    story.world.cut();
    story.world.server.crash();
    story.say();
    const copy = story.client.disk.copy();
    story.world.restoreServer(story.head - 1, (lsn) => story.world.server.restore(lsn));
    story.world.server.start();
    await story.pass(3_000);
    assert(String(story.client.disk.held.epoch) !== String(old.epoch), "a new epoch");
    story.world.kill(story.client, copy, true);
    story.world.start(story.client);
    await story.pass(3_000);
  },

  async "a server that is restored is another log: all is got anew, and said"(story) {
    await story.begin();
    story.say();
    await story.pass(25_000);
    const { server } = story.world;
    await story.serverAgain(() => {
      story.world.restoreServer(story.head - 1, (lsn) => server.restore(lsn));
    });
    await story.pass(3_000);
    assertEquals(story.reasons, [snapshotReasons.asked, snapshotReasons.otherLog]);
  },

  async "nothing is asked of another log before its snapshot"(story) {
    const { server } = story.world;
    await asksTheRestored(story, (lsn) => server.restore(lsn));
    assertEquals(story.reasons, [snapshotReasons.asked, snapshotReasons.otherLog]);
  },

  async "nothing is asked of another history of the same log before its snapshot"(story) {
    const { server } = story.world;
    await asksTheRestored(story, (lsn) => server.forgetAfter(lsn));
    assertEquals(story.reasons, [snapshotReasons.asked, snapshotReasons.digestDiffers]);
  },

  async "what was said between leaving and coming back is a hole until it is fetched"(story) {
    await story.begin();
    const { client, other } = story;
    const room = [0, story.head + 1] as const;
    const act = async (who: SimClient, action: "join" | "leave") => {
      who.type({ action, room: "a" });
      await story.pass(1_000);
    };
    await act(client, "join");
    await act(other, "join");
    await act(client, "leave");
    story.say("a", other);
    await story.pass(1_000);
    await act(client, "join");
    story.world.checks.drawn(client, true);
    client.history(room, story.head);
    await story.pass(1_000);
    const { entries } = shownBefore(client.running!.store, room, story.head);
    assertEquals(entries.length, 4, "all of the room");
  },

  async "who has left a room is given nothing of what was said there since"(story) {
    await story.begin();
    const { client, other } = story;
    const room = [0, story.head + 1] as const;
    for (const [who, action] of [[client, "join"], [other, "join"], [client, "leave"]] as const) {
      who.type({ action, room: "a" });
      await story.pass(1_000);
    }
    story.say("a", other);
    await story.pass(1_000);
    client.history(room, story.head + 1);
    await story.pass(1_000);
  },

  async "a cursor beyond the head gets all anew"(story) {
    await story.begin();
    story.say();
    await story.pass(25_000);
    const { server } = story.world;
    await story.serverAgain(() => {
      story.world.restoreServer(story.head - 1, (lsn) => server.forgetAfter(lsn));
    });
    await story.pass(3_000);
    assertEquals(story.reasons, [snapshotReasons.asked, snapshotReasons.beyondHead]);
  },

  async "a digest that differs gets all anew"(story) {
    await story.begin();
    story.say();
    await story.pass(25_000);
    const { server } = story.world;
    story.world.kill(story.client, null, true);
    await story.serverAgain(() => {
      story.world.restoreServer(story.head - 1, (lsn) => server.forgetAfter(lsn));
    });
    await story.pass(3_000);
    for (let more = 0; more < 3; more++) story.say("lobby", story.other);
    await story.pass(3_000);
    story.world.start(story.client);
    await story.pass(3_000);
    assertEquals(story.reasons, [snapshotReasons.asked, snapshotReasons.digestDiffers]);
  },

  async "a link that is silent is given up, and nothing is lost"(story) {
    await story.begin();
    story.world.hang("both");
    story.say();
    await story.pass(50_000);
  },
};

/** The names of all cases. */
export const caseNames: readonly string[] = Object.keys(stories);

const ports: Readonly<Record<string, LogPort>> = {
  "what a killed client has under way is counted before it is welcomed again": slow,
  "a gap is sent back, and filled in order": firstRefused(codes.busy),
  "what is refused for later takes nothing": firstRefused(codes.unavailable),
};

/**
 * Runs a case to its end, where all must have come to the same.
 *
 * @throws what does not hold
 */
export async function runCase(name: string, planted: Planted = nothingPlanted): Promise<void> {
  using story = new Story({ ...planted, logPort: ports[name] ?? planted.logPort });
  await stories[name]!(story);
  await story.world.converge();
}
