/**
 * What people do to each other and to rooms, rightly or not.
 *
 * @module
 */

import type { Action } from "../../lib/protocol/codec.ts";
import type { SeededRandom } from "./random.ts";

/** Whom and what it may be about. */
export interface Moderated {
  readonly users: readonly string[];
  readonly rooms: readonly string[];
}

/**
 * Draws an action of moderation. What can't be taken back is rare.
 *
 * @param random gives everything
 * @param among the names it is drawn from; some may be of nobody
 */
export function anyModeration(random: SeededRandom, among: Moderated): Action {
  const [room, user] = [random.pick(among.rooms), random.pick(among.users)];
  const reason = random.pick(["", "spam", "é", "two\nlines"]);
  const on = random.below(3) > 0;
  const device = random.pick([0, 0, 0, 2, 9]);
  switch (random.below(16)) {
    case 0:
    case 1:
      return { action: "kick", room, user, reason };
    case 2:
      return { action: "ban", room, user, device, reason };
    case 3:
    case 4:
      return { action: "unban", room, user, device };
    case 5:
      return { action: "mute", room, user, forMs: random.pick([0, 1, 50]), reason };
    case 6:
    case 7:
      return { action: "unmute", room, user };
    case 8:
      return { action: "moderate", room, user, on };
    case 9:
      return { action: "makePrivate", room };
    case 10:
    case 11:
      return { action: "inviteTo", room, user };
    case 12:
      return random.below(2)
        ? { action: "block", user, on }
        : { action: "rank", user, role: random.below(4) };
    case 13:
      return random.below(2)
        ? { action: "addDevice", hash: random.bytes(32), lifeMs: random.pick([0, 60_000]) }
        : { action: "revokeDevice", device: random.below(100) };
    case 14:
      return random.below(8) === 0
        ? { action: "remove", user, reason }
        : { action: "revokeInvite", invite: random.below(100) };
    default: {
      const [role, uses] = [random.below(3), random.below(3)];
      return { action: "invite", hash: random.bytes(32), role, uses, lifeMs: random.below(99) };
    }
  }
}
