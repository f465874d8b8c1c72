/**
 * Runs seeds on a core of its own. A world is the same wherever it runs.
 *
 * @module
 */

import { runSeed } from "./run.ts";
import type { Happened } from "./world_parts.ts";

/** Which seeds a Worker is to run. */
export interface Share {
  readonly from: number;
  readonly count: number;
}

/** What came of them: the first failure, or null, and what happened how often. */
export interface Outcome {
  readonly failure: string | null;
  readonly happened: readonly (readonly [string, number])[];
}

/** Runs a share of the seeds until one fails. */
export async function runShare({ from, count }: Share): Promise<Outcome> {
  const happened: Happened = new Map();
  try {
    for (let seed = from; seed < from + count; seed++) await runSeed(seed, happened);
  } catch (error) {
    return { failure: (error as Error).message, happened: [...happened] };
  }
  return { failure: null, happened: [...happened] };
}

const scope = globalThis as unknown as {
  readonly postMessage?: (outcome: Outcome) => void;
  onmessage: ((event: MessageEvent<Share>) => void) | null;
};
if (typeof scope.postMessage === "function") {
  scope.onmessage = async ({ data }) => scope.postMessage?.(await runShare(data));
}
