/**
 * What one seed's world is like, and what happens in it and how often.
 *
 * @module
 */

import type { SeededRandom } from "../support/random.ts";
import { type Look, looks } from "./looking.ts";
import { fairWeather, type Weather } from "./network.ts";
import type { ServerTemper } from "./server.ts";

/** What can be done to a world, or in it. */
export const moves = {
  talk: 40,
  join: 6,
  leave: 4,
  burst: 2,
  bulk: 1,
  cut: 6,
  hang: 4,
  crash: 2,
  restoreServer: 1,
  fillDisk: 2,
  kill: 4,
  freeze: 3,
  copyDisk: 3,
  restoreDisk: 2,
  jump: 2,
} as const;

/** The name of something that can be done. */
export type Move = keyof typeof moves;

/** People act in every world; of what befalls them every world knows some. */
const always: ReadonlySet<Move> = new Set(["talk", "join", "leave"]);

/** One world's circumstances. */
export interface Plan {
  /** Devices of each user who is registered from the start. */
  readonly devices: readonly number[];
  /** Whether one more user registers by logging in. */
  readonly hasLateUser: boolean;
  readonly weather: Weather;
  readonly server: ServerTemper;
  /** How often each move is made, against the others. */
  readonly weights: readonly (readonly [Move, number])[];
  /** What people look at, and in how many of 100 moves. */
  readonly looks: readonly (readonly [Look, number])[];
  /** Moves in all. */
  readonly moves: number;
  /** Virtual milliseconds between two moves at most. */
  readonly paceMs: number;
}

/** A world in which nothing happens by itself. */
export function quietPlan(devices: readonly number[], server: Partial<ServerTemper> = {}): Plan {
  const ring = { ringEntriesMax: 100, ringBytesMax: 100_000 };
  return {
    devices,
    hasLateUser: false,
    weather: { ...fairWeather, latencyMs: 10 },
    server: { commitMs: 0, readMs: 0, ...ring, ...server },
    weights: [],
    looks: [],
    moves: 0,
    paceMs: 1,
  };
}

/**
 * Draws a world's circumstances.
 *
 * @param random for all but what people look at
 * @param aside for that
 */
export function drawPlan(random: SeededRandom, aside: SeededRandom): Plan {
  const users = 2 + random.below(2);
  return {
    devices: Array.from({ length: users }, () => random.pick([1, 1, 2])),
    hasLateUser: random.below(3) === 0,
    weather: {
      latencyMs: random.pick([0, 1, 20, 200]),
      jitterMs: random.pick([0, 0, 10, 300]),
      capacityBytes: random.pick([8_000, 65_536, 1_000_000]),
      piecesMax: random.pick([1, 1, 2, 4]),
      readBytesMax: random.pick([1_500, 16_000, 65_536]),
    },
    server: {
      commitMs: random.pick([0, 2, 20, 300]),
      readMs: random.pick([0, 2, 50]),
      ringEntriesMax: random.pick([0, 2, 10, 50, 4_096]),
      ringBytesMax: random.pick([2_000, 100_000, 8_000_000]),
    },
    weights: (Object.keys(moves) as Move[]).map((move) => [
      move,
      moves[move] * (always.has(move) ? 1 : random.pick([0, 0, 1, 3])),
    ]),
    looks: looks.map((what) => [what, aside.pick([0, 10, 40])]),
    moves: random.pick([10, 20, 30, 60]),
    paceMs: random.pick([50, 500, 1_500]),
  };
}

/** Chooses the next move. */
export function drawMove(random: SeededRandom, weights: Plan["weights"]): Move {
  let roll = random.below(weights.reduce((sum, [, weight]) => sum + weight, 0));
  return weights.find(([, weight]) => (roll -= weight) < 0)![0];
}
