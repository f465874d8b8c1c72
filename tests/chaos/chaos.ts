/**
 * Chaos: a server under load that is killed again and again, clients that are killed too, and a bad
 * network between them. In the end everybody must have everything, once and in order.
 *
 * @module
 */

import { FaultProxy } from "../support/fault_proxy.ts";
import { SeededRandom } from "../support/random.ts";
import { makeDevice } from "../support/wire_client.ts";
import { Killer } from "./killer.ts";
import type { Member } from "./member.ts";
import { RealMember } from "./real_member.ts";
import { readTruth } from "./truth.ts";
import { judge, type MemberRecord, type Verdict } from "./verdict.ts";
import { WireMember } from "./wire_member.ts";

/** What a run is made of. */
export interface ChaosOptions {
  readonly kills: number;
  readonly seed: number;
  readonly senders: number;
  /** How many of them are real clients; at least one is not. */
  readonly clients: number;
  /** Of all senders together; less where the machine can't. */
  readonly messagesPerSecond: number;
  /** The longest time that the server lives after it serves again, in milliseconds. */
  readonly lifeMsMax: number;
}

/** What came of it. */
export interface ChaosReport {
  readonly kills: number;
  readonly clientKills: number;
  /** Of those, of real clients; and what came of them. */
  readonly real: {
    readonly kills: number;
    readonly accepted: number;
    readonly delivered: number;
    readonly printed: number;
  };
  readonly faultyConnections: number;
  readonly seconds: number;
  readonly entries: number;
  readonly accepted: number;
  readonly acceptedPerSecond: number;
  readonly delivered: number;
  /** From a kill to the first `accepted` of the next server. */
  readonly backMs: { readonly median: number; readonly max: number };
  readonly verdict: Verdict;
}

const room = "den";
const loadTickMs = 20;
/** Rows that wait without an answer, for each sender: an outbox that grows for ever never drains. */
const unansweredMax = 400;
const dropMsMax = 400;
const restMsMax = 150;
const healMs = 60_000;

/** Runs it all; the data folder is its own and is removed. */
export async function runChaos(options: ChaosOptions): Promise<ChaosReport> {
  const data = await Deno.makeTempDir({ prefix: "parley-chaos-" });
  const killer = await Killer.start(data);
  const proxy = new FaultProxy(killer.port, options.seed + 1);
  try {
    const chaos = new Chaos(options, killer, proxy, `${data}/clients`);
    return await chaos.run(`${data}/parley.db`);
  } finally {
    proxy.close();
    await killer.end();
    await Deno.remove(data, { recursive: true });
  }
}

class Chaos {
  readonly #options: ChaosOptions;
  readonly #killer: Killer;
  readonly #proxy: FaultProxy;
  readonly #random: SeededRandom;
  readonly #folder: string;
  #members: Member[] = [];
  #clientKills = 0;
  #realKills = 0;
  #isOver = false;

  constructor(options: ChaosOptions, killer: Killer, proxy: FaultProxy, folder: string) {
    this.#options = options;
    this.#killer = killer;
    this.#proxy = proxy;
    this.#folder = folder;
    this.#random = new SeededRandom(options.seed);
  }

