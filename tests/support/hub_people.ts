/**
 * What people submit in a world around a hub, and the devices that they have.
 *
 * @module
 */

import type { Outcome, Submission } from "../../lib/log/submission.ts";
import type { Action } from "../../lib/protocol/codec.ts";
import type { Who } from "./hub_oracle.ts";
import { anyModeration } from "./moderating.ts";
import type { SeededRandom } from "./random.ts";
import { roles } from "../../lib/protocol/roles.ts";
import { openly } from "./openly.ts";

const rooms = ["lobby", "a", "a", "b", "b", "c", "nowhere at all"];
const usersMax = 4;
const users = Array.from({ length: usersMax }, (_, at) => `u${1 + at}`);
const devicesPerUser = 2;
const ownersHash = new Uint8Array(32).fill(1);
const bytes16 = new Uint8Array(16);

/** People with two devices each, who say and do random things. */
export class HubPeople {
  readonly devices: Who[] = [];
  readonly #random: SeededRandom;
  readonly #last = new Map<number, number>();
  #names = 0;
  #hasOwnersInvite = false;

  /** @param random chooses */
  constructor(random: SeededRandom) {
    this.#random = random;
  }

  /** @returns one of the devices, or null while there are none */
  anyDevice(): Who | null {
    return this.devices.length === 0 ? null : this.#random.pick(this.devices);
  }

  /** @returns what is submitted next, as one batch */
  submissions(count: number): Submission[] {
    return Array.from({ length: count }, () => this.#submission());
  }

  /** Learns of new users. */
  learn(submissions: readonly Submission[], outcomes: readonly Outcome[]): void {
    outcomes.forEach((outcome, at) => {
      if (submissions[at]!.by !== "server" || outcome.outcome !== "accepted") return;
      const user = outcome.lsn;
      for (let more = 0; more < devicesPerUser; more++) {
        this.devices.push({ user, device: user + more * 1_000_000 });
      }
    });
  }

  #submission(): Submission {
    const certain = { sizeBytes: 0, timeMs: 0, salt: bytes16 };
    const who = this.anyDevice();
    if (who && this.#random.below(24) === 0) {
      const hash = this.#random.bytes(32);
      return { by: "operator", hash, role: 0, uses: 1, lifeMs: 1, ...certain };
    }
    if (!this.#hasOwnersInvite) {
      this.#hasOwnersInvite = true;
      const asked = { hash: ownersHash, role: roles.owner, uses: 1, lifeMs: 1 };
      return { by: "operator", ...asked, ...certain };
    }
    if (!who || (this.#names < usersMax && this.#random.below(12) === 0)) {
      const name = `u${++this.#names}`;
      const deviceKey = this.#random.bytes(32);
      // The first is the owner, who may do what others may not.
      if (this.#names > 1) return { ...openly, name, deviceKey, ...certain };
      return {
        by: "server",
        registration: "invite",
        invite: ownersHash,
        name,
        deviceKey,
        ...certain,
      };
    }
    const n = (this.#last.get(who.device) ?? 0) + 1;
    this.#last.set(who.device, n);
    const action = this.#action();
    return { by: "device", ...who, epoch: bytes16, n, id: bytes16, action, ...certain };
  }

  #action(): Action {
    const room = this.#random.pick(rooms);
    if (this.#random.below(5) === 0) return anyModeration(this.#random, { users, rooms });
    switch (this.#random.below(7)) {
      case 0:
      case 1:
        return { action: "join", room };
      case 2:
        return { action: "leave", room };
      default: {
        const to = this.#random.below(3) ? room : `@u${1 + this.#random.below(usersMax)}`;
        const text = "x".repeat(1 + this.#random.below(90));
        return { action: "message", to, text, act: false };
      }
    }
  }
}
