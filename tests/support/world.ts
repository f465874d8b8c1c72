/**
 * A store in memory with users who submit to it: the real apply, with time and randomness from a
 * seed.
 *
 * @module
 */

import { tokenHash } from "../../lib/identity/invite.ts";
import { decodeEntry, type Entry } from "../../lib/log/entry.ts";
import type {
  DeviceRequest,
  InviteRequest,
  Outcome,
  Published,
  Submission,
} from "../../lib/log/submission.ts";
import type { Action } from "../../lib/protocol/codec.ts";
import { roles } from "../../lib/protocol/roles.ts";
import { openMemoryStore, type SqliteLog } from "../../lib/store/sqlite_log.ts";
import { ManualClock, SeededRandom } from "./random.ts";
import { openly } from "./openly.ts";

/** A user with a device and its outbox. */
export interface Person {
  readonly name: string;
  readonly user: number;
  readonly device: number;
  epoch: Uint8Array;
  n: number;
}

/** What is not as usual in a submission. */
export type Unusual = Partial<Pick<DeviceRequest, "epoch" | "n" | "id" | "userBytesMax">>;

/** The log as a reader of the whole table sees it. */
export interface LogLine {
  readonly entry: Entry;
  readonly header: Uint8Array;
  readonly salt: Uint8Array;
  readonly body: Uint8Array;
  readonly digest: Uint8Array;
}

/** Where every world's time starts. */
export const startMs = 1_700_000_000_000;

/** A store and those who use it. */
export class World {
  readonly random: SeededRandom;
  readonly clock = new ManualClock(startMs);
  readonly store: SqliteLog;
  /** Everything that was submitted, in order. */
  readonly submissions: Submission[] = [];
  /** Everything that was published, in order. */
  readonly published: Published[] = [];

  /** @param seed gives all randomness */
  constructor(seed = 1) {
    this.random = new SeededRandom(seed);
    this.store = openMemoryStore(this.clock, new SeededRandom(seed + 1));
  }

  /** Hands one submission to the store, as a batch of its own. */
  append(submission: Submission): Outcome {
    this.submissions.push(submission);
    const { outcomes, published } = this.store.append([submission]);
    this.published.push(...published);
    return outcomes[0]!;
  }

  /** @returns the outcome of a login with an unknown key */
  tryRegister(name: string, deviceKey = this.random.bytes(32)): Outcome {
    return this.append({ ...openly, name, deviceKey, sizeBytes: 0, ...this.#certain() });
  }

  /** @returns the outcome of the operator's asking for an invite with this token */
  tryInvite(token: Uint8Array, other: Partial<InviteRequest> = {}): Outcome {
    const asked = { hash: tokenHash(token), role: roles.member, uses: 1, lifeMs: 60_000 };
    return this.append({ by: "operator", ...asked, sizeBytes: 0, ...other, ...this.#certain() });
  }

  /** @returns the outcome of a login with an unknown key and a token, where invites are needed */
  tryJoin(name: string, token: Uint8Array | null, deviceKey = this.random.bytes(32)): Outcome {
    const invite = token && tokenHash(token);
    const how = { by: "server", registration: "invite", invite } as const;
    return this.append({ ...how, name, deviceKey, sizeBytes: 0, ...this.#certain() });
  }

  /** Registers a user whose name is free. */
  register(name: string): Person {
    const outcome = this.tryRegister(name);
    if (outcome.outcome !== "accepted") throw new Error(`${name} was not registered`);
    const { lsn } = outcome;
    return { name, user: lsn, device: lsn, epoch: this.random.bytes(16), n: 0 };
  }

  /** A person's next submission; its outbox counts on when the number was taken. */
  submit(person: Person, action: Action | null, unusual: Unusual = {}): Outcome {
    const { user, device, epoch } = person;
    const n = unusual.n ?? person.n + 1;
    const id = unusual.id ?? this.random.bytes(16);
    const request = { by: "device", user, device, epoch, n, id, action, sizeBytes: 0 } as const;
    const outcome = this.append({ ...request, ...unusual, ...this.#certain() });
    if (outcome.outcome !== "later" && n === person.n + 1 && !unusual.epoch) person.n = n;
    return outcome;
  }

  /** @returns the whole log, from the table itself */
  log(): LogLine[] {
    const rows = this.store.database.prepare(
      "SELECT header, salt, body, digest FROM log ORDER BY lsn",
    ).all() as unknown as Omit<LogLine, "entry">[];
    return rows.map((row) => ({ ...row, entry: decodeEntry(row) }));
  }

  /** @returns the entry at an lsn */
  entry(lsn: number): Entry {
    return this.log()[lsn - 1]!.entry;
  }

  /** Closes the store. */
  [Symbol.dispose](): void {
    this.store.close();
  }

  #certain(): { readonly timeMs: number; readonly salt: Uint8Array } {
    return { timeMs: this.clock.nowMs, salt: this.random.bytes(16) };
  }
}
