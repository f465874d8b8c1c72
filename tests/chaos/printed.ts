/**
 * What must be true of all that a client printed. No IO.
 *
 * @module
 */

import type { Held } from "./verdict.ts";

/** One run of a client. */
export interface Run {
  /** The last entry that its mailbox held before it began. */
  readonly startLsn: number;
  /** The last entry that it held when it had ended. */
  readonly endLsn: number;
  /** What it printed, in order. */
  readonly lsns: readonly number[];
}

/**
 * Compares what was printed with what the mailbox holds in the end.
 *
 * @param runs all runs of one client
 * @param held its mailbox's entries
 * @param since the place after which its mailbox holds everything
 * @returns what is wrong: each entry is printed once a run, in order, after it is on the disk; none
 * of those that came in that run is passed over, and none that came in any is left out by all
 */
export function judgePrinted(
  runs: readonly Run[],
  held: readonly Held[],
  since: number,
): string[] {
  const kept = new Set(held.map(({ lsn }) => lsn));
  const everPrinted = new Set(runs.flatMap(({ lsns }) => lsns));
  const reach = runs.at(-1)?.lsns.at(-1) ?? 0;
  const never = [...kept].filter((lsn) => lsn > since && lsn < reach && !everPrinted.has(lsn))
    .map((lsn) => `${lsn} is never printed`);
  return runs.flatMap(({ startLsn, endLsn, lsns }, run) => {
    const findings: string[] = [];
    const printed = new Set<number>();
    let last = 0;
    for (const lsn of lsns) {
      const what = `run ${run}: ${lsn} is printed`;
      if (printed.has(lsn)) findings.push(`${what} twice`);
      else if (lsn < last) findings.push(`${what} after ${last}`);
      if (lsn > endLsn || (lsn > since && !kept.has(lsn))) findings.push(`${what} and not held`);
      printed.add(lsn);
      last = Math.max(last, lsn);
    }
    for (const lsn of kept) {
      if (lsn > startLsn && lsn < last && !printed.has(lsn)) {
        findings.push(`run ${run}: ${lsn} is passed over`);
      }
    }
    return findings;
  }).concat(never);
}