  async run(database: string): Promise<ChaosReport> {
    await this.#begin();
    const startMs = performance.now();
    const others = [this.#load(), this.#dropClients()];
    try {
      await this.#killer.kills(this.#options.kills, this.#options.lifeMsMax, this.#random);
    } finally {
      this.#isOver = true;
      await Promise.all(others);
    }
    this.#proxy.heal();
    const loadMs = performance.now() - startMs;
    const unhealed = await this.#converged();
    for (const member of this.#members) await member.kill();
    await this.#killer.stop();
    return await this.#report(database, loadMs, [...unhealed, ...this.#killer.failures]);
  }

  async #begin(): Promise<void> {
    for (let at = 0; at < this.#options.senders; at++) {
      this.#members.push(await this.#makeMember(at));
    }
    for (const member of this.#members) await member.register();
    this.#members.forEach((member, at) => {
      if (at >= this.#members.length / 2) member.join(room);
      member.start(this.#port(at));
    });
  }

  async #makeMember(at: number): Promise<Member> {
    const { senders, clients } = this.#options;
    const name = `m${at}`;
    const accepted = (sinceMs: number) => this.#killer.served(sinceMs);
    return isReal(at, senders, clients)
      ? new RealMember(name, this.#port(at), this.#folder)
      : new WireMember(await makeDevice(name), this.#killer.port, accepted);
  }

  /** Every other one has a bad network. */
  #port(at: number): number {
    return at % 2 === 0 ? this.#killer.port : this.#proxy.port;
  }

  async #load(): Promise<void> {
    const { messagesPerSecond, senders } = this.#options;
    const startMs = performance.now();
    for (let said = 0; !this.#isOver;) {
      await pause(loadTickMs);
      const due = (performance.now() - startMs) / 1000 * messagesPerSecond;
      for (; said < due; said++) this.#say(said % senders, said);
    }
  }

  #say(at: number, count: number): void {
    const member = this.#members[at]!;
    if (member.unanswered >= unansweredMax) return;
    const text = `${count} ${"x".repeat(this.#random.below(80))}`;
    const which = this.#random.below(10);
    // The first two have a direct of their own; a half of them has a room of its own.
    if (at < 2 && which < 4) member.say(`@${this.#members[1 - at]!.name}`, text);
    else if (at >= this.#members.length / 2 && which < 3) member.say(room, text);
    else member.say("lobby", text);
  }

  async #dropClients(): Promise<void> {
    while (!this.#isOver) {
      await pause(this.#random.below(dropMsMax));
      const at = this.#random.below(this.#members.length);
      await this.#members[at]!.kill();
      this.#clientKills++;
      if (this.#members[at] instanceof RealMember) this.#realKills++;
      await pause(this.#random.below(restMsMax));
      this.#members[at]!.start(this.#port(at));
    }
  }

  /** Waits until everybody has everything; what is missing in the end is the verdict's to say. */
  async #converged(): Promise<string[]> {
    const deadlineMs = performance.now() + healMs;
    for (;;) {
      const top = Math.max(...this.#members.map((member) => member.acceptedLsn));
      const behind = this.#members.filter((member) => member.unanswered > 0 || member.cursor < top);
      if (behind.length === 0) return [];
      if (performance.now() > deadlineMs) {
        return behind.map(({ name, unanswered, cursor }) =>
          `${name} is not healed: ${unanswered} rows unanswered, cursor ${cursor} of ${top}`
        );
      }
      await pause(20);
    }
  }

  async #report(database: string, loadMs: number, complaints: string[]): Promise<ChaosReport> {
    const records = await Promise.all(this.#members.map((member) => member.record()));
    const truth = readTruth(database);
    const count = (numbers: number[]) => numbers.reduce((sum, one) => sum + one, 0);
    const rows = (all: MemberRecord[]) =>
      count(all.map(({ answers }) => new Set(answers.map(([n]) => n)).size));
    const holds = (all: MemberRecord[]) => count(all.map(({ held }) => held.length));
    const accepted = rows(records);
    const real = this.#members.filter((one) => one instanceof RealMember);
    const realRecords = records.filter((_, at) => this.#members[at] instanceof RealMember);
    return {
      kills: this.#killer.killed,
      clientKills: this.#clientKills,
      real: {
        kills: this.#realKills,
        accepted: rows(realRecords),
        delivered: holds(realRecords),
        printed: count(real.map(({ printed }) => printed)),
      },
      faultyConnections: this.#proxy.faulty,
      seconds: Math.round(loadMs / 1000),
      entries: truth.length,
      accepted,
      acceptedPerSecond: Math.round(accepted / loadMs * 1000),
      delivered: holds(records),
      backMs: this.#killer.backMs(),
      verdict: judge(truth, records, complaints),
    };
  }
}

/** From both ends in turn: some with a good network and some with a bad one, in all rooms. */
function isReal(at: number, senders: number, clients: number): boolean {
  const fromEnd = senders - 1 - at;
  return Math.min(2 * at, 2 * fromEnd + 1) < clients;
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
