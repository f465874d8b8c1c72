/**
 * Runs seeds, and says how to replay the one that fails.
 *
 * @module
 */

import { nothingPlanted, type Planted } from "./planted.ts";
import { SimWorld } from "./world.ts";
import type { Happened } from "./world_parts.ts";

/**
 * Runs one seed's world.
 *
 * @returns the hash of everything that happened
 * @throws what did not hold, with the seed and the command that replays it
 */
export async function runSeed(
  seed: number,
  happened: Happened = new Map(),
  planted: Planted = nothingPlanted,
): Promise<string> {
  using world = new SimWorld(seed, happened, planted);
  try {
    await world.run();
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new Error(
      `seed ${seed} at ${Math.floor(world.queue.nowMs)} ms: ${why}\n` +
        `replay: deno task sim --seed ${seed}`,
      { cause: error },
    );
  }
  return world.trace.hash;
}
